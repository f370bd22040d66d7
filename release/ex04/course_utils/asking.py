"""Asks a net about images: logits as NumPy arrays, many images at a time."""

from typing import Any
from weakref import WeakSet

import numpy as np
import torch
from torch import nn

from . import simulators

BATCH = 100  # images at a time; a layer's output for more images does not fit into a processor's cache


def applied(net: nn.Module, batch: torch.Tensor) -> Any:
    """The output of a net for a batch of images, with the channels of a pixel side by side where this is faster."""
    if batch.device.type == "cpu" and net not in _only_in_ordinary_order:
        # Pooling then takes a tenth of the time. But a view() in forward() fails in this memory format, so after any
        # error the net is called again in the ordinary format, where an error of another cause occurs again.
        try:
            return net(batch.to(memory_format=torch.channels_last))
        except Exception:
            _only_in_ordinary_order.add(net)
    return net(batch)


_only_in_ordinary_order: WeakSet[nn.Module] = WeakSet()


def ask(net: nn.Module, images: Any) -> np.ndarray:
    """Logits of a net for images, in evaluation mode.

    Parameters
    ----------
    net : nn.Module
        Any net for images (N, 1, 32, 64).
    images : array_like or Tensor, shape (N, 32, 64) or (N, 1, 32, 64), or a single image
        Images, on any device.

    Returns
    -------
    (N,) float32 array
        The logits; of shape (N, k) if the net returns k > 1 numbers for each image.
    """
    batch = images if isinstance(images, torch.Tensor) else torch.as_tensor(np.array(images, np.float32), device="cpu")
    batch = batch.float().reshape(-1, 1, simulators.FREQUENCY_BINS, simulators.TIME_BINS)
    device = next((parameter.device for parameter in net.parameters()), "cpu")
    net.eval()
    with torch.no_grad():
        outputs = torch.cat([applied(net, part.to(device)).cpu().float() for part in batch.split(BATCH)]).numpy()
    return outputs.reshape(-1) if outputs.size == len(batch) else outputs


def chirp_logits(net: nn.Module, images: Any) -> np.ndarray:
    """Like `ask`, but (N,) also for a net with two logits per image: the logit of chirp minus the logit of blip."""
    logits = ask(net, images)
    return logits if logits.ndim == 1 else logits[:, 1] - logits[:, 0]
