"""Functions and objects of a test cell, as the student's code sees them: each use of one is asked of the test cell."""

from collections.abc import Callable
from typing import Any

from ..protocol.operations import BINARY, REFLECTED, SPECIAL, UNARY

Ask = Callable[..., Any]


def function_of(number: int, described: dict[str, Any], ask: Ask) -> Any:
    """A function that calls the test cell's function."""

    def function(*arguments: Any, **keywords: Any) -> Any:
        return ask(number, "call", arguments, keywords)

    function.__name__ = function.__qualname__ = described["name"]
    return function


def object_of(number: int, described: dict[str, Any], ask: Ask) -> Any:
    """An object that does what the test cell's object does."""
    kind = type(
        described["name"], (Theirs,), {f"__{name}__": _special(name) for name in described["specials"] if name != "eq"}
    )
    theirs = kind()
    object.__setattr__(theirs, "_number", number)
    object.__setattr__(theirs, "_ask", ask)
    return theirs


class Theirs:
    """An object of a test cell."""

    _number: int
    _ask: Ask

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._ask(self._number, "getattr", name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._ask(self._number, "setattr", name, value)

    def __eq__(self, other: object) -> bool:
        return self is other or bool(self._ask(self._number, "eq", other))

    def __hash__(self) -> int:
        return hash(self._number)

    def __str__(self) -> str:
        return str(self._ask(self._number, "str"))

    def __repr__(self) -> str:
        return str(self._ask(self._number, "repr"))


def _special(name: str) -> Callable[..., Any]:
    assert name in SPECIAL
    if name == "call":
        return lambda self, *arguments, **keywords: self._ask(self._number, "call", arguments, keywords)
    if name in UNARY:
        return lambda self: self._ask(self._number, name)
    if name in REFLECTED:
        return lambda self, other: self._ask(self._number, f"r{REFLECTED[name]}", other)
    if name in BINARY:
        return lambda self, other: self._ask(self._number, name, other)
    if name == "exit":
        return lambda self, *error: self._ask(self._number, "exit")
    return lambda self, *operands: self._ask(self._number, name, *operands)
