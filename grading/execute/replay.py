"""Judge submissions again by what they answered before: ``python -m grading.execute.replay CONTROL_FD MEMORY``.

No student code runs. One process gets ready once for all submissions: it runs the setup cells, and the test cells with
nobody to ask, so that all they import is there. For each submission it makes a fresh copy of itself. Like a grader
kernel it may die without harm.
"""

import os
import socket
import sys
from copy import deepcopy
from typing import Any

import numpy as np

from .door import seed_for
from .grader_kernel import GraderKernel, limit_memory
from .runner.wire import Wire, WireError
from .transcript import Transcript, key_of


class Replay:
    """Answers questions in the `Door`'s place.

    Parameters
    ----------
    secret : bytes
        What the seeds of unforeseeable inputs are made from.

    Attributes
    ----------
    missing : list of str
        What was asked and is not on record.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._replies: dict[str, dict[str, Any] | None] = {}
        self.transcript = Transcript()
        self.missing: list[str] = []

    def learn(self, asked: list[dict[str, Any]]) -> None:
        """Take over what was asked in one test cell."""
        for entry in asked:
            reply = {part: entry[part] for part in ("answer", "failure") if part in entry} or None
            # If the same question had another answer the second time, neither decides anything.
            same = entry["key"] not in self._replies or _same(self._replies[entry["key"]], reply)
            self._replies[entry["key"]] = reply if same else None

    def ask(self, question: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """The reply that was given before."""
        key = key_of(self.transcript.cells, question, arguments)
        reply = self._replies.get(key)
        if reply is None:
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


class Judge:
    """Runs the trusted cells of an assignment for one submission after another.

    Parameters
    ----------
    cells : list of dict
        The ``source`` of each, and whether it is ``graded``; the others are setup cells.
    secret : bytes
        The course's.
    """

    def __init__(self, cells: list[dict[str, Any]], secret: bytes) -> None:
        self._replay = Replay(secret)
        self._kernel = GraderKernel(self._replay)
        self._cells = cells
        # With nobody to ask, the test cells do little more than import. Kept are the reports on setup cells that did
        # not ask.
        self._reports = [self._alone(cell) for cell in cells]

    def judge(self, order: list[list[Any]], asked: list[list[dict[str, Any]]]) -> dict[str, Any]:
        """Judge one submission; only once in a process.

        Parameters
        ----------
        order : list of (bool, int or None)
            For each cell of the notebook, whether it ran on the student side, and which of our cells it is.
        asked : list of list of dict
            What was asked before, by test cell.

        Returns
        -------
        dict
            ``reports`` on our cells by their numbers, and what is ``missing``.
        """
        for cell in asked:
            self._replay.learn(cell)
        reports = {}
        for on_student_side, number in order:
            self._replay.transcript.cells += on_student_side
            if number is not None:
                reports[number] = self._reports[number] or self._kernel.trusted_cell(self._cells[number]["source"])
        return {"reports": reports, "missing": self._replay.missing}

    def _alone(self, cell: dict[str, Any]) -> dict[str, Any] | None:
        """The report on a cell that is the same for all submissions, for it is a setup cell and asked nothing."""
        report = self._kernel.trusted_cell(cell["source"])
        asked = bool(self._replay.missing)
        self._replay.missing.clear()
        return None if cell["graded"] or asked else report


def serve(control: Wire) -> None:
    """Get the cells, then judge until the other side hangs up."""
    plan = control.receive()
    judge = Judge(plan["cells"], plan["secret"].tobytes())
    while True:
        try:
            request = control.receive()
            asked = [control.receive() for _ in range(request["cells"])]
        except WireError:
            return
        copy = os.fork()
        if copy == 0:
            status = 1
            try:
                judged = judge.judge(request["order"], asked)
                for number, report in judged["reports"].items():
                    control.send({"number": number, "report": report})
                control.send({"missing": judged["missing"]})
                status = 0
            finally:
                os._exit(status)
        if os.waitpid(copy, 0)[1]:
            return


if __name__ == "__main__":
    fd, memory = map(int, sys.argv[1:])
    limit_memory(memory)
    serve(Wire(socket.socket(fileno=fd)))
