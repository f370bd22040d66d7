"""Judges a submission again by the answers that it gave before.

No student code runs. Like a grader kernel, this runs in a fresh copy of the fork server, which may die without harm.
"""

import socket
from copy import deepcopy
from typing import Any

import numpy as np

from ..protocol.wire import Wire
from .door import seed_for
from .grader_kernel import TrustedKernel
from .question_log import QuestionLog, key_of


class Replay:
    """Answers questions in place of the `Door`, from the record.

    Parameters
    ----------
    secret : bytes
        The hand-in's secret; see `Door`.

    Attributes
    ----------
    missing : list of str
        The questions that were asked and are not on record.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._replies: dict[str, dict[str, Any] | None] = {}
        self.transcript = QuestionLog()
        self.missing: list[str] = []

    def learn(self, asked: list[dict[str, Any]]) -> None:
        """Add the questions and answers of one test cell to the record."""
        for entry in asked:
            reply: dict[str, Any] | None = {
                part: entry[part] for part in ("answer", "failure") if part in entry
            } or None
            # If the same question had two different answers, neither is used.
            same = entry["key"] not in self._replies or _same(self._replies[entry["key"]], reply)
            self._replies[entry["key"]] = reply if same else None

    def ask(self, question: str, arguments: dict[str, Any], needed: bool = True) -> dict[str, Any]:
        """The recorded reply. If it is not `needed` for a mark, it may be missing: then only a message says less."""
        key = key_of(self.transcript.cells, question, arguments)
        reply = self._replies.get(key)
        if reply is None:
            if needed:
                self.missing.append(question)
            return {"failure": {"kind": "broken", "message": "this question is not on record"}}
        self.transcript.note(question, arguments, reply, key)
        return deepcopy(reply)

    def seed(self, purpose: str) -> int:
        """See `Door.seed`."""
        seed = seed_for(purpose, self._secret)
        self.transcript.note_seed(purpose, seed)
        return seed


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and one == other


def judge(
    cells: list[list[Any]], asked: list[list[dict[str, Any]]], secret: bytes
) -> tuple[list[dict[str, Any]], list[str]]:
    """Judge a submission by the answers that it gave before.

    Parameters
    ----------
    cells : list of (bool, str or None)
        For each cell of the notebook: whether it ran on the student side, and its source if it is a trusted cell.
    asked : list of list of dict
        For each test cell, the recorded questions and answers.
    secret : bytes
        The hand-in's secret.

    Returns
    -------
    reports : list of dict
        The reports on the trusted cells.
    missing : list of str
        The questions that were asked and are not on record.
    """
    replay = Replay(secret)
    for questions in asked:
        replay.learn(questions)
    kernel = TrustedKernel(replay)
    reports = []
    for on_student_side, source in cells:
        replay.transcript.cells += on_student_side
        if source is not None:
            reports.append(kernel.trusted_cell(source))
    return reports, replay.missing


def start(control_fd: int) -> None:
    """Get a submission on the file descriptor of a socket, judge it, and send the reports one by one."""
    control = Wire(socket.socket(fileno=control_fd))
    plan = control.receive()
    asked = [control.receive() for _ in range(plan["asked"])]
    reports, missing = judge(plan["cells"], asked, plan["secret"].tobytes())
    for report in reports:
        control.send({"report": report})
    control.send({"missing": missing})
