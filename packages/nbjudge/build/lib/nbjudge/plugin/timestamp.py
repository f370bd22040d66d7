"""``timestamp.txt``: when something was handed in, as nbgrader reads it."""

from pathlib import Path

from nbgrader.utils import parse_utc

from ..handin.files import HandInError

TIMESTAMP = "timestamp.txt"
YEARS = range(1970, 3000)  # in the first and the last that Python knows, formgrader can't add its time zone


def refuse_unless_a_time(folder: Path) -> None:
    """Refuse a folder with a ``timestamp.txt`` at which nbgrader would stop.

    Raises
    ------
    HandInError
        It does not tell when this was handed in.
    """
    path = folder / TIMESTAMP
    if not path.exists():
        return
    try:
        if not path.is_file() or path.stat().st_size > 100:
            raise ValueError("no line of text")
        time = parse_utc(path.read_text("ascii").strip() or "2000-01-01")  # an empty one says nothing to nbgrader
        if time.year not in YEARS:
            raise ValueError("not in our time")
    except Exception as error:
        # dateutil raises many kinds of error; to the instructor they are all one.
        raise HandInError(
            f"{TIMESTAMP} does not tell a time ({type(error).__name__}); write one line into it, such as "
            "2027-02-01 10:00:00 UTC, or remove it if this was handed in on time"
        ) from error
