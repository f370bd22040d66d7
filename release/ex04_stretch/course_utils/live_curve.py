"""Watches a training from outside: draws its growing loss curve, and a second line for images not learnt from.

A student's ``train_model`` needs no change for this. PyTorch calls us before each step of an optimiser
(`torch.optim.optimizer.register_optimizer_step_pre_hook`). Unlike a hook of the net, this hook is not part of a copy of
the net, of a file or of compiled code. If the list of losses has grown since the previous step, an epoch has ended, and
the weights are still those at its end.

The training is not changed by this: no random number is drawn from its generators, and modes, buffers and gradients are
the same as before.
"""

import base64
import inspect
import io
import math
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from nbjudge.ask.answers import as_array
from nbjudge.ask.no_trace import random_states_of_its_own
from nbjudge.ask.wording import count
from torch import nn
from torch.optim.optimizer import Optimizer, register_optimizer_step_pre_hook

from . import plots, simulators
from .losses_so_far import of_interrupted, of_running
from .submission.no_trace import left_as_it_was

# Shares of a training's time. Measuring the loss of 200 images takes 8 % of the time of an epoch of 800 images; drawing
# a picture takes a tenth of a second.
MEASURING_SHARE = 0.03
DRAWING_SHARE = 0.02
SECONDS_BETWEEN_PICTURES = 1.0
FRESH_IMAGES = 200
SEED = 2015  # of the random numbers that a net's forward pass draws
# This seed differs from the seeds of all other sets of images. Counted from 2015, it is the first one whose 200 images
# are as hard as 4,000 images: their mean losses are .82 and .80 for a linear net, .073 and .065 for the suggested net.
FRESH_SEED = (2021, FRESH_IMAGES)
BATCH_SIZE = 50  # larger batches do not fit into the processor's cache and take twice the time


@dataclass(frozen=True)
class ValidationPart:
    """The images and labels for which the second line is measured.

    Attributes
    ----------
    name : str
        Name of the line in the legend.
    images : (N, 1, 32, 64) float32 tensor
        Images, on the CPU.
    labels : (N,) tensor
        Labels, on the CPU: float32 for two classes, int64 for more.
    """

    name: str
    images: torch.Tensor
    labels: torch.Tensor


def validation_part(namespace: dict[str, Any]) -> ValidationPart:
    """The student's validation part; if there is none, images that the simulators make only for this purpose.

    The test part is never used. If a student stopped the training where the test part's loss is lowest, the test part
    would have become a part of the training.
    """
    try:
        chosen = as_array(namespace["validation_indices"], "`validation_indices`").reshape(-1)
        positions = np.arange(len(namespace["y"]))[chosen if chosen.dtype == np.bool_ else chosen.astype(np.int64)]
        arrays = (as_array(namespace[name], name)[positions] for name in ("X", "y"))
        images, labels = (torch.as_tensor(array, dtype=torch.float32, device="cpu") for array in arrays)
        if len(positions):
            return ValidationPart(f"your validation part ({len(positions)})", images, labels)
    except Exception:
        pass  # there is no validation part, or its checks say what is wrong with it
    fresh = simulators.fresh(FRESH_IMAGES, seed=FRESH_SEED)
    images, labels = (
        torch.as_tensor(array, dtype=torch.float32, device="cpu") for array in (fresh.images, fresh.labels)
    )
    return ValidationPart(f"{FRESH_IMAGES} fresh images", images, labels)


def mean_loss(net: nn.Module, part: ValidationPart) -> float:
    """Mean of -ln p in nats, where p is the probability that a net in evaluation mode gives to the true class.

    Parameters
    ----------
    net : Module
        Returns a logit for class 1, (N,) or (N, 1), or logits for all classes, (N, classes); or probabilities.
    part : ValidationPart
        The images and labels.

    Raises
    ------
    Exception
        Any error of the net; ValueError if the net returns something else.
    """
    like = next(parameter for parameter in net.parameters() if parameter.is_floating_point())
    with left_as_it_was(net), random_states_of_its_own(SEED), torch.no_grad():
        for layer in net.modules():
            layer.training = False  # net.eval() is not called, because a student's own `eval` may do more than this
        outputs = torch.cat([net(batch.to(like)) for batch in part.images.split(BATCH_SIZE)]).float()
        extremes = torch.cat([net(k * part.images[:8].to(like)) for k in (100, -100)]).float()
    several_classes = outputs.ndim == 2 and outputs.shape[1] > 1
    if _are_probabilities(torch.cat([outputs, extremes])):
        outputs = outputs.log() if several_classes else torch.logit(outputs, eps=1e-7)
    labels = part.labels.to(outputs.device)
    if several_classes:
        return F.cross_entropy(outputs, labels.long()).item()
    return F.binary_cross_entropy_with_logits(outputs.reshape(-1), labels).item()


def _are_probabilities(outputs: torch.Tensor) -> bool:
    """Whether outputs for many kinds of images are between 0 and 1 and differ; those of a dead net don't differ."""
    return bool(outputs.min() >= 0 and outputs.max() <= 1 and outputs.max() - outputs.min() > 0.1)


class Picture:
    """One picture in the output of a notebook's cell, which is drawn again during a training.

    Parameters
    ----------
    publish : callable
        Sends output to the front end: ``get_ipython().display_pub.publish``.
    classes : int
        Number of classes; the loss of a net that only guesses is its logarithm.
    """

    def __init__(self, publish: Callable[..., None], classes: int = 2) -> None:
        self._publish, self._classes = publish, classes
        self._transient = {"display_id": uuid.uuid4().hex}
        self._is_there = False

    def draw(self, losses: list[float], validation: list[float], name: str) -> None:
        """Replace the previous loss curve by a new one."""
        # The figure is made without pyplot, which would show it a second time.
        figure = Figure(figsize=(5.6, 3.2), layout="compressed")
        plots.loss_curve(losses, validation, figure.subplots(), validation_name=name, classes=self._classes)
        png = io.BytesIO()
        figure.savefig(png, format="png", dpi=100, facecolor="white")
        words = _in_words(losses, validation, name)
        data = {"image/png": base64.b64encode(png.getvalue()).decode(), "text/plain": words}
        metadata = {"image/png": {"width": 560, "alt": words}}
        self._publish(data=data, metadata=metadata, transient=self._transient, update=self._is_there)
        self._is_there = True


def _in_words(losses: list[float], validation: list[float], name: str) -> str:
    """The picture in words, for readers who can't see it, and for front ends that show only text."""
    if not losses:
        return "Loss curve without any epoch yet"
    text = f"Loss curve of {count(len(losses), 'epoch')}: training from {losses[0]:.3f} to {losses[-1]:.3f}"
    measured = [loss for loss in validation if not math.isnan(loss)]
    return text + (f"; {name} from {measured[0]:.3f} to {measured[-1]:.3f}" if measured else "")


class Budget:
    """Limits the time spent on something to a share of the time since the start."""

    def __init__(self, share: float) -> None:
        self._share, self._started, self._spent = share, time.perf_counter(), 0.0

    def is_left(self) -> bool:
        """Whether more time may be spent now."""
        return self._spent <= self._share * (time.perf_counter() - self._started)

    @contextmanager
    def spend(self) -> Iterator[None]:
        """Count the time that this context takes."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._spent += time.perf_counter() - started


class Watch:
    """Watches a training while this context is open.

    Parameters
    ----------
    net : Module
        The net that is trained.
    train_model : callable
        The function that trains the net.
    part : ValidationPart or None
        Images for the second line; None if nobody watches: then nothing is measured, and no time is lost.
    picture : Picture or None
        The picture that is drawn during the training.

    Attributes
    ----------
    losses : list of float
        Losses of the epochs that have ended.
    validation : list of float
        `mean_loss` at the end of each epoch; NaN if there was no time for it.
    """

    def __init__(
        self,
        net: nn.Module,
        train_model: Callable[..., Any],
        part: ValidationPart | None,
        picture: Picture | None = None,
    ) -> None:
        self.losses: list[float] = []
        self.validation: list[float] = []
        self._net, self._part, self._picture = net, part, picture
        self._code = getattr(inspect.unwrap(train_model), "__code__", None)
        self._parameters = {id(parameter) for parameter in net.parameters()}

    def __enter__(self) -> "Watch":
        if self._picture is not None and self._part is not None:
            with suppress(Exception):  # `checkpoint.fit`, which draws the finished curve, says why it can't be drawn
                self._picture.draw([], [], self._part.name)  # above what the training prints
        self._measuring, self._drawing = Budget(MEASURING_SHARE), Budget(DRAWING_SHARE)
        self._drawn = time.perf_counter()
        self._hook = None if self._part is None else register_optimizer_step_pre_hook(self._before_step)
        return self

    def __exit__(self, *_: Any) -> None:
        self._stop()

    def completed(self, losses: list[float]) -> None:
        """Complete the second line after the training, when the net is in its state after the last epoch.

        Parameters
        ----------
        losses : list of float
            The losses that ``train_model`` returned.
        """
        self._set_losses(losses)
        if losses and self._part is not None:
            self._measure(self._part)

    def interrupted(self, stop: KeyboardInterrupt) -> list[float]:
        """The losses of the epochs that were finished when the training was interrupted."""
        losses = of_interrupted(self._code, stop.__traceback__)
        # The losses may no longer be found in the functions' variables; then those seen at the last step are used.
        self._set_losses(max(losses, self.losses, key=len))
        return self.losses

    def _set_losses(self, losses: list[float]) -> None:
        if len(self.validation) > len(losses):  # the list that grew did not hold the losses
            self.validation = []
        self.losses = losses
        self.validation += [math.nan] * (len(losses) - len(self.validation))

    def _stop(self) -> None:
        if self._hook is not None:
            self._hook.remove()

    def _before_step(self, optimiser: Optimizer, *_: Any) -> None:
        """Look at the losses. PyTorch calls this before each step; no error in here may stop a training."""
        if torch.compiler.is_compiling():
            return
        try:
            parameters = (parameter for group in optimiser.param_groups for parameter in group["params"])
            if any(id(parameter) in self._parameters for parameter in parameters):
                self._look(of_running(self._code, sys._getframe()))
        except Exception:
            self._stop()

    def _look(self, losses: list[float]) -> None:
        if self._part is None or len(losses) <= len(self.losses):
            return
        self._set_losses(losses)
        if self._measuring.is_left():
            with self._measuring.spend():
                self._measure(self._part)
        now = time.perf_counter()
        if self._picture is not None and self._drawing.is_left() and now - self._drawn >= SECONDS_BETWEEN_PICTURES:
            self._drawn = now
            with self._drawing.spend():
                self._picture.draw(self.losses, self.validation, self._part.name)

    def _measure(self, part: ValidationPart) -> None:
        try:
            self.validation[-1] = mean_loss(self._net, part)
        except Exception:
            self.validation[-1] = math.nan  # the net does not return logits; its checks say so
