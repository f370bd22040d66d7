"""Have a submission judged again, see `replay`."""

import hashlib
import json
import os
import signal
import socket
import tempfile
import threading
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import archive, trusted
from .job import Job
from .runner.wire import Wire, WireError

_here = threading.local()  # each thread has a process of its own


class NotOnRecord(LookupError):
    """A submission has to be executed to be judged: other code, or another question, than in its transcript."""


def judge(job: bytes, before: bytes, threads: int | None = None) -> bytes | None:
    """Judge a submission by its transcript.

    Parameters
    ----------
    job : bytes
        The submission with the test cells of today, packed.
    before : bytes
        The transcript of its execution.
    threads : int, optional
        Not used.

    Returns
    -------
    bytes or None
        The new transcript, as `Job.run` would make it; None if the submission has to be executed.
    """
    with suppress(NotOnRecord, archive.ArchiveError, WireError):
        return archive.pack(_judged(Job.unpack(job), archive.unpack(before)))
    return None


def _judged(job: Job, before: dict[str, Any]) -> dict[str, Any]:
    if before["work"] != job.work():
        raise NotOnRecord("the student's code, or what it works with, is another")
    ran = [report for cell, report in zip(before["cells"], before["reports"], strict=True) if cell["student"]]
    asked = [report["asked"] for report in before["reports"] if report.get("asked")]
    trusted_reports = _process_for(job).judge(job, asked)
    of_students, of_ours = iter(ran), iter(trusted_reports)
    reports = []
    for cell in job.cells:
        report = {}
        if cell.on_student_side:
            report |= {
                part: value for part, value in next(of_students).items() if part in ("outputs", "refused", "died")
            }
        if cell.on_grader_side:
            report |= next(of_ours)
        reports.append(report)
    # It was executed then and there.
    then = {part: before[part] for part in ("environment", "limits", "sandboxed")}
    return {"reports": reports} | job.about() | then | {"judged": job.about()["environment"]}


def _process_for(job: Job) -> "_Process":
    cells = [{"source": c.source, "graded": c.points is not None} for c in job.cells if c.on_grader_side]
    key = hashlib.sha256(json.dumps([cells, job.secret.hex(), job.limits.memory]).encode()).hexdigest()
    process = getattr(_here, "process", None)
    if process is None or process.key != key or not process.is_alive:
        if process is not None:
            process.stop()
        _here.process = process = _Process.start(key, cells, job)
    return process


@dataclass
class _Process:
    """A process that judges submissions whose test cells are the same."""

    key: str
    control: Wire
    limit: float
    resources: ExitStack
    is_alive: bool = True

    @staticmethod
    def start(key: str, cells: list[dict[str, Any]], job: Job) -> "_Process":
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="replay-"))
            ours, theirs = socket.socketpair()
            stack.enter_context(ours)
            with theirs:
                process = trusted.start("grading.execute.replay", [theirs.fileno()], job.limits.memory, Path(folder))
            stack.callback(process.wait)
            stack.callback(_kill, process.pid)
            control = Wire(ours)
            control.send({"cells": cells, "secret": np.frombuffer(job.secret, np.uint8)}, job.limits.start)
            return _Process(key, control, job.limits.cell + job.limits.start, stack.pop_all())

    def judge(self, job: Job, asked: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
        """The reports on the cells of the judging side."""
        numbers = iter(range(len(job.cells)))
        order = [[c.on_student_side, next(numbers) if c.on_grader_side else None] for c in job.cells if c.runs]
        reports = []
        try:
            self.control.send({"order": order, "cells": len(asked)}, self.limit)
            for cell in asked:
                self.control.send(cell, self.limit)
            while "missing" not in (message := self.control.receive(self.limit)):
                reports.append(message["report"])
        except (WireError, TypeError):
            self.stop()
            raise WireError("the process that judges died, or hangs") from None
        if message["missing"]:
            raise NotOnRecord(f"never asked before: {', '.join(message['missing'])}")
        return reports

    def stop(self) -> None:
        """Kill it."""
        self.is_alive = False
        self.resources.close()


def _kill(leader: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
