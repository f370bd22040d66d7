"""What became of the notebook's cells: it tells why a name is missing."""

import ast
import re
from collections import deque
from dataclasses import dataclass
from typing import Any

from .unanswerable import Unanswerable, describe


@dataclass(frozen=True)
class CellRun:
    """One cell that was run.

    Attributes
    ----------
    source : str
        Its source.
    error : str
        Type of the exception it ended with, or empty.
    message : str
        For the student: what the exception says, and where it came from.
    lacked : str
        The name that was not defined, if that was the error.
    """

    source: str
    error: str = ""
    message: str = ""
    lacked: str = ""


_RUNS: deque[CellRun] = deque(maxlen=1000)


def follow(shell: Any) -> None:
    """Note what becomes of each cell that an IPython shell runs from now on; once is enough."""

    def note(result: Any) -> None:
        error = result.error_before_exec or result.error_in_exec
        run = CellRun(result.info.raw_cell or "")
        if error is not None:
            stub = isinstance(error, NotImplementedError)
            message = f"still to do: {error}" if stub else describe(error, shell.user_ns)
            run = CellRun(run.source, type(error).__name__, message, getattr(error, "name", None) or "")
        _RUNS.append(run)

    if not any(getattr(callback, "__module__", "") == __name__ for callback in shell.events.callbacks["post_run_cell"]):
        shell.events.register("post_run_cell", note)


def why_missing(name: str) -> Unanswerable:
    """Tell why a name of the contract does not exist."""
    return _reason(name, frozenset()) or Unanswerable(
        "not attempted", f"`{name}` does not exist yet: fill in the cell that makes it, and run it."
    )


def _reason(name: str, asked: frozenset[str]) -> Unanswerable | None:
    run = _last_run_that_makes(name)
    if run is None:
        return None
    if run.error == "NotImplementedError":
        return Unanswerable("not attempted", run.message)
    if run.error == "NameError" and run.lacked not in asked:
        deeper = _reason(run.lacked, asked | {name})
        if deeper and deeper.kind != "contract":
            return deeper
    if run.error:
        return Unanswerable("error", f"`{name}` does not exist, because {run.message}")
    return Unanswerable(
        "contract", f"`{name}` does not exist, though the cell that should make it ran. Spelt like that?"
    )


def _last_run_that_makes(name: str) -> CellRun | None:
    """The last run of a cell that assigns a name or, failing that, of one that speaks of it, as every stub does."""
    speaking = [run for run in _RUNS if re.search(rf"\b{name}\b", run.source) and run.lacked != name]
    # A test cell speaks of what it tests.
    speaking = [run for run in speaking if "submission.check(" not in run.source]
    assigning = [run for run in speaking if _assigns(run.source, name)]
    return (assigning or speaking or [None])[-1]


def _assigns(source: str, name: str) -> bool:
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:  # or a magic
        return bool(re.search(rf"(?m)^\s*(def|class)\s+{name}\b|\b{name}\b[^=\n]*=(?!=)", source))
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    defined = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    return name in stored | defined
