"""Records which cells were run since the checks were connected, in which order, and how each run ended."""

import itertools
import re
import time
from asyncio import CancelledError
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any

from .cell_names import CellNames, names_in
from .front_end import run_all_above
from .saved_notebook import is_changed
from .settings import in_grading
from .unanswerable import Unanswerable, is_stub

Describe = Callable[[BaseException, dict[str, Any]], str]


@dataclass(frozen=True)
class CellRun:
    """One cell that was run.

    Attributes
    ----------
    source : str
        The cell's source.
    error : str
        Type of the exception with which the run ended; empty if there was none.
    message : str
        For the student: what the exception says, and where it came from.
    lacked : str
        The name that was not defined, if that was the error.
    line : int
        The cell's line in which the run was stopped by an error; 0 if it ended normally, or never began.
    cell : str
        The cell's id; empty if the front end gives none (IPython before 8).
    number : int
        Place of this run in the order of all runs.
    names : CellNames
        Names that the source makes and reads.
    begun : float
        When the run began, in seconds since 1970.
    """

    source: str
    error: str = ""
    message: str = ""
    lacked: str = ""
    line: int = 0
    cell: str = ""
    number: int = 0
    names: CellNames = field(default_factory=CellNames)
    begun: float = 0.0

    def made(self, name: str) -> bool:
        """Whether this run gave a name a value before it ended."""
        return name in self.names.made and (not self.error or 0 < self.names.made[name] < self.line)

    @property
    def was_a_stub(self) -> bool:
        """Whether the run ended at a place where the student still has to write something."""
        return self.message.startswith(_STILL_TO_DO)

    @property
    def was_interrupted(self) -> bool:
        """Whether the student interrupted the run."""
        return self.error == "KeyboardInterrupt"

    def how_it_failed(self) -> str:
        """The error with which the run ended, and its line, in words; never empty if there was an error."""
        where = f" in line {self.line}" if self.line else ""
        lines = self.source.splitlines()
        if 0 < self.line <= len(lines) and re.search(r"\w", lines[self.line - 1]):  # a bracket alone tells nothing
            where += f": `{lines[self.line - 1].strip()[:200]}`"
        return f"was interrupted{where}" if self.was_interrupted else f"failed with {self.error}{where}"


_STILL_TO_DO = "still to do"
_OF_CHECKS = ("submission.check(", "submission.summary(")
_RUNS: deque[CellRun] = deque(maxlen=1000)
_NUMBERS = itertools.count(1)
_BEGUN: list[Any] = []  # IPython's information about the cell that is running, or ran last
_BEGUN_AT: list[float] = [0.0]  # when that cell began


def follow(shell: Any, describe: Describe) -> None:
    """Record from now on how each cell of an IPython shell ended; further calls change nothing.

    Parameters
    ----------
    shell : IPython shell
        The shell whose cells are followed.
    describe : function (error, namespace) -> str
        Says what went wrong in a cell.
    """
    if any(getattr(callback, "__module__", "") == __name__ for callback in shell.events.callbacks["post_run_cell"]):
        return

    def begin(info: Any) -> None:
        _BEGUN[:] = [info]
        _BEGUN_AT[:] = [time.time()]

    def note(result: Any) -> None:
        # If the student interrupts ipykernel while it waits for a cell, there is no result.
        info = result.info if result is not None else _BEGUN[0] if _BEGUN else None
        error = (result.error_before_exec or result.error_in_exec) if result is not None else KeyboardInterrupt()
        _RUNS.append(_run(info, error, shell.user_ns, describe))

    shell.events.register("pre_run_cell", begin)
    shell.events.register("post_run_cell", note)


def _run(info: Any, error: BaseException | None, namespace: dict[str, Any], describe: Describe) -> CellRun:
    source = getattr(info, "raw_cell", None) or ""
    run = CellRun(
        source,
        cell=getattr(info, "cell_id", None) or "",
        number=next(_NUMBERS),
        names=names_in(source),
        begun=_BEGUN_AT[0],
    )
    if error is None:
        return run
    is_interrupt = isinstance(error, KeyboardInterrupt | CancelledError)  # the latter if a cell awaits something
    if is_stub(error, namespace):
        message = f"{_STILL_TO_DO}: {error}"
    elif isinstance(error, SyntaxError) and error.text:
        message = f"your code has a {type(error).__name__} in line {error.lineno}, `{error.text.strip()}`: {error.msg}"
    elif is_interrupt:
        message = "the cell that makes it was interrupted. Run it again."
    else:
        message = describe(error, namespace)
    line = error.lineno if isinstance(error, SyntaxError) else _line(error.__traceback__, namespace)
    lacked = getattr(error, "name", None) or ""
    kind = "KeyboardInterrupt" if is_interrupt else type(error).__name__
    return replace(run, error=kind, message=message, lacked=lacked, line=line or 0)


def _line(traceback: TracebackType | None, namespace: dict[str, Any]) -> int:
    """The line of the cell itself in which an exception was raised, or which called the code that raised it."""
    while traceback is not None:
        if traceback.tb_frame.f_globals is namespace:
            return traceback.tb_lineno
        traceback = traceback.tb_next
    return 0


def runs() -> list[CellRun]:
    """All runs since the checks were connected, the latest last."""
    return list(_RUNS)


def last_that_made(name: str) -> CellRun | None:
    """The run that gave a name its present value."""
    return next((run for run in reversed(_RUNS) if run.made(name)), None)


def failed_since(name: str) -> CellRun | None:
    """The last run of a cell that makes a name, if it ended before that, so that the name's value is older."""
    last = next((run for run in reversed(_RUNS) if name in run.names.made and not _gives_up(run, name)), None)
    return last if last is not None and not last.made(name) else None


def given_up_since(name: str) -> CellRun | None:
    """The last run of the cell that made a name, if that cell no longer makes it; None if cells have no ids."""
    maker = last_that_made(name)
    return _last_of_its_cell(maker) if maker is not None and _gives_up(maker, name) else None


def _gives_up(run: CellRun, name: str) -> bool:
    now = _last_of_its_cell(run)
    return now.names.is_python and name not in now.names.made


def _last_of_its_cell(run: CellRun) -> CellRun:
    return next(other for other in reversed(_RUNS) if other is run or (run.cell and other.cell == run.cell))


def is_changed_since(run: CellRun, namespace: dict[str, Any]) -> bool:
    """Whether a cell was changed, and saved, after a run; False if this is not known."""
    return is_changed(run.cell, run.source, run.begun, namespace)


def why_missing(name: str, namespace: dict[str, Any], made_in: Mapping[str, str]) -> Unanswerable:
    """Tell why a name that the tasks ask for does not exist; for `made_in` see `Answers`."""
    return _reason(name, frozenset(), namespace, made_in) or Unanswerable("not attempted", _not_run(name, namespace))


def _not_run(name: str, namespace: dict[str, Any]) -> str:
    told = f"`{name}` does not exist yet: run the cell that makes it. If that is yours to write, fill it in first."
    if in_grading():
        return told
    return (
        f"{told} It has not been run since the kernel started. Stuck after a restart? Run all cells above: "
        f"{run_all_above(namespace)}."
    )


def _reason(
    name: str, asked: frozenset[str], namespace: dict[str, Any], made_in: Mapping[str, str]
) -> Unanswerable | None:
    run = _last_run_that_should_make(name, made_in)
    if run is None:
        return None
    since = " You changed the cell after that run: run it again." if is_changed_since(run, namespace) else ""
    if run.was_a_stub:
        return Unanswerable("not attempted", f"{run.message.rstrip('.')}.{since}" if since else run.message)
    if run.error == "NameError" and run.lacked not in asked:
        deeper = _reason(run.lacked, asked | {name}, namespace, made_in)
        if deeper and deeper.kind != "contract":
            return deeper
        if (deeper is None or deeper.kind == "contract") and run.lacked not in namespace and not in_grading():
            return Unanswerable(
                "error",
                f"`{name}` does not exist, because {run.message}. No cell that makes `{run.lacked}` has been run since "
                f"the kernel started. Stuck after a restart? Run all cells above: {run_all_above(namespace)}.",
            )
    if run.error:
        told = f"`{name}` does not exist, because {run.message}"
        return Unanswerable("error", f"{told.rstrip('.')}.{since}" if since else told)
    made = " and ".join(f"`{other}`" for other in list(run.names.made)[-3:])
    instead = f" The cell makes {made}." if made and not in_grading() else ""
    return Unanswerable(
        "contract",
        f"`{name}` does not exist, though the cell that should make it ran. Is it spelt like that, and made outside of "
        f"functions?{instead}{since}",
    )


def _last_run_that_should_make(name: str, made_in: Mapping[str, str]) -> CellRun | None:
    """The last run of the cell that makes a name, or should make it.

    If the ids of cells don't tell which cell this is, it is one that mentions the name in a comment, as stubs do.
    """
    making = [run for run in _RUNS if name in run.names.made]
    if making:
        return _last_of_its_cell(making[-1])
    known = _runs_of_the_cell_for(name, made_in)
    if known is not None:
        return known[-1] if known else None
    # A cell that only reads the name, one of our own cells, or one that holds only comments is not the cell sought.
    spoken = re.compile(rf"\b{re.escape(name)}\b")
    in_comment = re.compile(rf"#.*\b{re.escape(name)}\b")
    speaking = [run for run in _RUNS if (spoken if run.names.is_python else in_comment).search(run.source)]
    speaking = [run for run in speaking if name not in run.names.read and not _is_of_checks(run.source)]
    speaking = [run for run in speaking if run.lacked != name]
    speaking = [run for run in speaking if in_grading() or run.error or run.names.made or run.names.read]
    return speaking[-1] if speaking else None


def _runs_of_the_cell_for(name: str, made_in: Mapping[str, str]) -> list[CellRun] | None:
    """Runs of the cell that is meant to make a name; None if the ids of cells don't tell which cell this is."""
    ids = {run.cell for run in _RUNS if not _is_of_checks(run.source)}
    if in_grading() or ids.isdisjoint(made_in.values()):  # some front ends have ids of their own
        return None
    if name in made_in:
        return [run for run in _RUNS if run.cell == made_in[name]]
    tests = [(run.cell, run.source) for run in _RUNS]
    tests += [(getattr(info, "cell_id", None) or "", getattr(info, "raw_cell", None) or "") for info in _BEGUN]
    test = next((cell for cell, source in tests if _OF_CHECKS[0] in source and f'"{name}"' in source), None)
    if test is None:
        return None
    # The id of a test cell is the id of the cell that it tests, a hyphen and more words.
    tested = max((cell for cell in ids if cell and test.startswith(f"{cell}-")), key=len, default="")
    return [run for run in _RUNS if tested and run.cell == tested]


def _is_of_checks(source: str) -> bool:
    return any(call in source for call in _OF_CHECKS)
