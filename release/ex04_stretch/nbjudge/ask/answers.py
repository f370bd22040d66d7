"""Answers the questions of test cells, in the student's kernel.

A question leaves no trace there: the random states are the same as before.
"""

import io
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from typing import Any, ClassVar

import numpy as np

from . import history
from .call_answers import CallAnswers
from .figures import panels_of
from .mishaps import Given, line_that_spoils, painted_over, replaced, unfinished
from .no_trace import random_states_of_its_own
from .readiness import readiness
from .settings import ordinary_settings
from .student_code import is_locked, line_in, line_that_makes, made_from, near_miss
from .summary import Ready
from .torch_if_imported import is_tensor, to_numpy
from .unanswerable import Unanswerable, describe, is_stub

ENGINE = __name__.partition(".")[0]


class Answers(CallAnswers):
    """Answers the questions of any course.

    A course with more questions, or with more detailed messages, defines a subclass in a module of its own. Like this
    one, that module keeps an instance as ``ANSWERS``, and its methods as the functions ``answer`` and ``prepare``. The
    module is named in ``c.ExecuteApart.answers``, and in `Submission.answers` for the student's own notebook.

    Attributes
    ----------
    names : frozenset of str
        Names that the tasks ask for; none of them is taken for a misspelt form of another.
    code : frozenset of str
        Those of `names` that are classes and functions.
    made_in : mapping of str to str
        For a name that checks of several tasks ask about, the id of the cell that makes it. Any other name is made in
        the cell that the check tests.
    given : mapping of str to Given
        The arrays that given cells make, by their names.
    given_nets : mapping of str to str
        For the name of a net that a given cell makes, the call that makes it.
    reads : mapping of str to tuple of str
        For a given function that is called with ``globals()``, the names that it takes from there. Each of these names
        has one meaning in the whole notebook, whichever cell makes it.
    packages : frozenset of str
        Packages that the course gives; no code in them is the student's.
    written : str
        The name of the answer in words, as messages to students call it.
    """

    names: ClassVar[frozenset[str]] = frozenset()
    code: ClassVar[frozenset[str]] = frozenset()
    made_in: ClassVar[Mapping[str, str]] = {}
    given: ClassVar[Mapping[str, Given]] = {}
    given_nets: ClassVar[Mapping[str, str]] = {}
    reads: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    packages: ClassVar[frozenset[str]] = frozenset({ENGINE})
    written: ClassVar[str] = "answer in words"

    def questions(self) -> dict[str, Callable[..., Any]]:
        """The functions that answer, by the names of their questions; the first argument is the notebook's globals."""
        general = (self.values, self.figure, self.has, self.source_line, self.assignment, self.made_from)
        code = (self.call, self.printed, self.raises, self.run, self.variable, self.source_of)
        mishaps = (self.unfinished, self.painted_over, self.replaced)
        return {question.__name__: question for question in (*general, *code, *mishaps)}

    def prepare(self, shell: Any) -> None:
        """Prepare the IPython shell in which a submission is graded, before the first cell runs."""
        self.follow(shell)

    def follow(self, shell: Any) -> None:
        """Record from now on how each cell of an IPython shell ended."""
        history.follow(shell, self.describe)

    def answer(self, namespace: dict[str, Any], question: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Answer one question from a notebook's namespace.

        Parameters
        ----------
        namespace : dict
            The notebook's globals.
        question : str
            A key of `questions`.
        arguments : dict
            Arguments of the question, and ``seed``, which sets the question's random state and is not passed on.

        Returns
        -------
        dict
            ``{"answer": ...}`` with plain JSON values and arrays, or ``{"failure": {"kind": ..., "message": ...}}``
            with a kind of "not attempted", "contract" or "error".
        """
        try:
            seed = arguments.pop("seed")
            # Progress bars and warnings of the student's code must not reach the test cell's output: nbgrader gives 0
            # points for them.
            quiet = redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO())
            with ordinary_settings(), random_states_of_its_own(seed), quiet[0], quiet[1]:
                return {"answer": self.questions()[question](namespace, **arguments)}
        except Exception as error:
            reason = self.reason(error, namespace)
            return {"failure": {"kind": reason.kind, "message": str(reason)}}

    def reason(self, error: Exception, namespace: dict[str, Any]) -> Unanswerable:
        """Turn the error with which answering a question ended into the reason that the student reads."""
        if isinstance(error, Unanswerable):
            return error
        if is_stub(error, namespace):
            return Unanswerable("not attempted", f"still to do: {error}")
        return Unanswerable("error", self.describe(error, namespace))

    def describe(self, error: BaseException, namespace: dict[str, Any]) -> str:
        """Say what went wrong in the student's code, which line of theirs led to it, and what to do about it."""
        try:
            advice, below = self.advice_on(error, namespace), self.not_to_blame(error)
        except Exception:  # advice looks at the student's objects, which may raise any exception
            advice, below = "", ""
        return describe(error, namespace, advice, self.packages, below)

    def advice_on(self, error: BaseException, namespace: dict[str, Any]) -> str:
        """One or two sentences about what an error usually means; empty if nothing is known."""
        return ""

    def not_to_blame(self, error: BaseException) -> str:
        """Name of a library function; lines that run inside its call are not to blame for an error. Mostly empty."""
        return ""

    def readiness(self, namespace: dict[str, Any], written: str) -> list[Ready]:
        """List what is left to do before the notebook is handed in.

        Parameters
        ----------
        namespace : dict
            The notebook's globals.
        written : str
            Id of the cell for the answer in words; empty if there is none.
        """
        return readiness(namespace, written, self.written, self.reads)

    def find(self, namespace: dict[str, Any], name: str, is_code: bool | None = None) -> Any:
        """Look up a name that the tasks ask for.

        Parameters
        ----------
        namespace : dict
            The notebook's globals.
        name : str
            The name.
        is_code : bool, optional
            Whether the name is that of a class or function; by default, `code` tells.

        Raises
        ------
        Unanswerable
            It does not exist.
        """
        if name not in namespace:
            reason = history.why_missing(name, namespace, self.made_in)
            is_code = name in self.code if is_code is None else is_code
            alike = {other for other, value in namespace.items() if callable(value) == is_code}
            near = near_miss(name, alike - self.names)
            if near and reason.kind != "error" and not str(reason).startswith("still to do"):
                raise Unanswerable("contract", f"`{near}` exists; the checks look for `{name}`: use this name.")
            raise reason
        return namespace[name]

    def values(self, namespace: dict[str, Any], name: str) -> np.ndarray:
        """Return a variable as an array of numbers."""
        return as_array(self.find(namespace, name), f"`{name}`")

    def figure(self, namespace: dict[str, Any], name: str) -> list[dict[str, Any]]:
        """List the axes of a figure that hold an image, with their images and all text that belongs to them."""
        return panels_of(self.find(namespace, name), name)

    def has(self, namespace: dict[str, Any], name: str) -> bool:
        """Tell whether a variable exists."""
        return namespace.get(name) is not None

    def source_line(self, namespace: dict[str, Any], of: str, pattern: str) -> str:
        """The student's first line that matches a pattern, in a function or class or in what it calls; else empty."""
        return line_in(namespace.get(of), pattern, namespace)

    def assignment(self, namespace: dict[str, Any], name: str, fills: bool = True, at: list[int] | None = None) -> str:
        """The student's line that gives a variable its value, or writes into it at a place; empty if none is known.

        For a variable that a given cell makes, it is the student's line that has changed the variable since then.
        """
        if name in self.given:
            return line_that_spoils(name, self.given[name])
        maker = history.last_that_made(name)
        if maker is not None and (
            history.failed_since(name) or history.given_up_since(name) or history.is_changed_since(maker, namespace)
        ):
            return ""  # the code that made the variable is no longer in its cell
        last = next((run for run in reversed(history.runs()) if name in run.names.made), None)
        if last is not None and (not last.made(name) or is_locked(last.source)):
            return ""  # the variable's value is older, or from a given cell
        # If the cell failed, the line in which it failed may be the last that should have given the variable a value.
        is_none = namespace.get(name, "") is None and (last is None or not last.error)
        return line_that_makes(name, namespace, is_none, fills, tuple(at or ()))

    def made_from(self, namespace: dict[str, Any], name: str, fills: bool = True, at: list[int] | None = None) -> str:
        """Other variables of the same cell that the line of `assignment` uses, in words; empty if there are none."""
        names = [f"`{other}`" for other in made_from(name, namespace, fills=fills, at=tuple(at or ()))]
        return " and ".join([", ".join(names[:-1])] * (len(names) > 1) + names[-1:])

    def unfinished(self, namespace: dict[str, Any], name: str) -> str:
        """Say that the cell ended with an error before a variable was complete; empty if it did not."""
        return unfinished(namespace, name)

    def painted_over(self, namespace: dict[str, Any], name: str) -> str:
        """Say that given arrays from which a variable was made have changed since; empty if they have not."""
        return painted_over(namespace, name, self.given)

    def replaced(self, _: dict[str, Any], name: str) -> str:
        """Say that another cell has replaced a net that a given cell makes; empty if none has."""
        return replaced(name, self.given_nets)


def as_array(value: Any, what: str) -> np.ndarray:
    """Turn numbers in any honest form into a bool, int64 or float64 array."""
    if isinstance(value, tuple) and len(value) == 1:
        value = value[0]  # np.where returns a tuple
    if is_tensor(value):
        value = value.detach().cpu()
    elif isinstance(value, list | tuple) and any(is_tensor(item) for item in value):
        value = [to_numpy(item) if is_tensor(item) else item for item in value]
    try:
        array = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise Unanswerable("contract", f"{what} should hold numbers only ({error}).") from error
    for kind, dtype in (("b", np.bool_), ("iu", np.int64), ("f", np.float64)):
        if array.dtype.kind in kind:
            return array.astype(dtype)
    items = value if isinstance(value, list | tuple) else [value]
    kinds = " and ".join(sorted({type(item).__name__ for item in items if not isinstance(item, int | float)}))
    raise Unanswerable("contract", f"{what} should hold numbers; it holds {kinds or array.dtype} values.")


ANSWERS = Answers()
answer, prepare = ANSWERS.answer, ANSWERS.prepare
