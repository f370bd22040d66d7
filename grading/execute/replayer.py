"""Have a submission judged again, see `replay`."""

import socket
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import numpy as np

from . import archive, trusted
from .job import Job
from .result import Result
from .runner.wire import Wire, WireError


class NotOnRecord(LookupError):
    """A submission has to be executed to be judged: its transcript is of something else, or does not tell enough."""


def judge(job: bytes, before: bytes, processors: list[int] | None = None) -> bytes | None:
    """Judge a submission by its transcript.

    Parameters
    ----------
    job : bytes
        The submission with the test cells of today, packed.
    before : bytes
        The transcript of its execution.
    processors : list of int, optional
        Not used.

    Returns
    -------
    bytes or None
        The new transcript, as `Job.run` would make it; None if the submission has to be executed.
    """
    with suppress(NotOnRecord, archive.ArchiveError, OSError, WireError):
        return archive.pack(_judged(Job.unpack(job), Result(before).content))
    return None


def _judged(job: Job, before: dict[str, Any]) -> dict[str, Any]:
    if before.get("work") != job.work():
        raise NotOnRecord("the student's code, what it works with, or the environment is another")
    if any("lost" in report for report in before["reports"]):
        raise NotOnRecord("the judging side failed")
    then = list(zip(before["cells"], before["reports"], strict=True))
    asked = [report["asked"] for report in before["reports"] if report.get("asked")]
    of_students = iter([report for cell, report in then if cell["student"]])
    of_ours = iter(_judge_again(job, asked))
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
    return {"reports": reports} | job.about()


def _fatal_question(report: dict[str, Any]) -> str | None:
    """The key of the question in which the student side died."""
    asked = report.get("asked", [])
    return next((entry["key"] for entry in asked if entry.get("failure", {}).get("kind") == "died"), None)


def _judge_again(job: Job, asked: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The reports on the cells of the judging side."""
    sources = [cell.source for cell in job.cells if cell.on_grader_side]
    cells = [[cell.on_student_side, cell.source if cell.on_grader_side else None] for cell in job.cells if cell.runs]
    plan = {"cells": cells, "asked": len(asked), "secret": np.frombuffer(job.secret, np.uint8)}
    limit = job.limits.cell + job.limits.start
    reports = []
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="replay-"))
        ours, theirs = socket.socketpair()
        stack.enter_context(ours)
        with theirs:
            process = trusted.copy("replay", [theirs.fileno()], Path(folder), sources, job.limits)
        stack.callback(process.stop)
        control = Wire(ours)
        try:
            for message in (plan, *asked):
                control.send(message, limit)
        except TypeError as error:
            raise NotOnRecord(f"the answers can't be sent: {error}") from error
        while "missing" not in (message := control.receive(limit)):
            reports.append(message["report"])
    if message["missing"]:
        raise NotOnRecord(f"never asked before: {', '.join(message['missing'])}")
    return reports
