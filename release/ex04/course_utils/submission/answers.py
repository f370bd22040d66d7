"""Answers the questions of this exercise's test cells, in the student's kernel.

A question leaves no trace there: training flags, buffers, gradients and random states are the same as before.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from nbjudge.ask.answers import Answers, as_array
from nbjudge.ask.mishaps import Given
from nbjudge.ask.student_code import functions_in, globals_read, line_in, line_that_makes
from nbjudge.ask.summary import Ready
from nbjudge.ask.unanswerable import Unanswerable, is_stub
from torch import nn

from .. import simulators, stretch
from ..asking import BATCH, applied
from ..digests import PACKAGES
from ..stand_in import Form, as_lenient_as, fixed_net, form_for, linear_net, pixels_of, stand_ins
from . import devices
from .errors import LACKS_FORWARD, advice_on, is_of_one_image, is_of_other_images, missing_forward
from .forward_watch import renewed
from .no_trace import left_as_it_was
from .stale_gradients import StaleGradientWatch
from .symptoms import net_symptoms, training_symptoms

# Up to so many images are asked about in one batch. A test part mostly fits into it, as in the notebook; so a net that
# mixes up the images of a batch loses only the check of this, and not the others as well. More images are asked about
# in batches of about `asking.BATCH`, which takes less time.
WHOLE = 256
# Names that the tasks ask for; none of them is taken for a misspelt form of another.
CONTRACT = frozenset(
    (
        *("GlitchNet", "train_model", "train_indices", "test_indices", "validation_indices", "model", "losses"),
        *("test_accuracy", "missed_chirps", "false_chirps", "mistakes_figure"),
        *("scores", "confusion", "top_chirps", "top_blips", "confident_figure"),
        *("ThreeNet", "train_three", "model3", "losses3", "confusion3", "lost_chirps", "pair_accuracy"),
        *("chirp_share", "drift_figure", "LinearNet", "linear_accuracy", "weights_image"),
        *("confident", "fillings", "half_scores", "halves_figure", "occlusion"),
    )
)
# Those of the names that are classes and functions.
CODE = frozenset(("GlitchNet", "train_model", "ThreeNet", "train_three", "LinearNet"))
# Limit on what goes through the door; honest work stays far below it.
MAX_PARAMETERS = 2000


def logits(namespace: dict[str, Any], of: str, images: np.ndarray) -> np.ndarray:
    """Run a net on images in evaluation mode, in batches of nearly equal size."""
    net = find_net(namespace, of)
    with left_as_it_was(net), torch.no_grad():
        net.eval()
        batches = np.array_split(images, math.ceil(len(images) / BATCH) if len(images) > WHOLE else 1)
        outputs = [run(net, batch, of) for batch in batches]
        if len(outputs) > 1 and any(output.ndim == 0 for output in outputs):
            raise Unanswerable("contract", f"{of} returns a single number for a whole batch of images.")
        return np.concatenate(outputs) if len(outputs) > 1 else outputs[0]


def alone_and_together(namespace: dict[str, Any], of: str, images: np.ndarray) -> dict[str, Any]:
    """Run one net on images one by one, and on all of them in one batch."""
    net = find_net(namespace, of)
    with left_as_it_was(net), torch.no_grad():
        net.eval()
        together = run(net, images, of)
        alone = np.stack([run(net, images[i : i + 1], of).reshape(-1) for i in range(len(images))])
    return {"alone": alone, "together": together}


def gradients(namespace: dict[str, Any], of: str, images: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
    """Find out which parameters get a gradient and which move the output."""
    net = find_net(namespace, of)
    net.eval()
    device = device_of(net, namespace)
    batch = torch.as_tensor(images, device="cpu").to(device)
    with torch.no_grad():
        before = applied(net, batch)  # materialises lazy layers, too
    parameters = list(net.named_parameters())[:MAX_PARAMETERS]
    output = applied(net, batch)
    if output.requires_grad:
        # np.resize repeats the weights if there are more outputs than images; another check reports this fault.
        projection = torch.as_tensor(np.resize(weights, output.numel()), device="cpu").to(device)
        (output.reshape(-1) * projection).sum().backward()
    effect = []
    with torch.no_grad():
        for _, parameter in parameters:
            kept = parameter.detach().clone()
            parameter.add_(0.5 * torch.randn_like(parameter) + 0.5)
            effect.append(float((applied(net, batch) - before).abs().max()))
            parameter.copy_(kept)
    gradient = [0.0 if p.grad is None else float(p.grad.abs().max()) for _, p in parameters]
    return {
        "names": [name[:200] for name, _ in parameters],
        "gradient": np.array(gradient, np.float64),
        "effect": np.array(effect, np.float64),
    }


def unregistered(namespace: dict[str, Any], of: str, images: np.ndarray) -> dict[str, Any]:
    """Name tensors that change the output and require a gradient, but that ``parameters()`` does not find.

    These include layers that are created in each call, and layers and tensors of the notebook that the net uses.
    """
    net = find_net(namespace, of).eval()
    with torch.no_grad():
        before = run(net, images, of)
        found = [name[:200] for name in renewed(lambda: torch.from_numpy(run(net, images, of)))]
        if found:
            return {"names": found[:MAX_PARAMETERS]}
        registered = {id(parameter) for parameter in net.parameters()}
        for name, tensor in [*kept_aside(net), *kept_outside(type(net), namespace)]:
            if nn.parameter.is_lazy(tensor) or not tensor.requires_grad or id(tensor) in registered:
                continue
            kept = tensor.detach().clone()
            try:
                tensor.add_(0.5 * torch.randn_like(tensor) + 0.5)
                if not np.array_equal(run(net, images, of), before, equal_nan=True):
                    found.append(name[:200])
            finally:
                tensor.copy_(kept)
    return {"names": found[:MAX_PARAMETERS]}


def kept_aside(net: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    """Tensors that a net keeps in plain attributes, lists, tuples, sets and dictionaries, or in modules there."""
    waiting = [
        (f"{path}.{name}" if path else name, value)
        for path, module in net.named_modules()
        for name, value in vars(module).items()
        if name not in ("_parameters", "_buffers", "_modules")
    ]
    seen: set[int] = set()
    while waiting:
        name, value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, torch.Tensor):
            if value.is_leaf:
                yield name, value
        elif isinstance(value, nn.Module):
            waiting += [(f"{name}.{inner}", parameter) for inner, parameter in value.named_parameters()]
            waiting += [(f"{name}.{inner}", tensor) for inner, tensor in kept_aside(value)]
        elif isinstance(value, dict):
            waiting += [(f"{name}[{key!r}]", item) for key, item in value.items()]
        elif isinstance(value, list | tuple | set):
            waiting += [(f"{name}[{number}]", item) for number, item in enumerate(value)]


def kept_outside(kind: type, namespace: dict[str, Any]) -> Iterator[tuple[str, torch.Tensor]]:
    """Tensors of the notebook, and of modules in the notebook, that a class reads as global names."""
    for name in {name for function in functions_in(kind, namespace) for name in globals_read(function)}:
        value = namespace.get(name)
        if isinstance(value, nn.Module):
            yield from ((f"{name}.{inner}", parameter) for inner, parameter in value.named_parameters())
        elif isinstance(value, torch.Tensor) and value.is_leaf:
            yield name, value


def bend(namespace: dict[str, Any], of: str, images: np.ndarray) -> np.ndarray:
    """How far a net is from a linear function, as a share of the spread of its outputs; 0 if the net is linear.

    A linear function f, with a constant or without, satisfies f(a) + f(b) = f(a + b) + f(0) for images a and b. This is
    measured for the new net, and once more with other parameters, because a branch that starts at zero may be the only
    part that is not linear.
    """
    net = find_net(namespace, of).eval()
    first, second = np.split(images, 2)
    together = np.concatenate([first, second, first + second, np.zeros_like(first)])
    with torch.no_grad():
        bends = [bend_of(run(net, together, of))]
        kept = [parameter.detach().clone() for parameter in net.parameters()]
        for parameter in net.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter).sign())
        bends.append(bend_of(run(net, together, of)))
        for parameter, before in zip(net.parameters(), kept, strict=True):
            parameter.copy_(before)
    return np.array(max(bends))


def bend_of(outputs: np.ndarray) -> float:
    """The same measure, from outputs for a, b, a + b and 0; 1 if the outputs can't be used."""
    if outputs.size % 4:
        return 1.0  # not the same number of outputs for each image
    first, second, both, nothing = outputs.astype(np.float64).reshape(4, -1)
    largest = max(float(np.ptp(part)) for part in (first, second, both))
    apart = float(np.abs(first + second - both - nothing).max())
    return apart / largest if 0 < largest < math.inf and math.isfinite(apart) else 1.0


def parameter_count(namespace: dict[str, Any], of: str) -> np.ndarray:
    """Count the parameters of a net, lazy layers included."""
    net = find_net(namespace, of)
    with torch.no_grad():
        net.eval()
        run(net, np.zeros((2, 1, 32, 64), np.float32), of)
    return np.array(sum(parameter.numel() for parameter in net.parameters()), np.int64)


def train_probe(
    namespace: dict[str, Any],
    images: np.ndarray,
    labels: np.ndarray,
    probes: np.ndarray,
    epochs: int,
    train: str = "train_model",
    classes: int = 2,
) -> dict[str, Any]:
    """Let a student's function train a linear net.

    With two classes, the net answers in the same form as the student's own net. With more, it returns a logit for each
    class.
    """
    train_model = function_that_trains(namespace, train)
    device = namespace.get("DEVICE", "cpu")
    form = form_of_probe(namespace, train_model, device, classes)
    net = linear_net(form, device)
    before = [parameter.detach().clone() for parameter in net.parameters()]
    watch = StaleGradientWatch(net)
    net.train()
    X, y = (torch.as_tensor(array, device="cpu") for array in (images, labels))
    losses = train_model(net, X, y, epochs=epochs)
    watch.stop()
    changed = any(not torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))
    with torch.no_grad():
        net.eval()
        asked = pixels_of(net).chirp_logits if classes == 2 else pixels_of(net).outputs
        return {
            "losses": loss_array(losses),
            "logits": asked(torch.as_tensor(probes, device="cpu").to(device)).cpu().float().numpy(),
            "stale_steps": watch.stale_steps,
            "changed": changed,
        }


def fixed_losses(
    namespace: dict[str, Any],
    images: np.ndarray,
    labels: np.ndarray,
    gain: float,
    epochs: int,
    train: str = "train_model",
    classes: int = 2,
) -> np.ndarray:
    """Let a student's function train a net that can't change, so that the losses of all epochs are of the same net."""
    train_model = function_that_trains(namespace, train)
    device = namespace.get("DEVICE", "cpu")
    form = form_of_probe(namespace, train_model, device, classes)
    net = fixed_net(form, gain, device).train()
    X, y = (torch.as_tensor(array, device="cpu") for array in (images, labels))
    return loss_array(train_model(net, X, y, epochs=epochs))


def form_of_probe(namespace: dict[str, Any], train: Any, device: Any, classes: int) -> Form:
    """The form in which our net must answer, if a student's function is to train it."""
    if classes == 2:
        return form_for(namespace.get("GlitchNet"), train, device)
    return as_lenient_as(namespace.get("ThreeNet"), Form((classes,)), device)


def function_that_trains(namespace: dict[str, Any], name: str) -> Callable[..., Any]:
    """Look up a function that trains a net."""
    value = find(namespace, name)
    if not callable(value):
        raise Unanswerable("contract", f"{name} should be a function {name}(model, X, y, epochs=...).")
    function: Callable[..., Any] = value
    return function


def loss_array(losses: Any) -> np.ndarray:
    """The numbers that ``train_model`` returned; NaN if it returned something else, as the check of the losses says."""
    try:
        return as_array(losses, "what train_model returns").astype(np.float64)
    except Unanswerable:
        return np.array(np.nan)


def stand_in(namespace: dict[str, Any], of: str = "model") -> str:
    """Say why a trained net is a stand-in of ours; empty if it is the student's."""
    model = namespace.get(of)
    return stand_ins.get(model, "")[:2000] if isinstance(model, nn.Module) else ""


def trained_on(namespace: dict[str, Any]) -> np.ndarray:
    """Positions in the dataset of the images from which the net in the checkpoint learnt."""
    from .. import checkpoint  # which imports this module

    return checkpoint.trained_on(namespace)


def find_net(namespace: dict[str, Any], of: str) -> nn.Module:
    """Look up the trained net, or build a new one on the notebook's device."""
    value = find(namespace, of)
    if of == "GlitchNet" and isinstance(value, nn.Module):
        made = line_that_makes("GlitchNet", namespace)
        raise Unanswerable(
            "contract",
            "`GlitchNet` is one net, not the class: give the net another name."
            + (f" Look at your line `{made}`." if made else ""),
        )
    if isinstance(value, type) and not issubclass(value, nn.Module):
        told = (
            f"`{of}` is a class, but not an nn.Module: write `class {value.__name__}(nn.Module):`, and begin `__init__`"
        )
        raise Unanswerable("contract", f"{told} with super().__init__().")
    if isinstance(value, type):
        value = woken(value()).to(namespace.get("DEVICE", "cpu")) if issubclass(value, nn.Module) else value
    if not isinstance(value, nn.Module):
        raise Unanswerable("contract", f"`{of}` should be a torch.nn.Module; it is of type {type(value).__name__}.")
    return value


def woken(net: nn.Module) -> nn.Module:
    """Give zero weights of a new net small random values: a layer that starts at zero hides the layers before it."""
    with torch.no_grad():
        for parameter in net.parameters():
            if not nn.parameter.is_lazy(parameter) and parameter.ndim > 1 and not parameter.any():
                parameter.normal_(std=0.1)
    return net


def device_of(net: nn.Module, namespace: dict[str, Any]) -> Any:
    """Device of a net's first parameter."""
    return next((parameter.device for parameter in net.parameters()), namespace.get("DEVICE", "cpu"))


def run(net: nn.Module, images: np.ndarray, of: str) -> np.ndarray:
    """Apply a net to a batch of images."""
    device = next((parameter.device for parameter in net.parameters()), "cpu")
    output = applied(net, torch.as_tensor(images, device="cpu").to(device))
    if not isinstance(output, torch.Tensor):
        returned = "nothing (None)" if output is None else f"an object of type {type(output).__name__}"
        raise Unanswerable("contract", f"{of} should return a tensor; it returns {returned}. {ending(net)}".strip())
    if not output.is_floating_point():
        told = f"{of} should return logits, real numbers; it returns {output.dtype}."
        raise Unanswerable("contract", f"{told} Return the logit itself, not the class. {ending(net)}")
    return output.detach().cpu().float().numpy()


def ending(net: nn.Module) -> str:
    """Quote the line with which a student's net returns something, or say that there is none."""
    forward = type(net).forward
    line = line_in(forward, r"^return\b", getattr(forward, "__globals__", {}))
    return f"Look at your line `{line}`." if line else "End `forward` with `return`."


class ExerciseAnswers(Answers):
    """Answers the questions of this exercise and the general ones, with messages that fit its tasks."""

    names: ClassVar[frozenset[str]] = CONTRACT
    code: ClassVar[frozenset[str]] = CODE
    made_in: ClassVar[Mapping[str, str]] = {
        **{"GlitchNet": "glitchnet", "model": "setup-fit", "losses": "setup-fit"},
        **dict.fromkeys(("train_model", "train_indices", "test_indices"), "train"),
        **{"ThreeNet": "three-classes", "train_three": "three-classes", "model3": "setup-fit-three"},
    }
    given: ClassVar[Mapping[str, Given]] = {
        **{"X": (simulators.fixed_dataset, 0), "y": (simulators.fixed_dataset, 1)},
        **{"X3": (stretch.three_classes_training, 0), "y3": (stretch.three_classes_training, 1)},
        **{"X3_test": (stretch.three_classes_test, 0), "y3_test": (stretch.three_classes_test, 1)},
        **{"X_fresh": (stretch.fresh_images, 0), "y_fresh": (stretch.fresh_images, 1)},
        **{"X_sure": (stretch.candidates, 0), "y_sure": (stretch.candidates, 1)},
        **{"fillings": (stretch.fillings, None)},
    }
    reads: ClassVar[Mapping[str, tuple[str, ...]]] = {"fit": ("GlitchNet", "train_model", "train_indices")}
    given_nets: ClassVar[Mapping[str, str]] = {"model": "net_of_ex04(globals())", "model3": "fit_three(globals())"}
    packages: ClassVar[frozenset[str]] = PACKAGES
    written: ClassVar[str] = "discussion"

    def questions(self) -> dict[str, Callable[..., Any]]:
        """The general questions and those of this exercise."""
        return super().questions() | {question.__name__: question for question in QUESTIONS}

    def prepare(self, shell: Any) -> None:
        """Record how cells ended, and help cells that assume a graphics processor."""
        super().prepare(shell)
        devices.help_where_assumed(shell)

    def reason(self, error: Exception, namespace: dict[str, Any]) -> Unanswerable:
        """As in any course, except for a net without ``forward``, for which torch raises the same error as a stub."""
        lacking = re.search(LACKS_FORWARD, str(error))
        if lacking and not isinstance(error, Unanswerable) and not is_stub(error, namespace):
            return Unanswerable("contract", missing_forward(lacking, namespace))
        return super().reason(error, namespace)

    def not_to_blame(self, error: BaseException) -> str:
        """If a net is given a single image, or anything but images as they are, its caller is to blame, not the net."""
        return "_call_impl" if is_of_one_image(error) or is_of_other_images(error) else ""

    def advice_on(self, error: BaseException, namespace: dict[str, Any]) -> str:
        """One or two sentences about errors of nets and training."""
        return advice_on(error, namespace)

    def readiness(self, namespace: dict[str, Any], written: str) -> list[Ready]:
        """List first what the checkpoint needs, then what every notebook needs."""
        from .readiness import checkpoint_ready  # which imports this module

        return [checkpoint_ready(namespace, written), *super().readiness(namespace, written)]


QUESTIONS: tuple[Callable[..., Any], ...] = (
    *(logits, alone_and_together, gradients, unregistered, bend, parameter_count, train_probe, fixed_losses),
    *(stand_in, trained_on, net_symptoms, training_symptoms),
)
ANSWERS = ExerciseAnswers()
answer, prepare = ANSWERS.answer, ANSWERS.prepare
find, describe = ANSWERS.find, ANSWERS.describe
