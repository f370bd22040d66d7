"""The door: the only way to the student's code, and the only place that reads its replies."""

import hashlib
import math
import secrets
import time
from collections.abc import Callable
from copy import deepcopy
from typing import Any, NoReturn

from ..protocol.wire import Timeout, Wire, WireError
from .question_log import QuestionLog, key_of

# After the student's time is up, we wait this many more seconds for a reply.
GRACE = 5.0
MAX_MESSAGE = 2000
Back = Callable[[dict[str, Any]], dict[str, Any]]


class StudentSideDied(Exception):
    """The student's process is gone, hangs, or broke the protocol. Nothing more can be asked of it."""


class Door:
    """Runs the student's cells and asks questions about what they left behind.

    Parameters
    ----------
    wire : Wire
        The judging end of the socketpair.
    answer_timeout : float
        Seconds for the answer to one question.
    secret : bytes
        The hand-in's secret, from which the seeds of unforeseeable inputs are made; see `seeds.hand_in_secret`.
    why_ended : function
        Returns why the student side was ended; None if it was not ended.

    Attributes
    ----------
    died : str or None
        Why nothing more can be asked of the student side; None while it can.
    transcript : QuestionLog
        The questions and answers.
    """

    def __init__(
        self, wire: Wire, answer_timeout: float, secret: bytes, why_ended: Callable[[], str | None] = lambda: None
    ) -> None:
        self._wire = wire
        self._answer_timeout = answer_timeout
        self._secret = secret
        self._why_ended = why_ended
        self._answered: dict[str, dict[str, Any]] = {}
        self.died: str | None = None
        self.transcript = QuestionLog()

    def begin(self, files: dict[str, Any], answers: str | None, path: list[str], timeout: float) -> None:
        """Hand over the student's files.

        Raises
        ------
        StudentSideDied
            The runner did not start.
        """
        reply = self._request("begin", timeout, files=files, answers=answers, path=path)
        if "failure" in reply:
            last_line = message_of(reply["failure"]).strip().splitlines()[-1]  # of a traceback
            self._give_up(f"the student side could not get ready: {last_line}")

    def execute(self, source: str, timeout: float, draws: bool = True, back: Back | None = None) -> dict[str, Any]:
        """Run one of the student's cells for at most `timeout` seconds and return the runner's reply; see `reach`."""
        self.transcript.cells += 1
        self._answered.clear()
        return self._request("execute", timeout, back, source=source, timeout=timeout, draws=draws)

    def ask(self, question: str, arguments: dict[str, Any], needed: bool = True) -> dict[str, Any]:
        """Ask one question. `needed` (whether a mark needs the answer) matters only to `Replay.ask`.

        Returns
        -------
        dict
            ``{"answer": ...}``, which may be a lie, or ``{"failure": {"kind": ..., "message": ...}}``.
        """
        key = key_of(self.transcript.cells, question, arguments)
        # A question asked twice gets the same reply, for questions change nothing on the student side.
        reply = self._answered[key] if key in self._answered else self._ask(question, arguments)
        if self.transcript.note(question, arguments, reply, key) and "answer" in reply:
            self._answered[key] = reply
        return deepcopy(reply)

    def _ask(self, question: str, arguments: dict[str, Any]) -> dict[str, Any]:
        timeout = self._answer_timeout
        try:
            reply = self._request("ask", timeout, question=question, arguments=arguments, timeout=timeout)
        except StudentSideDied as death:
            return {"failure": {"kind": "died", "message": str(death)}}
        if "failure" not in reply:
            return {"answer": reply.get("answer")}
        failure = reply["failure"]
        kind = failure.get("kind") if isinstance(failure, dict) else None
        return {"failure": {"kind": kind if isinstance(kind, str) else "broken", "message": message_of(failure)}}

    def reach(self, content: dict[str, Any], back: Back, seconds: float = math.inf) -> dict[str, Any]:
        """Carry out one operation for a test cell that uses the student's names; see `StudentSide`.

        Parameters
        ----------
        content : dict
            The operation.
        back : function
            Answers what the student's code asks of the test cell's own functions meanwhile.
        seconds : float
            The time that is left, if this is less than the time for one answer.

        Raises
        ------
        StudentSideDied
            There is no reply.
        """
        limit = max(min(self._answer_timeout, seconds), 0.1)
        return self._request("reach", limit, back, timeout=limit, **content)

    def refuse(self, why: str) -> NoReturn:
        """Ask nothing more of a student side that broke the protocol.

        Raises
        ------
        StudentSideDied
            Always.
        """
        self._give_up(why)

    def seed(self, purpose: str) -> int:
        """A 128-bit seed for one purpose that nobody without the course's secret can foresee."""
        seed = seed_for(purpose, self._secret)
        self.transcript.note_seed(purpose, seed)
        return seed

    def _request(self, what: str, limit: float, back: Back | None = None, **content: Any) -> dict[str, Any]:
        if self.died:
            raise StudentSideDied(self.died)
        ident = secrets.token_hex(8)
        deadline = time.monotonic() + limit + GRACE
        message = {"id": ident, "do": what, **content}
        while True:
            reply = self._exchange(message, ident, limit, deadline)
            if back is None or "back" not in reply:
                return reply
            begun = time.monotonic()
            message = {"id": ident, "answer": back(reply)}
            deadline += time.monotonic() - begun  # the student's code has waited

    def _exchange(self, message: dict[str, Any], ident: str, limit: float, deadline: float) -> dict[str, Any]:
        try:
            self._wire.send(message, max(deadline - time.monotonic(), 0.0))
            reply = self._wire.receive(deadline - time.monotonic())
        except Timeout:
            self._give_up(f"your code did not stop within {limit:g} s and had to be ended")
        except WireError as error:
            self._give_up(f"your kernel died ({error})")
        if ended := self._why_ended():  # it was ended just after it answered
            self._give_up(ended)
        # A reply sent before the question can't contain the question's id.
        if not isinstance(reply, dict) or not isinstance(reply.get("id"), str) or reply["id"] != ident:
            self._give_up("your kernel sent something that was not asked for")
        return reply

    def _give_up(self, why: str) -> NoReturn:
        self._wire.close()
        self.died = self._why_ended() or why
        raise StudentSideDied(self.died)


def seed_for(purpose: str, secret: bytes) -> int:
    """A 128-bit seed, the same for the same purpose and secret."""
    return int.from_bytes(hashlib.sha256(secret + b"\0" + purpose.encode()).digest()[:16], "big")


def message_of(failure: Any) -> str:
    """The message of a failure, if it has one."""
    message = failure.get("message") if isinstance(failure, dict) else None
    return message[:MAX_MESSAGE] if isinstance(message, str) and message.strip() else "no message"
