"""Fingerprints of a mark's inputs. If one changes, the hand-in is graded again."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ..handin.hand_in import Assignment
from .gradebook import NbgraderContext, master_of
from .ordinary_tests import findings_digest


@dataclass(frozen=True)
class Fingerprint:
    """Digests of the inputs of one student's marks for an assignment.

    Attributes
    ----------
    hand_in : str
        SHA-256 of the hand-in, see `HandIn.digest`.
    assignment : str
        SHA-256 of the assignment, see `assignment_digest`.
    """

    hand_in: str
    assignment: str


def assignment_digest(course: Path, assignment: Assignment, names: NbgraderContext) -> str:
    """SHA-256 of an assignment: its release, its cells in the gradebook, the files beside them, and how it is judged.

    Parameters
    ----------
    course : Path
        The course folder.
    assignment : Assignment
        The instructor's files.
    names : dict
        Says which gradebook; see `NbgraderContext`.

    Raises
    ------
    nbgrader.api.MissingEntry
        A notebook of the release is not in the gradebook.
    """
    source, release = assignment.source, assignment.release
    released = [path for path in release.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    notebooks = {path.stem for path in released if path.parent == release and path.suffix == ".ipynb"}
    of_assignment: NbgraderContext = {**names, "assignment": assignment.name}
    masters = {name: asdict(master_of({**of_assignment, "notebook": name})) for name in notebooks}
    own = [source / name for name in assignment.file_names]
    files = [
        {str(path.relative_to(folder)): _sha256(path.read_bytes()) for path in paths}
        for folder, paths in ((release, released), (source, own))
    ]
    judged = findings_digest(course, assignment.name)
    return _sha256(json.dumps([masters, files, judged], sort_keys=True).encode())


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
