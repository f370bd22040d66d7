"""Finds out whether a notebook is ready to be handed in, from the kernel and the files beside the notebook."""

import re
import time
from collections.abc import Collection
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any

from . import history
from .cell_names import is_same_code
from .front_end import NOTEBOOK_FOLDER, notebook_file, restart_and_run_all
from .history import CellRun
from .saved_notebook import cells_of
from .summary import Ready
from .wording import count

# The text that stands in a release where students write an answer; nbgrader's own text has no "write".
_STUB = re.compile(r"[*_]*(?:write )?your answer here\.?[*_]*", re.IGNORECASE)


def readiness(namespace: dict[str, Any], written: str, called: str, given: Collection[str]) -> list[Ready]:
    """List what a hand-in needs.

    Parameters
    ----------
    namespace : dict
        The notebook's globals.
    written : str
        Id of the cell for the answer in words; empty if there is none.
    called : str
        The name of that answer in messages.
    given : collection of str
        Names of given functions that are called with ``globals()``.
    """
    path, cells = _saved(namespace, written)
    in_words = [_answer_in_words(path, cells, written, called)] if written else []
    return [*in_words, *_runs(namespace, cells, given)]


def _saved(namespace: dict[str, Any], written: str) -> tuple[Path | None, list[dict[str, Any]]]:
    """The notebook as last saved, if it can be found: the one with the cell `written` for the answer in words."""
    told = notebook_file(namespace)
    beside = sorted(NOTEBOOK_FOLDER.glob("*.ipynb"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in [told] if told else beside:
        cells = cells_of(path)
        if _cell(cells, written) if written else cells:
            return path, cells
    return None, []


def _cell(cells: list[dict[str, Any]], ident: str) -> dict[str, Any] | None:
    def is_it(cell: dict[str, Any]) -> bool:
        return ident in (cell.get("id"), cell.get("metadata", {}).get("nbgrader", {}).get("grade_id"))

    return next(filter(is_it, cells), None)


def _answer_in_words(path: Path | None, cells: list[dict[str, Any]], written: str, called: str) -> Ready:
    cell = _cell(cells, written)
    if path is None or cell is None:
        return Ready(None, f"The notebook's file can't be found from here. Is the {called} written, and saved?")
    saved = f"in {path.name} as last saved ({_ago(time.time() - path.stat().st_mtime)})"
    if number := _words(cell):
        return Ready(True, f"The {called} is written: {count(number, 'word')} {saved}.")
    if any(map(_words, takewhile(_is_no_section, cells[cells.index(cell) + 1 :]))):
        then = "Its own cell counts: move the text of the cell below up into it"
    else:
        then = "Write it"
    return Ready(False, f"The {called} is empty {saved}. {then}, and save the notebook.")


def _words(cell: dict[str, Any]) -> int:
    return sum(any(map(str.isalpha, word)) for word in _STUB.sub(" ", cell["source"]).split())


def _is_no_section(cell: dict[str, Any]) -> bool:
    return cell.get("cell_type") != "code" and not cell["source"].lstrip().startswith("#")


def _ago(seconds: float) -> str:
    minutes = int(seconds // 60)
    if minutes < 1:
        return "just now"
    return f"{count(minutes, 'minute')} ago" if minutes < 120 else f"{minutes // 60} hours ago"


def _runs(namespace: dict[str, Any], cells: list[dict[str, Any]], given: Collection[str]) -> list[Ready]:
    """Whether every cell has run since the last restart, without errors, from top to bottom."""
    code = [cell for cell in cells if cell.get("cell_type") == "code" and cell["source"].strip()]
    # The cell with the summary asks this question; cells below it don't count.
    code = list(takewhile(lambda cell: "submission.summary(" not in cell["source"], code))
    # IPython before 8 gives cells no ids: there, two runs that make the same names are runs of the same cell.
    last = {run.cell or frozenset(run.names.made) or run.source: run for run in history.runs()}
    places = [place for place, cell in enumerate(code) if cell.get("id") in last]
    there = [last[code[place]["id"]] for place in places]
    if failed := [run for run in there or last.values() if run.error]:
        told = "; ".join(_failure(run).rstrip(".") for run in failed[:2])
        more = f"; and {count(len(failed) - 2, 'more cell')}" if len(failed) > 2 else ""
        return [Ready(False, f"Not all cells ran without an error: {told}{more}.")]
    again = f"Best do it now: {restart_and_run_all(namespace)}."
    if not places:  # this front end does not tell which cells it runs, or the notebook's file can't be found
        return [Ready(None, f"Did every cell run since the last restart, from top to bottom? {again}")]
    # The first cells ran before the checks were connected and runs were recorded.
    lacking = [cell for cell in code[places[0] :] if cell.get("id") not in last]
    if lacking:
        what = f"{count(len(lacking), 'cell')}, the first begins with `{_begin(lacking[0]['source'])}`"
        return [Ready(False, f"Not every cell has been run since the last restart ({what}). {again}")]
    ran = zip((code[place] for place in places), there, strict=True)
    changed = [cell for cell, run in ran if not is_same_code(cell["source"], run.source)]
    if changed:
        what = f"{count(len(changed), 'cell')}, the first begins with `{_begin(changed[0]['source'])}`"
        return [Ready(False, f"The saved notebook is not what ran ({what}). Save it. {again}")]
    # Test cells may be run at any time, and so may given functions: they report by themselves what is out of date.
    anytime = ["submission.check(", *(f"{name}(globals())" for name in given)]
    ordered = [run for run in there if not any(call in run.source for call in anytime)]
    late = next((above for above, below in pairwise(ordered) if above.number > below.number), None)
    if late is not None:
        what = f"the cell that begins with `{_begin(late.source)}` was run after one below it"
        return [Ready(False, f"The cells ran in another order than they stand in: {what}. {again}")]
    return [Ready(True, "Every cell ran since the last restart, from top to bottom, without an error.")]


def _failure(run: CellRun) -> str:
    if run.was_a_stub:
        return run.message
    what = "was interrupted" if run.was_interrupted else f"failed with {run.error}"
    return f"the cell that begins with `{_begin(run.source)}` {what}"


def _begin(source: str) -> str:
    """The first line of a cell that is neither empty nor a comment."""
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    return next((line for line in lines if not line.startswith("#")), lines[0] if lines else "")[:80]
