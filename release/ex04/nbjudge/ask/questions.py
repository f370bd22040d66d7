"""The questions that test cells ask, and the checks that judge the answers."""

import builtins
import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any, ClassVar, Self

import numpy as np

from .call_questions import CallQuestions
from .check import MAX_MESSAGE, NotPassed, Outcome, judge
from .compare import same
from .figures import MAX_IMAGES, MAX_PANELS, MAX_TEXT
from .plain_data import outline
from .replies import NoAnswer, array_of, of_type
from .settings import in_grading
from .sides import GENERAL_ANSWERS, SameKernel, Side
from .student_code import MAX_LINE
from .summary import Progress, Summary
from .wording import sentences

_BLANK_FIGURE = re.compile(r"\b(?:subplots|subplot_mosaic|figure)\(|= *None$")  # other lines draw into it


@dataclass(frozen=True)
class Panel:
    """One set of axes in a figure.

    Attributes
    ----------
    images : list of (rows, columns) float64 arrays
        The arrays that imshow or pcolormesh shows there.
    text : str
        Its title, labels and other text.
    """

    images: list[np.ndarray]
    text: str


class Submission(CallQuestions):
    """A student's work, as the test cells see it.

    A course with more questions defines a subclass with a method for each of them, and names the module that answers
    them.

    Parameters
    ----------
    side : Side
        Receives the questions and returns the answers.

    Attributes
    ----------
    answers : str
        Module whose ``ANSWERS`` answers in the student's own notebook. In grading, ``c.ExecuteApart.answers`` names it.
    """

    answers: ClassVar[str] = GENERAL_ANSWERS
    same = staticmethod(same)  # for test cells, which need no other object than this one

    def __init__(self, side: Side) -> None:
        self._side = side
        self._checks: dict[str, tuple[Callable[[], Any], float]] = {}
        self._asked: Counter[str] = Counter()
        self._names: set[str] = set()
        self._variables: dict[str, None] = {}  # that the current check asked about, in this order
        self._figures: set[str] = set()

    @classmethod
    def connect(cls, namespace: dict[str, Any]) -> Self:
        """Connect the test cells with a student's work.

        Parameters
        ----------
        namespace : dict
            ``globals()`` of the notebook. In grading, the judging process has put the connection to the student's
            process there, under the name ``__door__``.

        Returns
        -------
        Submission
            The only object that test cells need.
        """
        door = namespace.get("__door__")
        submission = cls(door or SameKernel(namespace, cls.answers))
        older = namespace.get("submission")
        if door is None and isinstance(older, Submission):  # connected again: the summary needs the older checks
            submission._checks |= older._checks
        return submission

    def seed(self, purpose: str) -> int:
        """A 128-bit seed for one purpose: fixed in the student's notebook, secret in grading."""
        return self._side.seed(purpose)

    def values(self, name: str) -> np.ndarray:
        """The numbers that a student's variable holds.

        Parameters
        ----------
        name : str
            Name of the variable: an array, a tensor on any device, a list, a number, or a tuple as from ``np.where``.

        Returns
        -------
        array
            bool, int64 or float64.

        Raises
        ------
        NoAnswer
            There is no such variable, or it holds something other than numbers.
        """
        self._variables[name] = None
        return array_of(self._ask("values", name=name))

    def figure(self, name: str) -> list[Panel]:
        """The images and text that a student's figure shows.

        Parameters
        ----------
        name : str
            Name of the variable: a figure, axes, a list of them, or None.

        Returns
        -------
        list of Panel
            One for each set of axes that holds an image; empty for None.
        """
        self._variables[name] = None
        self._figures.add(name)
        panels = [of_type(dict, panel) for panel in of_type(list, self._ask("figure", name=name))[:MAX_PANELS]]
        images = [[array_of(image) for image in of_type(list, panel.get("images"))[:MAX_IMAGES]] for panel in panels]
        texts = [of_type(str, panel.get("text"))[:MAX_TEXT] for panel in panels]
        return [Panel(*panel) for panel in zip(images, texts, strict=True)]

    def source_line(self, of: str, pattern: str) -> str:
        """The student's first line that matches a pattern, in a function or class or in what it calls; else empty."""
        return self._line("source_line", of=of, pattern=pattern)

    def assignment(self, name: str) -> str:
        """The student's last line that gives a variable its value; empty if that line is not known."""
        return self._line("assignment", name=name)

    def has(self, name: str) -> bool:
        """Whether the student defined an optional variable."""
        return of_type(bool, self._ask("has", name=name))

    def check(self, question: Callable[[], Any], points: float) -> Outcome:
        """Ask a question and judge the answer; this call is the last line of a test cell.

        Parameters
        ----------
        question : function without arguments
            The first line of its docstring is the check's title. It returns None or a remark if the check is passed,
            returns ``(fraction, remark)`` for a part of the points, and raises AssertionError, with a message for the
            student, if the check is not passed.
        points : float
            Points at stake.

        Returns
        -------
        Outcome
            Shown by Jupyter as one block.

        Raises
        ------
        NotPassed
            Only under ``nbgrader validate``, which shows students nothing but errors.
        """
        title = (question.__doc__ or question.__name__.replace("_", " ")).strip().splitlines()[0].rstrip(".")
        self._checks[title] = question, points
        outcome = self._outcome(title)
        if outcome.fraction < 1 and os.environ.get("NBGRADER_VALIDATING"):
            raise NotPassed(outcome)
        return outcome

    def summary(self, visible: dict[str, dict[str, float]], written: str = "") -> Summary | None:
        """Repeat every visible check, and say what is left to do before the notebook is handed in.

        Parameters
        ----------
        visible : dict of str to dict of str to float
            For each task, the points of its checks, by their titles.
        written : str
            Id of the cell for the answer in words; empty if there is none.

        Returns
        -------
        Summary or None
            Shown by Jupyter as a table. None in grading, because there the marks stand at the top of the page.
        """
        if in_grading() or not isinstance(self._side, SameKernel):
            return None
        counted = Progress(sum(title in self._checks for checks in visible.values() for title in checks))
        tasks: dict[str, list[Outcome]] = {}
        older: set[str] = set()
        for task, checks in visible.items():
            tasks[task] = []
            for title, points in checks.items():
                is_run = title in self._checks
                tasks[task].append(self._outcome(title) if is_run else Outcome(title, "not run", 0.0, points))
                older |= self._names if tasks[task][-1].out_of_date else set()
                counted.step(is_run)
        return Summary(tasks, self._side.readiness(written), self._side.out_of_date(older))

    def _outcome(self, title: str) -> Outcome:
        """Repeat a check that was run, and return its outcome."""
        question, points = self._checks[title]
        self._names.clear()
        self._variables.clear()
        status, fraction, points, message = self._judged(self._with_names_of_ours(question), points)
        names = self._names.copy()
        out_of_date = self._side.out_of_date(names) if isinstance(self._side, SameKernel) else ()
        if status == "not passed":
            message = self._with_line(message, names, quotes=not out_of_date)[:MAX_MESSAGE]
            message = "" if message in out_of_date else message
        return Outcome(title, status, fraction, points, message, out_of_date)

    def _names_of_ours(self) -> dict[str, Any]:
        """Names that checks use, with our values: in the student's notebook, they may have other values by now."""
        return {"np": np, "submission": self}

    def _with_names_of_ours(self, question: Callable[[], Any]) -> Callable[[], Any]:
        """A copy of a question that gets our values of `np`, `max` and such names, not those in the notebook."""
        if not isinstance(question, FunctionType):
            return question
        names = {name: value for name, value in question.__globals__.items() if not hasattr(builtins, name)}
        names = names | self._names_of_ours() | {"__builtins__": builtins}
        return FunctionType(question.__code__, names, question.__name__, question.__defaults__, question.__closure__)

    def _judged(self, question: Callable[[], Any], points: float) -> tuple[str, float, float, str]:
        """Status, fraction, points and message of a check."""
        self._asked.clear()
        return judge(question, points)

    def _line(self, question: str, at_most: int = MAX_LINE, **arguments: Any) -> str:
        try:
            return " ".join(of_type(str, self._ask(question, False, **arguments)).split())[:at_most]
        except NoAnswer:
            return ""

    def _with_line(self, message: str, names: set[str], quotes: bool) -> str:
        """Add to a message about a variable what spoilt it, or the student's line that makes it."""
        for name in sorted(names):
            if replaced := self._line("replaced", MAX_MESSAGE, name=name):
                return replaced
        about = {
            name: found for name in self._variables if (found := re.search(rf"`{name}(?:\[([\d, ]+)\])?`", message))
        }
        # A message that names no variable is about the last one that was asked for.
        name = min(about, key=lambda name: about[name].start()) if about else next(reversed(self._variables), "")
        if not name:
            return message
        if unfinished := self._line("unfinished", MAX_MESSAGE, name=name):
            return unfinished
        if painted := self._line("painted_over", MAX_MESSAGE, name=name):
            return sentences(painted, message)
        if not about or not quotes or "Look at your line" in message or "of your cell" in message:
            return message
        # A wrong shape comes from the line that creates the variable, wrong numbers from a line that fills it.
        place = {"at": [int(index) for index in about[name][1].split(",")]} if about[name][1] else {}
        which: dict[str, Any] = {"fills": False} if "shape" in message else place
        line = self._line("assignment", name=name, **which)
        if name in self._figures and _BLANK_FIGURE.search(line):
            return message
        if not line:
            return message
        others = self._line("made_from", name=name, **which)
        return sentences(message, f"Look at your line `{line}`{f', and at what makes {others}' if others else ''}.")

    def _ask(self, question: str, needed: bool = True, **arguments: Any) -> Any:
        # Each question has a random state of its own, so two calls draw different random numbers, but the same notebook
        # gets the same mark. The state depends on the question, and on how often this check has asked it; so it does
        # not depend on other checks.
        about = ", ".join(f"{name}={outline(value)}" for name, value in sorted(arguments.items()))
        asked = f"{question}({about})"
        self._names |= self._names_in(question, arguments)
        self._asked[asked] += 1
        seed = self.seed(f"{asked}, {self._asked[asked]}") % 2**63
        reply = self._side.ask(question, {"seed": seed, **arguments}, needed)
        if "failure" in reply:
            raise NoAnswer(reply["failure"]["kind"], reply["failure"]["message"])
        return reply["answer"]

    def _names_in(self, question: str, arguments: dict[str, Any]) -> set[str]:
        """Names in the student's notebook that a question is about."""
        return {arguments[key] for key in ("of", "name") if key in arguments} | {*arguments.get("uses", ())}


connect = Submission.connect
