"""What the judging side is told of an object of the student's, to have one like it."""

import types
from typing import Any

import numpy as np

from ..protocol.operations import SPECIAL

MOST_METHODS = 200
_BASES = (int, float, complex, str, bytes, list, tuple, dict, set, frozenset)
_KINDS = {
    types.FunctionType: "function",
    types.BuiltinFunctionType: "builtin function",
    types.MethodType: "method",
    types.GeneratorType: "generator",
}


def about(value: Any) -> dict[str, Any]:
    """What the judging side must know of an object to have one like it."""
    kind = type(value)
    described: dict[str, Any] = {
        "type": _name(kind),
        "specials": sorted(name for name in SPECIAL if _has(kind, f"__{name}__")),
        "methods": _methods(kind),
        "bases": [base.__name__ for base in kind.__mro__ if base in _BASES],
        "library": [[base.__module__, base.__qualname__] for base in kind.__mro__ if _is_of_library(base)],
        "of library": _is_of_library(kind),
        "class": id(kind),
    }
    if kind in _KINDS:
        described["kind"] = _KINDS[kind]
    if isinstance(value, type):
        described["kind"] = "class"
        described["name"] = _name(value)
        described["self"] = id(value)
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if isinstance(module, str) and isinstance(name, str) and module != "__main__" and callable(value):
        described["named"] = [module, name]
    elif isinstance(value, np.ufunc):
        described["named"] = ["numpy", value.__name__]
    return described


def _has(kind: type, special: str) -> bool:
    return hasattr(kind, special) and getattr(kind, special) is not vars(object).get(special)


def _is_of_library(kind: type) -> bool:
    return kind.__module__ not in ("builtins", "__main__")


def _name(kind: type) -> str:
    name = kind.__name__
    return name[:100] if isinstance(name, str) else "object"


def _methods(kind: type) -> list[str]:
    found = {
        name
        for base in kind.__mro__[:-1]
        for name, part in vars(base).items()
        if isinstance(part, types.FunctionType) and not name.startswith("__")
    }
    return sorted(found)[:MOST_METHODS]
