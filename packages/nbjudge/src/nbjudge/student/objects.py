"""The student's variables and objects, for test cells that use them by name from the judging side.

Plain data crosses by value (`protocol.values`). Everything else stays here; the judging side gets a number for it, and
asks for each operation. Functions and objects of the test cell cross the same way in the other direction.
"""

import builtins
import importlib
import inspect
import re
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..protocol.operations import BINARY, UNARY
from ..protocol.random_states import get_states, set_states
from ..protocol.sharing import Twins
from ..protocol.values import NotPlain, ValueTooLarge, crosses
from .about import about
from .shell import CellTimeoutError, paused, time_limit
from .theirs import function_of, object_of

_GONE = object()
_OF_IPYTHON = re.compile(r"_(\d+|i{1,3}\d*|_{0,2}|dh|ih|oh)")
Back = Callable[[str, dict[str, Any]], dict[str, Any]]


class Objects:
    """What test cells may use by name.

    Parameters
    ----------
    namespace : dict
        The student's variables.
    back : function
        Sends a call of a test cell's own function to the judging side, and returns what it answers.
    """

    def __init__(self, namespace: dict[str, Any], back: Back) -> None:
        self._namespace = namespace
        self._hidden = dict(namespace)
        self._back = back
        self._twins = Twins()
        self._objects: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._theirs: dict[int, Any] = {}
        self._their_numbers: dict[int, int] = {}
        self._told: set[str] | None = None
        self._fetched: dict[str, Any] = {}  # the variables that the judging side knows, with their values

    def reach(
        self, operation: str, packed: Any, forget: list[int], seconds: float, states: bool = False, reads: bool = False
    ) -> dict[str, Any]:
        """Carry out one operation of a test cell.

        Parameters
        ----------
        operation : str
            What to do: a name of `protocol.operations`, or a method of this class whose name begins with ``do_``.
        packed : dict
            The operands, and the states of random generators if they count.
        forget : list of int
            The twins that the judging side does not need any more.
        seconds : float
            How long the operation may take. The rest is not interrupted, or the two sides would have different numbers
            for what they share.
        states : bool
            Whether the first operand holds the states of random generators, and new ones are to be sent back.
        reads : bool
            Whether ``input()`` asks the test cell.

        Returns
        -------
        dict
            ``packed``: ``("returned", value)`` or ``("raised", class, arguments, message, attributes, number)``,
            and the states. ``names``: the names of all variables, if they have changed. ``rebound``: the names of
            variables that were sent before and have other values now.

        Raises
        ------
        CellTimeoutError
            The operation took too long.
        """
        self._twins.drop(forget)
        operands = self._twins.unpack(packed, self._value)
        if states:
            first, *operands = operands
            set_states(first)
        with self._input(reads), time_limit(seconds):
            try:
                result: tuple[Any, ...] = ("returned", self._do(operation, list(operands)))
            except (Exception, SystemExit) as error:
                result = ("raised", *self._told_of(error))
        now = get_states() if states else None
        return {"packed": self._pack(result, now)} | self._names() | self._rebound()

    def _do(self, operation: str, operands: list[Any]) -> Any:
        if operation in UNARY:
            return UNARY[operation](*operands)
        if operation in BINARY:
            return BINARY[operation](*operands)
        return getattr(self, f"do_{operation}")(*operands)

    def do_get(self, name: str) -> Any:
        """The value of a variable."""
        if name not in self._namespace:
            raise NameError(f"name '{name}' is not defined", name=name)
        value = self._fetched[name] = self._namespace[name]
        return value

    def do_set(self, name: str, value: Any) -> None:
        """Give a variable a value."""
        self._namespace[name] = self._fetched[name] = value

    def do_del(self, name: str) -> None:
        """Delete a variable."""
        self._namespace.pop(name, None)

    def do_names(self) -> None:
        """Do nothing: the names of the variables are sent with the answer."""
        self._told = None

    def do_call(self, function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any] | None = None) -> Any:
        """Call something."""
        return function(*arguments, **(keywords or {}))

    def do_method(
        self, value: Any, name: str, arguments: tuple[Any, ...], keywords: dict[str, Any] | None = None
    ) -> Any:
        """Call a method."""
        return getattr(value, name)(*arguments, **(keywords or {}))

    def do_getattr(self, value: Any, name: str) -> Any:
        """The value of an attribute."""
        return getattr(value, name)

    def do_setattr(self, value: Any, name: str, to: Any) -> None:
        """Set an attribute."""
        setattr(value, name, to)

    def do_delattr(self, value: Any, name: str) -> None:
        """Delete an attribute."""
        delattr(value, name)

    def do_setitem(self, value: Any, key: Any, to: Any) -> None:
        """Set an item."""
        value[key] = to

    def do_exit(self, value: Any) -> Any:
        """Leave a context manager without an error."""
        return type(value).__exit__(value, None, None, None)

    def do_isinstance(self, value: Any, kind: Any) -> bool:
        """Whether an object is of a class."""
        return isinstance(value, kind)

    def do_issubclass(self, value: Any, kind: Any) -> bool:
        """Whether a class is derived from another."""
        return issubclass(value, kind)

    def do_source(self, value: Any) -> tuple[list[str], int]:
        """The lines of a function or class, and the number of the first one."""
        return inspect.getsourcelines(value)

    def do_signature(self, value: Any) -> list[tuple[Any, ...]]:
        """The parameters of a function: name, kind, and a default value if there is one."""
        parameters = inspect.signature(value).parameters.values()
        return [
            (each.name, int(each.kind), *([] if each.default is each.empty else [each.default])) for each in parameters
        ]

    def _pack(self, result: tuple[Any, ...], states: Any) -> Any:
        try:
            return self._twins.pack((result, states), self._node)
        except (ValueTooLarge, NotPlain, RecursionError):
            # Too large by value: it stays here, as an object.
            parts = tuple(part if isinstance(part, str) else _Here(part) for part in result)
            return self._twins.pack((parts, states), self._node)

    def _names(self) -> dict[str, list[str]]:
        if self._namespace.keys() == self._told:
            return {}
        self._told = set(self._namespace)
        return {"names": sorted(filter(self._is_students, self._told))}

    def _rebound(self) -> dict[str, list[str]]:
        gone = [name for name, value in self._fetched.items() if self._namespace.get(name, _GONE) is not value]
        for name in gone:
            del self._fetched[name]
        return {"rebound": gone} if gone else {}

    def _is_students(self, name: str) -> bool:
        if not isinstance(name, str) or _OF_IPYTHON.fullmatch(name):
            return False
        return name not in self._hidden or self._namespace[name] is not self._hidden[name]

    def _node(self, value: Any) -> list[Any] | None:
        """The node of something that is no plain data; None for plain data."""
        if type(value) is _Here:
            return ["object", self._number(value.value), about(value.value)]
        if (number := self._their_numbers.get(id(value))) is not None:
            return ["yours", number]
        if crosses(value):
            return None
        if isinstance(value, types.ModuleType):
            return ["module", value.__name__]
        described = about(value)
        if isinstance(value, type):
            name = value.__name__
            if vars(builtins).get(name) is value:
                return ["builtin", name]
            if issubclass(value, np.generic | np.ndarray) and value.__module__ == "numpy":
                return ["numpy type", name]
            if issubclass(value, BaseException):
                described["errors"] = self._family(value)
        return ["object", self._number(value), described]

    def _family(self, kind: type) -> list[Any]:
        """An exception class: module, name, number, and the same of its bases."""
        bases = [self._family(base) for base in kind.__bases__ if issubclass(base, BaseException)]
        return [kind.__module__, kind.__qualname__, self._number(kind), bases]

    def _number(self, value: Any) -> int:
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self._objects)
            self._objects.append(value)  # kept, so that no other object gets its id
        return number

    def _value(self, node: list[Any]) -> Any:
        """What a node of the judging side stands for."""
        match node:
            case ["yours", number]:
                return self._objects[number]
            case ["method", number, name]:
                return getattr(self._objects[number], name)
            case ["mine", number, described]:
                if number not in self._theirs:
                    make = function_of if described["function"] else object_of
                    theirs = self._theirs[number] = make(number, described, self.ask)
                    self._their_numbers[id(theirs)] = number
                return self._theirs[number]
            case ["named", module, name]:
                found: Any = importlib.import_module(module)
                for part in filter(None, name.split(".")):
                    found = getattr(found, part)
                return found
        raise ValueError("a node that is none")

    def ask(self, number: int, operation: str, *operands: Any) -> Any:
        """Carry out an operation with an object of the test cell, there."""
        with paused():
            packed = self._twins.pack((number, *operands), self._node)
            answer = self._back(operation, packed)
            status, *value = self._twins.unpack(answer, self._value)
        if status == "over":
            raise CellTimeoutError("stopped: the test is over")  # `except Exception` does not catch this
        if status == "returned":
            return value[0]
        name, arguments, message, theirs = value
        kind: type[Exception] = getattr(builtins, name, Exception)
        try:
            error = kind(*arguments)
        except TypeError:
            error = Exception(message)
        vars(error)["__theirs__"] = theirs
        raise error

    def _told_of(self, error: BaseException) -> tuple[Any, ...]:
        """The class, arguments, message and attributes of an exception; and its number, if a test cell raised it."""
        try:
            message = str(error)
        except Exception:  # the student's own __str__ fails
            message = ""
        arguments = error.args if isinstance(error.args, tuple) else ()
        attributes = {name: value for name, value in vars(error).items() if not name.startswith("_")}
        return type(error), arguments, message, attributes, getattr(error, "__theirs__", None)

    @contextmanager
    def _input(self, reads: bool) -> Iterator[None]:
        """Let the test cell answer ``input()`` in the block."""
        before = builtins.input
        if reads:
            builtins.input = lambda prompt="": self.ask(-1, "input", str(prompt))
        try:
            yield
        finally:
            if reads:
                builtins.input = before


class _Here:
    """Marks a value that is not sent by value."""

    def __init__(self, value: Any) -> None:
        self.value = value
