"""Reads the notebook's file as it was last saved: its cells, and which of them were changed since they ran."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from .cell_names import is_same_code
from .front_end import notebook_file
from .settings import in_grading

_CLOCKS_DIFFER = 2.0  # seconds by which the clocks of this machine and of the file server may differ


def cells_of(path: Path) -> list[dict[str, Any]]:
    """A notebook's cells; empty if the file can't be read."""
    try:
        return _cells(path, path.stat().st_mtime_ns)
    except OSError:
        return []


@lru_cache(maxsize=4)
def _cells(path: Path, _: int) -> list[dict[str, Any]]:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return [{**cell, "source": "".join(cell["source"])} for cell in cells]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def is_changed(cell: str, source: str, begun: float, namespace: Mapping[str, Any]) -> bool:
    """Whether a cell's code in the saved file differs from the code that ran.

    Only a file that was saved after the run can show this. If the front end does not name its file, or gives cells no
    ids, nothing is known, and the answer is False.

    Parameters
    ----------
    cell : str
        The cell's id.
    source : str
        The source that ran.
    begun : float
        When the run began, in seconds since 1970.
    namespace : mapping
        The notebook's globals, which tell which front end is used.
    """
    path = None if in_grading() or not cell else notebook_file(namespace)
    try:
        if path is None or path.stat().st_mtime < begun + _CLOCKS_DIFFER:
            return False
    except OSError:
        return False
    saved = next((one["source"] for one in cells_of(path) if one.get("id") == cell), source)
    return not is_same_code(saved, source)
