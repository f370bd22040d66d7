"""Torch's compiler, loaded when something is compiled.

Whoever makes an optimiser imports it, for torch's optimisers ask it to leave them alone. That takes nearly a second,
and few notebooks compile anything. Until one does, these requests are granted here.
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
    """The compiler's module until somebody wants more of it; it then becomes what it stands for."""

    def graph_break(self, *_: Any, **__: Any) -> None:
        """Do nothing: no graph is being made."""

    def disable(self, function: Any = None, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """Have a function left alone."""
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
    """Load the compiler into the module that stands for it, if that has not been done."""
    with _loading:
        if isinstance(module, Unloaded):
            spec = _spec_of(module)
            _become(module, ModuleType)
            spec.loader = module.__loader__ = loader = spec.loader_state
            try:
                loader.exec_module(module)
            except BaseException:  # the cell was interrupted: another may try again
                _become(module, Unloaded)
                raise
    return module


def _become(module: ModuleType, kind: type[ModuleType]) -> None:
    module.__class__ = kind


def _spec_of(module: ModuleType) -> ModuleSpec:
    """How a module was found; only a module that was not imported has none."""
    if module.__spec__ is None:
        raise ImportError(f"{module.__name__} does not tell how it was found")
    return module.__spec__


class Finder(MetaPathFinder, Loader):
    """Finds the compiler without loading it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the compiler; but who imports a part of it needs it."""
        if fullname == NAME and (spec := PathFinder.find_spec(fullname, path)):
            spec.loader, spec.loader_state = self, spec.loader
            return spec
        if fullname.startswith(f"{NAME}."):
            loaded(sys.modules[NAME])
            if part := sys.modules.get(fullname):  # it came with the compiler; Python would load it once more
                found = ModuleSpec(fullname, self, loader_state=part.__spec__)
                part.__spec__ = found
                return found
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Give what came with the compiler; for itself the usual module will do."""
        return sys.modules.get(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Put the compiler off; leave what came with it as it was."""
        if module.__name__ == NAME:
            _become(module, Unloaded)
        else:
            module.__spec__ = _spec_of(module).loader_state


def load_when_needed() -> None:
    """From now on."""
    sys.meta_path.insert(0, Finder())
