"""Loads and trains the nets of `ex04_stretch`: the student's own net from `ex04`, and a net with three classes."""

from typing import Any

import numpy as np
import torch
from nbjudge.ask.front_end import NOTEBOOK_FOLDER
from nbjudge.ask.settings import ordinary_settings
from torch import nn

from . import checkpoint, simulators, stretch
from .asking import ask
from .checkpoint import GLITCH_OR_CHIRP, Task, TrainingPart
from .live_curve import ValidationPart
from .stand_in import Form


def _suggested_part() -> TrainingPart:
    """The training part for `SUGGESTED`: four fifths of the fixed dataset, as in `ex04`."""
    X, y = simulators.fixed_dataset()
    positions = np.random.default_rng(2).permutation(len(X))[200:]
    return TrainingPart(
        torch.as_tensor(X[positions], device="cpu"), torch.as_tensor(y[positions], device="cpu").float(), positions
    )


def _three_classes_part() -> TrainingPart:
    images, labels = (torch.as_tensor(array, device="cpu") for array in stretch.three_classes_training())
    return TrainingPart(images, labels, np.arange(len(labels)))


VALIDATION_IMAGES, VALIDATION_SEED = 70, 2021  # of each class


def _three_classes_validation(_: dict[str, Any]) -> ValidationPart:
    images, labels = stretch.three_classes(VALIDATION_IMAGES, np.random.default_rng(VALIDATION_SEED))
    name = f"{len(labels)} fresh images"
    return ValidationPart(name, torch.as_tensor(images, device="cpu"), torch.as_tensor(labels, device="cpu"))


PROBES, PROBES_SEED = 400, 2022
HARDLY_TRAINED = 0.6  # a net that is right less often than this is hardly trained; a linear classifier reaches 62 %

SUGGESTED = Task(
    file="suggested_net.pt",
    part=_suggested_part,
    stand_in_earns="`pair_accuracy` in (a) and the parts (b) and (d) are judged on it.",
)
_OF_HERE = f"the GlitchNet of the cell above, trained by its train_model and kept in {SUGGESTED.file}"
THREE_CLASSES = Task(
    net="ThreeNet",
    train="train_three",
    model="model3",
    losses="losses3",
    file="three_classes.pt",
    call="fit_three(globals())",
    part=_three_classes_part,
    validation=_three_classes_validation,
    classes=len(stretch.CLASS_NAMES),
    form=Form((len(stretch.CLASS_NAMES),)),
    stand_in_earns=(
        "Go on with it: the rest of part (a) is judged on it. Only the points for the accuracy on fresh images are\n"
        "for a net of yours."
    ),
)


@ordinary_settings()
def net_of_ex04(namespace: dict[str, Any]) -> nn.Module:
    """Load the student's net of `ex04`; if its checkpoint is missing, train the net in the notebook and keep it.

    The checkpoint of `ex04` is never written to.

    Parameters
    ----------
    namespace : dict
        The notebook's globals, with `GlitchNet` and `train_model`.

    Returns
    -------
    nn.Module
        The net, in evaluation mode.
    """
    path = NOTEBOOK_FOLDER / GLITCH_OR_CHIRP.file
    if not path.is_file():
        if "GlitchNet" in namespace and "train_model" in namespace:
            print(f"There is no {path.name} beside this notebook: `model` is {_OF_HERE}.")
        else:
            print("Run the cell above, which makes GlitchNet and train_model, and then this one again.")
        return checkpoint.fit(namespace, SUGGESTED)[0]
    instead = f"`model` is not your net from ex04, but {_OF_HERE}"
    kept = checkpoint.read(path, instead)
    if kept is None:
        print(f"To ask your own net, copy {path.name} from ex04 once more, and run this cell again.")
        return checkpoint.fit(namespace, SUGGESTED)[0]
    try:
        net = checkpoint.new_net(namespace, GLITCH_OR_CHIRP)
    except Exception:
        return checkpoint.fit(namespace, SUGGESTED)[0]  # `fit` says what is wrong with GlitchNet
    if not kept.load_into(net, path.name, instead):
        print(
            "Have you built another net in ex04? Then paste your class GlitchNet into the cell above, run it, and then"
        )
        print("this cell again.")
        return checkpoint.fit(namespace, SUGGESTED)[0]
    print(f"`model` is your own net from ex04, in {path.name}.")
    right = _share_right(net.eval())
    if right is not None and right < HARDLY_TRAINED:
        print(f"But it is right in only {right:.0%} of {PROBES} fresh images, and a coin is in 50%: is it trained?")
        print(f"Train it in ex04, copy {path.name} here, and run this cell again. Or move this file elsewhere and run")
        print(f"this cell again: then `model` is {_OF_HERE}.")
    return net


def _share_right(net: nn.Module) -> float | None:
    """The share of fresh images in which a net is right; None if it does not return one or two numbers per image."""
    fresh = simulators.fresh(PROBES, PROBES_SEED)
    try:
        outputs = ask(net, fresh.images)
    except Exception:
        return None  # the checks say what is wrong with its answers
    if outputs.size not in (PROBES, 2 * PROBES):
        return None
    logits = outputs if outputs.ndim == 1 else outputs[:, 1] - outputs[:, 0]
    is_probability = outputs.ndim == 1 and outputs.min() >= 0 and outputs.max() <= 1
    return float(np.mean((logits > (0.5 if is_probability else 0)) == (fresh.labels == simulators.CHIRP)))


def fit_three(namespace: dict[str, Any]) -> tuple[nn.Module, list[float]]:
    """Train the student's net with three classes, or load it; see `checkpoint.fit`."""
    return checkpoint.fit(namespace, THREE_CLASSES)
