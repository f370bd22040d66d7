"""Symptoms: observations of a student's net and training after a check has failed, which help to say why it failed.

They are claims of the student's side. They make a message better, and never earn points.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import UnionType
from typing import Any

import numpy as np
import torch
from nbjudge.ask.student_code import (
    functions_in,
    globals_read,
    line_in,
    list_made_anew,
    names_read,
    return_in_loop,
    return_line,
)
from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.optim.optimizer import register_optimizer_step_pre_hook
from torch.overrides import TorchFunctionMode

from .. import simulators
from ..stand_in import form_for, linear_net, stand_ins
from .forward_watch import ForwardWatch
from .no_trace import left_as_it_was
from .stale_gradients import StaleGradientWatch

_CROSS_ENTROPIES = ("binary_cross_entropy_with_logits", "binary_cross_entropy", "cross_entropy", "nll_loss")
_LOSSES = frozenset((*_CROSS_ENTROPIES, "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "soft_margin_loss"))
_RELUS = frozenset(("relu", "relu_", "clamp_min", "clamp_min_"))
# Steps in PyTorch's graph of gradients after which no number is negative.
_POSITIVE = ("relu", "abs", "softplus", "expbackward")
# Steps in this graph that leave the numbers as they are.
_RESHAPING = (
    *("view", "reshape", "squeeze", "unsqueeze", "flatten", "expand", "unbind", "split"),
    *("select", "slice", "alias", "tocopy", "clone", "tbackward", "transpose", "permute"),
)
Symptoms = dict[str, Any]


def net_symptoms(namespace: dict[str, Any], of: str, images: np.ndarray) -> Symptoms:
    """Observe a net.

    Returns
    -------
    dict
        ``training``: whether it is in training mode, and this changes its answers; ``binary``: whether all outputs are
        0 or 1; ``ends_in``: "sigmoid", "softmax", a step such as "relu" that leaves numbers of one sign, or empty;
        ``dead_relus`` and ``relus``: numbers of ReLUs that return 0 for every image, and of all ReLUs;
        ``own_data``: an array of the notebook that it uses; ``ignores_images``: whether other images get the same
        outputs; ``constant``: whether all images get the same logit; ``random``: whether another call gives other
        outputs; ``frozen``: number of parameters with requires_grad=False; ``unreached``: number of the other
        parameters on which the output does not depend; ``cut``, ``cut_line``, ``made_line`` and ``positive_line``: see
        `ForwardWatch`; ``is_checkpoint``: whether the weights are those in the file, or None if no file fits;
        ``is_untrained``: whether the weights are those with which the training began; ``stopped_after``: number of
        epochs after which the training of the file was stopped, or None. For any `of` also ``data_as_given`` and
        ``labels_as_given``: whether `X` and `y` are still those of the dataset; ``data_reordered``: whether `X` has the
        same images in another order.
    """
    data = data_symptoms(namespace)
    net = namespace[of]() if isinstance(namespace.get(of), type) else namespace.get(of)
    if not isinstance(net, nn.Module):
        return data
    device = next((parameter.device for parameter in net.parameters()), "cpu")
    relus, forward, was_training = ReluWatch(), ForwardWatch(namespace), net.training
    batch = torch.as_tensor(images, device="cpu").to(device)
    with left_as_it_was(net), torch.enable_grad():
        in_training_mode = net.train()(batch) if was_training else None
        net.eval()
        with relus:
            output = net(batch)  # the first call, which creates lazy layers
        with forward.watching():
            again = net(batch)
        reversed_order = net(batch.flip(0))
    return data | {
        "training": of == "model" and in_training_mode is not None and not torch.allclose(in_training_mode, again),
        "ends_in": last_step(output),
        "dead_relus": relus.dead,
        "relus": relus.seen,
        "random": bool((output - again).abs().max() > 1e-3 * (output.max() - output.min())),
        "ignores_images": torch.equal(again, reversed_order),
        "own_data": next(iter(names_from_notebook(type(net), namespace)["data"]), ""),
        "unreached": unreached(net, again),
        "frozen": sum(not parameter.requires_grad for parameter in net.parameters()),
        "made_line": forward.made_line,
        "positive_line": forward.positive_line,
        "cut": forward.cut,
        "cut_line": forward.cut_line,
        "binary": bool(((output == 0) | (output == 1)).all()),
        "constant": bool(np.ptp(output.detach().cpu().numpy(), axis=0).max(initial=0.0) == 0),
        **where_from(namespace, net),
    }


def data_symptoms(namespace: dict[str, Any]) -> Symptoms:
    """Whether the images and labels of the notebook are those of the dataset."""
    X, y = simulators.fixed_dataset()
    images, labels = np.asarray(namespace.get("X", X)), np.asarray(namespace.get("y", y))
    as_given = np.array_equal(images, X)
    totals = [np.sort(array.sum((1, 2, 3), dtype=np.float64)) for array in (images, X) if array.shape == X.shape]
    return {
        "data_as_given": as_given,
        "data_reordered": not as_given and len(totals) == 2 and np.array_equal(totals[0], totals[1]),
        "labels_as_given": np.array_equal(labels, y),
    }


def where_from(namespace: dict[str, Any], net: nn.Module) -> Symptoms:
    """Whether a net is the one in the checkpoint, and whether it is as it was before the training."""
    from .. import checkpoint  # which imports the answers

    unknown = {"is_checkpoint": None, "is_untrained": False, "stopped_after": None}
    if net in stand_ins:
        return unknown
    new_net = checkpoint.new_net  # looked up outside the try block, where only the student's class may fail
    try:
        new = new_net(namespace)
    except Exception:
        return unknown  # the checks of GlitchNet say what is wrong with it
    untrained = same_weights(net, new)
    kept = checkpoint.read(checkpoint.NOTEBOOK_FOLDER / checkpoint.FILE)
    fits = kept is not None and kept.load_into(new)
    stopped = kept is not None and fits and kept.digests.get("train_model") == "interrupted"
    return {
        "is_checkpoint": same_weights(net, new) if fits else None,
        "is_untrained": untrained,
        "stopped_after": len(kept.losses) if kept is not None and stopped else None,
    }


def same_weights(one: nn.Module, other: nn.Module) -> bool:
    """Whether two nets have the same parameters."""
    ours, theirs = dict(one.named_parameters()), dict(other.named_parameters())
    return ours.keys() == theirs.keys() and all(
        not nn.parameter.is_lazy(ours[name])
        and not nn.parameter.is_lazy(theirs[name])
        and ours[name].shape == theirs[name].shape
        and torch.allclose(ours[name].cpu(), theirs[name].cpu(), rtol=0, atol=0, equal_nan=True)
        for name in ours
    )


def training_symptoms(namespace: dict[str, Any], images: np.ndarray, labels: np.ndarray, epochs: int) -> Symptoms:
    """Observe how ``train_model`` trains a linear net of ours; see `TrainingWatch`."""
    train_model, device = namespace.get("train_model"), namespace.get("DEVICE", "cpu")
    if not callable(train_model):
        return {}
    net = linear_net(form_for(namespace.get("GlitchNet"), train_model, device), device).train()
    watch = TrainingWatch(net, images, labels, namespace)
    X, y = (torch.as_tensor(array, device="cpu") for array in (images, labels))
    with watch.watching():
        returned = train_model(net, X, y, epochs=epochs)
    return watch.symptoms() | {
        "returned": kind_of(returned),
        "returned_losses": len(returned) if isinstance(returned, list) else 0,
        "return_line": return_line(train_model),
        "return_in_loop": return_in_loop(train_model),
        "made_anew_line": list_made_anew(train_model),
        "clears": bool(line_in(train_model, r"zero_grad\(", namespace)),
        "epochs": epochs,
        "first_loss": float(returned[0]) if isinstance(returned, list) and returned else 0.0,
        "from_notebook": names_from_notebook(train_model, namespace),
        "uses_epochs": any("epochs" in names_read(f) for f in functions_in(train_model, namespace)),
    }


def kind_of(returned: Any) -> str:
    """Name the kind of value that a training returned; "list" for anything that may hold a loss for each epoch."""
    if isinstance(returned, nn.Module):
        return "the net"
    if isinstance(returned, list | np.ndarray | torch.Tensor) and np.ndim(returned):
        return "list"
    is_number = isinstance(returned, int | float | np.number | np.ndarray | torch.Tensor)
    return "a single number" if is_number else f"a {type(returned).__name__}" if returned is not None else "None"


def names_from_notebook(code: Any, namespace: dict[str, Any]) -> dict[str, list[str]]:
    """Nets, optimisers and data that a function or class reads from the notebook, not from its arguments."""
    kinds: dict[str, type | UnionType] = {
        "nets": nn.Module,
        "optimisers": torch.optim.Optimizer,
        "data": np.ndarray | torch.Tensor,
    }
    read = {name: namespace.get(name) for f in functions_in(code, namespace) for name in globals_read(f)}
    return {
        kind: [
            name
            for name, value in read.items()
            if isinstance(value, type_) and (kind != "data" or getattr(value, "ndim", 0) > 0)
        ]
        for kind, type_ in kinds.items()
    }


def unreached(net: nn.Module, output: torch.Tensor) -> int:
    """Number of a net's parameters that get no gradient from its output."""
    learning = [parameter for parameter in net.parameters() if parameter.requires_grad]
    if not output.requires_grad or not learning:
        return len(learning)
    return sum(part is None for part in torch.autograd.grad(output.sum(), learning, allow_unused=True))


def last_step(output: torch.Tensor) -> str:
    """The last step of an output, if it is a sigmoid, a softmax, or leaves no negative numbers; else empty."""
    step = getattr(output, "grad_fn", None)
    for _ in range(10):
        name = type(step).__name__.lower()
        if name.startswith("logsigmoid"):
            return "logsigmoid"
        if name.startswith(_POSITIVE):
            return next(positive for positive in _POSITIVE if name.startswith(positive))
        if "softmax" in name or "sigmoid" in name:
            return "" if "log" in name else "softmax" if "softmax" in name else "sigmoid"
        if step is None or not name.startswith(_RESHAPING) or not step.next_functions:
            return ""
        step = step.next_functions[0][0]
    return ""


class ReluWatch(TorchFunctionMode):
    """Counts the ReLUs of a net that return 0 for every image."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = self.dead = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call a torch function, and look at the result if it is a ReLU."""
        returned = func(*args, **(kwargs or {}))
        if getattr(func, "__name__", "") in _RELUS and isinstance(returned, torch.Tensor):
            self.seen += 1
            self.dead += not bool(returned.detach().any())
        return returned


class TrainingWatch(TorchFunctionMode):
    """Records what a training does with the net, the images and the labels that it is given.

    Parameters
    ----------
    net : nn.Module
        The net that the training is given.
    images : (N, 1, 32, 64) float32 array
        The images that it is given, all different.
    labels : (N,) float32 array
        Their labels.
    namespace : dict
        The notebook's globals.
    """

    def __init__(self, net: nn.Module, images: np.ndarray, labels: np.ndarray, namespace: dict[str, Any]) -> None:
        super().__init__()
        self._net = net
        self._given = {id(parameter) for parameter in net.parameters()}
        self._before = [parameter.detach().clone() for parameter in net.parameters()]
        self._label_of = dict(zip((image.tobytes() for image in images), labels.tolist(), strict=True))
        flat = images.reshape(len(images), -1).astype(np.float64)
        flat = flat - flat.mean(1, keepdims=True)
        self._given_images = flat / np.linalg.norm(flat, axis=1, keepdims=True)
        X = namespace.get("X")
        self._of_notebook = {np.asarray(image).tobytes() for image in X} if isinstance(X, np.ndarray) else set()
        self._shown: list[float | None] = []
        self._gradient_since = False  # whether there was a gradient since the last step
        self._first, self._is_unused = next(net.parameters()), False  # whether no step has used its gradient yet
        self._stale = StaleGradientWatch(net)
        self._learnt_from: set[bytes] = set()
        self._seen: Symptoms = {
            "calls": 0,  # of the net that was given
            "calls_to_learn": 0,
            "other_nets": 0,  # calls of GlitchNets
            "images_of_notebook": 0,  # batches with images of the notebook
            "shown": 0,  # images shown to learn from
            "rescaled": False,  # whether these are the given images with another brightness or contrast
            "labels_checked": 0,
            "labels_wrong": 0,
            "backwards": 0,
            "gradients": 0,  # gradients of the given net that are not 0
            "labels_first": False,  # whether the loss gets the labels in the place of the logits
            "steps": 0,  # with parameters of the net that was given
            "other_steps": 0,
            "thrown_away": 0,  # gradients that were cleared before a step was taken with them
            "cleared_between": 0,  # steps before which the gradients were cleared after backward()
            "optimiser": "",
            "rate": 0.0,
            "loss": "",
            "reduction": "",
            "loss_of": "",  # the last step before the loss, such as "sigmoid" or "softmax"
            "two_outputs": False,
            "logits_shape": "",
            "labels_shape": "",
            "labels_least": 0.0,
        }

    def symptoms(self) -> Symptoms:
        """Return what was recorded."""
        now = self._net.parameters()
        left_out = len(self._label_of) - len(self._learnt_from)
        return (
            self._seen
            | {"left_out": left_out, "shown_once": self._seen["shown"] <= len(self._label_of)}
            | {"stale_steps": self._stale.stale_steps}
            | {"changed": any(not torch.equal(a, b) for a, b in zip(self._before, now, strict=True))}
        )

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch while this context is open."""
        hooks = [
            register_module_forward_pre_hook(self._before_call),
            register_optimizer_step_pre_hook(self._before_step),
            self._first.register_hook(self._on_first_gradient),
            *(parameter.register_hook(self._on_gradient) for parameter in self._net.parameters()),
        ]
        try:
            with self:
                yield
        finally:
            for hook in hooks:
                hook.remove()
            self._stale.stop()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call a torch function, and record a loss or a backward pass."""
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if name in _LOSSES and len(args) >= 2:
            self._note_loss(name, args[0], args[1], kwargs)
        if name == "backward":
            self._seen["backwards"] += 1
        return func(*args, **kwargs)

    def _note_loss(self, name: str, logits: Any, labels: Any, kwargs: dict[str, Any]) -> None:
        if not isinstance(logits, torch.Tensor) or not isinstance(labels, torch.Tensor):
            return
        self._seen["labels_first"] |= labels.requires_grad and not logits.requires_grad
        if not logits.requires_grad:
            return
        if not self._seen["loss"]:
            self._seen |= {
                "loss": name,
                "reduction": str(kwargs.get("reduction", "mean")),
                "loss_of": last_step(logits),
                "two_outputs": logits.ndim > 1 and logits.shape[1] == 2,
                "logits_shape": str(tuple(logits.shape)),
                "labels_shape": str(tuple(labels.shape)),
                "labels_least": float(labels.detach().min()),
            }
        told = labels.detach().cpu().double().reshape(-1).tolist()
        shown = [label for label in self._shown if label is not None]
        if len(told) == len(self._shown) == len(shown):
            self._seen["labels_checked"] += len(told)
            self._seen["labels_wrong"] += sum((a > 0.5) != (b > 0.5) for a, b in zip(told, shown, strict=True))

    def _on_first_gradient(self, _: torch.Tensor) -> None:
        was_cleared = self._first.grad is None or not bool(self._first.grad.any())
        self._seen["thrown_away"] += self._is_unused and was_cleared
        self._is_unused = True

    def _on_gradient(self, gradient: torch.Tensor) -> None:
        self._gradient_since |= bool(gradient.any())
        self._seen["gradients"] += bool(gradient.any())

    def _before_call(self, module: nn.Module, inputs: tuple[Any, ...]) -> None:
        if module is not self._net:
            self._seen["other_nets"] += type(module).__name__ == "GlitchNet"
            return
        self._seen["calls"] += 1
        self._seen["calls_to_learn"] += torch.is_grad_enabled()  # other calls may be for a validation part
        shown = inputs[0].detach().cpu().numpy() if inputs and isinstance(inputs[0], torch.Tensor) else ()
        contents = [np.ascontiguousarray(image).tobytes() for image in shown]
        self._shown = [self._label_of.get(content) for content in contents]
        if torch.is_grad_enabled():
            self._learnt_from |= self._label_of.keys() & set(contents)
            self._seen["shown"] += len(contents)
            if contents and not self._label_of.keys() & set(contents):
                self._seen["rescaled"] |= self._is_rescaled(np.asarray(shown))
            self._seen["images_of_notebook"] += bool(contents) and contents[0] in self._of_notebook

    def _is_rescaled(self, shown: np.ndarray) -> bool:
        """Whether each of some images is a given image with another brightness or contrast."""
        flat = shown.reshape(len(shown), -1).astype(np.float64)
        if flat.shape[1] != self._given_images.shape[1] or not np.isfinite(flat).all():
            return False
        flat = flat - flat.mean(1, keepdims=True)
        norms = np.linalg.norm(flat, axis=1, keepdims=True)
        likeness = np.abs(flat @ self._given_images.T) / np.maximum(norms, 1e-12)
        return bool((likeness.max(1) > 0.999).all())

    def _before_step(self, optimiser: torch.optim.Optimizer, *_: Any) -> None:
        parameters = [p for group in optimiser.param_groups for p in group["params"]]
        if not any(id(parameter) in self._given for parameter in parameters):
            self._seen["other_steps"] += 1
            return
        self._seen["steps"] += 1
        self._seen["optimiser"] = type(optimiser).__name__
        self._seen["rate"] = max(self._seen["rate"], *(float(group.get("lr", 0.0)) for group in optimiser.param_groups))
        empty = all(p.grad is None or not bool(p.grad.any()) for p in parameters)
        self._seen["cleared_between"] += empty and self._gradient_since
        self._gradient_since = self._is_unused = False
