"""How learning platforms name the files in the archive that an instructor downloads.

In each pattern, ``owner`` is the part that stands for the student. Within it, ``student`` is unique and never changes.
``file`` is the student's own name for the file, if the entry is a student's file. The part that students can choose
comes last, and the first pattern that fits counts.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

from ..handin.files import HandInError


@dataclass(frozen=True)
class Platform:
    """A learning platform: the pattern of its file names, and an example of such a name."""

    pattern: re.Pattern[str]
    example: str


PLATFORMS = {
    # mod/assign/classes/downloader.php: name or group, then its number in this assignment; with or without folders.
    "moodle": Platform(
        re.compile(
            r"(?P<owner>[^_/]*)_(?P<student>[0-9]+)_assignsubmission_"
            r"(?:file(?:_?/|_)(?P<file>.+)|[^/]+(?:/.*)?)",
            re.DOTALL,
        ),
        "Ada Lovelace_1234567_assignsubmission_file_/work.ipynb",
    ),
    # lib/content_zipper.rb: name (unless marking is anonymous), LATE (if late), number of the student, of the file.
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
    """The username in the first line of Blackboard's text file, such as ``Name: Ada Lovelace (ada_l)``.

    If the assignment's name or the username has an underscore, the names of files don't show where the username begins.

    Parameters
    ----------
    owner : str
        Assignment and username, as in the names of files.
    text : bytes
        The contents of the text file.
    """
    found = re.match(r".*\(([^()]+)\)\s*\Z", text.decode(errors="replace").lstrip("\ufeff").partition("\n")[0])
    return found[1] if found and f"_{owner}".endswith(f"_{found[1]}") else None


def in_utc(time: str, zone: ZoneInfo) -> datetime:
    """The time in a file name, in UTC and without a time zone, as in nbgrader.

    Raises
    ------
    HandInError
        The name has no valid time.
    """
    try:
        return datetime.strptime(time, "%Y-%m-%d-%H-%M-%S").replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise HandInError(f"{time} in its name is no time") from error


def without_copy_numbers(names: list[str], stems: set[str]) -> list[tuple[str, ...]]:
    """Remove the numbers that Canvas adds to the names of files, as in ``work-1.ipynb``.

    A student may have chosen such a name. So the name is only changed if the result is the name of a released notebook,
    or of the checkpoint beside it. Other files get both names.

    Parameters
    ----------
    names : list of str
        The names of all files of one hand-in.
    stems : set of str
        The names of the released notebooks, without ``.ipynb``.

    Returns
    -------
    list of tuple of str
        For each file, the names that it gets.
    """
    shorter = [re.sub(r"-[0-9]{1,3}(?=(\.[^.]*)?\Z)", "", name) for name in names]
    found: list[tuple[str, ...]] = []
    for name, short in zip(names, shorter, strict=True):
        if short == name or shorter.count(short) > 1:  # or several files would get this name
            found.append((name,))
        elif PurePosixPath(short).stem in stems:
            found.append((short,))
        else:
            found.append((name, short))
    return found
