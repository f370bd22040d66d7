"""Describes the code of the student's functions and classes for comparison; comments and docstrings don't count."""

import dis
import inspect
import sys
from collections.abc import Collection
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

_PLAIN = (type(None), bool, int, float, complex, str, bytes, np.generic)
RUN = ("__init__", "__new__", "__call__")  # the special methods that may hold a student's code


def own_code(thing: Any, folder: Path, packages: Collection[str]) -> Any:
    """The code of one of the student's functions or classes as nested tuples of texts, without the code that it uses.

    None for installed functions and classes: an installed class may keep changing state in its attributes.

    Parameters
    ----------
    thing : object
        The function or class.
    folder : Path
        Modules in this folder are the student's own, except those of `packages`.
    packages : collection of str
        Packages that the course gives.
    """
    if not is_of_the_student(thing, folder, packages):
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
        inner = inspect.unwrap(thing)  # without decorators such as functools.cache
        return (
            (code_parts(inner.__code__, inner.__doc__), repr(inner.__defaults__))
            if isinstance(inner, FunctionType)
            else ""
        )
    is_plain = isinstance(thing, _PLAIN) or type(thing).__name__ == "dtype"  # a NumPy or PyTorch dtype
    return repr(thing) if is_plain else type(thing).__qualname__


def read_by(thing: Any) -> set[str]:
    """Global names that a function or class of the notebook reads."""
    if isinstance(thing, type) and thing.__module__ == "__main__":
        return set().union(*(read_by(value) for value in vars(thing).values() if not isinstance(value, type)))
    inner = inspect.unwrap(thing) if isinstance(thing, FunctionType) else None
    return globals_of(inner.__code__) if isinstance(inner, FunctionType) and inner.__module__ == "__main__" else set()


def _is_made_by_python(name: str) -> bool:
    return name.startswith("__") and name not in RUN


def code_parts(code: CodeType, documentation: str | None = None) -> Any:
    """The parts of a function's code that decide what it does, without file names and line numbers."""
    constants = [c for c in code.co_consts if documentation is None or c != documentation]
    return code.co_code.hex(), code.co_names, tuple(map(_constant, constants))


def _constant(value: Any) -> Any:
    if isinstance(value, CodeType):
        return code_parts(value)
    return sorted(map(repr, value)) if isinstance(value, frozenset) else repr(value)


def globals_of(code: CodeType) -> set[str]:
    """Global names that a function reads, except those that it also writes, which change when it runs."""
    steps = list(dis.get_instructions(code))
    read = {step.argval for step in steps if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    written = {step.argval for step in steps if step.opname == "STORE_GLOBAL"}
    return (read - written).union(*(globals_of(c) for c in code.co_consts if isinstance(c, CodeType)))


def is_of_the_student(thing: Any, folder: Path, packages: Collection[str]) -> bool:
    """Whether a function or class is from the notebook, or from a module that the student wrote beside it."""
    module = sys.modules.get(thing.__module__ or "")
    return thing.__module__ == "__main__" or module is None or text_beside(module, folder, packages) is not None


def text_beside(module: ModuleType, folder: Path, packages: Collection[str]) -> str | None:
    """The text of a module that lies beside the notebook; None if it is installed, or if the course gives it."""
    path = Path(getattr(module, "__file__", None) or "/")
    is_given = module.__name__.partition(".")[0] in packages
    if folder not in path.parents or "site-packages" in path.parts or is_given:
        return None
    try:
        return path.read_text(errors="replace")
    except OSError:
        return None
