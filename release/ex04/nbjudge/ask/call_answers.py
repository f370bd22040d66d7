"""Answers the questions that run the student's code, in the student's kernel; see `call_questions`."""

import ast
import builtins
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from types import MappingProxyType
from typing import Any

from . import student_code
from .no_trace import figures_kept, names_kept
from .plain_data import NotPlain, pack, unpack
from .unanswerable import Unanswerable, is_stub
from .wording import count

NONE: Mapping[str, Any] = MappingProxyType({})
MAX_PRINTED = 2**18  # characters


class CallAnswers:
    """Answers the questions that run the student's code. `Answers` is one of these, and finds the names."""

    def find(self, namespace: dict[str, Any], name: str, is_code: bool | None = None) -> Any:
        """Look up a name that the tasks ask for."""
        raise NotImplementedError

    def call(self, namespace: dict[str, Any], of: str, answers: Sequence[str] = (), **parts: Any) -> Any:
        """Call a function, and return what it returns."""
        with self._ready(namespace, of, answers=answers):
            return packed(self._called(namespace, of, **parts), f"`{of}`", "return", "returned")

    def printed(self, namespace: dict[str, Any], of: str, answers: Sequence[str] = (), **parts: Any) -> Any:
        """Call a function, and return what it prints."""
        with self._ready(namespace, of, answers=answers), redirect_stdout(_Printed(of)) as text:
            self._called(namespace, of, **parts)
            return pack(text.getvalue())

    def raises(self, namespace: dict[str, Any], of: str, answers: Sequence[str] = (), **parts: Any) -> list[str]:
        """Call a function, and return the names of the type of the error that it raises, and of its base types."""
        try:
            with self._ready(namespace, of, answers=answers):
                self._called(namespace, of, **parts)
        except Exception as error:
            if isinstance(error, Unanswerable) or is_stub(error, namespace):
                raise
            return [kind.__name__[:200] for kind in type(error).__mro__[:-2]]  # without BaseException and object
        return []

    def run(self, namespace: dict[str, Any], uses: Sequence[str], lines: str, given: Mapping[str, Any] = NONE) -> Any:
        """Run lines of a test cell, and return the value of the last one."""
        with self._ready(namespace, *uses):
            scope = {**namespace, **{name: unpack(value) for name, value in given.items()}}
            body = ast.parse(lines).body
            last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
            exec(compile(ast.Module(body, []), "<check>", "exec"), scope)
            if not isinstance(last, ast.Expr):
                return None
            value = eval(compile(ast.Expression(last.value), "<check>", "eval"), scope)
            return packed(value, f"`{ast.unparse(last)[:100]}`", "be", "is")

    def variable(self, namespace: dict[str, Any], name: str) -> Any:
        """The plain data that a variable holds."""
        return packed(self.find(namespace, name), f"`{name}`", "hold", "holds")

    def source_of(self, namespace: dict[str, Any], of: str) -> str:
        """The source of a function or class."""
        source = student_code.source_of(of, self.find(namespace, of, is_code=True), namespace)
        if not source:
            raise Unanswerable("contract", f"the code of `{of}` can't be found: define it in a cell of this notebook.")
        return source

    @contextmanager
    def _ready(self, namespace: dict[str, Any], *names: str, answers: Sequence[str] = ()) -> Iterator[None]:
        for name in names:
            self.find(namespace, name, is_code=True)
        with names_kept(namespace, names), figures_kept(), _typed(answers):
            try:
                yield
            except SystemExit as error:
                raise Unanswerable("error", "your code ended Python, as `sys.exit()` does: use `return`.") from error

    def _called(
        self,
        namespace: dict[str, Any],
        of: str,
        arguments: Sequence[Any] = (),
        keywords: Mapping[str, Any] = NONE,
    ) -> Any:
        function = namespace[of]
        values = [unpack(argument) for argument in arguments]
        by_name = {name: unpack(argument) for name, argument in keywords.items()}
        if not callable(function):
            raise Unanswerable("contract", f"`{of}` should be a function; it is of type {type(function).__name__}.")
        try:
            return function(*values, **by_name)
        except TypeError as error:
            if error.__traceback__ is None or error.__traceback__.tb_next is not None:
                raise  # by a line of the function
            told = f"`{of}` can't be called as the task says: {error}. Compare the parameters in its `def` line."
            raise Unanswerable("contract", told) from error


def packed(value: Any, what: str, verb: str, verbs: str) -> Any:
    """Pack a value of the student's.

    Parameters
    ----------
    value : object
        Any value.
    what : str
        Where the value comes from, for the message.
    verb, verbs : str
        What that does with the value, such as "return" and "returned".

    Raises
    ------
    Unanswerable
        It is not plain data.
    """
    try:
        return pack(value)
    except NotPlain as error:
        kind, found = type(value).__name__, str(error)
        is_all = found == f"an object of type {kind}"
        here = "" if is_all else f"a {kind}, but " if found.startswith("it has") else f"a {kind}, and in it there is "
        then = " Make a list of it: `list(...)`." if is_all and isinstance(value, Iterable) else ""
        kinds = "numbers, text, lists, tuples, sets, dicts, arrays or tables"
        raise Unanswerable(
            "contract", f"{what} should {verb} plain data ({kinds}); it {verbs} {here}{found}.{then}"
        ) from error


@contextmanager
def _typed(answers: Sequence[str]) -> Iterator[None]:
    """Let input() return the answers of the check, one after the other."""
    waiting = iter(answers)

    def answer(prompt: object = "", /) -> str:
        for line in waiting:
            return line
        raise EOFError(f"input() was called more often than expected; the check gives {count(len(answers), 'answer')}")

    asks = builtins.input
    builtins.input = answer
    try:
        yield
    finally:
        builtins.input = asks


class _Printed(io.StringIO):
    """Keeps what a call prints, and ends the call if this is too much."""

    def __init__(self, of: str) -> None:
        super().__init__()
        self._of = of

    def write(self, text: str) -> int:
        if self.tell() + len(text) > MAX_PRINTED:
            told = f"`{self._of}` prints more than {MAX_PRINTED:,} characters: does a loop never end?"
            raise Unanswerable("contract", told)
        return super().write(text)
