"""The grader kernel: the trusted side of one submission.

Each submission has its own grader kernel, a fresh copy of the fork server. It gets its plan over the control socket,
runs the student's cells through the door and the test cells itself, and reports each cell as soon as it is done. It has
the same limit of memory as the student side: a test cell may turn a small answer into something large, which must not
use up the machine's memory.
"""

import ast
import contextlib
import io
import sys
import traceback
from typing import Any, Protocol

from ..sandbox.limits import Limits
from .door import Back, Door, StudentSideDied, message_of
from .kernel_plan import KernelCell
from .outputs import MAX_TEXT, clean, clean_words, size_of
from .question_log import QuestionLog

FILENAME = "<test cell>"


class Answers(Protocol):
    """What a test cell may ask: a `Door`, or a `Replay` in its place."""

    transcript: QuestionLog

    def ask(self, question: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """See `Door.ask`."""

    def seed(self, purpose: str) -> int:
        """See `Door.seed`."""


class TrustedKernel:
    """Runs setup and test cells.

    Parameters
    ----------
    answers : Answers
        Answers the questions of the test cells.
    """

    def __init__(self, answers: Answers) -> None:
        self.namespace: dict[str, Any] = {"__name__": "__main__", "__door__": answers}
        self._answers = answers

    def trusted_cell(self, source: str) -> dict[str, Any]:
        """Run a setup or test cell here and report its value.

        Returns
        -------
        dict
            ``passed``: whether the cell ran to its end. ``fraction`` or ``points``: what it earned (see `reply_of`).
            ``html`` and ``text``: what to show. ``asked`` and ``seeds``: see `QuestionLog.take`.
        """
        report = self._judge(source)
        return report | self._answers.transcript.take()

    def _judge(self, source: str) -> dict[str, Any]:
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                reply = reply_of(run(source, self.namespace))
        except BaseException as error:
            # Test cells may raise any exception (mostly AssertionError): this cell fails, the others still run.
            message = "".join(traceback.format_exception_only(error)).strip()
            return {"passed": False, "fraction": 0.0, "text": message[:MAX_TEXT]}
        return {"passed": True, "text": printed.getvalue()[:MAX_TEXT], **reply}


class GraderKernel(TrustedKernel):
    """Runs a plan: setup and test cells here, the student's cells behind the door.

    Parameters
    ----------
    door : Door
        The way to the student's code.
    output : int
        The largest size of the outputs of all student cells together: characters plus bytes of pictures.
    """

    def __init__(self, door: Door, output: int = Limits.output) -> None:
        super().__init__(door)
        self.door = door
        self.back: Back | None = None  # answers what a cell asks of objects of the test cells before it
        self._room = self._most = output

    def grader_cell(self, cell: KernelCell) -> dict[str, Any]:
        """Run a setup or test cell; see `trusted_cell`."""
        return self.trusted_cell(cell["source"])

    def student_cell(self, source: str, timeout: float, draws: bool = True) -> dict[str, Any]:
        """Run a cell on the student side and report its outputs."""
        try:
            reply = self.door.execute(source, timeout, draws, self.back)
        except StudentSideDied as death:
            return {"outputs": [_error("KernelDied", str(death))]}
        if not isinstance(reply.get("outputs"), list):
            return {"outputs": [_error("CellNotRun", message_of(reply.get("failure")))]}
        outputs, refused = clean(reply["outputs"]), clean_words(reply.get("refused"))
        self._room -= size_of(outputs)
        if outputs and self._room < 0:
            outputs = [_error("OutputLeftOut", f"the outputs of this notebook hold more than {self._most:,} bytes")]
        return {"outputs": outputs} | ({"refused": refused} if refused else {})


def _error(name: str, value: str) -> dict[str, Any]:
    return {"type": "error", "name": name, "value": value, "traceback": [f"{name}: {value}"]}


def run(source: str, namespace: dict[str, Any]) -> Any:
    """Execute a cell of plain Python and return the value of its last line, if that is an expression."""
    tree = ast.parse(source, FILENAME)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        exec(compile(tree, FILENAME, "exec"), namespace)
        return None
    tree.body.pop()
    exec(compile(tree, FILENAME, "exec"), namespace)
    return eval(compile(ast.Expression(last.value), FILENAME, "eval"), namespace)


def reply_of(value: Any) -> dict[str, Any]:
    """What the value of a test cell's last line earns.

    None (a cell of plain asserts) earns all points. An object with a ``fraction`` in [0, 1] earns that share. A number
    is a number of points, as in nbgrader. Everything else earns nothing: a mark is never given by accident.
    """
    if value is None:
        return {"fraction": 1.0}
    if isinstance(value, int | float) and 0 <= value <= sys.float_info.max:
        return {"points": float(value)}
    fraction = getattr(value, "fraction", None)
    if isinstance(fraction, int | float) and 0 <= fraction <= 1:
        html = value._repr_html_() if hasattr(value, "_repr_html_") else None
        return {"fraction": float(fraction), "html": html if isinstance(html, str) else None}
    return {"fraction": 0.0, "text": f"this test cell ended with {value!r:.200}, which is no mark"}
