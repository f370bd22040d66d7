"""The questions, and what a check makes of the answers."""

import builtins
import hashlib
import importlib
import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any, ClassVar, Protocol, Self

import numpy as np

from .answers import Answers
from .check import NotPassed, Outcome
from .figures import MAX_IMAGES, MAX_PANELS, MAX_TEXT
from .freshness import Freshness
from .replies import NoAnswer, array_of, of_type
from .settings import in_grading, ordinary_settings
from .student_code import MAX_LINE
from .summary import Progress, Ready, Summary
from .wording import sentences

MAX_MESSAGE = 4000
_BLANK_FIGURE = re.compile(r"\b(?:subplots|subplot_mosaic|figure)\(")  # what is drawn into it, other lines say
GENERAL_ANSWERS = f"{__package__}.answers"


class Side(Protocol):
    """Where the questions go."""

    def ask(self, question: str, arguments: dict[str, Any], needed: bool = True) -> dict[str, Any]:
        """Return ``{"answer": ...}`` or ``{"failure": {"kind": ..., "message": ...}}``.

        What only helps to word a message is not `needed`: where nothing can be executed, there may be no answer.
        """

    def seed(self, purpose: str) -> int:
        """Return a 128-bit seed."""


class SameKernel:
    """The student's own notebook: questions are answered on the spot, and seeds are no secret.

    Parameters
    ----------
    namespace : dict
        The notebook's globals.
    answers : str
        The module whose ``ANSWERS`` answers.
    """

    def __init__(self, namespace: dict[str, Any], answers: str = GENERAL_ANSWERS) -> None:
        self._namespace = namespace
        # Imported here: the judging side of a grading run has not all that a course's answers may need.
        self._answers: Answers = importlib.import_module(answers).ANSWERS
        self._freshness: Freshness | None = None
        if "get_ipython" in namespace:
            shell = namespace["get_ipython"]()
            # In grading each cell is run once and in order: nothing gets out of date.
            if in_grading():
                self._answers.follow(shell)
            else:
                self._freshness = Freshness(shell, self._answers)

    def ask(self, question: str, arguments: dict[str, Any], needed: bool = True) -> dict[str, Any]:
        """Answer from the namespace."""
        # Of arrays a copy, as through a door: the student's code may write into what it is given.
        own = {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in arguments.items()}
        return self._answers.answer(self._namespace, question, own)

    def seed(self, purpose: str) -> int:
        """Return the same 128-bit seed on every machine."""
        return int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:16], "big")

    def out_of_date(self, names: set[str]) -> tuple[str, ...]:
        """Say which of the names that a check asks about are out of date, and why."""
        return self._freshness.out_of_date(sorted(names)) if self._freshness else ()

    def readiness(self, written: str) -> list[Ready]:
        """Say what is left to do before the notebook is handed in."""
        return self._answers.readiness(self._namespace, written)


@dataclass(frozen=True)
class Panel:
    """One set of axes in a figure.

    Attributes
    ----------
    images : list of (rows, columns) float64 arrays
        What imshow or pcolormesh shows there.
    text : str
        Its title, labels and other text.
    """

    images: list[np.ndarray]
    text: str


class Submission:
    """A student's work, as the test cells see it.

    A course that asks more than this makes a subclass, with a method for each question, and names the module that
    answers them.

    Parameters
    ----------
    side : Side
        Where the questions go.

    Attributes
    ----------
    answers : str
        The module whose ``ANSWERS`` answers in the student's own notebook; in grading it is ``c.ExecuteApart.answers``.
    """

    answers: ClassVar[str] = GENERAL_ANSWERS

    def __init__(self, side: Side) -> None:
        self._side = side
        self._checks: dict[str, tuple[Callable[[], Any], float]] = {}
        self._asked: Counter[str] = Counter()
        self._names: set[str] = set()
        self._variables: dict[str, None] = {}  # asked about in a check, in that order
        self._figures: set[str] = set()

    @classmethod
    def connect(cls, namespace: dict[str, Any]) -> Self:
        """Connect the test cells with a student's work.

        Parameters
        ----------
        namespace : dict
            ``globals()`` of the notebook. In a grading run the judging process has put the way to the student's process
            there under the name ``__door__``.

        Returns
        -------
        Submission
            The only thing test cells use.
        """
        door = namespace.get("__door__")
        submission = cls(door or SameKernel(namespace, cls.answers))
        older = namespace.get("submission")
        if door is None and isinstance(older, Submission):  # connected again: the summary knows what was checked before
            submission._checks |= older._checks
        return submission

    def seed(self, purpose: str) -> int:
        """A 128-bit seed for one purpose: fixed in the student's notebook, secret in grading."""
        return self._side.seed(purpose)

    def values(self, name: str) -> np.ndarray:
        """The numbers a student's variable holds.

        Parameters
        ----------
        name : str
            The variable: an array, tensor on any device, list, number, or what ``np.where`` returns.

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
        """What a student's figure shows.

        Parameters
        ----------
        name : str
            The variable: a figure, axes, or a list of them; or None.

        Returns
        -------
        list of Panel
            One for each set of axes, without those that hold no image; empty for None.
        """
        self._variables[name] = None
        self._figures.add(name)
        panels = [of_type(dict, panel) for panel in of_type(list, self._ask("figure", name=name))[:MAX_PANELS]]
        images = [[array_of(image) for image in of_type(list, panel.get("images"))[:MAX_IMAGES]] for panel in panels]
        texts = [of_type(str, panel.get("text"))[:MAX_TEXT] for panel in panels]
        return [Panel(*panel) for panel in zip(images, texts, strict=True)]

    def source_line(self, of: str, pattern: str) -> str:
        """The student's first line in a function or class, or in what it calls, that holds a pattern; else empty."""
        return self._line("source_line", of=of, pattern=pattern)

    def assignment(self, name: str) -> str:
        """The student's last line that gives a variable its value; empty if that is not known."""
        return self._line("assignment", name=name)

    def has(self, name: str) -> bool:
        """Whether the student defined an optional variable."""
        return of_type(bool, self._ask("has", name=name))

    def check(self, question: Callable[[], Any], points: float) -> Outcome:
        """Ask and judge; the last line of a test cell.

        Parameters
        ----------
        question : function without arguments
            Its docstring's first line is the title. It passes by returning None or a remark, earns a part by returning
            ``(fraction, remark)``, and fails by an AssertionError with a message for the student.
        points : float
            Points at stake.

        Returns
        -------
        Outcome
            Shown by Jupyter as one block.

        Raises
        ------
        NotPassed
            Under ``nbgrader validate`` only, which shows students nothing but errors.
        """
        title = (question.__doc__ or question.__name__.replace("_", " ")).strip().splitlines()[0].rstrip(".")
        self._checks[title] = question, points
        outcome = self._outcome(title)
        if outcome.fraction < 1 and os.environ.get("NBGRADER_VALIDATING"):
            raise NotPassed(outcome)
        return outcome

    def summary(self, visible: dict[str, dict[str, float]], written: str = "") -> Summary | None:
        """Ask every check that can be seen again, and say what is left to do before the notebook is handed in.

        Parameters
        ----------
        visible : dict of str to dict of str to float
            For each task the points of its checks, by their titles.
        written : str
            Id of the cell for the answer in words; empty if there is none.

        Returns
        -------
        Summary or None
            Shown by Jupyter as a table. None in grading: the marks stand on top of the page there.
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
        """Ask a check that was run."""
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
        """What checks use by name: it may stand for something else in the student's notebook by now."""
        return {"np": np, "submission": self}

    def _with_names_of_ours(self, question: Callable[[], Any]) -> Callable[[], Any]:
        """A question with the names of ours that it uses, whatever they mean in the notebook by now (`np`, `max`)."""
        if not isinstance(question, FunctionType):
            return question
        names = {name: value for name, value in question.__globals__.items() if not hasattr(builtins, name)}
        names = names | self._names_of_ours() | {"__builtins__": builtins}
        return FunctionType(question.__code__, names, question.__name__, question.__defaults__, question.__closure__)

    def _judged(self, question: Callable[[], Any], points: float) -> tuple[str, float, float, str]:
        """Status, fraction, points and message of a check."""
        self._asked.clear()
        return _judge(question, points)

    def _line(self, question: str, at_most: int = MAX_LINE, **arguments: Any) -> str:
        try:
            return " ".join(of_type(str, self._ask(question, False, **arguments)).split())[:at_most]
        except NoAnswer:
            return ""

    def _with_line(self, message: str, names: set[str], quotes: bool) -> str:
        """A message about a variable, with what spoilt it, or with the student's line that makes it."""
        for name in sorted(names):
            if replaced := self._line("replaced", MAX_MESSAGE, name=name):
                return replaced
        about = {
            name: found for name in self._variables if (found := re.search(rf"`{name}(?:\[([\d, ]+)\])?`", message))
        }
        # A message that names none is about the last one that was asked for.
        name = min(about, key=lambda name: about[name].start()) if about else next(reversed(self._variables), "")
        if not name:
            return message
        if unfinished := self._line("unfinished", MAX_MESSAGE, name=name):
            return unfinished
        if painted := self._line("painted_over", MAX_MESSAGE, name=name):
            return sentences(painted, message)
        if not about or not quotes or "Look at your line" in message or "of your cell" in message:
            return message
        # A wrong shape is made where the variable begins, wrong numbers where it is filled.
        place = {"at": [int(index) for index in about[name][1].split(",")]} if about[name][1] else {}
        line = self._line("assignment", name=name, **({"fills": False} if "shape" in message else place))
        if name in self._figures and _BLANK_FIGURE.search(line):
            return message
        return sentences(message, f"Look at your line `{line}`." if line else "")

    def _ask(self, question: str, needed: bool = True, **arguments: Any) -> Any:
        # Each question has a random state of its own: what two calls make at random differs, and the same notebook gets
        # the same mark. It depends on the question, and within a check on how often it was asked: other checks change
        # nothing.
        about = ", ".join(f"{name}={_outline(value)}" for name, value in sorted(arguments.items()))
        asked = f"{question}({about})"
        self._names |= self._names_in(question, arguments)
        self._asked[asked] += 1
        seed = self.seed(f"{asked}, {self._asked[asked]}") % 2**63
        reply = self._side.ask(question, {"seed": seed, **arguments}, needed)
        if "failure" in reply:
            raise NoAnswer(reply["failure"]["kind"], reply["failure"]["message"])
        return reply["answer"]

    def _names_in(self, question: str, arguments: dict[str, Any]) -> set[str]:
        """The student's names that a question is about."""
        return {arguments[key] for key in ("of", "name") if key in arguments}


connect = Submission.connect


@ordinary_settings()
def _judge(question: Callable[[], Any], points: float) -> tuple[str, float, float, str]:
    try:
        reply = question()
    except AssertionError as failed:
        status, message = "not passed", str(failed)
    except NoAnswer as no_answer:
        attempted = no_answer.kind != "not attempted"
        status, message = "not passed" if attempted else "not attempted", str(no_answer)
    except Exception as error:
        status = "not judged"
        message = f"This check could not be done ({type(error).__name__}: {error}). Please tell your instructor."
    else:
        fraction, remark = reply if isinstance(reply, tuple) else (1.0, reply or "")
        status = "passed" if fraction == 1 else "partly passed" if fraction > 0 else "not passed"
        return status, fraction, points, remark
    return status, 0.0, points, message[:MAX_MESSAGE]


def _outline(value: Any) -> str:
    return f"{value.dtype}{value.shape}" if isinstance(value, np.ndarray) else repr(value)
