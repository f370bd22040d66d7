"""Advice on errors in a student's code: what an error usually means, and what to do about it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import prod
from traceback import walk_tb
from types import FrameType, FunctionType
from typing import Any

from nbjudge.ask.student_code import functions_in, globals_read, line_in, lines_of, methods_of, near_miss, only_line_in
from nbjudge.ask.wording import count


@dataclass(frozen=True)
class Case:
    """An error, and where in the student's code it was raised.

    Attributes
    ----------
    error : BaseException
        The error that was raised.
    namespace : dict
        The notebook's globals.
    """

    error: BaseException
    namespace: dict[str, Any]

    @cached_property
    def frames(self) -> list[FrameType]:
        """The calls that were running, the outermost first."""
        return [frame for frame, _ in walk_tb(self.error.__traceback__)]

    @cached_property
    def calls_of_modules(self) -> list[tuple[Any, tuple[Any, ...]]]:
        """The modules whose calls were running, the outermost first, each with its arguments."""
        variables = [frame.f_locals for frame in self.frames if frame.f_code.co_name == "_call_impl"]
        return [(own["self"], tuple(own.get("args", ()))) for own in variables if "self" in own]

    @cached_property
    def net(self) -> Any:
        """The student's class in which the error was raised; None if this is not certain."""
        classes = {name: kind for name, kind in self.namespace.items() if isinstance(kind, type)}
        own = {name: kind for name, kind in classes.items() if methods_of(kind, self.namespace)}
        if named := re.search(r"'?\b(\w+)'? object has no attribute|\b(\w+)\.__init__\(\)", str(self.error)):
            return own.get(named[1] or named[2])
        selves = [frame.f_locals.get("self") for frame in self.frames if frame.f_globals is self.namespace]
        for thing in [*(module for module, _ in self.calls_of_modules), *selves]:
            if type(thing) in own.values():
                return type(thing)
        return next(iter(own.values())) if len(own) == 1 else None

    @property
    def net_name(self) -> str:
        """Name of that class."""
        return self.net.__name__ if self.net is not None else "the net"

    @cached_property
    def training(self) -> Any:
        """The student's function that was training a net; None if there was none."""
        return self.namespace.get(self.training_name) if self._training_names else None

    @property
    def training_name(self) -> str:
        """Name of that function."""
        return next(iter(self._training_names), "train_model")

    @cached_property
    def _training_names(self) -> list[str]:
        """Names of the training functions whose call was running; the last task's first, if they are the same."""
        codes = [frame.f_code for frame in self.frames]
        names = ("train_three", "train_model")
        functions = {name: value for name in names if isinstance(value := self.namespace.get(name), FunctionType)}
        return [name for name, function in functions.items() if function.__code__ in codes]

    @cached_property
    def shape_given(self) -> tuple[int, ...]:
        """Shape of the student's net's input; empty if the input was not a tensor, or no net was called."""
        given = next((arguments[0] for _, arguments in self.calls_of_modules if arguments), None)
        return tuple(getattr(given, "shape", ()))


Advice = Callable[[re.Match[str], Case], str]


def advice_on(error: BaseException, namespace: dict[str, Any]) -> str:
    """One or two sentences about an error, with the student's line that is to blame; empty for an unknown error."""
    said, case = f"{type(error).__name__}: {error}", Case(error, namespace)
    for advice_by_call in (_single_image, _other_images, _called_twice, _changed_axes, _convolution):
        if told := advice_by_call(case):
            return told
    for pattern, advice in _ADVICE:
        found = re.search(pattern, said, re.DOTALL)
        if found:
            return advice(found, case) if callable(advice) else advice
    return ""


LACKS_FORWARD = r"Module \[(\w+)\] is missing the required .forward. function"


def missing_forward(found: re.Match[str], namespace: dict[str, Any]) -> str:
    """Why a class of the student's has no `forward`, although the student may well have written one."""
    net = namespace.get(found[1])
    methods = methods_of(net, namespace)
    told = f"{found[1]} has no `forward`."
    for function in functions_in(net, namespace):
        for line in lines_of(function)[1:]:
            if re.match(r"def forward\b", line):
                outer = function.__name__
                return f"{told} `{line}` stands inside `{outer}`: indent it as far as `def {outer}`, not further."
    written = near_miss("forward", methods)
    return f"{told} It has `{written}`: call this method `forward`." if written else f"{told} Write this method."


def _attribute(found: re.Match[str], case: Case) -> str:
    name, net, namespace = found[1], case.net, case.namespace
    if name in _OF_MODULES:
        return _BEGIN
    if net is None:
        return ""
    methods = methods_of(net, namespace)
    misspelt = [m for m in methods if m.startswith("_") and m != "__init__" and m.strip("_") in ("init", "int", "inti")]
    if misspelt and "__init__" not in methods:
        return f"{case.net_name} has a method `{misspelt[0]}`: if it should make the layers, call it `__init__`."
    near = near_miss(name, _attributes(net, namespace))
    return f"`self.{near}` exists; is it meant?" if near else f"`__init__` should make `self.{name}`."


def _attributes(net: Any, namespace: dict[str, Any]) -> set[str]:
    """Attributes that a student's class makes."""
    return {
        attribute
        for function in functions_in(net, namespace)
        for line in lines_of(function)
        if (made := re.match(r"((?:self\.)?\w+(?:\s*[:,][^=]*)?)\s*=(?!=)", line))
        for attribute in re.findall(r"\bself\.(\w+)", made[1])
    }


def _name(found: re.Match[str], case: Case) -> str:
    from torch import nn, optim  # the judging side has no torch, and meets no such error
    from torch.nn import functional

    name = found[1]
    if name in _attributes(case.net, case.namespace):
        return f"`self.{name}` exists; is it meant?"
    homes = {"nn": nn, "F": functional, "torch.optim": optim}
    home = next((said for said, module in homes.items() if callable(getattr(module, name, None))), "")
    if home:
        return f"Is it PyTorch's? Then write `{home}.{name}`."
    # Candidates are names of the function that stopped, and names of the notebook.
    own = next((f for f in reversed(case.frames) if f.f_globals is case.namespace), None)
    near = near_miss(name, [*(own.f_code.co_varnames if own else ()), *case.namespace])
    return f"`{near}` exists; is it meant?" if near else ""


def _arguments(found: re.Match[str], case: Case) -> str:
    line = line_in(case.net, r"def __init__", case.namespace)
    where = f" in `{line}`" if line else ""
    return f"{found[1]}() is built without arguments: give {found[2]} a default value{where}."


def _self(found: re.Match[str], case: Case) -> str:
    line = line_in(case.net, r"def forward\(", case.namespace)
    return f"`self` must be the first parameter{f' in `{line}`' if line else ''}."


def is_of_one_image(error: BaseException) -> bool:
    """Whether a net was given one image without the batch axis: some layers accept this, and later ones fail."""
    return _is_of_one_image(Case(error, {}))


def _is_of_one_image(case: Case) -> bool:
    return case.shape_given == (1, 32, 64)


def is_of_other_images(error: BaseException) -> bool:
    """Whether a net was given anything but a batch of images as they are: then its caller is to blame, not the net."""
    return bool(_other_images(Case(error, {})))


def _other_images(case: Case) -> str:
    """Say that a net was given images whose shape or number type was changed; empty if it was not."""
    from torch import nn  # the judging side has no torch, and meets no such error

    if not isinstance(case.error, RuntimeError | ValueError | IndexError) or not case.calls_of_modules:
        return ""
    # Layers that a class calls itself, and losses, which take two arguments, don't get images.
    before = [frame.f_code.co_name for frame in case.frames]
    before = before[: before.index("_call_impl")]
    net, arguments = case.calls_of_modules[0]
    if {"__init__", "forward"} & {*before} or len(arguments) != 1:
        return ""
    who = f"{case.training_name} gives the net" if case.training is not None else "The net is given"
    shape = tuple(getattr(arguments[0], "shape", ()))
    is_inner_layer = prod(shape[1:]) == prod(IMAGE) and hasattr(case.calls_of_modules[-1][0], "in_features")
    if len(shape) > 1 and shape[1:] != IMAGE and not (is_inner_layer and len(shape) == 2):
        line = only_line_in(case.training, rf"\b(?:X|images)\b.*\.{_NEW_AXES}\(", case.namespace)
        where = f" Look at your line `{line}`." if line else ""
        return f"{who} images of shape {shape}; they have the shape (N, 1, 32, 64): leave that as it is.{where}"
    types = {parameter.dtype for parameter in nn.Module.parameters(net)}
    given = getattr(arguments[0], "dtype", None)
    if given is None or not types or given in types:
        return ""
    numbers, weights = (str(kind).removeprefix("torch.") for kind in (given, min(types, key=str)))
    if weights != "float32":
        return ""
    line = only_line_in(case.training, r"\b(?:X|images)\b.*(?:double|float64|half|float16|long)\b", case.namespace)
    where = f" Look at your line `{line}`." if line else ""
    return f"{who} numbers of the type {numbers}, and its weights are float32: leave the images as they are.{where}"


def _changed_axes(case: Case) -> str:
    """Say that a net changes the axes of the images before a convolution; empty if it does not."""
    layer, arguments = case.calls_of_modules[-1] if case.calls_of_modules else (None, ())
    reached = tuple(getattr(arguments[0], "shape", ())) if arguments else ()
    if not hasattr(layer, "in_channels") or reached in ((), case.shape_given):
        return ""
    line = _line_that_changes_axes(case)
    if not line or prod(reached) != prod(case.shape_given):
        return ""
    return f"{_AXES_CHANGED} Look at your line `{line}`."


def _line_that_changes_axes(case: Case) -> str:
    """The line of the student's net that changes the axes of the images that it is given."""
    of_images = r"(?:\.|\b(?:torch|np)\.)(?:squeeze|permute|transpose|swapaxes|swapdims|movedim|moveaxis|mT|T)\b"
    forward = getattr(case.net, "forward", None)
    names = forward.__code__.co_varnames[1:2] if isinstance(forward, FunctionType) else ()
    of = rf"\b{names[0]}{of_images}|{of_images}\({names[0]}\b" if names else of_images
    return line_in(forward, of, case.namespace)


def _single_image(case: Case) -> str:
    is_target = bool(re.search(r"[Tt]arget size \(torch\.Size\(\[\]\)\)", str(case.error)))
    if not _is_of_one_image(case) and not is_target:
        return ""
    told = (
        "The labels of a batch are a single number here; a batch has the labels of several images, (N,)."
        if is_target
        else "The net is given a single image here, (1, 32, 64); give it a batch of images, (N, 1, 32, 64)."
    )
    line = line_in(case.training, r"\bfor\b.*\brandperm\((?!.*split)", case.namespace)
    if not line:
        return told
    return f"{told} torch.randperm(len(X)).split(32) makes batches of positions. Look at your line `{line}`."


def _called_twice(case: Case) -> str:
    """Say that a layer is used a second time where it does not fit, mostly instead of another layer; else empty."""
    name, layer, others = _layer_that_failed(case)
    calls = _calls_in_forward(case)
    if not name or calls.count(name) < 2:
        return ""
    told = f"`self.{name}` is called twice in `forward`" if calls.count(name) == 2 else f"`self.{name}` is called often"
    unused = [other for other in others if other not in calls]
    if unused:
        return f"{told}, and `self.{unused[0]}` is never used. Is `self.{unused[0]}` meant in one of these places?"
    wanted = getattr(layer, "in_channels", None) or getattr(layer, "in_features", None)
    noun = "channel" if hasattr(layer, "in_channels") else "number"
    made = f", and it is made for {count(wanted, noun)}" if isinstance(wanted, int) else ""
    return f"{told}{made}. Is it given another size the second time? Then make a layer of its own for that."


def _convolution(case: Case) -> str:
    """Say that a convolution was made for another number of channels, and quote the line that makes it."""
    found = re.search(_WRONG_CHANNELS, str(case.error))
    if not found:
        return ""
    wanted, given = found.groups()
    name, _, _ = _layer_that_failed(case)
    pattern = rf"Conv2d\((?:in_channels=)?{wanted}\b"
    line = only_line_in(case.net, rf"self\.{name}\s*=.*{pattern}" if name else pattern, case.namespace)
    line = line or only_line_in(case.net, pattern, case.namespace)
    return (
        f"A convolution made for {count(int(wanted), 'channel')} is given {given}: its first argument should be "
        f"{given}{f' in `{line}`' if line else ''}."
    )


def _layer_that_failed(case: Case) -> tuple[str, Any, list[str]]:
    """The layer of a student's net that raised an error: its attribute, the layer, and the attributes of all layers."""
    modules = [module for module, _ in case.calls_of_modules]
    if case.net is None or not modules or not isinstance(modules[0], case.net):
        return "", None, []
    layers = dict(vars(modules[0]).get("_modules", {}))  # a net whose __init__ was never called has none
    return next((name for name, layer in layers.items() if layer is modules[-1]), ""), modules[-1], list(layers)


def _calls_in_forward(case: Case) -> list[str]:
    """Attributes that the methods of the student's net use, each as often as it is used, without ``__init__``."""
    methods = [f for f in functions_in(case.net, case.namespace) if f.__name__ != "__init__"]
    return [name for method in methods for line in lines_of(method) for name in re.findall(r"\bself\.(\w+)", line)]


def _matrices(found: re.Match[str], case: Case) -> str:
    rows, given, wanted = (int(size) for size in found.groups())
    images = _images_given(case)
    if rows == 1 and (line := _line_that_mixes(case)):
        return f"{_MIXED} Look at your line `{line}`."
    if rows == 1 != images:
        return f"Does a bare .flatten() or nn.Flatten(0) stand there? {_MIXED}"
    net = case.calls_of_modules[0][0] if case.calls_of_modules else None
    has_convolution = any(hasattr(layer, "in_channels") for layer in getattr(net, "modules", tuple)())
    if images and rows * given == images * wanted and has_convolution and (line := _line_that_changes_axes(case)):
        return f"{_AXES_CHANGED} Look at your line `{line}`."
    if images and rows * given == images * wanted:
        return (
            f"The {count(wanted, 'number')} of each image are there, but not in one row: nn.Flatten() is missing "
            "before the Linear layer, or something else cuts them up."
        )
    if images and rows != images:
        return (
            f"The Linear layer is given {count(rows, 'row')} for {count(images, 'image')}: keep the images as the "
            "first axis, and put nn.Flatten() before it."
        )
    line = only_line_in(case.net, rf"Linear\((?:in_features=)?{wanted}\b", case.namespace)
    return (
        f"A Linear layer made for {count(wanted, 'number')} per image is given {given:,}: either something before it "
        f"is missing, such as nn.AdaptiveAvgPool2d(1), or its first argument should be {given}"
        f"{f' in `{line}`' if line else ''}."
    )


def _images_given(case: Case) -> int:
    """Number of images that a net was given; 0 if it is not known."""
    given = next((arguments[0] for _, arguments in case.calls_of_modules if arguments), None)
    shape: Any = getattr(given, "shape", ())
    return int(shape[0]) if len(shape) == 4 else 0


def _line_that_mixes(case: Case) -> str:
    """The line of the student's net that flattens from the first axis on."""
    patterns = r"\.flatten\((?:0?|start_dim=0)\)|torch\.flatten\((?:[^(),]|\([^()]*\))*\)|Flatten\((?:start_dim=)?0"
    return line_in(case.net, patterns, case.namespace)


def _dimension(found: re.Match[str], case: Case) -> str:
    line = _line_that_mixes(case)
    return f"{_MIXED} Look at your line `{line}`." if line else ""


def _axes(found: re.Match[str], case: Case) -> str:
    size = found[1].split(", ")
    if len(size) == 5:
        return "The images have an axis for the channel already, (N, 1, 32, 64): leave out what adds another one."
    return "A convolution is given what was flattened: flatten behind the last convolution." if len(size) == 2 else ""


def _no_layer(found: re.Match[str], case: Case) -> str:
    kind = found[1].rpartition(".")[2]
    if "functional" in found[1] or kind.islower():
        return "nn.Sequential takes layers, not functions: write nn.ReLU() in the place of F.relu, and so on."
    return f"Make a layer of the class, with parentheses: nn.{kind}()."


def _out_of_bounds(found: re.Match[str], case: Case) -> str:
    of_notebook = {name for f in functions_in(case.training, case.namespace) for name in globals_read(f)}
    used = next((name for name in ("train_indices", "test_indices", "validation_indices") if name in of_notebook), "")
    line = line_in(case.training, rf"\b{used}\b", case.namespace)
    told = f"{case.training_name} uses `{used}` of the notebook, but its X and y are the training part already"
    return f"{told}: count from 0 to len(X) - 1. Look at your line `{line}`." if used else ""


def _loss_class(found: re.Match[str], case: Case) -> str:
    line = line_in(case.training, r"=\s*[\w.]*Loss\s*(?:#|$)", case.namespace)
    return f"A loss function is made with parentheses, such as nn.{_loss(case)}(): see `{line}`." if line else ""


def _loss(case: Case) -> str:
    return "CrossEntropyLoss" if _is_of_three_classes(case) else "BCEWithLogitsLoss"


def _is_of_three_classes(case: Case) -> bool:
    return "ThreeNet" in case.namespace if case.training is None else case.training_name == "train_three"


def _whole_labels(found: re.Match[str], case: Case) -> str:
    if _is_of_three_classes(case):
        return ""
    return "This loss function takes two outputs or more per image, and labels as int64: use nn.BCEWithLogitsLoss()."


def _shapes(found: re.Match[str], case: Case) -> str:
    sizes = [prod(map(int, re.findall(r"\d+", shape))) for shape in found.groups()]
    if _is_of_three_classes(case) and sizes[1] == 3 * sizes[0]:
        return "For three logits per image use nn.CrossEntropyLoss(): it takes logits (N, 3) and labels (N,), int64."
    if len(re.findall(r"\d+", found[1])) > 2:
        return "Images stand in the place of the labels: take the labels of a batch from y, not from X."
    if sizes[0] and sizes[1] > sizes[0] and sizes[1] % sizes[0] == 0:
        net = case.namespace.get("GlitchNet")
        line = line_in(net, rf"Linear\(.*\b{sizes[1] // sizes[0]}\)", case.namespace)
        told = f"The net returns {count(sizes[1] // sizes[0], 'number')} per image; it should return one logit."
        return f"{told} Look at your line `{line}`." if line else told
    labels, logits = (
        shape.replace("[", "(").replace("]", ",)" if "," not in shape else ")") for shape in found.groups()
    )
    return f"Logits {logits} and labels {labels} must have the same shape: write .reshape(-1) behind the logits."


def _epochs(found: re.Match[str], case: Case) -> str:
    line = line_in(case.namespace.get(found[1]), rf"def {found[1]}", case.namespace)
    return f"{found[1]} is called with `epochs`: give it this parameter in `{line}`."


def _of_module(found: re.Match[str], case: Case) -> str:
    from torch import nn  # the judging side has no torch, and meets no such error

    taken = sorted(name for name in _attributes(case.net, case.namespace) if callable(getattr(nn.Module, name, None)))
    if taken:
        line = line_in(case.net, rf"self\.{taken[0]}\s*=(?!=)", case.namespace)
        told = f"`{taken[0]}` is the name of a method that every nn.Module has: give your attribute another name."
        return f"{told} Look at your line `{line}`." if line else told
    return "Parentheses are missing behind a method, as in model.parameters()." if "'method'" in found[0] else ""


def _arrays_wanted(found: re.Match[str], case: Case) -> str:
    if case.training is not None:
        told = "The images and labels that a training function is given are tensors already:"
        return f"{told} leave out torch.from_numpy()."
    changed = [name for name in ("X", "y") if type(case.namespace.get(name)).__name__ == "Tensor"]
    if changed:
        return (
            f"`{changed[0]}` is no longer the NumPy array that it was given as: leave it alone, and give a tensor "
            "another name."
        )
    return "It is a tensor already: leave out torch.from_numpy()."


IMAGE = (1, 32, 64)  # shape of an image
_NEW_AXES = "(?:squeeze|unsqueeze|view|reshape|flatten|permute|transpose|swapaxes|movedim)"
_AXES_CHANGED = (
    "The images come as (N, 1, 32, 64), with the axis for the channel, as a convolution wants them: leave their axes "
    "as they are."
)
_BEGIN = "Begin `__init__` with super().__init__()."
_OF_MODULES = ("_parameters", "_modules", "_buffers", "_backward_hooks", "_forward_hooks", "training")  # of nn.Module
_WRONG_CHANNELS = r"weight of size \[\d+, \d+[^]]*\], expected input\[[^]]*\] to have (\d+) channels, but got (\d+)"
_MIXED = "A bare .flatten(), like nn.Flatten(0), mixes the images of a batch: write .flatten(1) or nn.Flatten()."
_FLOAT_LABELS = "BCEWithLogitsLoss takes labels as floating-point numbers: write .float() behind them, not .long()."
_NOTHING_TO_SHOW = "Is there nothing to show? Then set the figure to None and draw nothing."

_ADVICE: tuple[tuple[str, str | Advice], ...] = (
    (LACKS_FORWARD, lambda found, case: missing_forward(found, case.namespace)),
    (r"before Module\.__init__\(\)", _BEGIN),
    (r"'(?:GlitchNet|ThreeNet|LinearNet)' object has no attribute '(\w+)'", _attribute),
    (r"(\w+Net)\.__init__\(\) missing \d+ required (?:positional|keyword-only) arguments?: (.+)", _arguments),
    (r"forward\(\) takes (?:0|1) positional arguments? but 2 were given", _self),
    (r"mat1 and mat2 shapes cannot be multiplied \((\d+)x(\d+) and (\d+)x\d+\)", _matrices),
    (r"expected np\.ndarray \(got Tensor\)", _arrays_wanted),
    (
        r"expected target dtype to be Long or Byte, but got Float|expected scalar type Long but found Float",
        _whole_labels,
    ),
    (r"'method' object is not (?:iterable|subscriptable)|RecursionError|object is not callable", _of_module),
    (r"Boolean value of Tensor with more than one value is ambiguous", _loss_class),
    (r"index \d+ is out of bounds for dimension 0 with size", _out_of_bounds),
    (r"Dimension out of range \(expected to be in range of \[-1, 0\]", _dimension),
    (r"to conv2d, but got input of size: \[([\d, ]+)\]", _axes),
    (r"TypeError: (\S+) is not a Module subclass", _no_layer),
    (
        r"TypeError: \w*(?:relu|pool2d|elu|sigmoid)\(\) missing 1 required positional argument: '(?:input|self)'",
        "In nn.Sequential use layers, such as nn.ReLU(); functions such as F.relu(images) are for `forward`.",
    ),
    (
        r"must be Tensor, not \w+$",
        "A layer is given another layer in the place of images: call that one first, as in self.features(images).",
    ),
    (
        r"Output size is too small|Kernel size can't be greater than actual input size",
        "So many poolings and convolutions make the image smaller than nothing: leave one out, or use padding.",
    ),
    (
        r"shape '\[\d+, -?\d+\]' is invalid for input of size",
        "Is it made for batches of one size? The first axis must be the number of images, whatever that is: write "
        ".flatten(1).",
    ),
    (
        r"Expected more than 1 value per channel when training",
        "Batch normalisation can't learn from a single image. Is that the last batch of a training? Then use another "
        "batch size, or drop_last=True. In evaluation mode leave out track_running_stats=False and training=True.",
    ),
    (r"[Tt]arget size \(torch\.Size\((.+?)\)\) must be the same as input size \(torch\.Size\((.+?)\)\)", _shapes),
    (
        r"[Aa]ll elements of input should be between 0 and 1",
        "BCELoss takes probabilities, and a net returns logits: use nn.BCEWithLogitsLoss.",
    ),
    (r"Found dtype Long but expected Float|can't be cast to the desired output type Long", _FLOAT_LABELS),
    (
        r"softmax\w*\" not implemented for '(?:Long|Int)'",
        "It takes real numbers and was given whole ones. A loss function takes the logits first, then the labels.",
    ),
    (
        r"'(?:float|int)' object has no attribute 'backward'",
        "`.item()` makes a plain number of the loss: call backward() on the tensor first, and .item() later.",
    ),
    (r"(train_\w+)\(\) got an unexpected keyword argument 'epochs'", _epochs),
    (
        r"element 0 of tensors does not require grad",
        "The loss is cut off from the net: look for detach(), .item(), .data, torch.no_grad(), NumPy or "
        "a comparison on the way.",
    ),
    (r"optimizer got an empty parameter list", "The net has no parameters that PyTorch knows of."),
    (
        r"Input type \(float\) and (?:bias|weight) type \((?:double|c10::Half)\)",
        "Images are float32, and the net was turned into another type, by .double() or .half(): leave that out.",
    ),
    (r"all tensors to be on the same device", "Move images and labels to the net's device with .to(device)."),
    (
        r"numpy\(\) on Tensor that requires grad",
        "Ask the net inside `with torch.no_grad():`, or write .detach() first.",
    ),
    (r"images holds no image|Number of (?:rows|columns) must be a positive integer, not 0", _NOTHING_TO_SHOW),
    (r"NameError: name '(\w+)' is not defined", _name),
)
