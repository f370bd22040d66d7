"""Digests of code: what changes them is a change of what the code does, not of a comment."""

import dis
import functools
import hashlib
import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import torch
from torch import nn

_PLAIN = (type(None), bool, int, float, complex, str, bytes, np.generic, torch.dtype)
_RUN = ("__init__", "__new__", "__call__")  # the special methods in which something is done
_NAMED = (type, FunctionType, BuiltinFunctionType)


def code_digest(thing: Any, folder: Path) -> str:
    """Digest of a function or class as it is now, with all that it uses from the notebook and from files beside it.

    Parameters
    ----------
    thing : object
        Of a function counts its code, its defaults, and the functions, classes and plain values that it takes from
        around it; of comments, docstrings and places nothing.
    folder : Path
        Modules in there count with their whole text.
    """
    return hashlib.sha256(repr(_parts(thing, folder, set())).encode()).hexdigest()


def _parts(thing: Any, folder: Path, seen: set[int]) -> Any:
    """Nested tuples of texts that are different when the code is."""

    def of(*things: Any) -> Any:
        return tuple(_parts(other, folder, seen) for other in things)

    def of_named(things: Mapping[str, Any]) -> Any:
        return tuple((repr(name), *of(value)) for name, value in things.items())

    if isinstance(thing, _PLAIN):
        return repr(thing)
    if isinstance(thing, tuple):
        return of(*thing)
    if id(thing) in seen:
        return "seen"
    seen.add(id(thing))  # only of what outlives this: another object may get the place of one that does not
    if isinstance(thing, ModuleType):
        return _text_beside(thing, folder) or thing.__name__
    if isinstance(thing, list):
        return of(*thing)
    if isinstance(thing, dict):
        return of_named(thing)
    if isinstance(thing, staticmethod | classmethod | MethodType):
        return of(thing.__func__)
    if isinstance(thing, property):
        return of(thing.fget, thing.fset)
    if isinstance(thing, functools.partial):
        return of(thing.func, thing.args, thing.keywords)
    if isinstance(thing, FunctionType) and _is_of_the_student(thing, folder):
        around = (thing.__globals__.get(name) for name in sorted(_globals_of(thing.__code__)))
        enclosed = (cell.cell_contents for cell in thing.__closure__ or () if _is_filled(cell))
        return of(thing.__defaults__, thing.__kwdefaults__, *around, *enclosed), _code(thing.__code__, thing.__doc__)
    if isinstance(thing, type) and _is_of_the_student(thing, folder):
        members = {name: value for name, value in vars(thing).items() if name in _RUN or not name.startswith("__")}
        return of(*thing.__bases__), of_named(members)
    if _is_of_the_student(type(thing), folder):
        return of(type(thing), None if isinstance(thing, nn.Module) else getattr(thing, "__dict__", None))
    return thing.__qualname__ if isinstance(thing, _NAMED) else type(thing).__qualname__


def own_code(thing: Any, folder: Path) -> Any:
    """What a function or class of the student's does, as nested tuples of texts: itself alone, without what it uses.

    None for what is installed: a class may keep there what it is doing.
    """
    if not _is_of_the_student(thing, folder):
        return None
    if isinstance(thing, type):
        members = ((name, _member(value)) for name, value in vars(thing).items() if not _is_made_by_python(name))
        return thing.__qualname__, *(base.__qualname__ for base in thing.__bases__), *members
    return _member(thing)


def _member(thing: Any) -> Any:
    if isinstance(thing, staticmethod | classmethod):
        return _member(thing.__func__)
    if isinstance(thing, property):
        return _member(thing.fget), _member(thing.fset)
    if isinstance(thing, FunctionType):
        inner = inspect.unwrap(thing)  # of a decorator, such as torch.no_grad()
        return (
            (_code(inner.__code__, inner.__doc__), repr(inner.__defaults__)) if isinstance(inner, FunctionType) else ""
        )
    return repr(thing) if isinstance(thing, _PLAIN) else type(thing).__qualname__


def read_by(thing: Any) -> set[str]:
    """Names that a function or class of the notebook reads from around it."""
    if isinstance(thing, type) and thing.__module__ == "__main__":
        return set().union(*(read_by(value) for value in vars(thing).values() if not isinstance(value, type)))
    inner = inspect.unwrap(thing) if isinstance(thing, FunctionType) else None
    return _globals_of(inner.__code__) if isinstance(inner, FunctionType) and inner.__module__ == "__main__" else set()


def _is_made_by_python(name: str) -> bool:
    return name.startswith("__") and name not in _RUN


def _code(code: CodeType, documentation: str | None = None) -> Any:
    """What a function does: neither names of files nor numbers of lines."""
    constants = [c for c in code.co_consts if documentation is None or c != documentation]
    return code.co_code.hex(), code.co_names, tuple(map(_constant, constants))


def _constant(value: Any) -> Any:
    if isinstance(value, CodeType):
        return _code(value)
    return sorted(map(repr, value)) if isinstance(value, frozenset) else repr(value)


def _globals_of(code: CodeType) -> set[str]:
    """Names that a function reads from around it, but for those that it writes: they change as it runs."""
    steps = list(dis.get_instructions(code))
    read = {step.argval for step in steps if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    written = {step.argval for step in steps if step.opname == "STORE_GLOBAL"}
    return (read - written).union(*(_globals_of(c) for c in code.co_consts if isinstance(c, CodeType)))


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _is_of_the_student(thing: Any, folder: Path) -> bool:
    module = sys.modules.get(thing.__module__ or "")
    return thing.__module__ == "__main__" or module is None or _text_beside(module, folder) is not None


def _text_beside(module: ModuleType, folder: Path) -> str | None:
    """The text of a module that lies beside the notebook; None for what is installed, and for ours."""
    path = Path(getattr(module, "__file__", None) or "/")
    if folder not in path.parents or "site-packages" in path.parts or module.__name__.startswith("course_utils"):
        return None
    try:
        return path.read_text(errors="replace")
    except OSError:
        return None


def net_digest(build: Any, net: nn.Module, folder: Path) -> str:
    """Digest of an architecture: the code of the class, and the layers of a new net."""
    return hashlib.sha256(f"{code_digest(build, folder)} {net!r}".encode()).hexdigest()


def data_digest(*tensors: torch.Tensor) -> str:
    """Digest of what is learnt from."""
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update(tensor.contiguous().cpu().numpy())
    return digest.hexdigest()
