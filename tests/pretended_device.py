"""A graphics processor that is pretended: it computes on the processor, and knows which tensors would be where."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakTensorKeyDictionary

CPU = torch.device("cpu")
_MOVES = {torch.Tensor.to, torch.Tensor.cpu, torch.as_tensor}
# From one device to another, or of what is known on both sides.
_ACROSS = {
    torch.Tensor.copy_,
    torch.Tensor.data.__set__,
    torch.Tensor.__repr__,
    torch.Tensor.__format__,
    torch._has_compatible_shallow_copy_type,
}
_INDEXING = {torch.Tensor.__getitem__, torch.Tensor.__setitem__}
_ON_THE_CPU_ONLY = {torch.Tensor.numpy, torch.Tensor.__array__}

_places = WeakTensorKeyDictionary()


class PretendedDevice(TorchFunctionMode):
    """While it is active, there is a second device, and tensors of different devices can't be computed with.

    The rules are CUDA's: a number (a tensor without dimensions) on the processor goes with everything, and so does an
    index on the processor; what is on the device is no NumPy array.

    Attributes
    ----------
    device : torch.device
        What it pretends to be.
    """

    def __init__(self, device: str = "cuda") -> None:
        super().__init__()
        self.device = torch.device(device, 0)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call a function of torch's, if it may be, and note where its results would be."""
        kwargs = dict(kwargs or {})
        if func == torch.Tensor.device.__get__:
            return where(args[0])
        if func is torch._C._nn._parse_to:  # how `Module.to` reads its arguments
            return func(*args, **kwargs)
        tensors = list(_tensors((args, kwargs)))
        devices = {where(tensor) for tensor in tensors if tensor.ndim or where(tensor) != CPU}
        result_on = max(devices, key=lambda device: device != CPU, default=CPU)
        if func in _ON_THE_CPU_ONLY and result_on != CPU:
            raise TypeError(f"can't convert {self.device} device type tensor to numpy")
        if func in _INDEXING:
            # An index on the processor goes with everything, and a value is copied.
            result_on = where(args[0])
            index_on = {where(tensor) for tensor in _tensors(args[1])}
            self._refuse_if(bool(index_on - {CPU, result_on}), func)
        elif func is torch.Tensor.to and len(tensors) > 1:
            result_on, args = where(tensors[1]), (args[0], tensors[1].dtype)
        elif func not in _ACROSS and func not in _MOVES:
            self._refuse_if(len(devices) > 1, func)
        if func is torch.Tensor.cpu:
            result_on = CPU
        named = [value for value in (*args[1:2], kwargs.get("device")) if _names_device(value)]
        if named and (func is torch.Tensor.to or "device" in kwargs):
            result_on = self.device if torch.device(named[0]).type == self.device.type else torch.device(named[0])
            args = tuple(CPU if _names_device(value) else value for value in args)
            kwargs = {key: CPU if key == "device" else value for key, value in kwargs.items()}
        result = func(*args, **kwargs)
        if func == torch.Tensor.data.__set__:
            _places[args[0]] = where(args[1])
        for tensor in _tensors(result):
            if any(tensor is other for other in tensors) and where(tensor) != result_on:
                # The same tensor as before is no copy: what would be one must not change the first.
                result = tensor = tensor.view_as(tensor) if not tensor.is_leaf else tensor.detach().clone()
            _places[tensor] = result_on
        return result

    def _refuse_if(self, mixed: bool, func: Callable[..., Any]) -> None:
        if mixed:
            name = getattr(func, "__name__", func)
            raise RuntimeError(f"{name}: expected all tensors to be on the same device, found cpu and {self.device}")


def where(tensor: torch.Tensor) -> torch.device:
    """The device that a tensor would be on."""
    return _places.get(tensor, CPU)


def _names_device(value: Any) -> bool:
    return isinstance(value, torch.device) or (isinstance(value, str) and value in ("cuda", "cuda:0", "mps", "cpu"))


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)
