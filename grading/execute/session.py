"""One submission from start to end: a sandbox, a grader kernel, and a clock on both."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from . import sandbox
from .door import GRACE
from .plan import PlannedCell
from .runner.wire import Timeout, Wire, WireError


@dataclass(frozen=True)
class Limits:
    """Wall-clock limits in seconds."""

    start: float = 60.0
    cell: float = 300.0
    answer: float = 120.0


@dataclass(frozen=True)
class Session:
    """What is needed to execute one submission, and nothing of the gradebook.

    Attributes
    ----------
    cells : list of PlannedCell
        The cells in the order of the notebook.
    files : dict of str to bytes
        The files handed in beside the notebook, by relative path.
    release : Path or None
        The released assignment, visible to the student's code read-only.
    answers : str or None
        Module that answers questions on the student side.
    secret : bytes
        The course's secret.
    limits : Limits
        When to stop waiting.
    """

    cells: list[PlannedCell]
    files: dict[str, bytes] = field(default_factory=dict)
    release: Path | None = None
    answers: str | None = None
    secret: bytes = b""
    limits: Limits = field(default_factory=Limits)

    def run(self) -> list[dict[str, Any]]:
        """Execute the submission.

        Returns
        -------
        list of dict
            The grader kernel's report on each cell, in order. Where it died or hung, the report is ``{"lost": why}``.

        Raises
        ------
        sandbox.SandboxError
            The sandbox did not start; nothing was executed.
        """
        with self._processes() as (control, student_side):
            try:
                control.send(self._plan(), self.limits.start)
                greeting = control.receive(self.limits.start + 2 * GRACE)
            except WireError as error:
                raise sandbox.SandboxError(f"the grader kernel did not start: {error}") from error
            if "no_start" in greeting:
                raise sandbox.SandboxError(
                    f"the sandbox did not start: {student_side.complaint() or greeting['no_start']}"
                )
            return self._collect(control)

    def _plan(self) -> dict[str, Any]:
        return {
            "cells": [
                {
                    "source": cell.source,
                    "on_student_side": cell.on_student_side,
                    "on_grader_side": cell.on_grader_side,
                }
                for cell in self.cells
                if cell.runs
            ],
            "files": {name: np.frombuffer(content, np.uint8) for name, content in self.files.items()},
            "path": [str(sandbox.RELEASE)] if self.release else [],
            "answers": self.answers,
            "secret": np.frombuffer(self.secret, np.uint8),
            "start_timeout": self.limits.start,
            "cell_timeout": self.limits.cell,
            "answer_timeout": self.limits.answer,
        }

    def _collect(self, control: Wire) -> list[dict[str, Any]]:
        reports: list[dict[str, Any]] = []
        lost = None
        for cell in self.cells:
            # A test cell may ask a few slow questions; the door's own limits come first.
            limit = self.limits.cell + self.limits.answer + 2 * GRACE
            try:
                if lost is None and cell.runs:
                    reports.append(control.receive(limit))
                    continue
            except Timeout:
                lost = f"the judging process did not finish this cell within {limit:g} s"
            except WireError as error:
                lost = f"the judging process died in this cell or before it ({error})"
            reports.append({"lost": lost} if cell.runs else {})
        return reports

    @contextmanager
    def _processes(self) -> Iterator[tuple[Wire, sandbox.Sandbox]]:
        control, grader_control = socket.socketpair()
        door, student_end = socket.socketpair()
        with tempfile.TemporaryDirectory(prefix="grader-kernel-") as folder:
            student_side = sandbox.start(student_end, self.release)
            grader = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-m", "grading.execute.grader_kernel"),
                    *(str(grader_control.fileno()), str(door.fileno())),
                ],
                pass_fds=[grader_control.fileno(), door.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                cwd=folder,
                env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"},
            )
            for sock in (grader_control, door, student_end):
                sock.close()
            wire = Wire(control)
            try:
                yield wire, student_side
            finally:
                wire.close()
                grader.kill()
                grader.wait()
                student_side.stop()
