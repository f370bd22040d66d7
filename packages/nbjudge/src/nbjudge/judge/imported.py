"""What the instructor's cells import: where a student's name has the same value, it is imported on this side, too."""

import importlib
import types
from typing import Any

import numpy as np


class Imported:
    """Modules, and what is taken from them, by the names that the instructor's cells give them.

    The name matters: the student's own name for ``os.system`` must not be called here because some cell imports it.

    Parameters
    ----------
    imports : list of (str, str, str)
        See `names_used.imports_of`.
    """

    def __init__(self, imports: list[tuple[str, str, str]]) -> None:
        self._imports = [(name, module, part) for name, module, part in imports]

    def module(self, name: str, module: str) -> types.ModuleType | None:
        """The module that the instructor's cells import under a name, if it is this one."""
        for value in self._values(name):
            if isinstance(value, types.ModuleType) and value.__name__ == module:
                return value
        return None

    def object(self, name: str, named: Any) -> Any:
        """What the instructor's cells import under a name, if this is its module and name; None otherwise."""
        for value in self._values(name) if isinstance(named, list) else ():
            if named == ["numpy", value.__name__] if isinstance(value, np.ufunc) else named == _path(value):
                return value
        return None

    def node(self, value: Any) -> list[Any] | None:
        """The node of a method that cells import as if it were a function, such as ``random.randint``."""
        if type(value) in (types.MethodType, types.BuiltinMethodType):
            for _, module, part in self._imports:
                found = None if part in ("", "*") else _value(module, part)
                if type(found) is type(value) and found == value:  # another value's == may be anything
                    return ["named", module, part]
        return None

    def _values(self, name: str) -> list[Any]:
        found = []
        for defined, module, part in self._imports:
            wanted = name if part == "*" and not name.startswith("_") else part
            if name and defined in (name, "*") and (value := _value(module, wanted)) is not None:
                found.append(value)
        return found


def _value(module: str, part: str) -> Any:
    try:
        found = importlib.import_module(module)
        return getattr(found, part) if part else found
    except AttributeError:
        try:
            return importlib.import_module(f"{module}.{part}")
        except ImportError:
            return None
    except Exception:  # a module may raise anything; then the student's value is used
        return None


def _path(value: Any) -> list[Any]:
    return [getattr(value, "__module__", None), getattr(value, "__qualname__", None)]
