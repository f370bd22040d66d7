"""Finds gradients of earlier steps that are still there when the next gradient is added to them."""

import torch
from torch import nn


class StaleGradientWatch:
    """Counts the steps in which a gradient of an earlier step was still there.

    A gradient is stale if it is not zero when the next one is added to it *and* its parameter has changed since. So
    gradient accumulation is allowed, and ``zero_grad`` may be called anywhere between two backward passes. Steps are
    counted by the first parameter of the net.
    """

    def __init__(self, net: nn.Module) -> None:
        self.stale_steps = 0
        self._seen: dict[int, torch.Tensor] = {}
        self._hooks = [p.register_hook(lambda _, p=p, i=i: self._look(i, p)) for i, p in enumerate(net.parameters())]

    def _look(self, index: int, parameter: nn.Parameter) -> None:
        seen = self._seen.get(index)
        left_over = parameter.grad is not None and bool(parameter.grad.ne(0).any())
        if index == 0 and left_over and seen is not None and not torch.equal(seen, parameter):
            self.stale_steps += 1
        self._seen[index] = parameter.detach().clone()

    def stop(self) -> None:
        """Remove the hooks."""
        for hook in self._hooks:
            hook.remove()
