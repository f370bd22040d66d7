"""Runs code that was written for a graphics processor on the ordinary processor, if there is no graphics processor."""

import re
from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

# A cell that first asks whether a graphics processor is available needs no help.
_NAMED = re.compile(r"\.cuda\(|[\"'](?:cuda|mps)\b")
_ASKED = re.compile(r"\bis_available\b")


class NoAccelerator(TorchFunctionMode):
    """While active, keeps tensors that would be sent to a graphics processor, or made there, on the processor."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call a torch function, with the processor in the place of a graphics processor."""
        kwargs = kwargs or {}
        if func is torch.Tensor.cuda:
            return args[0]
        if func is torch.Tensor.to:
            args = (args[0], *(on_processor(argument) for argument in args[1:]))
        if "device" in kwargs:
            kwargs = kwargs | {"device": on_processor(kwargs["device"])}
        return func(*args, **kwargs)


def on_processor(device: Any) -> Any:
    """The processor instead of a graphics processor; any other value unchanged."""
    named = device.type if isinstance(device, torch.device) else device
    is_accelerator = isinstance(named, str) and named.partition(":")[0] in ("cuda", "mps")
    return torch.device("cpu") if is_accelerator else device


def help_where_assumed(shell: Any) -> None:
    """Compute on the processor as soon as a cell of an IPython shell assumes a graphics processor that is missing."""
    if torch.cuda.is_available() or torch.backends.mps.is_available():
        return

    def look(info: Any) -> None:
        if _NAMED.search(info.raw_cell) and not _ASKED.search(info.raw_cell):
            shell.events.unregister("pre_run_cell", look)
            # It stays active as long as this process lives.
            NoAccelerator().__enter__()  # type: ignore[no-untyped-call]  # torch's own

    shell.events.register("pre_run_cell", look)
