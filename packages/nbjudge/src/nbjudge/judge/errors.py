"""Exceptions that cross: the same class where it is a library's, a class of its own name where it is the student's."""

import builtins
import sys
from typing import Any

# A student's exception of one of these could end a test of the instructor's without failing it.
NOT_THESE = {"unittest", "pytest", "_pytest", "nose", "doctest", "nbjudge", "asyncio", "concurrent", "__main__"}
MOST_BASES = 10
MAX_MESSAGE = 10_000


def made(kind: Any, arguments: Any, message: str, attributes: Any = None) -> BaseException:
    """An exception like the student's.

    Parameters
    ----------
    kind : any
        Its class, if there is one here.
    arguments : any
        Its ``args``; these may be anything.
    message : str
        Its text.
    attributes : any
        Its other attributes, by name; these may be anything.
    """
    if not isinstance(kind, type) or not issubclass(kind, Exception | SystemExit):
        return Exception(message[:MAX_MESSAGE])
    values = arguments if isinstance(arguments, tuple) else (message[:MAX_MESSAGE],)
    try:
        error = kind(*values)
    except Exception:  # a class of a library that needs other arguments
        error = kind.__new__(kind)
        error.args = values
    for name, value in attributes.items() if isinstance(attributes, dict) else ():
        if isinstance(name, str) and not name.startswith("_") and name not in ("args", "add_note", "with_traceback"):
            vars(error)[name] = value
    return error


def class_of(tree: Any, known: dict[int, type], depth: int = 0) -> type:
    """The class here for one of the student's exceptions.

    Parameters
    ----------
    tree : list
        ``[module, name, number, bases]``, each base the same way.
    known : dict of int to type
        The classes that were made before, by number. New ones are added.

    Raises
    ------
    ValueError
        This is no such list.
    """
    match tree:
        case [str(module), str(name), int(number), list(bases)] if depth < MOST_BASES and len(bases) <= MOST_BASES:
            pass
        case _:
            raise ValueError("no class")
    if (found := _library(module, name)) is not None:
        return found
    if number not in known:
        kinds = [class_of(base, known, depth + 1) for base in bases] or [Exception]
        try:
            kind = type(name[:100], tuple(kinds), {"__module__": "__main__", "__theirs__": number})
        except TypeError:  # bases that don't go together here
            kind = type(name[:100], (kinds[0],), {"__module__": "__main__", "__theirs__": number})
        known[number] = kind
    return known[number]


def _library(module: str, name: str) -> type | None:
    if module.partition(".")[0] in NOT_THESE:
        return None
    found = getattr(builtins if module == "builtins" else sys.modules.get(module), name, None)
    return found if isinstance(found, type) and issubclass(found, Exception | SystemExit) else None


def told(error: Exception, number: int) -> tuple[Any, ...]:
    """What the student's side is told of an exception of the test cell."""
    kind = next((base for base in type(error).__mro__ if base.__module__ == "builtins"), Exception)
    plain = tuple(part if isinstance(part, str | int | float) else str(part)[:1000] for part in error.args)
    return "raised", kind.__name__, plain, str(error)[:1000], number
