"""Keeps an outline of each release, to tell a student's changes from the instructor's.

The outlines of all releases that were ever generated are in ``.releases/``, as digests. If they are lost, only the
newest release is known. Then the table of marks says that a student edited cells which are from an older release, or
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
_LAYOUT = str.maketrans("", "", "'\",;()\\")  # what formatters add and remove, besides blanks
_ASSIGNED = re.compile(r"""(?m)^(?P<name>\w++)[ \t]*+=[ \t]*+(?P<string>"[^"\n]*+"|'[^'\n]*+')""")


@dataclass(frozen=True)
class ReleasedCell:
    """A cell of a release.

    Attributes
    ----------
    id, grade_id : str
        The cell's id and nbgrader's; empty if it has none.
    cell_type : str
        The type of the cell, such as "code".
    source : str
        The digest of the source, see `source_digest`.
    flags : dict
        The nbgrader metadata of the cell; empty for a cell without.
    code : str
        The `unformatted_digest` of the source; empty for text, and in outlines from before there was this digest.
    """

    id: str
    grade_id: str
    cell_type: str
    source: str
    flags: dict[str, Any]
    code: str = ""

    @property
    def is_open(self) -> bool:
        """Whether students may write in the cell."""
        return not self.flags or bool(self.flags["solution"])


def as_seen(source: str) -> str:
    """A source without invisible differences: no blanks at ends of lines, and Unicode in one normal form (NFC)."""
    lines = unicodedata.normalize("NFC", source).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def source_digest(source: str) -> str:
    """SHA-256 of a cell's source `as_seen`."""
    return hashlib.sha256(as_seen(source).encode()).hexdigest()


def unformatted_digest(source: str) -> str:
    """SHA-256 of code without what formatters change: blanks, ends of lines, quotes, commas and parentheses.

    Different code may have the same digest. This does no harm: the digest only decides whether to remark that a student
    edited a cell, and the cell is restored anyway.
    """
    return hashlib.sha256("".join(as_seen(source).translate(_LAYOUT).split()).encode()).hexdigest()


def emptied(source: str, released: str) -> str:
    """Code with empty strings where students fill them in: where the release assigns an empty string to a name."""
    names = {found["name"] for found in _ASSIGNED.finditer(released) if len(found["string"]) == 2}
    return _ASSIGNED.sub(lambda found: f'{found["name"]} = ""' if found["name"] in names else found[0], source)


def outline(cells: Iterable[NotebookNode]) -> list[ReleasedCell]:
    """The cells of a release, as digests."""
    return [_outlined(cell, cell.metadata.get("nbgrader", {})) for cell in cells]


def keep_release(root: Path, assignment: str, name: str, notebook: NotebookNode) -> None:
    """Keep the outline of a released notebook.

    Raises
    ------
    OSError
        The outline can't be written.
    """
    content = json.dumps([asdict(cell) for cell in outline(notebook.cells)], sort_keys=True).encode()
    path = _folder(root, assignment, name) / f"{hashlib.sha256(content).hexdigest()}.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)


def kept_releases(root: Path, assignment: str, name: str) -> list[list[ReleasedCell]]:
    """The outlines of all releases of a notebook; a file that was changed since is ignored."""
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
