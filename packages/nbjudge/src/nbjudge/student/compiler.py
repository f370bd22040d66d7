"""Loads torch's compiler only when something is compiled.

Each torch optimiser imports the compiler, just to exclude its own functions from compilation. That import takes nearly
a second, and few notebooks compile anything. Until one does, the placeholder in this module handles these requests.
"""

import sys
import threading
from collections.abc import Callable, Sequence
from functools import wraps
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import FunctionType, ModuleType
from typing import Any

NAME = "torch._dynamo"


class Unloaded(ModuleType):
    """Placeholder for the compiler's module. When code uses more of it, it turns into the real module."""

    def graph_break(self, *_: Any, **__: Any) -> None:
        """Do nothing: no graph is being made."""

    def disable(self, function: Any = None, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """Exclude a function from compilation."""
        if not isinstance(function, FunctionType):
            decorated: Callable[..., Any] = loaded(self).disable(function, *args, **kwargs)
            return decorated

        @wraps(function)
        def left_alone(*its_args: Any, **its_kwargs: Any) -> Any:
            if isinstance(self, Unloaded):
                return function(*its_args, **its_kwargs)
            return self.disable(function, *args, **kwargs)(*its_args, **its_kwargs)

        return left_alone

    def __getattr__(self, name: str) -> Any:
        return getattr(loaded(self), name)


_loading = threading.RLock()


def loaded(module: ModuleType) -> ModuleType:
    """Load the compiler into its placeholder, unless this was done before."""
    with _loading:
        if isinstance(module, Unloaded):
            spec = _spec_of(module)
            _become(module, ModuleType)
            spec.loader = module.__loader__ = loader = spec.loader_state
            try:
                loader.exec_module(module)
            except BaseException:  # the cell was interrupted: a later cell may try again
                _become(module, Unloaded)
                raise
    return module


def _become(module: ModuleType, kind: type[ModuleType]) -> None:
    module.__class__ = kind


def _spec_of(module: ModuleType) -> ModuleSpec:
    """The spec of a module; only a module that was not imported has none."""
    if module.__spec__ is None:
        raise ImportError(f"{module.__name__} does not tell how it was found")
    return module.__spec__


class Finder(MetaPathFinder, Loader):
    """Finds the compiler without loading it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the compiler without loading it; load it if one of its submodules is imported."""
        if fullname == NAME and (spec := PathFinder.find_spec(fullname, path)):
            spec.loader, spec.loader_state = self, spec.loader
            return spec
        if fullname.startswith(f"{NAME}."):
            loaded(sys.modules[NAME])
            if part := sys.modules.get(fullname):  # loaded along with the compiler; Python would load it twice
                found = ModuleSpec(fullname, self, loader_state=part.__spec__)
                part.__spec__ = found
                return found
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Return a submodule that was loaded along with the compiler; None (a new module) for the compiler itself."""
        return sys.modules.get(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Make the compiler's module a placeholder; leave submodules that are already loaded as they are."""
        if module.__name__ == NAME:
            _become(module, Unloaded)
        else:
            module.__spec__ = _spec_of(module).loader_state


def load_when_needed() -> None:
    """Postpone loading the compiler from now on."""
    sys.meta_path.insert(0, Finder())
