"""Recognises PyTorch's tensors and nets in notebooks that use PyTorch; this module never imports PyTorch."""

import sys
from typing import Any

import numpy as np


def is_tensor(value: Any) -> bool:
    """Whether a value is a tensor."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def is_net(value: Any) -> bool:
    """Whether a value is a neural network."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.nn.Module)


def is_lazy(tensor: Any) -> bool:
    """Whether a tensor is a parameter that gets its shape later."""
    lazy: bool = sys.modules["torch"].nn.parameter.is_lazy(tensor)
    return lazy


def to_numpy(tensor: Any) -> np.ndarray:
    """The numbers of a tensor on any device."""
    numbers: np.ndarray = tensor.detach().cpu().numpy()
    return numbers
