"""Has a submission judged again by its transcript, in a `replay_worker`."""

import socket
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import numpy as np

from ..protocol.wire import Wire, WireError
from ..run.job import Job
from . import archive, forkserver_client
from .report import CellReport, ReportError
from .transcript import Transcript


class NotOnRecord(LookupError):
    """The transcript is not enough to judge by, or is of another submission: the submission must be executed."""


def judge(job: bytes, before: bytes, processors: list[int] | None = None) -> bytes | None:
    """Judge a submission by its transcript.

    Parameters
    ----------
    job : bytes
        The submission with the current test cells, packed.
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
        return archive.pack(_judged(Job.unpack(job), Transcript.read(before)))
    return None


def _judged(job: Job, before: Transcript) -> dict[str, Any]:
    if before.content.get("work") != job.student_key():
        raise NotOnRecord("the student's code, what it works with, or the environment is another")
    if job.has_ordinary:
        raise NotOnRecord("tests that use the student's names ask too much to keep it all")
    if before.is_doubtful:
        raise NotOnRecord("the judging side failed")
    asked = [report.asked for report in before.reports if report.asked]
    of_students = iter([raw for raw, (cell, _) in zip(before.raw, before.by_cell(), strict=True) if cell["student"]])
    of_ours = iter(_judge_again(job, asked))
    fatal = {cell["name"]: report for cell, report in before.by_cell() if report.died and not cell["student"]}
    reports = []
    for cell in job.cells:
        report: dict[str, Any] = {}
        if cell.on_student_side:
            report |= {
                part: value for part, value in next(of_students).items() if part in ("outputs", "refused", "died")
            }
        if cell.on_grader_side:
            report |= next(of_ours)
        if cell.name in fatal and _fatal_question(report) == fatal[cell.name].fatal_question():
            report["died"] = fatal.pop(cell.name).died
        reports.append(report)
    if fatal:
        raise NotOnRecord("the question in which the student side died is not asked any more")
    return {"reports": reports} | job.about()


def _fatal_question(raw: dict[str, Any]) -> str | None:
    """`CellReport.fatal_question` of a new report from the judging side."""
    try:
        return CellReport.read(raw).fatal_question()
    except ReportError as error:
        raise NotOnRecord(str(error)) from error


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
            process = forkserver_client.fork("replay", [theirs.fileno()], Path(folder), sources, job.limits)
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
