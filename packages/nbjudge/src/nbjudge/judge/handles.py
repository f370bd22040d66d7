"""Handles: what stands on the judging side for the student's functions, classes and objects.

A handle has the special methods that its object has. Each use is one request. What an object says of itself (its
``==``, its length, its attributes) is a claim; it counts only where the model solution needed the same
(`StudentSide.granted`).
"""

import builtins
import inspect
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from ..protocol.operations import REFLECTED, SPECIAL, UNARY, WITH_ANOTHER

MOST_SPECIALS = 100
# Libraries ask for these to take over the contents of an object, without any operation that would be a claim.
_CONVERSIONS = ("__array", "__torch", "__cuda", "__dlpack", "__dataframe", "__arrow", "_repr_", "_ipython", "__jax")
_KINDS: dict[str, type] = {
    "function": types.FunctionType,
    "builtin function": types.BuiltinFunctionType,
    "method": types.MethodType,
    "generator": types.GeneratorType,
    "class": type,
}
_BASES: dict[str, type] = {
    kind.__name__: kind for kind in (int, float, complex, str, bytes, list, tuple, dict, set, frozenset)
}
_OF_PANDAS = {"DataFrame", "Series", "Index"}
_made: dict[Any, Any] = {}

Side = Callable[..., Any]


class Opaque:
    """Something of the student's with which nothing can be done here, such as a module of their own."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __repr__(self) -> str:
        return f"<{self._what} on the student's side>"


class HandleType(type):
    """The class of the classes of handles: they print as the student's classes, and may be equal to a library's."""

    _nbjudge_kind: tuple[Any, Any] | None = None  # who decides, and what the objects say of their class

    def __eq__(cls, other: object) -> Any:
        if cls is other or cls._nbjudge_kind is None or not isinstance(other, type):
            return cls is other or NotImplemented
        side, described = cls._nbjudge_kind
        library = described.get("library")
        # The first class that they name is their own, unless that is the student's.
        is_its_own = described.get("of library") is True and isinstance(library, list)
        if is_its_own and _library(library[:1]) is other:
            return bool(side.grants(f"is a {other.__name__}"))
        return NotImplemented

    __hash__ = type.__hash__

    def __repr__(cls) -> str:
        return f"<class '__main__.{cls.__name__}'>"


class Handle(metaclass=HandleType):
    """One object on the student's side; `handle_of` makes it."""

    __slots__ = ("__weakref__", "_nbjudge_described", "_nbjudge_number", "_nbjudge_side")
    _nbjudge_class = 0

    @property  # type: ignore[misc]  # a property in place of the class: isinstance() asks for it
    def __class__(self) -> Any:
        described = _of(self)[2]
        if (kind := described.get("kind")) in _KINDS:
            return _KINDS[kind]
        bases = described.get("bases")
        base = bases[0] if isinstance(bases, list) and bases and isinstance(bases[0], str) else None
        kind = _BASES.get(base) if base else _library(described.get("library"))
        return kind if kind is not None and _grants(self, f"is a {kind.__name__}") else type(self)

    def __getattr__(self, name: str) -> Any:
        side, _, described = _of(self)
        if name.startswith(_CONVERSIONS) or name == "__theirs__":
            raise AttributeError(name)
        special = name[2:-2] if name.startswith("__") and name.endswith("__") else None
        if special in SPECIAL and described.get("kind") != "class":
            raise AttributeError(name)
        methods = described.get("methods")
        if isinstance(methods, list) and name in methods and described.get("kind") != "class":
            return Method(self, name)
        return side("getattr", self, name, claim=f"getattr {name}")

    def __setattr__(self, name: str, value: Any) -> None:
        _of(self)[0]("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        _of(self)[0]("delattr", self, name)

    def __eq__(self, other: object) -> Any:
        return self._compared("eq", other)

    def __ne__(self, other: object) -> Any:
        return self._compared("ne", other)

    def _compared(self, operation: str, other: object) -> Any:
        if self is other:
            return operation == "eq"
        if isinstance(other, type) and issubclass(other, Handle):
            return (other._nbjudge_class == _of(self)[2].get("self")) == (operation == "eq")
        # Otherwise it is decided here, and not by the student's own class.
        if "eq" not in _of(self)[2]["specials"]:
            return NotImplemented
        claim = _claim(operation, other)
        return _of(self)[0](operation, self, other, claim=claim) if _grants(self, claim) else NotImplemented

    def __hash__(self) -> int:
        return hash(_of(self)[1])

    def __bool__(self) -> bool:
        specials = _of(self)[2].get("specials")
        if isinstance(specials, list) and ("bool" in specials or "len" in specials):
            return bool(_of(self)[0]("bool", self, claim="bool"))
        return True

    def __str__(self) -> str:
        return self._text("str")

    def __repr__(self) -> str:
        return self._text("repr")

    def __format__(self, spec: str) -> str:
        if _grants(self, "format"):
            return str(_of(self)[0]("format", self, spec, claim="format"))
        return format(repr(self), spec)

    def _text(self, operation: str) -> str:
        if _grants(self, operation):
            return str(_of(self)[0](operation, self, claim=operation))
        return "<an object of the student's>"  # no word of theirs: a test may look for one in this text

    def __dir__(self) -> Any:
        return _of(self)[0]("dir", self, claim="dir")

    def __copy__(self) -> Any:
        return _of(self)[0]("copy", self)

    def __deepcopy__(self, memo: Any) -> Any:
        return _of(self)[0]("deepcopy", self)

    def __instancecheck__(self, value: Any) -> bool:
        if not isinstance(value, Handle) and not hasattr(type(value), "_nbjudge_described"):
            return False
        return bool(_of(self)[0]("isinstance", value, self, claim="isinstance"))

    def __subclasscheck__(self, value: Any) -> bool:
        return bool(_of(self)[0]("issubclass", value, self, claim="isinstance"))

    @property
    def __signature__(self) -> inspect.Signature:
        side, _, described = _of(self)
        if "call" not in described.get("specials", ()):
            raise AttributeError("__signature__")
        parameters = []
        for name, kind, *default in side("signature", self, claim="signature"):
            given = {"default": default[0]} if default else {}
            parameters.append(inspect.Parameter(name, inspect._ParameterKind(kind), **given))
        return inspect.Signature(parameters)


class Method:
    """A method of an object on the student's side; to call it is one request."""

    def __init__(self, handle: Handle, name: str) -> None:
        self._handle = handle
        self._name = name

    @property  # type: ignore[misc]  # a property in place of the class: isinstance() asks for it
    def __class__(self) -> Any:
        return types.MethodType

    @property
    def path(self) -> tuple[int, str]:
        """The number of the object, and the name of the method."""
        return _of(self._handle)[1], self._name

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call the method."""
        name = self._name
        given = (arguments, keywords) if keywords else (arguments,)
        return _of(self._handle)[0]("method", self._handle, name, *given, claim=f"method {name}")

    def __getattr__(self, name: str) -> Any:
        if name.startswith(_CONVERSIONS):
            raise AttributeError(name)
        return getattr(_of(self._handle)[0]("getattr", self._handle, self._name, claim=f"getattr {self._name}"), name)


def handle_of(side: Side, number: int, described: dict[str, Any]) -> Handle:
    """Make the handle of an object.

    Parameters
    ----------
    side : StudentSide
        Carries out the operations.
    number : int
        The object's number there.
    described : dict
        What the student's side says of it; see `nbjudge.student.objects.about`.

    Raises
    ------
    ValueError
        It says nothing that describes an object.
    """
    handle = object.__new__(_class_of(side, described))
    for name, value in (("_nbjudge_side", side), ("_nbjudge_number", number), ("_nbjudge_described", described)):
        object.__setattr__(handle, name, value)
    return handle


def _class_of(side: Side, described: dict[str, Any]) -> type[Handle]:
    """The class of handles of such objects; it has the special methods that they have."""
    name, specials, of_class = described.get("type"), described.get("specials"), described.get("class")
    if not isinstance(name, str) or not isinstance(specials, list) or len(specials) > MOST_SPECIALS:
        raise ValueError("no description")
    if type(of_class) is not int or not all(isinstance(special, str) for special in specials):
        raise ValueError("no description")
    key = name, tuple(specials), of_class
    if hasattr(builtins, name) or hasattr(np, name) or name in _OF_PANDAS:
        name = f"the student's {name}"  # a test may compare the names of types
    if key not in _made:
        methods = {f"__{special}__": _special(special) for special in specials if special in SPECIAL - {"bool", "eq"}}
        asked = {name: _attribute(name) for name in ("__doc__", "__module__", "__init__", "__annotations__")}
        own = {"__slots__": (), "_nbjudge_class": of_class, "_nbjudge_kind": (side, described)}
        _made[key] = HandleType(name[:100], (Handle,), own | asked | methods)
    found: type[Handle] = _made[key]
    return found


def _of(handle: Handle) -> tuple[Side, int, dict[str, Any]]:
    get = object.__getattribute__
    return get(handle, "_nbjudge_side"), get(handle, "_nbjudge_number"), get(handle, "_nbjudge_described")


def _grants(handle: Handle, claim: str) -> bool:
    side: Any = _of(handle)[0]
    return bool(side.grants(claim))


def _claim(operation: str, other: Any) -> str:
    """What the student's object claims: that two objects of the student's are equal says nothing about plain data."""
    return operation if isinstance(other, Handle) else f"{operation} data"


def _library(names: Any) -> type | None:
    """The class of a library, of this side, that an object says it is of: the first that is imported here."""
    for named in names if isinstance(names, list) else ():
        match named:
            case [str(module), str(name)]:
                found = getattr(sys.modules.get(module), name, None)
                if isinstance(found, type):
                    return found
    return None


def _attribute(name: str) -> property:
    return property(lambda self: _of(self)[0]("getattr", self, name, claim=f"getattr {name}"))


def _special(name: str) -> Callable[..., Any]:
    """The special method of a handle that asks its object."""
    if name == "call":

        def call(self: Handle, *arguments: Any, **keywords: Any) -> Any:
            side, _, described = _of(self)
            claim = None if described.get("kind") in _KINDS else "call"
            return side("call", self, arguments, *([keywords] if keywords else []), claim=claim)

        return call
    if name in UNARY:
        return lambda self: _of(self)[0](name, self, claim=name)
    if name in REFLECTED:
        plain = REFLECTED[name]
        return lambda self, other: _of(self)[0](plain, other, self, claim=_claim(plain, other))
    if name in WITH_ANOTHER:
        return lambda self, other: _of(self)[0](name, self, other, claim=_claim(name, other))
    if name == "exit":
        return lambda self, *error: _of(self)[0]("exit", self)
    if name == "round":
        return lambda self, digits=None: _of(self)[0]("round", self, digits, claim="round")
    return lambda self, *operands: _of(self)[0](name, self, *operands, claim=name)
