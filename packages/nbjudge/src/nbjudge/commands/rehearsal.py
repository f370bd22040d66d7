"""Makes a temporary copy of a course, in which one can grade without changing the course."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from traitlets.config import Config

from ..handin.releases import FOLDER as RELEASES
from ..plugin.configuration import CourseError
from ..plugin.copies import FOLDER as COPIES
from ..plugin.course import Course
from ..plugin.gradebook import read_gradebook, sqlite_file
from ..plugin.ordinary_tests import FOLDER as FINDINGS
from ..run.secret import course_secret

COPIED_PATHS = {"release", "autograded", "gradebook.db", COPIES, RELEASES, FINDINGS}


@contextmanager
def rehearsal(course: Course, assignment: str) -> Iterator[Course]:
    """A copy with its own gradebook, release and graded notebooks; everything else is linked to the given course.

    Parameters
    ----------
    course : Course
        The course folder.
    assignment : str
        The assignment to grade in the copy. The copy has the same graded notebooks of it as the course. It has the
        release if this is newer than all files it is made from.

    Raises
    ------
    CourseError
        The gradebook is not in a file, or nbgrader's folders are nested in another order.
    """
    file = sqlite_file(course.db_url)
    if file is None or not course.api.coursedir.directory_structure.startswith("{nbgrader_step}"):
        raise CourseError(
            "--diff and --dry-run need a course that can be copied: a gradebook that is an SQLite file, and a "
            "CourseDirectory.directory_structure that begins with {nbgrader_step}"
        )
    course_secret(course.root)
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as name:
        folder = Path(name)
        for path in course.root.resolve().iterdir():
            if path.name not in COPIED_PATHS:
                (folder / path.name).symlink_to(path)
        if (course.root / FINDINGS).is_dir():
            shutil.copytree(course.root / FINDINGS, folder / FINDINGS)
        settings = Config()
        settings.CourseDirectory.db_url = f"sqlite:///{folder / 'gradebook.db'}"
        for step in ("source", "submitted"):
            own = Path(course.root.resolve(), getattr(course.api.coursedir, f"{step}_directory"))
            # By a link: in an absolute path, nbgrader takes characters such as + and ( for those of a pattern.
            (folder / f"their-{step}").symlink_to(own)
            settings.CourseDirectory[f"{step}_directory"] = f"their-{step}"
        settings.CourseDirectory.release_directory = "release"
        settings.CourseDirectory.autograded_directory = "autograded"
        settings.Autograde.pre_convert_hook = settings.Autograde.post_convert_hook = _nothing
        copy = Course(folder, settings)
        if course.is_generated(assignment):
            _link(copy.folder("release", assignment), course.folder("release", assignment))
        if file.exists():
            (folder / "gradebook.db").write_bytes(read_gradebook(course.db_url))
        for student in course.students(assignment):
            if (graded := course.folder("autograded", assignment, student)).exists():
                _link(copy.folder("autograded", assignment, student), graded)
        yield copy


def _nothing(**_: Any) -> None:
    """Replace the course's hooks, because they could report marks that are not recorded yet."""


def _link(path: Path, to: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(to.resolve())
