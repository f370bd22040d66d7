"""Finds what keeps a net from learning in ``forward``: layers created in each call, and steps without a gradient.

This runs on the student's side, to word the message of a check that has failed. `renewed` also tells which parameters
no optimiser can find.
"""

import linecache
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import torch
from nbjudge.ask.student_code import is_locked
from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook
from torch.overrides import TorchFunctionMode

_COMPARISONS = frozenset(("gt", "lt", "ge", "le", "eq", "ne", "greater", "less", "greater_equal", "less_equal"))
_PLACES = frozenset(("argmax", "argmin", "argsort", "bucketize", "searchsorted"))
_ROUNDING = frozenset(("round", "floor", "ceil", "trunc", "sign", "fix", "heaviside", "floor_divide"))
_POSITIVE = frozenset(("relu", "abs", "softplus", "exp"))
_OUT_OF_TORCH = frozenset(("numpy", "item", "tolist"))


class ForwardWatch(TorchFunctionMode):
    """Records the first step of a net through which no gradient flows back, and the line that creates layers in a call.

    Parameters
    ----------
    namespace : dict
        The notebook's globals, by which the student's lines are recognised.

    Attributes
    ----------
    cut : str
        Kind of that step: "comparison", "place", "whole number", "rounding", "no_grad", "detached"; or empty.
    cut_line, made_line, positive_line : str
        The student's lines: of that step, of the first layer that is created, and of the last step after which no
        number is negative; empty if there is none.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        super().__init__()
        self._namespace = namespace
        self.cut = self.cut_line = self.made_line = self.positive_line = ""

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch while this context is open."""
        hook = register_module_parameter_registration_hook(self._on_parameter)
        try:
            with self:
                yield
        finally:
            hook.remove()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call a torch function, and check whether the result still depends on the parameters."""
        returned = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "").strip("_")
        if name in _POSITIVE:
            line = self._line()  # if a layer does it, the line may not show that
            self.positive_line = line if re.search(r"(?i)relu|abs\(|softplus|exp\(", line) else ""
        depends = any(isinstance(value, torch.Tensor) and value.requires_grad for value in args)
        if depends and not self.cut:
            self.cut = _cut(name, returned)
            self.cut_line = self._line() if self.cut else ""
        return returned

    def _on_parameter(self, *_: Any) -> None:
        self.made_line = self.made_line or self._line()

    def _line(self) -> str:
        """The student's line that is running."""
        frame: FrameType | None = sys._getframe()
        while frame is not None:
            file = frame.f_code.co_filename
            if frame.f_globals is self._namespace and not is_locked("".join(linecache.getlines(file))):
                return linecache.getline(file, frame.f_lineno).strip()
            frame = frame.f_back
        return ""


def _cut(name: str, returned: Any) -> str:
    if name in _ROUNDING:
        return "rounding"
    if name in _OUT_OF_TORCH:
        return "detached"
    if not isinstance(returned, torch.Tensor) or returned.requires_grad:
        return ""
    if name in _COMPARISONS:
        return "comparison"
    if name in _PLACES:
        return "place"
    if not returned.is_floating_point():
        return "whole number"
    return "detached" if torch.is_grad_enabled() else "no_grad"


def renewed(call: Callable[[], torch.Tensor]) -> list[str]:
    """Name the parameters that each call of a net creates with other values, if the outputs differ as well.

    A layer that is created in each call with the same values, such as a normalisation, does not count.

    Parameters
    ----------
    call : function without arguments
        Calls the net with the same images each time, and returns its output.
    """
    first, second = (_made_by(call) for _ in range(2))
    differ = [name for (name, one), (_, other) in zip(first[0], second[0], strict=False) if not torch.equal(one, other)]
    return [] if torch.equal(first[1], second[1]) else list(dict.fromkeys(differ))


def _made_by(call: Callable[[], torch.Tensor]) -> tuple[list[tuple[str, torch.Tensor]], torch.Tensor]:
    made: list[tuple[str, nn.Parameter]] = []

    def note(module: nn.Module, name: str, parameter: nn.Parameter | None) -> None:
        if parameter is not None and parameter.requires_grad and not nn.parameter.is_lazy(parameter):
            made.append((f"{type(module).__name__}.{name}", parameter))

    hook = register_module_parameter_registration_hook(note)
    try:
        output = call()
    finally:
        hook.remove()
    return [(name, parameter.detach()) for name, parameter in made], output
