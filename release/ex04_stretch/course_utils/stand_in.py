"""A net of ours for students whose own net is missing or fails: a linear classifier on the pixels.

It is right in about 62 % of fresh images. This is too seldom to earn points, but enough for doing the later tasks.
"""

import io
import math
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import nn

PIXELS = 32 * 64
RIDGE = 300.0  # penalty in the least squares; a larger one gives smaller weights
STEEPNESS = 4.0  # factor of the weights that spreads the scores over the range from 0 to 1

# Nets of ours that stand in for a student's net, each with the reason.
stand_ins: WeakKeyDictionary[nn.Module, str] = WeakKeyDictionary()


@dataclass(frozen=True)
class Form:
    """The form in which a net returns its answers, and the images that it takes.

    Attributes
    ----------
    axes : tuple of int
        Shape of the net's output for one image: one number; or two numbers, the second for a chirp; or one number for
        each of several classes.
    probabilities : bool
        Whether the outputs are probabilities instead of logits.
    any_axes, any_numbers : bool
        Whether the net also takes images with other axes than (N, 1, 32, 64), and numbers of another type than its
        weights.
    """

    axes: tuple[int, ...] = ()
    probabilities: bool = False
    any_axes: bool = False
    any_numbers: bool = False


FORMS = (Form(), Form((1,)), Form((), True), Form((1,), True), Form((2,)))


class Pixels(nn.Linear):
    """One linear layer on the pixels.

    Attributes
    ----------
    any_axes, any_numbers : bool
        See `Form`.
    """

    any_axes = any_numbers = False

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Turn images (N, 1, 32, 64) into outputs (N, outputs).

        Raises
        ------
        ValueError
            The images have other axes, and `any_axes` is False.
        """
        _refuse_other_axes(images, self.any_axes)
        pixels = images.flatten(1)
        return super().forward(pixels.to(self.weight.dtype) if self.any_numbers else pixels)

    def outputs(self, images: torch.Tensor) -> torch.Tensor:
        """Like `forward`, for images of any precision: a training may have changed the type of the net's weights."""
        outputs: torch.Tensor = self(images.to(self.weight.dtype))
        return outputs

    def chirp_logits(self, images: torch.Tensor) -> torch.Tensor:
        """Turn images (N, 1, 32, 64) into logits (N,), which are positive for a chirp."""
        outputs = self.outputs(images)
        return outputs[:, -1] if outputs.shape[1] == 1 else outputs[:, 1] - outputs[:, 0]


def _refuse_other_axes(images: torch.Tensor, any_axes: bool) -> None:
    if images.shape[1:] != (1, 32, 64) and not any_axes:
        raise ValueError(f"images (N, 1, 32, 64) are expected, not {tuple(images.shape)}")


def linear_net(form: Form, device: Any) -> nn.Sequential:
    """A new net whose first layer, `Pixels`, has all its parameters.

    Its answers do not depend on the brightness of an image. So it can't separate bright from dark images by luck before
    it is trained.
    """
    pixels = Pixels(PIXELS, math.prod(form.axes), device="cpu", dtype=torch.float32)
    with torch.no_grad():
        pixels.weight -= pixels.weight.mean(1, keepdim=True)
    pixels.any_axes, pixels.any_numbers = form.any_axes, form.any_numbers
    return nn.Sequential(pixels, *_in_form(form)).to(device)


def pixels_of(net: nn.Sequential) -> Pixels:
    """The layer of a `linear_net` that has all the parameters."""
    first = net[0]
    if not isinstance(first, Pixels):
        raise TypeError(f"the first layer of the net is no longer the one it was made with, but {first}")
    return first


def fixed_net(form: Form, gain: float, device: Any) -> nn.Sequential:
    """A new net whose logits are the images' mean brightness times a gain, whatever a training does with it."""
    return nn.Sequential(Brightness(gain, form), *_in_form(form)).to(device)


class Brightness(nn.Module):
    """Returns logits that no training can change: its only parameter has almost no effect on them."""

    def __init__(self, gain: float, form: Form) -> None:
        super().__init__()
        self.gain, self.outputs, self.any_axes = gain, math.prod(form.axes), form.any_axes
        self.useless = nn.Parameter(torch.zeros(1, device="cpu", dtype=torch.float32))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Turn images (N, 1, 32, 64) into outputs (N, outputs); the last column holds the logits, the others are 0."""
        _refuse_other_axes(images, self.any_axes)
        logits = self.gain * images.flatten(1).mean(1)[:, None] + 1e-9 * self.useless
        return torch.cat([torch.zeros_like(logits)] * (self.outputs - 1) + [logits], 1)


def _in_form(form: Form) -> list[nn.Module]:
    """The layers that turn (N, outputs) logits into a form."""
    outputs = math.prod(form.axes)
    layers: list[nn.Module] = []
    if form.probabilities:
        layers.append(nn.Sigmoid() if outputs == 1 else nn.Softmax(1))
    if form.axes != (outputs,):
        layers.append(nn.Unflatten(1, form.axes) if form.axes else nn.Flatten(0))
    return layers


def solve(net: nn.Sequential, images: torch.Tensor, labels: torch.Tensor) -> None:
    """Give a linear net the weights of least squares, which need no training.

    With one or two outputs, the last is for label 1. With more outputs, output k is for label k.
    """
    pixels = images.detach().cpu().double().flatten(1).numpy()
    first = net[0]
    if not isinstance(first, nn.Linear):
        raise TypeError(f"the first layer of the net is not linear, but {first}")
    outputs = len(first.weight)
    classes = np.arange(outputs) if outputs > 2 else np.array([1])
    signs = 2.0 * (labels.detach().cpu().numpy()[:, None] == classes) - 1
    weights = pixels.T @ np.linalg.solve(pixels @ pixels.T + RIDGE * np.eye(len(pixels)), signs)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.zero_()
        first.weight[-len(classes) :] = torch.as_tensor(STEEPNESS * weights.T, device="cpu")


def form_for(build: Any, train_model: Any, device: Any) -> Form:
    """The form that a student's ``train_model`` expects of a net: the form of the student's net, if this is clear.

    Parameters
    ----------
    build : callable or None
        ``GlitchNet``.
    train_model : callable or None
        ``train_model``.
    device : torch.device or str
        The device of nets.
    """
    told = form_of(build, device)
    if told is not None and not told.probabilities:
        return as_lenient_as(build, told, device)
    # If the net ends in a sigmoid, the loss after it may be one for logits or one for probabilities; so both are tried.
    candidates = FORMS if told is None else (Form(told.axes), told)
    takes = as_lenient_as(build, Form(), device)
    lenient = tuple(replace(form, any_axes=takes.any_axes, any_numbers=takes.any_numbers) for form in candidates)
    return _first_that_learns(lenient, train_model, device)


def as_lenient_as(build: Any, form: Form, device: Any) -> Form:
    """The same form, but for a net that takes every kind of images that the student's own net takes.

    The student's training may pass such images. If there is no such net, or if it fails, every kind is taken, because
    other checks say what is wrong with it.
    """
    images = torch.zeros((3, 1, 32, 64), device="cpu").to(device)
    try:
        net = build().to(device).eval()
    except Exception:
        return replace(form, any_axes=True, any_numbers=True)

    def takes(other: torch.Tensor, one_by_one: bool = False) -> bool:
        with suppress(Exception), torch.no_grad():
            outputs = net(other)
            return one_by_one or len(outputs) == len(images)
        return False

    fails = not takes(images)
    any_axes = takes(images.flatten(1)) or takes(images.squeeze(1)) or takes(images[0], one_by_one=True)
    return replace(form, any_axes=fails or any_axes, any_numbers=fails or takes(images.double()))


def form_of(build: Any, device: Any) -> Form | None:
    """The form in which a student's new nets return their answers; None unless they return one or two per image."""
    images = np.random.default_rng(0).normal(0, 1, (4, 1, 32, 64)).astype(np.float32)
    batch = torch.as_tensor(np.concatenate([images, 100 * images, -100 * images]), device="cpu").to(device)
    axes: tuple[int, ...] = ()
    try:
        for _ in range(10):  # all logits of a new net are between 0 and 1 in two of five cases
            with torch.no_grad():
                outputs = build().to(device).eval()(batch)
            axes = tuple(outputs.shape[1:])
            if len(outputs) != len(batch) or math.prod(axes) not in (1, 2):
                return None
            if outputs.min() < 0 or outputs.max() > 1:
                return Form(axes)
    except Exception:
        # Other checks say what is wrong with the student's net.
        return None
    return Form(axes, probabilities=True)


def _first_that_learns(candidates: tuple[Form, ...], train_model: Callable[..., Any], device: Any) -> Form:
    """The first form with which ``train_model`` teaches a net to tell bright from dark images; else one that works."""
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.arange(128) % 2)
    images = (labels[:, None, None, None] - 0.5 + rng.normal(0, 0.8, (128, 1, 32, 64))).astype(np.float32)
    works: list[tuple[bool, Form]] = []  # whether the losses may be right ones
    for form in candidates:
        net = linear_net(form, device)
        X, y = (torch.tensor(array, dtype=torch.float32, device="cpu") for array in (images, labels))
        try:
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                losses = train_model(net.train(), X, y, epochs=5)
            with torch.no_grad():
                called_bright = (
                    (pixels_of(net).chirp_logits(torch.as_tensor(images, device="cpu").to(device)) > 0).cpu().numpy()
                )
        except Exception:
            continue  # if train_model fails with every form, its checks say so
        fits = _may_be_losses(losses)
        if fits and (called_bright == (labels == 1)).mean() >= 0.9:
            return form
        works.append((fits, form))
    return max(works, key=lambda one: one[0])[1] if works else candidates[0]  # the first of the best


def _may_be_losses(losses: Any) -> bool:
    """Whether losses, if they are numbers, are finite and not negative.

    Logarithms of what are no probabilities may be NaN, infinite, or above 0, by the luck of the first weights.
    """
    try:
        numbers = np.asarray(losses, dtype=float)
    except (TypeError, ValueError, RuntimeError):
        return True  # the checks of train_model say what is wrong with them
    return bool(np.isfinite(numbers).all() and (numbers >= 0).all())
