"""What an error in a student's code mostly means, and what to do about it."""

import re
from collections.abc import Callable
from math import prod
from traceback import walk_tb
from types import CodeType
from typing import Any

from nbjudge.ask.student_code import functions_in, globals_read, line_in, lines_of, methods_of, near_miss, only_line_in
from nbjudge.ask.wording import count

Advice = Callable[[re.Match[str], dict[str, Any]], str]


def advice_on(error: BaseException, namespace: dict[str, Any]) -> str:
    """A sentence or two on an error, with the line of the student's that is to blame; empty for an unknown one."""
    said = f"{type(error).__name__}: {error}"
    for advice_by_call in (_single_image, _called_twice, _convolution):
        if told := advice_by_call(error, namespace):
            return told
    for pattern, advice in _ADVICE:
        found = re.search(pattern, said, re.DOTALL)
        if found:
            return advice(found, namespace) if callable(advice) else advice
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


def _attribute(found: re.Match[str], namespace: dict[str, Any]) -> str:
    name, net = found[1], namespace.get("GlitchNet")
    if name in _OF_MODULES:
        return _BEGIN
    methods = methods_of(net, namespace)
    misspelt = [m for m in methods if m.startswith("_") and m != "__init__" and m.strip("_") in ("init", "int", "inti")]
    if misspelt and "__init__" not in methods:
        return f"GlitchNet has a method `{misspelt[0]}`: if it should make the layers, call it `__init__`."
    near = near_miss(name, _attributes(net, namespace))
    return f"`self.{near}` exists; is it meant?" if near else f"`__init__` should make `self.{name}`."


def _attributes(net: Any, namespace: dict[str, Any]) -> set[str]:
    """Attributes that a class of the student's makes."""
    return {
        attribute
        for function in functions_in(net, namespace)
        for line in lines_of(function)
        for attribute in re.findall(r"\bself\.(\w+)\s*(?:,[^=]*)?=(?!=)", line)
    }


def _name(found: re.Match[str], namespace: dict[str, Any]) -> str:
    from torch import nn, optim  # the judging side has no torch, and meets no such error
    from torch.nn import functional

    name = found[1]
    code = [
        *functions_in(namespace.get("GlitchNet"), namespace),
        *functions_in(namespace.get("train_model"), namespace),
    ]
    if name in _attributes(namespace.get("GlitchNet"), namespace):
        return f"`self.{name}` exists; is it meant?"
    near = near_miss(name, [*(local for function in code for local in function.__code__.co_varnames), *namespace])
    if near:
        return f"`{near}` exists; is it meant?"
    homes = {"nn": nn, "F": functional, "torch.optim": optim}
    home = next((said for said, module in homes.items() if hasattr(module, name)), "")
    return f"Is it PyTorch's? Then write `{home}.{name}`." if home else ""


def _arguments(found: re.Match[str], namespace: dict[str, Any]) -> str:
    line = line_in(namespace.get("GlitchNet"), r"def __init__", namespace)
    return f"GlitchNet() is built without arguments: give {found[1]} a default value in `{line}`."


def _self(found: re.Match[str], namespace: dict[str, Any]) -> str:
    line = line_in(namespace.get("GlitchNet"), r"def forward\(", namespace)
    return f"`self` must be the first parameter in `{line}`."


def is_of_one_image(error: BaseException) -> bool:
    """Whether a net was given one image without the axis for several: layers accept that, and fail later."""
    given = next((arguments[0] for _, arguments in _calls_of_modules(error) if arguments), None)
    return getattr(given, "shape", None) == (1, 32, 64)


def _single_image(error: BaseException, namespace: dict[str, Any]) -> str:
    is_target = bool(re.search(r"[Tt]arget size \(torch\.Size\(\[\]\)\)", str(error)))
    if not is_of_one_image(error) and not is_target:
        return ""
    told = (
        "The labels of a batch are a single number here; a batch has the labels of several images, (N,)."
        if is_target
        else "The net is given a single image here, (1, 32, 64); give it a batch of images, (N, 1, 32, 64)."
    )
    line = line_in(namespace.get("train_model"), r"\bfor\b.*\brandperm\((?!.*split)", namespace)
    if not line or not any(code.co_name == "train_model" for code in _codes_of(error)):
        return told
    return f"{told} torch.randperm(len(X)).split(32) makes batches of positions. Look at your line `{line}`."


def _called_twice(error: BaseException, namespace: dict[str, Any]) -> str:
    """That a layer of a net is used a second time, where it does not fit, mostly in the place of another one."""
    name, layer, others = _layer_that_failed(error, namespace)
    calls = _calls_in_forward(namespace)
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


def _convolution(error: BaseException, namespace: dict[str, Any]) -> str:
    """That a convolution was made for another number of channels, by the line that makes it."""
    found = re.search(_WRONG_CHANNELS, str(error))
    if not found:
        return ""
    wanted, given = found.groups()
    name, _, _ = _layer_that_failed(error, namespace)
    pattern = rf"Conv2d\((?:in_channels=)?{wanted}\b"
    net = namespace.get("GlitchNet")
    line = only_line_in(net, rf"self\.{name}\s*=.*{pattern}" if name else pattern, namespace)
    line = line or only_line_in(net, pattern, namespace)
    return (
        f"A convolution made for {count(int(wanted), 'channel')} is given {given}: its first argument should be "
        f"{given}{f' in `{line}`' if line else ''}."
    )


def _calls_of_modules(error: BaseException) -> list[tuple[Any, tuple[Any, ...]]]:
    """The modules that were being called when an error was raised, the outermost first, each with its arguments."""
    calls = [frame for frame, _ in walk_tb(error.__traceback__) if frame.f_code.co_name == "_call_impl"]
    variables = [frame.f_locals for frame in calls]
    return [(own["self"], tuple(own.get("args", ()))) for own in variables if "self" in own]


def _codes_of(error: BaseException) -> list[CodeType]:
    """The code of the functions that were being run when an error was raised."""
    return [frame.f_code for frame, _ in walk_tb(error.__traceback__)]


def _layer_that_failed(error: BaseException, namespace: dict[str, Any]) -> tuple[str, Any, list[str]]:
    """The attribute of a student's net that is the layer which raised an error, that layer, and all such attributes."""
    modules = [module for module, _ in _calls_of_modules(error)]
    net = namespace.get("GlitchNet")
    if not isinstance(net, type) or not modules or not isinstance(modules[0], net):
        return "", None, []
    layers = dict(vars(modules[0]).get("_modules", {}))  # a net whose __init__ was never called has none
    return next((name for name, layer in layers.items() if layer is modules[-1]), ""), modules[-1], list(layers)


def _calls_in_forward(namespace: dict[str, Any]) -> list[str]:
    """Attributes of the student's net that its methods use, as often as they do, but for what makes the layers."""
    methods = [f for f in functions_in(namespace.get("GlitchNet"), namespace) if f.__name__ != "__init__"]
    return [name for method in methods for line in lines_of(method) for name in re.findall(r"\bself\.(\w+)", line)]


def _matrices(found: re.Match[str], namespace: dict[str, Any]) -> str:
    rows, given, wanted = (int(size) for size in found.groups())
    net = namespace.get("GlitchNet")
    if rows == 1 and (line := _line_that_mixes(namespace)):
        return f"{_MIXED} Look at your line `{line}`."
    if rows == 1 and not isinstance(net, type):  # what stands there is not known
        return f"Does a bare .flatten() or nn.Flatten(0) stand there? {_MIXED}"
    line = only_line_in(net, rf"Linear\((?:in_features=)?{wanted}\b", namespace)
    return (
        f"A Linear layer made for {count(wanted, 'number')} per image is given {given}. If nn.Flatten() or .flatten(1) "
        f"stands before it, the first argument of nn.Linear should be {given}{f' in `{line}`' if line else ''}."
    )


def _line_that_mixes(namespace: dict[str, Any]) -> str:
    """The line of the student's net that flattens from the first axis on."""
    patterns = r"\.flatten\((?:0?|start_dim=0)\)|torch\.flatten\((?:[^(),]|\([^()]*\))*\)|Flatten\((?:start_dim=)?0"
    return line_in(namespace.get("GlitchNet"), patterns, namespace)


def _dimension(found: re.Match[str], namespace: dict[str, Any]) -> str:
    line = _line_that_mixes(namespace)
    return f"{_MIXED} Look at your line `{line}`." if line else ""


def _axes(found: re.Match[str], namespace: dict[str, Any]) -> str:
    size = found[1].split(", ")
    if len(size) == 5:
        return "The images have an axis for the channel already, (N, 1, 32, 64): leave out what adds another one."
    return "A convolution is given what was flattened: flatten behind the last convolution." if len(size) == 2 else ""


def _no_layer(found: re.Match[str], namespace: dict[str, Any]) -> str:
    kind = found[1].rpartition(".")[2]
    if "functional" in found[1] or kind.islower():
        return "nn.Sequential takes layers, not functions: write nn.ReLU() in the place of F.relu, and so on."
    return f"Make a layer of the class, with parentheses: nn.{kind}()."


def _out_of_bounds(found: re.Match[str], namespace: dict[str, Any]) -> str:
    of_notebook = {name for f in functions_in(namespace.get("train_model"), namespace) for name in globals_read(f)}
    used = next((name for name in ("train_indices", "test_indices", "validation_indices") if name in of_notebook), "")
    line = line_in(namespace.get("train_model"), rf"\b{used}\b", namespace)
    told = f"train_model uses `{used}` of the notebook, but its X and y are the training part already"
    return f"{told}: count from 0 to len(X) - 1. Look at your line `{line}`." if used else ""


def _loss_class(found: re.Match[str], namespace: dict[str, Any]) -> str:
    line = line_in(namespace.get("train_model"), r"=\s*[\w.]*Loss\s*(?:#|$)", namespace)
    return f"A loss function is made with parentheses, such as nn.BCEWithLogitsLoss(): see `{line}`." if line else ""


def _whole_labels(found: re.Match[str], namespace: dict[str, Any]) -> str:
    if "ThreeNet" in namespace:
        return ""
    return "This loss function takes two outputs or more per image, and labels as int64: use nn.BCEWithLogitsLoss()."


def _shapes(found: re.Match[str], namespace: dict[str, Any]) -> str:
    sizes = [prod(map(int, re.findall(r"\d+", shape))) for shape in found.groups()]
    if "ThreeNet" in namespace and sizes[1] == 3 * sizes[0]:
        return "For three logits per image use nn.CrossEntropyLoss(): it takes logits (N, 3) and labels (N,), int64."
    if sizes[0] and sizes[1] > sizes[0] and sizes[1] % sizes[0] == 0:
        line = line_in(namespace.get("GlitchNet"), rf"Linear\(.*\b{sizes[1] // sizes[0]}\)", namespace)
        told = f"GlitchNet returns {count(sizes[1] // sizes[0], 'number')} per image; it should return one logit."
        return f"{told} Look at your line `{line}`." if line else told
    labels, logits = (
        shape.replace("[", "(").replace("]", ",)" if "," not in shape else ")") for shape in found.groups()
    )
    return f"Logits {logits} and labels {labels} must have the same shape: write .reshape(-1) behind the logits."


def _epochs(found: re.Match[str], namespace: dict[str, Any]) -> str:
    line = line_in(namespace.get("train_model"), r"def train_model", namespace)
    return f"train_model is called with `epochs`: give it this parameter in `{line}`."


_BEGIN = "Begin `__init__` with super().__init__()."
_OF_MODULES = ("_parameters", "_modules", "_buffers", "_backward_hooks", "_forward_hooks", "training")  # made by that
_WRONG_CHANNELS = r"weight of size \[\d+, \d+[^]]*\], expected input\[[^]]*\] to have (\d+) channels, but got (\d+)"
_MIXED = "A bare .flatten(), like nn.Flatten(0), mixes the images of a batch: write .flatten(1) or nn.Flatten()."
_FLOAT_LABELS = "BCEWithLogitsLoss takes labels as floating-point numbers: write .float() behind them, not .long()."
_NOTHING_TO_SHOW = "Is there nothing to show? Then set the figure to None and draw nothing."

_ADVICE: tuple[tuple[str, str | Advice], ...] = (
    (LACKS_FORWARD, missing_forward),
    (r"before Module\.__init__\(\)", _BEGIN),
    (r"'GlitchNet' object has no attribute '(\w+)'", _attribute),
    (r"GlitchNet\.__init__\(\) missing \d+ required (?:positional|keyword-only) arguments?: (.+)", _arguments),
    (r"forward\(\) takes (?:0|1) positional arguments? but 2 were given", _self),
    (r"mat1 and mat2 shapes cannot be multiplied \((\d+)x(\d+) and (\d+)x\d+\)", _matrices),
    (
        r"expected np\.ndarray \(got Tensor\)",
        "The images and labels that a training function is given are tensors already: leave out torch.from_numpy().",
    ),
    (
        r"expected target dtype to be Long or Byte, but got Float|expected scalar type Long but found Float",
        _whole_labels,
    ),
    (r"'method' object is not iterable", "Parentheses are missing behind a method, as in model.parameters()."),
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
    (r"train_model\(\) got an unexpected keyword argument 'epochs'", _epochs),
    (
        r"element 0 of tensors does not require grad",
        "The loss is cut off from the net: look for detach(), .item(), .data, torch.no_grad() or NumPy on the way.",
    ),
    (r"optimizer got an empty parameter list", "The net has no parameters that PyTorch knows of."),
    (r"all tensors to be on the same device", "Move images and labels to the net's device with .to(device)."),
    (
        r"numpy\(\) on Tensor that requires grad",
        "Ask the net inside `with torch.no_grad():`, or write .detach() first.",
    ),
    (r"images holds no image|Number of (?:rows|columns) must be a positive integer, not 0", _NOTHING_TO_SHOW),
    (r"NameError: name '(\w+)' is not defined", _name),
)
