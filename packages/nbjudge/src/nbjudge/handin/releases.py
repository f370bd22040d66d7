"""What each release of an assignment was, so that a student's changes can be told from the instructor's.

An outline of each release that was ever generated is kept in ``.releases/``, as digests. If that is lost, the newest
release alone is known: then the table of marks names cells as edited that the student has from an older one, or says
that the hand-in seems to be of another release.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from ..run.disk import write_whole

FOLDER = ".releases"
FLAGS = ("grade", "solution", "locked", "task", "points", "schema_version")
_LAYOUT = str.maketrans("", "", "'\",;()\\")  # with blanks, what formatters put in and take out
_ASSIGNED = re.compile(r"""(?m)^(?P<name>\w++)[ \t]*+=[ \t]*+(?P<string>"[^"\n]*+"|'[^'\n]*+')""")


@dataclass(frozen=True)
class ReleasedCell:
    """A cell of a release.

    Attributes
    ----------
    id, grade_id : str
        The cell's id and nbgrader's; empty if it has none.
    cell_type : str
        Such as "code".
    source : str
        Its digest, see `source_digest`.
    flags : dict
        What nbgrader's author put down for it; empty for a cell that nbgrader does not know.
    code : str
        Its `unformatted_digest`; empty for text, and in notes from before there was this digest.
    """

    id: str
    grade_id: str
    cell_type: str
    source: str
    flags: dict[str, Any]
    code: str = ""

    @property
    def is_open(self) -> bool:
        """Whether students may write in it."""
        return not self.flags or bool(self.flags["solution"])


def as_seen(source: str) -> str:
    """A source without what nobody sees: blanks at the ends of lines, and which of its forms Unicode is in."""
    lines = unicodedata.normalize("NFC", source).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def source_digest(source: str) -> str:
    """SHA-256 of a cell's source `as_seen`."""
    return hashlib.sha256(as_seen(source).encode()).hexdigest()


def unformatted_digest(source: str) -> str:
    """SHA-256 of code without what formatters change: blanks, ends of lines, quotes, commas and parentheses.

    Other code may have the same one. It only tells whether somebody meant to edit a cell that is restored anyway.
    """
    return hashlib.sha256("".join(as_seen(source).translate(_LAYOUT).split()).encode()).hexdigest()


def emptied(source: str, released: str) -> str:
    """Code without the strings that students fill in: those that are assigned to a name and empty in the release."""
    names = {found["name"] for found in _ASSIGNED.finditer(released) if len(found["string"]) == 2}
    return _ASSIGNED.sub(lambda found: f'{found["name"]} = ""' if found["name"] in names else found[0], source)


def outline(cells: Iterable[NotebookNode]) -> list[ReleasedCell]:
    """The cells of a release."""
    return [_outlined(cell, cell.metadata.get("nbgrader", {})) for cell in cells]


def keep_release(root: Path, assignment: str, name: str, notebook: NotebookNode) -> None:
    """Note down what a released notebook is.

    Raises
    ------
    OSError
        It can't be written.
    """
    content = json.dumps([asdict(cell) for cell in outline(notebook.cells)], sort_keys=True).encode()
    path = _folder(root, assignment, name) / f"{hashlib.sha256(content).hexdigest()}.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)


def kept_releases(root: Path, assignment: str, name: str) -> list[list[ReleasedCell]]:
    """All releases of a notebook that were noted down; a file that was changed since counts for nothing."""
    releases = []
    for path in sorted(_folder(root, assignment, name).glob("*.json")):
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() == path.stem:
            releases.append([ReleasedCell(**cell) for cell in json.loads(content)])
    return releases


def _folder(root: Path, assignment: str, name: str) -> Path:
    return root / FOLDER / assignment / name


def _outlined(cell: NotebookNode, nbgrader: dict[str, Any]) -> ReleasedCell:
    grade_id = nbgrader.get("grade_id", "")
    flags = {key: nbgrader.get(key) for key in FLAGS} if grade_id else {}
    code = unformatted_digest(cell.source) if cell.cell_type == "code" else ""
    return ReleasedCell(cell.get("id", ""), grade_id, cell.cell_type, source_digest(cell.source), flags, code)
