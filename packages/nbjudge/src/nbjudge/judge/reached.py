"""Functions and objects of a test cell that the student's code was given, and the little that it may do with them.

A function can be called, an iterator can be read, and an object of a class that the test cell defines has its public
attributes and special methods. Nothing else: from a function's other attributes, the way to the hidden tests is short.
"""

import builtins
import io
import os
import sys
import types
from pathlib import Path
from typing import Any

from ..protocol.operations import BINARY, REFLECTED, SPECIAL, UNARY

FILES = (io.StringIO, io.BytesIO)
_ITERABLE: tuple[Any, ...] = ([], (), {}, set(), "", range(0), {}.values(), {}.items())
_ITERATORS: tuple[type, ...] = (types.GeneratorType, zip, map, filter, enumerate, reversed)
_ITERATORS += tuple(type(iter(each)) for each in _ITERABLE)
_FUNCTIONS = (types.FunctionType, types.MethodType)


class Reached:
    """The functions and objects that crossed, by number."""

    def __init__(self) -> None:
        self._objects: list[Any] = []
        self._numbers: dict[int, int] = {}

    def __getitem__(self, number: int) -> Any:
        return self._objects[number]

    def node(self, value: Any) -> list[Any] | None:
        """The node of a function or object; None if it can't cross."""
        if isinstance(value, types.ModuleType):
            return ["named", value.__name__, ""]
        if (named := _named(value)) is not None:
            return named
        if _is_function(value):
            name = str(getattr(value, "__name__", "function"))
            return ["mine", self._number(value), {"function": True, "name": name}]
        if type(value) in _ITERATORS:
            return ["mine", self._number(value), self._described(value, {"iter", "next"})]
        if _is_tests(type(value)) or type(value) in FILES:
            return ["mine", self._number(value), self._described(value, SPECIAL)]
        return None

    def use(self, number: Any, operation: Any, operands: list[Any]) -> Any:
        """Do what the student's code asks for.

        Raises
        ------
        TypeError
            This is not possible.
        """
        if operation == "input" and number == -1:
            return builtins.input(*operands)
        value: Any = self._objects[number] if type(number) is int and 0 <= number < len(self._objects) else None
        kind = type(value)
        if operation == "call" and (_is_function(value) or (_is_tests(kind) and callable(value))):
            arguments, keywords = operands
            return value(*arguments, **keywords)
        if kind in _ITERATORS and operation in ("iter", "next"):
            return UNARY[operation](value)
        if (_is_tests(kind) and not _is_function(value)) or kind in FILES:
            return _use_object(value, operation, operands)
        raise TypeError("this can't be done with an object of the test")

    def _number(self, value: Any) -> int:
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self._objects)
            self._objects.append(value)
        return number

    @staticmethod
    def _described(value: Any, specials: set[str]) -> dict[str, Any]:
        found = sorted(name for name in specials if hasattr(type(value), f"__{name}__"))
        return {"function": False, "name": type(value).__name__, "specials": found}


def _use_object(value: Any, operation: Any, operands: list[Any]) -> Any:
    if operation in ("getattr", "setattr"):
        name, *to = operands
        if not isinstance(name, str) or name.startswith("_"):
            raise AttributeError(str(name)[:100])
        if to:
            return setattr(value, name, to[0])
        return getattr(value, name)
    if operation in ("str", "repr"):
        return UNARY[operation](value)
    if not isinstance(operation, str):
        raise TypeError("this can't be done with an object of the test")
    if operation in UNARY and operation in SPECIAL:
        return UNARY[operation](value)
    if operation in BINARY and operation in SPECIAL | {"eq"}:
        return BINARY[operation](value, operands[0])
    if operation in REFLECTED:
        return BINARY[REFLECTED[operation]](operands[0], value)
    if operation == "setitem":
        value.__setitem__(*operands)
        return None
    if operation == "exit":
        return value.__exit__(None, None, None)
    raise TypeError("this can't be done with an object of the test")


def _is_tests(kind: type) -> bool:
    """Whether a class is the test cell's own, or of a module that was released beside the notebook."""
    if kind.__module__ == "__main__":
        return True
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return isinstance(file, str) and Path(file).is_relative_to(os.getcwd())


def _is_function(value: Any) -> bool:
    if type(value) in _FUNCTIONS or (isinstance(value, type) and value.__module__ == "__main__"):
        return True
    return type(value) is types.BuiltinMethodType and type(value.__self__) in FILES


def _named(value: Any) -> list[Any] | None:
    """The node of something that both sides can import."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if module is None and type(value).__name__ == "ufunc":
        module, name = "numpy", value.__name__
    if not isinstance(module, str) or not isinstance(name, str) or module in ("__main__", None):
        return None
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return ["named", module, name] if found is value and not module.startswith("nbjudge") else None
