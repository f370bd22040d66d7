"""Cells of released and submitted notebooks. A submitted notebook may be malformed in any way that JSON allows."""

from typing import Any

from nbformat import NotebookNode

from .releases import FLAGS, as_seen

STUDENT_CELL_PREFIX = "students-own"  # the beginning of the ids of the student's own cells
WAITING = "waiting"  # in the metadata of a graded notebook: the test cells whose points a grader must give
MESSAGE_ONLY = "message_only"  # in the metadata of a test's output: it is a message, without the title and the points


def as_list(value: Any) -> list[Any]:
    """The value if it is a list; otherwise an empty list."""
    return value if isinstance(value, list) else []


def grade_id(cell: dict[str, Any]) -> str:
    """The cell's nbgrader id; empty if it has none."""
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    ident = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return ident if isinstance(ident, str) else ""


def grade_ids(notebook: NotebookNode) -> set[str]:
    """All nbgrader ids in a notebook, which may be malformed."""
    cells = (cell for cell in as_list(notebook.get("cells")) if isinstance(cell, dict))
    return {grade_id(cell) for cell in cells} - {""}


def known_id(cell: dict[str, Any], skeleton: dict[str, NotebookNode]) -> str | None:
    """The cell's own id, if a released cell has the same."""
    ident = cell.get("id")
    return ident if isinstance(ident, str) and ident in skeleton else None


def flags_of(cell: dict[str, Any]) -> dict[str, Any]:
    """The nbgrader metadata of a cell, except its id; empty if it has none."""
    return {key: cell["metadata"]["nbgrader"].get(key) for key in FLAGS} if grade_id(cell) else {}


def says(cell: NotebookNode, key: str) -> bool:
    """Whether nbgrader's metadata of a released cell sets a flag, such as ``"solution"``."""
    return bool(cell.metadata.get("nbgrader", {}).get(key))


def is_open(cell: NotebookNode) -> bool:
    """Whether students may write in a released cell."""
    nbgrader = cell.metadata.get("nbgrader", {})
    return not nbgrader or bool(nbgrader.get("solution"))


def is_locked(cell: dict[str, Any]) -> bool:
    """Whether a cell's own metadata say that students don't write in it; so it must not run as a student's own cell."""
    flags = cell["metadata"]["nbgrader"] if grade_id(cell) else {}
    return bool(flags.get("locked") or flags.get("task")) and not flags.get("solution")


def source_of(cell: dict[str, Any]) -> str:
    """The source of a cell, as one text that can be written as UTF-8, with lines that end in line feeds."""
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        return ""
    # JSON can spell half a surrogate pair, which UTF-8 can't. Front ends treat all kinds of line ends alike.
    source = source.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    return source.removeprefix("\ufeff")


def is_same(source: str, released: str) -> bool:
    """Whether two sources look the same to a reader."""
    return as_seen(source) == as_seen(released)


def has_work(submitted: NotebookNode, release: NotebookNode) -> bool:
    """Whether a submitted notebook, which may be malformed, contains anything that is not in the release."""
    given = {"", *(as_seen(cell.source) for cell in release.cells)}
    cells = (cell for cell in as_list(submitted.get("cells")) if isinstance(cell, dict))
    return any(as_seen(source_of(cell)) not in given for cell in cells)
