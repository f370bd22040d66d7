"""Runs ordinary test cells, which use the student's names, apart from the student's process."""

import ast
import contextlib
import inspect
import io
import os
import random
import signal
import sys
import traceback
from collections.abc import Iterator
from typing import Any

import numpy as np

from .door import Door
from .grader_kernel import FILENAME, GraderKernel
from .handles import Handle, Method, Opaque
from .kernel_plan import KernelCell
from .magics import without_magics
from .names import MainModule, Namespace, root_of
from .outputs import MAX_TEXT
from .question_log import key_of
from .student_side import StudentSide, TestTimeout


class OrdinaryKernel(GraderKernel):
    """Runs a plan whose test cells use the student's names.

    Parameters
    ----------
    door : Door
        The way to the student's code.
    output : int
        See `GraderKernel`.
    imports : list of (str, str, str)
        What the instructor's cells import; see `names_used.imports_of`.
    timeout : float
        Seconds for one test cell.
    """

    def __init__(self, door: Door, output: int, imports: list[tuple[str, str, str]], timeout: float) -> None:
        super().__init__(door, output)
        self._side = StudentSide(door, imports)
        self.namespace = self._names = Namespace(self._side)
        sys.modules["__main__"] = MainModule(self._names)
        self._timeout = timeout
        self.back = self._side.answer_back
        self._ran = False
        sys.path.insert(0, os.getcwd())  # the released files, of which the fork server knew nothing
        _sync_seeds(self._side)
        _read_sources(self._side)

    def student_cell(self, source: str, timeout: float, draws: bool = True) -> dict[str, Any]:
        """Run a cell on the student side and report its outputs; it may call functions of test cells before it."""
        self._side.begin_cell(timeout)
        self._side.waits = 1  # for the reply; only a test cell's function that is called meanwhile is interrupted
        with _seconds(timeout, self._side):
            report = super().student_cell(source, timeout, draws)
        self._ran = True
        return report

    def grader_cell(self, cell: KernelCell) -> dict[str, Any]:
        """Run a test cell, or a locked cell before it, and report its value; see `TrustedKernel.trusted_cell`."""
        apart = cell["apart"]
        names = self._names
        names.is_test, names.theirs = apart is not None, bool(apart and apart["theirs"])
        names.hands_over = frozenset(apart["hands_over"] if apart else ())
        operations: list[str] | None = [] if apart is None else apart["operations"]
        granted = None if operations is None else frozenset(operations)
        report: dict[str, Any] = {"passed": False, "fraction": 0.0}
        try:
            with _seconds(self._timeout, self._side):
                self._side.begin(granted, self._timeout)
                if self._ran:
                    names.student_ran()
                    self._ran = False
                report = self._run(cell["source"])
                if report["passed"] and (doubt := self._side.doubt):
                    report = {"passed": False, "fraction": 0.0, "text": doubt}
                if apart is not None and report["passed"]:
                    names.hand_over(apart["hands_over"])
        except BaseException as error:
            report |= {"passed": False, "fraction": 0.0, "text": _message(error)}
        if apart is None:  # a locked cell need not run here: then its names come from the student's side
            return {"passed": True, "text": report.get("text", "")}
        return report | {"operations": sorted(self._side.used)} | self._noted()

    def _run(self, source: str) -> dict[str, Any]:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            tree = ast.parse(without_magics(source), FILENAME)
            last = tree.body[-1] if tree.body else None
            if not isinstance(last, ast.Expr):
                exec(compile(tree, FILENAME, "exec"), self.namespace)
                return {"passed": True, "fraction": 1.0, "text": printed.getvalue()[:MAX_TEXT]}
            tree.body.pop()
            exec(compile(tree, FILENAME, "exec"), self.namespace)
            root = root_of(last.value)
            is_theirs = root is not None and not dict.__contains__(self._names, root) and root in self._side.names
            value = eval(compile(ast.Expression(last.value), FILENAME, "eval"), self.namespace)
        return {"passed": True, "text": printed.getvalue()[:MAX_TEXT]} | _earned(value, is_theirs)

    def _noted(self) -> dict[str, Any]:
        """The first operations, for the transcript."""
        log = self.door.transcript
        for operation, operands, result in self._side.noted:
            if operation != "names":
                arguments = {str(number): text for number, text in enumerate(operands)}
                log.note(operation, arguments, {"answer": result}, key_of(log.cells, operation, arguments))
        return log.take()


def _earned(value: Any, is_theirs: bool) -> dict[str, Any]:
    """What the value of a test cell's last line earns: as nbgrader reads it, but never by the student's word."""
    if value is None:
        return {"fraction": 1.0}
    if isinstance(value, Handle | Method | Opaque):
        return {"fraction": 0.0, "text": "this test ends with an object of the student's, which is no mark"}
    if isinstance(value, int | float) and not isinstance(value, bool):
        if is_theirs:
            return {"fraction": 0.0, "text": "this test ends with a number of the student's, which is no mark"}
        points = float(value)
        if not 0 <= points < float("inf"):
            return {"fraction": 0.0, "text": f"this test cell ended with {value!r:.200}, which is no mark"}
        return {"points": points}
    return {"fraction": 1.0}  # nbgrader gives all points when the value is no number


def _message(error: BaseException) -> str:
    try:
        if type(error).__module__.startswith("nbjudge."):
            return str(error)
        text = "".join(traceback.format_exception_only(error)).strip()
    except BaseException:  # the message of an exception may be anything
        text = type(error).__name__
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILENAME]
    where = f" (line {lines[-1]} of this test)" if lines and text == type(error).__name__ else ""
    return (text + where)[:MAX_TEXT]


@contextlib.contextmanager
def _seconds(limit: float, side: StudentSide) -> Iterator[None]:
    """Interrupt the block with `TestTimeout` when it takes longer."""

    def interrupt(*_: Any) -> None:
        if side.waits:  # a request has a limit of its own; without its reply, all later replies would be wrong
            return
        raise TestTimeout(f"this test took more than {limit:g} s")

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, limit, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _read_sources(side: StudentSide) -> None:
    """Let ``inspect`` find the source of the student's functions and classes, as their process tells it."""
    lines_of = inspect.getsourcelines

    def getsourcelines(value: Any) -> tuple[list[str], int]:
        if isinstance(value, Handle | Method):
            lines, first = side("source", value, claim="source")
            return lines, first
        return lines_of(value)

    def getsource(value: Any) -> str:
        return "".join(getsourcelines(value)[0])

    for function in (getsource, getsourcelines):
        setattr(inspect, function.__name__, function)


def _sync_seeds(side: StudentSide) -> None:
    """From the moment when a test cell sets a seed, both sides have the same states of the random generators."""

    def noting(function: Any) -> Any:
        def seed(*arguments: Any, **keywords: Any) -> Any:
            side.seeded = True
            return function(*arguments, **keywords)

        return seed

    # This process judges one hand-in, then ends.
    generators: list[tuple[Any, str]] = [(random, "seed"), (np.random, "seed")]
    if torch := sys.modules.get("torch"):  # the fork server has imported it if a test does
        generators.append((torch, "manual_seed"))
    for module, name in generators:
        setattr(module, name, noting(getattr(module, name)))
