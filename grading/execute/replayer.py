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
    if not isinstance(before, dict) or before.get("work") != job.work():
        raise NotOnRecord("the student's code, or what it works with, is another")
    if any("lost" in report for report in before["reports"]):
        raise NotOnRecord("the judging side failed")
    then = list(zip(before["cells"], before["reports"], strict=True))
    asked = [report["asked"] for report in before["reports"] if report.get("asked")]
    of_students = iter([report for cell, report in then if cell["student"]])
    of_ours = iter(_process_for(job).judge(job, asked))
    fatal = {cell["name"]: report for cell, report in then if "died" in report and not cell["student"]}
    reports = []
    for cell in job.cells:
        report = {}
        if cell.on_student_side:
            report |= {
                part: value for part, value in next(of_students).items() if part in ("outputs", "refused", "died")
            }
        if cell.on_grader_side:
            report |= next(of_ours)
        if cell.name in fatal and _fatal_question(report) == _fatal_question(fatal[cell.name]):
            report["died"] = fatal.pop(cell.name)["died"]
        reports.append(report)
    if fatal:
        raise NotOnRecord("the question in which the student side died is not asked any more")
    about = job.about()
    # It was executed then and there.
    there = {part: before[part] for part in ("environment", "limits", "sandboxed")}
    return {"reports": reports} | about | there | {"judged": about["environment"]}


def _fatal_question(report: dict[str, Any]) -> str | None:
    """The key of the question in which the student side died."""
    asked = report.get("asked", [])
    return next((entry["key"] for entry in asked if entry.get("failure", {}).get("kind") == "died"), None)


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
