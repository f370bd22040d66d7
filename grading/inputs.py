"""The files that a mark is made from, as digests: by these a hand-in is known that has changed since it was graded."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import find_all_files

from .sanitize.hand_in import plain_files


@dataclass(frozen=True)
class Inputs:
    """What one student's marks for an assignment are made from.

    Attributes
    ----------
    hand_in : str
        SHA-256 of the files that were handed in.
    assignment : str
        SHA-256 of the instructor's files, and of those of the release.
    """

    hand_in: str
    assignment: str


def hand_in_digest(course: CourseDirectory, student: str, assignment: str) -> str:
    """SHA-256 of the names and contents of all that a student handed in.

    Raises
    ------
    HandInError
        There is something that must not be read.
    """
    folder = Path(course.format_path(course.submitted_directory, student, assignment))
    return _digest({name: _sha256(file.read(size)) for name, size, file in plain_files(folder)})


def assignment_digest(course: CourseDirectory, assignment: str) -> str:
    """SHA-256 of the names and contents of an assignment's files."""
    source, release = (
        Path(course.format_path(step, ".", assignment)) for step in (course.source_directory, course.release_directory)
    )
    own = map(Path, find_all_files(str(source), course.ignore))
    released = (path for path in release.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return _digest(
        [
            {str(path.relative_to(folder)): _sha256(path.read_bytes()) for path in paths}
            for folder, paths in ((source, own), (release, released))
        ]
    )


def _digest(content: list | dict) -> str:
    return _sha256(json.dumps(content, sort_keys=True).encode())


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
