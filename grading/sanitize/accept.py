"""Whether a hand-in can be graded, asked before nbgrader removes, copies or reads anything."""

import re
import shutil
import unicodedata
from collections.abc import Iterator
from logging import Logger
from pathlib import Path
from typing import Any, TextIO

from nbconvert.exporters.exporter import ResourcesDict
from nbgrader.converters import Autograde, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc

from ..copies import CopiesFirst
from .hand_in import MAX_NOTEBOOK_BYTES, HandInError, check, printable
from .rebuild import grade_ids
from .submitted import read_submitted

TIMESTAMP = "timestamp.txt"
YEARS = range(1970, 3000)  # in the first and the last that Python knows, formgrader can't add its time zone


class AcceptedHandIns(CopiesFirst):
    """Keep all hand-ins from nbgrader that can't be graded; for ``c.Autograde.exporter_class``.

    The others are graded. Then nbgrader fails, because they were not all. What was graded earlier stays.

    It is an exporter because a course may choose that one, and nbgrader makes it at the right moment: when it has found
    the hand-ins, and before it removes what it graded earlier. Its ``pre_convert_hook`` comes later and can refuse
    nothing.
    """

    def __init__(self, parent: Autograde, **settings: Any) -> None:
        super().__init__(parent=parent, **settings)
        course, refused = parent.coursedir, []
        # As nbgrader takes a path apart.
        pattern = course.format_path(course.submitted_directory, "(?P<student>.*)", "(?P<assignment>.*)", escape=True)
        for folder in sorted(parent.assignments):
            names = re.fullmatch(pattern, folder, re.DOTALL).groupdict()
            try:
                for name, path in accept(course, **names).items():
                    if path.name != name:
                        shutil.copy(path, path.with_name(name))  # nbgrader expects it there
            except (HandInError, OSError) as error:
                refused.append(folder)
                self.log.error("%s is not graded: %s", printable(folder), error)
        parent.init_notebooks()  # once more, for some notebooks have got their names back
        for folder in refused:
            del parent.assignments[folder]
        if refused:
            parent.assignments[_Refused.LAST] = _Refused(refused, self.log)

    def from_file(
        self, file_stream: TextIO, resources: ResourcesDict | None = None, **options: Any
    ) -> tuple[str, ResourcesDict]:
        """Read a submitted notebook as `accept` did, for nbconvert validates it between the steps."""
        path, names = Path(file_stream.name), resources["nbgrader"]
        course = self.parent.coursedir
        submitted = course.format_path(course.submitted_directory, names["student"], names["assignment"])
        if path.parent != Path(submitted):  # a copy that nbgrader has written
            return super().from_file(file_stream, resources, **options)
        return self.from_notebook_node(read_submitted(path), resources, **options)


class _Refused:
    """In nbgrader's list of hand-ins the last one, at which it fails."""

    LAST = chr(0x10FFFF)  # nbgrader sorts them by their paths

    def __init__(self, folders: list[str], log: Logger) -> None:
        self.folders = folders
        self.log = log

    def __iter__(self) -> Iterator[str]:
        message = f"Not graded, for reasons given above: {', '.join(map(printable, self.folders))}"
        self.log.error(message)
        raise NbGraderException(message)


def accept(course: CourseDirectory, student: str, assignment: str) -> dict[str, Path]:
    """Make sure that a hand-in can be graded.

    Parameters
    ----------
    course : CourseDirectory
        Where everything is.
    student, assignment : str
        Who handed in what.

    Returns
    -------
    dict of str to Path
        The notebooks that were handed in, see `handed_in`.

    Raises
    ------
    HandInError
        It can't be graded; the message names the file, and says why and what to do.
    """
    folder = Path(course.format_path(course.submitted_directory, student, assignment))
    source = Path(course.format_path(course.source_directory, ".", assignment))
    if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in student):
        raise HandInError(f"the name of the folder {student} has control characters in it; give it another one")
    if re.search("[<>&\"']", student):
        raise HandInError(f"formgrader can't show the name {student}; give the folder a name without <>&\"'")
    if re.search(r"[*?[]", student):
        raise HandInError(f"nbgrader can't find the folder {student}; give it a name without *?[")
    if folder.parent.is_symlink():
        raise HandInError(f"the folder {folder.parent.name} is a symbolic link; hand in the folder itself")
    check(folder)
    refuse_unless_a_time(folder)
    for path in sorted(source.rglob("*")):  # nbgrader puts them in the places of the student's
        mine = folder / path.relative_to(source)
        if mine.exists() and mine.is_dir() != path.is_dir():
            kinds = ("folder", "file") if mine.is_dir() else ("file", "folder")
            where = mine.relative_to(folder)
            raise HandInError("{} is a {}, but a {} of the assignment has this name; rename it".format(where, *kinds))
    for released in _released(course, assignment):
        if (page := folder / f"{released.stem}.html").is_dir():  # where nbgrader writes the feedback
            raise HandInError(f"{page.name} is a folder, but the feedback has this name; rename it")
    notebooks = handed_in(course, student, assignment)
    for path in notebooks.values():
        read_submitted(path)
    expected = _released(course, assignment)
    if expected and not notebooks:
        others = " or ".join(path.name for path in sorted(folder.glob("*.ipynb")))
        hint = f"; if it is {others}, rename that one" if others else ""
        raise HandInError(f"{expected[0].name} was not handed in{hint}")
    return notebooks


def handed_in(course: CourseDirectory, student: str, assignment: str) -> dict[str, Path]:
    """Find the notebooks of an assignment that a student handed in, each under its own name or another.

    Returns
    -------
    dict of str to Path
        By the names of the files in the release, as far as there is one.
    """
    folder = Path(course.format_path(course.submitted_directory, student, assignment))
    expected = _released(course, assignment)
    found = {released.name: folder / released.name for released in expected if (folder / released.name).exists()}
    missing = [released for released in expected if released.name not in found]
    others = {path for path in folder.glob("*.ipynb") if path.is_file() and not path.is_symlink()} - set(found.values())
    if not missing or sum(path.stat().st_size for path in others) > MAX_NOTEBOOK_BYTES:  # to look would take too long
        return found
    ids = {other: _grade_ids(other) for other in others}
    return found | {released.name: path for released in missing if (path := _version_of(released, ids))}


def _released(course: CourseDirectory, assignment: str) -> list[Path]:
    return sorted(Path(course.format_path(course.release_directory, ".", assignment)).glob("*.ipynb"))


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


def _version_of(released: Path, others: dict[Path, set[str]]) -> Path | None:
    wanted = grade_ids(read_submitted(released))
    # A version of it has most of its marked cells.
    versions = [other for other, ids in others.items() if len(wanted & ids) > len(wanted) / 2]
    return versions[0] if len(versions) == 1 else None


def _grade_ids(path: Path) -> set[str]:
    try:
        return grade_ids(read_submitted(path))
    except HandInError:
        return set()
