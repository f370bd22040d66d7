"""Checks ``timestamp.txt``, from which nbgrader reads when a hand-in came."""

from pathlib import Path

from nbgrader.utils import parse_utc

from ..handin.files import HandInError

TIMESTAMP = "timestamp.txt"
YEARS = range(1970, 3000)  # in the first and last years of Python's dates, formgrader can't add its time zone


def refuse_unless_a_time(folder: Path) -> None:
    """Refuse a folder with a ``timestamp.txt`` that nbgrader can't read.

    Raises
    ------
    HandInError
        The file contains no valid time.
    """
    path = folder / TIMESTAMP
    if not path.exists():
        return
    try:
        if not path.is_file() or path.stat().st_size > 100:
            raise ValueError("no line of text")
        time = parse_utc(path.read_text("ascii").strip() or "2000-01-01")  # nbgrader ignores an empty file
        if time.year not in YEARS:
            raise ValueError("not in our time")
    except Exception as error:
        # dateutil raises many kinds of error; to the instructor they all mean the same.
        raise HandInError(
            f"{TIMESTAMP} does not tell a time ({type(error).__name__}); write one line into it, such as "
            "2027-02-01 10:00:00 UTC, or remove it if this was handed in on time"
        ) from error
