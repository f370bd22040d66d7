"""What a mark is made from, as digests: by these a hand-in is known that has changed since it was graded."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import find_all_files

from .gradebook import Names, master_of
from .sanitize.accept import handed_in
from .sanitize.hand_in import plain_files


@dataclass(frozen=True)
class Inputs:
    """What one student's marks for an assignment are made from.

    Attributes
    ----------
    hand_in : str
        SHA-256 of what was handed in.
    assignment : str
        SHA-256 of the release and of what the instructor wrote.
    """

    hand_in: str
    assignment: str


def hand_in_digest(course: CourseDirectory, student: str, assignment: str) -> str:
    """SHA-256 of the notebooks that a student handed in, and of the names and contents of all files beside them.

    Raises
    ------
    HandInError
        There is something that must not be read.
    """
    folder = Path(course.format_path(course.submitted_directory, student, assignment))
    files = {name: _sha256(file.read(size)) for name, size, file in plain_files(folder)}
    notebooks = {name: files[path.name] for name, path in handed_in(course, student, assignment).items()}
    return _digest({name: file for name, file in files.items() if not name.endswith(".ipynb")} | notebooks)


def assignment_digest(course: CourseDirectory, assignment: str, names: Names) -> str:
    """SHA-256 of an assignment: its release, its cells as the gradebook has them, and the files beside them.

    Parameters
    ----------
    course : CourseDirectory
        Where everything is.
    assignment : str
        Its name.
    names : dict
        The gradebook.

    Raises
    ------
    nbgrader.api.MissingEntry
        A notebook of the release is not in the gradebook.
    """
    source, release = (
        Path(course.format_path(step, ".", assignment)) for step in (course.source_directory, course.release_directory)
    )
    released = [path for path in release.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    notebooks = {path.stem for path in released if path.parent == release and path.suffix == ".ipynb"}
    masters = {name: asdict(master_of({**names, "assignment": assignment, "notebook": name})) for name in notebooks}
    own = map(Path, find_all_files(str(source), [*course.ignore, "*.ipynb"]))
    files = [
        {str(path.relative_to(folder)): _sha256(path.read_bytes()) for path in paths}
        for folder, paths in ((release, released), (source, own))
    ]
    return _digest([masters, files])


def _digest(content: list | dict) -> str:
    return _sha256(json.dumps(content, sort_keys=True).encode())


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
