"""How learning platforms name the files in the archive that an instructor downloads.

In each pattern, ``owner`` is what stands for the student, of which ``student`` is unique and never changes; ``file`` is
the student's own name for the file, if it is one. What students can choose comes last, and the first fit counts.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

from ..handin.files import HandInError


@dataclass(frozen=True)
class Platform:
    """A learning platform: what its names look like, and an example of one."""

    pattern: re.Pattern[str]
    example: str


PLATFORMS = {
    # mod/assign/classes/downloader.php: name or group, then its number in this assignment. With or without folders.
    "moodle": Platform(
        re.compile(
            r"(?P<owner>[^_/]*)_(?P<student>[0-9]+)_assignsubmission_"
            r"(?:file(?:_?/|_)(?P<file>.+)|[^/]+(?:/.*)?)",
            re.DOTALL,
        ),
        "Ada Lovelace_1234567_assignsubmission_file_/work.ipynb",
    ),
    # lib/content_zipper.rb: name unless marking is anonymous, LATE if so, number of the student, number of the file.
    "canvas": Platform(
        re.compile(
            r"(?P<owner>(?:[^/]*?_)??)(?P<student>[0-9]+|anon_[^\W_]+)_(?:[0-9]+_(?P<file>.+)|(?:text|link)\.html)",
            re.DOTALL,
        ),
        "lovelaceada_LATE_12345_678901_work.ipynb",
    ),
    # Assignment, username, "attempt" in the language of the site, time; a .txt file for each attempt.
    "blackboard": Platform(
        re.compile(
            r"(?P<owner>(?:[^/]*?_)??(?P<student>[^_/]+))_[^\W\d_]+_(?P<time>[0-9]{4}(?:-[0-9]{2}){5})"
            r"(?:_(?P<file>.+)|\.txt)",
            re.DOTALL,
        ),
        "ex04_ada_attempt_2027-01-31-22-10-05_work.ipynb",
    ),
}


def username(owner: str, text: bytes) -> str | None:
    """The name in the first line of Blackboard's text file, such as ``Name: Ada Lovelace (ada_l)``.

    The names of files leave open where the assignment's name ends, if one of the two has an underscore in it.

    Parameters
    ----------
    owner : str
        Assignment and username, as in the names of files.
    text : bytes
        What is in the text file.
    """
    found = re.match(r".*\(([^()]+)\)\s*\Z", text.decode(errors="replace").lstrip("\ufeff").partition("\n")[0])
    return found[1] if found and f"_{owner}".endswith(f"_{found[1]}") else None


def in_utc(time: str, zone: ZoneInfo) -> datetime:
    """The time in a name, in UTC and without a zone, as nbgrader has it.

    Raises
    ------
    HandInError
        There is no such time.
    """
    try:
        return datetime.strptime(time, "%Y-%m-%d-%H-%M-%S").replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise HandInError(f"{time} in its name is no time") from error


def without_copy_numbers(names: list[str], stems: set[str]) -> list[tuple[str, ...]]:
    """Give files their names back to which Canvas added a number, such as ``work-1.ipynb``.

    A student may have chosen such a name. So it is only changed if it becomes that of a notebook that was given out, or
    of the checkpoint beside it; other files get both names.

    Parameters
    ----------
    names : list of str
        All files of one hand-in.
    stems : set of str
        The names of the notebooks that were given out, without ``.ipynb``.

    Returns
    -------
    list of tuple of str
        The names of each.
    """
    shorter = [re.sub(r"-[0-9]{1,3}(?=(\.[^.]*)?\Z)", "", name) for name in names]
    found: list[tuple[str, ...]] = []
    for name, short in zip(names, shorter, strict=True):
        if short == name or shorter.count(short) > 1:  # or it is not the only one
            found.append((name,))
        elif PurePosixPath(short).stem in stems:
            found.append((short,))
        else:
            found.append((name, short))
    return found
