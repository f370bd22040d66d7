"""Reads a notebook that was handed in, without trusting that it is valid."""

import json
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from .files import MAX_NOTEBOOK_BYTES, HandInError

MAX_CELLS = 2000
MAX_CODE = 8 * 2**20  # bytes of JSON, half of what a message to the runner can hold
# Limits on the file of a notebook. To read 50 MiB of dictionaries would take more than ten GiB of memory. Meanwhile,
# Python's JSON parser would stop all threads, also those that watch over sandboxes.
MAX_PARTS = 200_000  # lists and dictionaries
MAX_KEYS = 500_000
MAX_VALUES = 2_000_000  # texts, numbers and everything else
VERSIONS = (3, 4)  # of the notebook format
FLAGS = ("grade_id", "grade", "solution", "locked", "task", "points", "schema_version")  # nbgrader's


def read_submitted(path: Path) -> NotebookNode:
    """Read a submitted notebook from its file; see `parse_submitted`.

    Raises
    ------
    HandInError
        The notebook can't be read; the message names the file, and says why.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_NOTEBOOK_BYTES + 1)
    except OSError as error:
        raise _unreadable(path.name, error) from error
    return parse_submitted(raw, path.name)


def parse_submitted(raw: bytes, name: str) -> NotebookNode:
    """Read the parts of a submitted notebook that `rebuild` needs: cells with text, pasted pictures, id and flags.

    Everything else (outputs, kernels, other metadata) is left out. Texts that can't be written as UTF-8 are repaired.
    So the notebook can be copied and validated without errors.

    Parameters
    ----------
    raw : bytes
        The contents of the file.
    name : str
        The name of the file, for the message.

    Returns
    -------
    NotebookNode
        A valid notebook of format 4.4. In this format, the id of a cell may be any text, occur twice, or be missing.

    Raises
    ------
    HandInError
        The notebook can't be read; the message names the file, and says why.
    """
    try:
        if len(raw) <= MAX_NOTEBOOK_BYTES and _is_moderate(raw):
            # Numbers are parsed by Python functions, because other threads can run meanwhile.
            found = _cells(json.loads(raw.decode("utf-8-sig"), parse_int=_int, parse_float=_float))
            cells = [_plain(cell) for cell in found[: MAX_CELLS + 1]]
            code = [cell.source for cell in cells if cell.cell_type == "code"]
            if len(json.dumps(code, ensure_ascii=False).encode()) > MAX_CODE:
                raise ValueError(f"it has more than {MAX_CODE >> 20} MiB of code; remove what is not needed")
            if len(cells) <= MAX_CELLS:
                return NotebookNode(nbformat=4, nbformat_minor=4, metadata=NotebookNode(), cells=cells)
    except (ValueError, RecursionError) as error:
        raise _unreadable(name, error) from error
    raise HandInError(
        f"{name} has more than {MAX_CELLS} cells, {MAX_PARTS} lists and dictionaries, {MAX_KEYS} keys, or "
        f"{MAX_VALUES} texts and numbers in its file; remove what is not needed, clear its outputs, and hand it in "
        "again"
    )


def _unreadable(name: str, error: Exception) -> HandInError:
    why = str(error).splitlines()[0] if str(error) else ""
    return HandInError(f"{name} is not a readable notebook ({type(error).__name__}: {why:.100})")


def _cells(notebook: Any) -> list[dict[str, Any]]:
    """The cells of a notebook; those of version 3 are in worksheets."""
    version = notebook.get("nbformat") if isinstance(notebook, dict) else None
    if version not in VERSIONS:
        raise ValueError("it does not say that it is a notebook of version 4")
    sheets = [notebook, *(_list(notebook.get("worksheets")) if version == 3 else [])]
    cells = [cell for sheet in sheets if isinstance(sheet, dict) for cell in _list(sheet.get("cells"))]
    return [cell for cell in cells if isinstance(cell, dict)]


def _plain(cell: dict[str, Any]) -> NotebookNode:
    kind, ident = cell.get("cell_type"), cell.get("id")
    plain = NotebookNode(
        cell_type=kind if kind in ("code", "markdown") else "raw",
        source=_text(cell.get("source", cell.get("input"))),
        metadata=NotebookNode(),
    )
    if isinstance(ident, str):
        plain.id = _text(ident)
    if flags := _flags(cell.get("metadata")):
        plain.metadata.nbgrader = flags
    if kind == "code":
        plain |= {"outputs": [], "execution_count": None}
    elif pictures := cell.get("attachments"):
        plain.attachments = _pictures(pictures)
    return plain


def _flags(metadata: Any) -> NotebookNode:
    """The nbgrader metadata of a cell; only texts and numbers are kept."""
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    found = {name: nbgrader[name] for name in FLAGS if name in nbgrader} if isinstance(nbgrader, dict) else {}
    return NotebookNode(
        {name: value if isinstance(value, int | float) else _text(value) for name, value in found.items()}
    )


def _pictures(attachments: Any) -> NotebookNode:
    found = attachments.items() if isinstance(attachments, dict) else ()
    return NotebookNode(
        {
            _text(name): NotebookNode({_text(mime): _text(picture) for mime, picture in content.items()})
            for name, content in found
            if isinstance(content, dict)
        }
    )


def _text(value: Any) -> str:
    """A text, which may be given as a list of lines. Half surrogate pairs, which UTF-8 can't spell, are replaced."""
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_moderate(raw: bytes) -> bool:
    """Whether JSON is small enough to be parsed; see the limits above."""
    if raw.count(b'"') > 2 * MAX_VALUES:
        return False
    # After escaped quotes are removed, every second piece lies between two texts.
    between = b"".join(raw.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')[::2])
    return (
        between.count(b"[") + between.count(b"{") <= MAX_PARTS
        and between.count(b":") <= MAX_KEYS
        and between.count(b",") <= MAX_VALUES
    )


def _int(number: str) -> int:
    return int(number)


def _float(number: str) -> float:
    return float(number)
