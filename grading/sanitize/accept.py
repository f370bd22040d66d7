"""Whether a hand-in can be graded, asked before nbgrader removes, copies or reads anything."""

import os
import re
import shutil
import unicodedata
from collections.abc import Iterable, Iterator
from logging import Logger
from pathlib import Path
from typing import Any, TextIO

from nbconvert.exporters.exporter import ResourcesDict
from nbgrader.converters import Autograde, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import find_all_files, parse_utc

from ..copies import CopiesFirst
from ..folders import chosen
from ..folders import find_notebooks as find_notebook_paths
from .arrange import Arranged, arrange, find_notebooks, notebooks_in
from .hand_in import JUNK, HandInError, check, find_files, plain_files, printable, why_left_out
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
        self._remarks: dict[tuple[str, str], list[str]] = {}  # by student and assignment
        course.ignore += [pattern for pattern in JUNK if pattern not in course.ignore]
        for student, assignment, folder in chosen(course, "submitted"):
            try:
                accept(course, student, assignment)
                self._prepare(course, student, assignment, Path(folder))
            except (HandInError, OSError) as error:
                refused.append(folder)
                self.log.error("%s is not graded: %s", printable(folder), error)
        # Once more, for some notebooks have got their names back.
        found = find_notebook_paths(parent, "submitted")
        parent.assignments = {folder: paths for folder, paths in found.items() if folder not in refused}
        if refused:
            parent.assignments[_Refused.LAST] = _Refused(refused, self.log)

    def _prepare(self, course: CourseDirectory, student: str, assignment: str, folder: Path) -> None:
        """Give files the names that nbgrader expects, and see that it copies nothing that was not looked at."""
        hand_in = arranged(course, student, assignment)
        self._remarks[student, assignment] = hand_in.remarks  # they don't show in what is copied now
        for name, path in (hand_in.notebooks | hand_in.added).items():
            if not (folder / name).exists():  # macOS takes some names for the same
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(folder / path, folder / name)
        copied = {os.path.relpath(path, folder) for path in find_all_files(str(folder), [*course.ignore, "*.ipynb"])}
        if unseen := copied - {name for name, _, _ in plain_files(folder)}:
            raise HandInError(
                f"nbgrader would copy {min(unseen)}, which nobody has looked at; remove it, or use 'grade'"
            )

    def from_file(
        self, file_stream: TextIO, resources: ResourcesDict | None = None, **options: Any
    ) -> tuple[str, ResourcesDict]:
        """Read a submitted notebook as `accept` did, for nbconvert validates it between the steps."""
        path, names = Path(file_stream.name), resources["nbgrader"]
        names["arranged"] = self._remarks.get((names["student"], names["assignment"]), [])
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
        others = " or ".join(str(path.relative_to(folder)) for path in notebooks_in(folder))
        hint = f"; if it is {others}, rename that one" if others else ""
        raise HandInError(f"{expected[0].name} was not handed in{hint}")
    return notebooks


def handed_in(course: CourseDirectory, student: str, assignment: str) -> dict[str, Path]:
    """Find the notebooks of an assignment that a student handed in, by their released names; see `find_notebooks`."""
    folder = Path(course.format_path(course.submitted_directory, student, assignment))
    return find_notebooks(folder, _released(course, assignment))


def arranged(course: CourseDirectory, student: str, assignment: str) -> Arranged:
    """What a student handed in, under the names that it needs; see `arrange`.

    Raises
    ------
    HandInError
        It must not be read.
    """
    folder = Path(course.format_path(course.submitted_directory, student, assignment))
    return arrange(folder, _released(course, assignment), course.ignore)


def files_for(
    course: CourseDirectory, assignment: str, student: str | None = None, students_own: Iterable[str] = ()
) -> tuple[dict[str, bytes], list[str]]:
    """The files that a notebook finds beside it: the student's, and the assignment's in the places of theirs.

    Parameters
    ----------
    course : CourseDirectory
        Where everything is.
    assignment : str
        The assignment.
    student : str, optional
        Who handed in what; by default there are the assignment's files alone.
    students_own : iterable of str
        Files of the assignment that do not take the place of the student's.

    Returns
    -------
    files : dict of str to bytes
        By relative path.
    remarks : list of str
        On what was left out or got another name.

    Raises
    ------
    HandInError
        The hand-in must not be read.
    """
    source = Path(course.format_path(course.source_directory, ".", assignment))
    given, remarks = {}, []
    for name in find_files(source, [*course.ignore, "*.ipynb"]):
        if problem := why_left_out(name, (source / name).stat().st_size):
            remarks.append(problem)
        else:
            given[name] = (source / name).read_bytes()
    if student is None:
        return given, remarks
    hand_in = arranged(course, student, assignment)
    kept = {name: raw for name, raw in given.items() if name not in students_own}
    return hand_in.files | kept, hand_in.remarks + remarks


def _released(course: CourseDirectory, assignment: str) -> list[Path]:
    return sorted(Path(course.format_path(course.release_directory, ".", assignment)).glob("[!.]*.ipynb"))


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
