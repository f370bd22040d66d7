"""One submission from start to end: a sandbox, a grader kernel, and a clock on both."""

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..judge import forkserver_client
from ..judge.door import GRACE
from ..judge.kernel_plan import ApartPlan, KernelPlan
from ..protocol.wire import Timeout, Wire, WireError
from ..sandbox import sandbox
from ..sandbox.bubblewrap import RELEASE, SandboxError
from ..sandbox.cgroup import confine
from ..sandbox.fonts import font_list
from ..sandbox.hidden import NOTHING_MORE, Hidden
from ..sandbox.load import Meter, Reading
from ..sandbox.watchdog import watch
from .plan import Apart, PlannedCell
from .work import Work

# bubblewrap reports with this exit status that the runner was killed by SIGKILL, as a shell does.
KILLED = 128 + signal.SIGKILL
MOMENT = 5.0  # seconds: on a busy machine, a process may still exist for a moment after its sockets are closed


class ProcessKilledError(RuntimeError):
    """A process of this session was killed, and not by us.

    Attributes
    ----------
    reports : list of dict or None
        The reports, if the student's own code may have killed the process; otherwise None.
    seconds : float
        How much of its time the submission had used.
    """

    def __init__(self, message: str, reports: list[dict[str, Any]] | None = None, seconds: float = 0.0) -> None:
        super().__init__(message)
        self.reports = reports
        self.seconds = seconds


class OverloadedError(ProcessKilledError):
    """A limit on time was reached while others used the sandbox's processors.

    Attributes
    ----------
    share : float
        The share of one processor that the sandbox had meanwhile.
    """

    def __init__(self, message: str, seconds: float = 0.0, share: float = 0.0) -> None:
        super().__init__(message, seconds=seconds)
        self.share = share


@dataclass(frozen=True)
class Session(Work):
    """Executes one submission on this machine; knows nothing of the gradebook. Its `Work`, and the attributes below.

    Attributes
    ----------
    release : Path or None
        The released assignment, visible to the student's code read-only.
    cgroup : Path or None
        A cgroup in which the sandbox gets its own subgroup; None if there is none.
    processors : list of int or None
        The processors that the student side runs on; None for all.
    hidden : Hidden
        Packages and folders that the sandbox does not show, besides this engine and the package of `answers`.
    stretch : float
        How many times longer the limits on time are than the submission's own, because others use its processors.
    """

    release: Path | None = None
    cgroup: Path | None = None
    processors: list[int] | None = None
    hidden: Hidden = NOTHING_MORE
    stretch: float = 1.0

    def stretched(self, stretch: float) -> "Session":
        """The same session with longer limits on time."""
        now = self.limits
        longer = {name: getattr(now, name) * stretch for name in ("cell", "answer", "notebook")}
        return replace(self, limits=replace(now, **longer), stretch=stretch)

    def run(self, notebook: float | None = None) -> list[dict[str, Any]]:
        """Execute the submission.

        Parameters
        ----------
        notebook : float, optional
            Seconds to use in place of `Limits.notebook`, if earlier tries have used up some of them.

        Returns
        -------
        list of dict
            The grader kernel's report on each cell, in order. Where it died or hung, the report is ``{"lost": why}``.
            The report on the cell in which the student side died or was ended has a key ``died``, which says why.

        Raises
        ------
        SandboxError
            The sandbox did not start, or can't be watched; nothing was executed.
        ProcessKilledError
            Somebody killed the sandbox or the grader kernel; or the time left for this try was not enough.
        OverloadedError
            A limit on time was reached while others used the sandbox's processors.
        """
        limits = self.limits if notebook is None else replace(self.limits, notebook=notebook)
        with self._processes() as processes:
            control, student_side = processes.control, processes.student_side
            try:
                control.send(self._plan(), self.limits.start)
                greeting = control.receive(self.limits.start + 2 * GRACE)
            except WireError as error:
                processes.refuse_if_killed(None)
                raise SandboxError(f"the grader kernel did not start: {error}") from error
            if "no_start" in greeting:
                processes.refuse_if_killed(None)
                raise SandboxError(f"the sandbox did not start: {student_side.complaint() or greeting['no_start']}")
            with ExitStack() as guards:
                meter = None
                if self.sandboxed:
                    first = student_side.hold()
                    meter = guards.enter_context(Meter(first, self.processors))
                    if self.cgroup:
                        guards.enter_context(confine(student_side.process.pid, self.cgroup, self.limits))
                    guards.enter_context(watch(first, limits, processes.end, partial(student_side.has_ended, MOMENT)))
                processes.begun = time.monotonic()
                with suppress(WireError):  # if the grader kernel is gone, `_collect` reports it for the first cell
                    control.send({"go": True}, GRACE)
                reports = self._collect(control, meter)
            if processes.ended and processes.seconds > limits.notebook and limits != self.limits:
                raise ProcessKilledError("its processes were killed, and the time left for another try did not suffice")
            if any("lost" in report or "died" in report for report in reports):
                processes.refuse_if_killed(reports)
            # Nobody killed it: what it read of the student's side hung or crashed it, in a library's code.
            has_ordinary = any(cell.apart for cell in self.cells)
            return list(map(_not_lost, self.cells, reports)) if has_ordinary else reports

    def _plan(self) -> KernelPlan:
        files = font_list() | self.own_notebook() | self.files
        return {
            "cells": [
                {
                    "source": cell.source,
                    "on_student_side": cell.on_student_side,
                    "on_grader_side": cell.on_grader_side,
                    "draws": cell.draws,
                    "apart": None if cell.apart is None else _apart(cell.apart),
                }
                for cell in self.cells
                if cell.runs
            ],
            "files": {name: np.frombuffer(raw, np.uint8) for name, raw in files.items()},
            "path": [str(RELEASE if self.sandboxed else self.release.resolve())] if self.release else [],
            "answers": self.answers,
            "secret": np.frombuffer(self.secret, np.uint8),
            "start_timeout": self.limits.start,
            "cell_timeout": self.limits.cell,
            "answer_timeout": self.limits.answer,
            "output": self.limits.output,
            "imports": [(*each,) for each in self.imports] if any(cell.apart for cell in self.cells) else None,
        }

    def _collect(self, control: Wire, meter: Meter | None) -> list[dict[str, Any]]:
        reports: list[dict[str, Any]] = []
        readings = [meter.read()] if meter else []
        lost = None
        for cell in self.cells:
            # A test cell may ask a few slow questions; the door's own limits come first.
            limit = self.limits.cell + self.limits.answer + 2 * GRACE
            try:
                if lost is None and cell.runs:
                    reports.append(control.receive(limit))
                    if meter:
                        readings.append(meter.read())
                        self._refuse_if_starved(cell, readings)
                    continue
            except Timeout:
                lost = f"the judging process did not finish this cell within {limit:g} s"
            except WireError as error:
                lost = f"the judging process died in this cell or before it ({error})"
            reports.append({"lost": lost} if cell.runs else {})
        return reports

    def _refuse_if_starved(self, cell: PlannedCell, readings: list[Reading]) -> None:
        """Raise `OverloadedError` if other programs on the processors may be why a time limit was reached.

        They are not if the sandbox had as much of a processor's time as its own limit says.
        """
        first, *_, before, now = readings[:1] + readings
        limit = self.limits.cell if cell.on_student_side else self.limits.answer
        for since, seconds in ((before, limit), (first, self.limits.notebook)):
            passed, had = now.time - since.time, now.own - since.own
            if passed >= seconds and now.starved(since) and had < seconds / self.stretch:
                why = f"{cell.name or 'a cell'} took too long while others used its processors"
                raise OverloadedError(why, seconds=now.time - first.time, share=had / passed)

    @contextmanager
    def _processes(self) -> Iterator["_Processes"]:
        """Start both sides, and always stop them in the end."""
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="grader-kernel-"))
            pairs = [socket.socketpair() for _ in range(3)]
            control, tell, door = (stack.enter_context(pair[0]) for pair in pairs)
            grader_control, why, student_end = (stack.enter_context(pair[1]) for pair in pairs)
            if self.sandboxed:
                packages = (*self.hidden.packages, *([self.answers] if self.answers else []))
                hidden = replace(self.hidden, packages=packages)
                student_side = sandbox.start(
                    student_end, self.release, self.limits, self.access, self.processors, hidden
                )
            else:
                home = stack.enter_context(tempfile.TemporaryDirectory(prefix="student-side-"))
                student_side = sandbox.start_without_a_sandbox(student_end, home, self.processors)
            stack.callback(student_side.stop)
            fds = [sock.fileno() for sock in (grader_control, door, why)]
            sources = [cell.source for cell in self.cells if cell.on_grader_side]
            if any(cell.apart for cell in self.cells):
                # These cells need the student's side; what they import does not.
                sources = sorted({f"import {module}" for _, module, _ in self.imports})
                if self.release:
                    shutil.copytree(self.release, folder, dirs_exist_ok=True)
            try:
                grader = forkserver_client.fork("grader kernel", fds, Path(folder), sources, self.limits)
            except (OSError, WireError) as error:
                raise SandboxError(f"the grader kernel did not start: {error}") from error
            stack.callback(grader.stop)
            for sock in (grader_control, why, student_end):
                sock.close()
            yield _Processes(Wire(control), tell, door, student_side, grader)


def _not_lost(cell: PlannedCell, report: dict[str, Any]) -> dict[str, Any]:
    """The report on a cell for whose loss a student's values are to blame: the test fails."""
    if (why := report.get("lost")) is None:
        return report
    if cell.apart is not None:
        return {"passed": False, "fraction": 0.0, "text": why}
    error = {"type": "error", "name": "NotRun", "value": why, "traceback": [f"NotRun: {why}"]}
    return {"passed": True, "outputs": [error]}


def _apart(apart: Apart) -> ApartPlan:
    return {"operations": apart.operations, "theirs": apart.theirs, "hands_over": apart.hands_over}


@dataclass
class _Processes:
    """Both sides of a running session."""

    control: Wire
    tell: socket.socket
    door: socket.socket
    student_side: sandbox.Sandbox
    grader: forkserver_client.JudgeProcess
    ended: bool = False
    begun: float | None = None

    @property
    def seconds(self) -> float:
        """How long the student's code has been running."""
        return 0.0 if self.begun is None else time.monotonic() - self.begun

    def end(self, reason: str) -> None:
        """Say why, close the door, and end the sandbox."""
        self.ended = True
        with suppress(OSError):  # the grader kernel is gone and will not ask why
            self.tell.sendall(reason.encode())
        with suppress(OSError):  # the student side has hung up
            # This closes the door for the grader kernel, too: from now on, no answer of the sandbox counts.
            self.door.shutdown(socket.SHUT_RDWR)
        self.student_side.kill()

    def refuse_if_killed(self, reports: list[dict[str, Any]] | None) -> None:
        """Raise `ProcessKilledError` if one of the processes was killed by somebody else."""
        if self.grader.ended(MOMENT) == -signal.SIGKILL:
            raise ProcessKilledError("its grader kernel was killed", seconds=self.seconds)
        seconds, status = self.seconds, None
        with suppress(subprocess.TimeoutExpired):
            status = self.student_side.process.wait(MOMENT)
        if self.ended or status not in (-signal.SIGKILL, KILLED):
            return
        # Student code can't reach the bubblewrap process outside, but it can kill the one inside.
        inside = status == KILLED or not self.student_side.is_bubblewrap
        raise ProcessKilledError("its sandbox was killed", reports if inside else None, seconds)
