"""What a mark is made from, as digests: by these a hand-in is known that has changed since it was graded."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from .gradebook import Names, master_of
from .sanitize.accept import arranged
from .sanitize.hand_in import find_files


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
    """SHA-256 of the notebooks that a student handed in, of the files beside them, and of what is remarked on these.

    Raises
    ------
    HandInError
        There is something that must not be read.
    """
    folder = Path(course.format_path(course.submitted_directory, student, assignment))
    hand_in = arranged(course, student, assignment)
    files = {name: _sha256(raw) for name, raw in hand_in.files.items()}
    notebooks = {name: _sha256((folder / path).read_bytes()) for name, path in hand_in.notebooks.items()}
    return _digest([files, notebooks, hand_in.remarks])


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
    own = [source / name for name in find_files(source, [*course.ignore, "*.ipynb"])]
    files = [
        {str(path.relative_to(folder)): _sha256(path.read_bytes()) for path in paths}
        for folder, paths in ((release, released), (source, own))
    ]
    return _digest([masters, files])


def _digest(content: list | dict) -> str:
    return _sha256(json.dumps(content, sort_keys=True).encode())


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
