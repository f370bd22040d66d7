"""Recipes of the study: honest ways in which students build and train a net, and wrong ones."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

NOTEBOOK = Path(__file__).parents[2] / "source" / "ex04" / "glitch_or_chirp.ipynb"
SUGGESTED = "suggested"

# A function that trains a net on images (N, 1, 32, 64) and labels (N,) for a number of epochs, and yields the mean loss
# after each epoch.
Train = Callable[[nn.Module, torch.Tensor, torch.Tensor, int], Iterator[float]]


@dataclass(frozen=True)
class Recipe:
    """One way to solve the exercise.

    Attributes
    ----------
    name : str
        Name of the recipe, such as "average pool, batch 64".
    honest : bool
        Whether it is correct.
    epochs : tuple of int
        Numbers of epochs of one training after which the net is judged.
    runs : int
        Number of runs in the study.
    build : callable
        Makes the net.
    train : callable
        See `Train`.
    """

    name: str
    honest: bool
    epochs: tuple[int, ...]
    runs: int
    build: Callable[[], nn.Module]
    train: Train


# A recipe without `honest`: name, epochs, runs, and the functions that build and train the net.
Described = tuple[str, tuple[int, ...], int, Callable[[], nn.Module], Train]


def described(rows: list[Described], honest: bool) -> Iterator[Recipe]:
    """Make recipes from their descriptions."""
    for name, epochs, runs, build, training in rows:
        yield Recipe(name, honest, epochs, runs, build, training)


def net(
    pool: str = "average",
    blocks: int = 2,
    batch_norm: bool = False,
    dropout: float = 0.0,
    relu: bool = True,
    outputs: int = 1,
) -> nn.Sequential:
    """Build blocks of convolution, ReLU and pooling, a pooling over the whole map, and a linear output.

    Parameters
    ----------
    pool : str
        Pooling over the whole map: "average", "max", or "flatten" for none.
    blocks : int
        Number of blocks; they have 16, 32 and 64 channels.
    batch_norm, relu : bool
        Whether each block has them.
    dropout : float
        Dropout before the linear layer.
    outputs : int
        Number of logits for each image.

    Returns
    -------
    nn.Sequential
        Turns images (N, 1, 32, 64) into logits (N,), or (N, outputs) if there are several outputs.
    """
    layers: list[nn.Module] = []
    channels = 1
    for block in range(blocks):
        width = 16 * 2**block
        layers += [nn.Conv2d(channels, width, 3, padding=1)]
        layers += [nn.BatchNorm2d(width)] if batch_norm else []
        layers += [nn.ReLU()] if relu else []
        layers += [nn.MaxPool2d(2)]
        channels = width
    if pool == "flatten":
        channels *= 32 * 64 // 4**blocks
    else:
        layers += [{"average": nn.AdaptiveAvgPool2d, "max": nn.AdaptiveMaxPool2d}[pool](1)]
    layers += [nn.Flatten(), nn.Dropout(dropout), nn.Linear(channels, outputs)]
    layers += [nn.Flatten(0)] if outputs == 1 else []
    return nn.Sequential(*layers)


def train(
    model: nn.Module,
    X: torch.Tensor,
    y: torch.Tensor,
    epochs: int,
    *,
    optimiser: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,  # with its default learning rate of 1e-3
    batch: int = 32,
    loss_function: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = F.binary_cross_entropy_with_logits,
    zero_grad: bool = True,
    shuffle_labels: bool = False,
) -> Iterator[float]:
    """Train as most students do; see `Train`. The last two arguments are faults."""
    steps = optimiser(model.parameters())
    if shuffle_labels:
        y = y[torch.randperm(len(y))]
    for _ in range(epochs):
        model.train()
        total = 0.0
        for chosen in torch.randperm(len(X)).split(batch):
            loss = loss_function(model(X[chosen]), y[chosen])
            if zero_grad:
                steps.zero_grad()
            loss.backward()
            steps.step()
            total += loss.item() * len(chosen)
        yield total / len(X)


def double_sigmoid(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Fault: the net ends in a sigmoid, and the loss applies another."""
    return F.binary_cross_entropy_with_logits(torch.sigmoid(logits), labels)


def broken_softmax(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Fault: a net with several classes ends in a softmax, and the loss applies another."""
    return F.cross_entropy(torch.softmax(logits, 1), labels)


def broadcasting(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Fault: outputs (N, 1) and labels (N,) broadcast, so every image is compared with every label."""
    scores = torch.sigmoid(logits)[:, None].expand(-1, len(labels))
    return F.mse_loss(scores, labels.expand(len(labels), -1))


def untrained(model: nn.Module, X: torch.Tensor, y: torch.Tensor, epochs: int) -> Iterator[float]:
    """Fault: no training at all."""
    yield from [float("nan")] * epochs


class SmoothedMaximum(nn.Module):
    """Fault: a rule instead of a net. The less concentrated the brightest spot is, the higher is the logit."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return (N,) logits, positive if the image, smoothed over 5 x 5 pixels, has no high maximum."""
        return 1.05 - F.avg_pool2d(images, 5, stride=1).amax(dim=(1, 2, 3))


@cache
def notebook_recipe() -> tuple[Callable[[], nn.Module], Callable[..., list[float]]]:
    """``GlitchNet`` and ``train_model`` of the source notebook."""
    cells = {cell.id: cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells}
    namespace: dict[str, Any] = {"np": np, "torch": torch, "nn": nn, "F": F, "X": np.zeros(1000)}
    for name in ("glitchnet", "train"):
        exec(cells[name].replace("from tqdm import tqdm", "raise ImportError"), namespace)
    return namespace["GlitchNet"], namespace["train_model"]


def train_suggested(model: nn.Module, X: torch.Tensor, y: torch.Tensor, epochs: int) -> Iterator[float]:
    """Train as the source notebook does, all epochs at once."""
    yield from notebook_recipe()[1](model, X, y, epochs=epochs)


def linear(outputs: int = 1) -> nn.Sequential:
    """Build a linear classifier of raw pixels."""
    return nn.Sequential(nn.Flatten(), nn.Linear(32 * 64, outputs), *([nn.Flatten(0)] if outputs == 1 else []))


def recipes() -> list[Recipe]:
    """All recipes of the study."""
    sgd = partial(torch.optim.SGD, lr=0.1, momentum=0.9)
    faster, fast = (partial(torch.optim.Adam, lr=rate) for rate in (1e-2, 3e-3))
    max_pool = partial(net, "max")
    honest: list[Described] = [
        (SUGGESTED, (30,), 300, lambda: notebook_recipe()[0](), train_suggested),
        ("average pool", (15, 20, 40), 20, net, train),
        ("average pool, batch 16", (15, 30), 12, net, partial(train, batch=16)),
        ("average pool, batch 64", (15, 30, 40), 12, net, partial(train, batch=64)),
        ("average pool, Adam 3e-3", (15, 30), 12, net, partial(train, optimiser=fast)),
        ("average pool, Adam 1e-2", (15, 30), 12, net, partial(train, optimiser=faster)),
        ("average pool, SGD 0.1", (15, 30), 12, net, partial(train, optimiser=sgd)),
        ("average pool, batch norm", (15, 30), 12, partial(net, batch_norm=True), train),
        ("average pool, dropout 0.25", (15, 30), 12, partial(net, dropout=0.25), train),
        ("no pooling", (15,), 12, partial(net, "flatten"), train),
        ("three blocks", (15,), 12, partial(net, blocks=3), train),
        ("max pool", (15,), 12, max_pool, train),
        ("max pool, batch norm", (15,), 12, partial(max_pool, batch_norm=True), train),
    ]
    wrong: list[Described] = [
        ("untrained", (1,), 8, net, untrained),
        ("one epoch", (1,), 8, net, train),
        ("shuffled labels", (15,), 8, net, partial(train, shuffle_labels=True)),
        ("double sigmoid", (15,), 8, net, partial(train, loss_function=double_sigmoid)),
        ("double sigmoid, max pool", (15,), 8, max_pool, partial(train, loss_function=double_sigmoid)),
        ("broadcasting", (15,), 8, max_pool, partial(train, loss_function=broadcasting)),
        ("linear on pixels", (15,), 8, linear, train),
        ("no ReLU", (15,), 8, partial(net, relu=False), train),
        ("no zero_grad", (15,), 8, net, partial(train, zero_grad=False)),
        ("smoothed maximum, no net", (1,), 8, SmoothedMaximum, untrained),
    ]
    return [*described(honest, True), *described(wrong, False)]
