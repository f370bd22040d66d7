"""Digests of code: they change if the code does something else, but not if only a comment is changed."""

import functools
import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import torch
from nbjudge.ask.own_code import RUN, code_parts, globals_of, is_of_the_student, text_beside
from torch import nn

_PLAIN = (type(None), bool, int, float, complex, str, bytes, np.generic, torch.dtype)
PACKAGES = frozenset({"nbjudge", "course_utils"})  # given beside the notebook: not the student's code
_NAMED = (type, FunctionType, BuiltinFunctionType)


def code_digest(thing: Any, folder: Path) -> str:
    """Digest of a function or class as it is now, and of everything that it uses from the notebook and files beside it.

    Parameters
    ----------
    thing : object
        The function or class. Of a function, the digest depends on its code, its defaults, and the functions, classes
        and plain values that it uses, but not on comments, docstrings, file names or line numbers.
    folder : Path
        The notebook's folder. The digest depends on the whole text of modules in this folder.
    """
    return hashlib.sha256(repr(_parts(thing, folder, set())).encode()).hexdigest()


def _parts(thing: Any, folder: Path, seen: set[int]) -> Any:
    """Nested tuples of texts that differ if the code differs."""

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
    seen.add(id(thing))  # only for objects that live on: the id of a temporary object may be used again
    if isinstance(thing, ModuleType):
        return text_beside(thing, folder, PACKAGES) or thing.__name__
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
    if isinstance(thing, FunctionType) and is_of_the_student(thing, folder, PACKAGES):
        around = (thing.__globals__.get(name) for name in sorted(globals_of(thing.__code__)))
        enclosed = (cell.cell_contents for cell in thing.__closure__ or () if _is_filled(cell))
        used = of(thing.__defaults__, thing.__kwdefaults__, *around, *enclosed)
        return used, code_parts(thing.__code__, thing.__doc__)
    if isinstance(thing, type) and is_of_the_student(thing, folder, PACKAGES):
        members = {name: value for name, value in vars(thing).items() if name in RUN or not name.startswith("__")}
        return of(*thing.__bases__), of_named(members)
    if is_of_the_student(type(thing), folder, PACKAGES):
        return of(type(thing), None if isinstance(thing, nn.Module) else getattr(thing, "__dict__", None))
    return thing.__qualname__ if isinstance(thing, _NAMED) else type(thing).__qualname__


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def net_digest(build: Any, net: nn.Module, folder: Path) -> str:
    """Digest of an architecture: the code of the class, and the layers of a new net."""
    return hashlib.sha256(f"{code_digest(build, folder)} {net!r}".encode()).hexdigest()


def data_digest(*tensors: torch.Tensor) -> str:
    """Digest of the numbers from which a net learns."""
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update(tensor.contiguous().cpu().numpy().data)
    return digest.hexdigest()
