"""Causes: what mostly lies behind the symptoms of a net or a training that failed a check.

Asked only to word the message of a check that has failed. Symptoms are claims of the student's side: no mark depends on
them. Each rule holds for a fault that is certain when its symptoms are there; without one, nothing is said.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import simulators
from .questions import Submission
from .wording import count, sentences

Symptoms = dict[str, Any]
IMAGES = 64  # of ours, in a training that is watched
LARGE_RATE = {"Adam": 0.3, "AdamW": 0.3, "RMSprop": 0.3}
LARGEST_RATE = 30.0  # of other optimisers
SMALL_RATE = {"Adam": 2e-5, "AdamW": 2e-5, "RMSprop": 2e-5}
SMALLEST_RATE = 1e-4
# With steps below these a small task is not learnt in a few epochs.
SLOW_RATE = {"Adam": 3e-4, "AdamW": 3e-4, "RMSprop": 3e-4}
SLOWEST_RATE = 1e-2
HIGH_LOSS = 3.0  # chance gives 0.693
TRAIN_LONGER = "Has the loss curve flattened? If not, train longer, with more epochs."


@dataclass(frozen=True)
class Rule:
    """A cause, when to name it, and where the student's line is that shows it.

    Attributes
    ----------
    when : function of the symptoms
        Whether it is the cause.
    says : str
        The cause, and what to do.
    where : (str, str)
        `GlitchNet` or `train_model`, and a pattern of the line; a variable and nothing, for the line that makes it; or
        "seen" and the symptom that is the line.
    """

    when: Callable[[Symptoms], Any]
    says: str
    where: tuple[str, str] | None = None


# Last steps after which no logit is negative, in the student's words.
POSITIVE = {"relu": "a ReLU", "abs": "abs", "softplus": "softplus", "expbackward": "exp"}
_OPTIMISER = ("train_model", r"\boptim\.\w+\(|\b(?:Adam|AdamW|SGD|RMSprop)\(")
_BCE = "binary_cross_entropy_with_logits"

TRAINING = (
    Rule(
        lambda s: not s["calls"] and not s["changed"] and s["from_notebook"]["nets"],
        "train_model trains {nets} of the notebook, not the net that it is given as its first argument.",
        ("train_model", r"(?<!def )\b{nets_pattern}\b"),
    ),
    Rule(
        lambda s: not s["calls"] and not s["changed"] and s["other_nets"],
        "train_model makes a new GlitchNet and trains that, not the net that it is given: leave out what makes it.",
        ("train_model", r"\bGlitchNet\("),
    ),
    Rule(
        lambda s: not s["calls"] and not s["changed"],
        "train_model trains a copy or another net, not the net that it is given.",
        ("train_model", r"copy\(|^model\s*="),
    ),
    Rule(
        lambda s: s["images_of_notebook"] > s["calls_to_learn"] / 2,
        "train_model shows the net the images of the notebook ({data}), not those of its argument X.",
        ("train_model", r"\b(?:{data_pattern})\b"),
    ),
    Rule(
        lambda s: s["labels_first"],
        "The loss function is given the labels in the place of the logits: give it the logits first, then the labels.",
        ("train_model", r"loss\w*\(|Loss\(\)\(|cross_entropy"),
    ),
    Rule(
        lambda s: s["labels_checked"] and s["labels_wrong"] > 0.95 * s["labels_checked"],
        "The loss gets 1 for the images with label 0 and 0 for those with label 1, so the net learns the opposite: "
        "give it the labels as they are in y.",
        ("train_model", r"\b1(?:\.0?)? *- *|== *0|!= *1|logical_not|~"),
    ),
    Rule(
        lambda s: s["labels_checked"] and s["labels_wrong"] > 0.2 * s["labels_checked"],
        "The labels in a batch do not belong to its images: take both from X and y by the same positions.",
        ("train_model", r"\by\["),
    ),
    Rule(
        lambda s: not s["backwards"] and not s["changed"],
        "train_model never calls loss.backward(), with parentheses, so there are no gradients.",
        ("train_model", r"\.backward\b(?! *\()"),
    ),
    Rule(
        lambda s: s["other_steps"] and not s["steps"] and s["from_notebook"]["optimisers"],
        "{optimisers} was made outside train_model, for another net: make the optimiser inside, with "
        "model.parameters().",
        ("{optimisers}", ""),
    ),
    Rule(
        lambda s: s["other_steps"] and not s["steps"],
        "The optimiser has the parameters of another net: give it model.parameters().",
        _OPTIMISER,
    ),
    Rule(
        lambda s: not s["steps"] and not s["changed"],
        "train_model never takes a step: call optimiser.step(), with parentheses, after loss.backward().",
        ("train_model", r"\.step\b(?! *\()"),
    ),
    Rule(
        lambda s: s["backwards"] and not s["gradients"] and not s["changed"],
        "loss.backward() brings no gradient to the net: something between the net and the loss cuts it off, such as "
        "torch.tensor(), .item(), detach(), round() or a comparison.",
        ("train_model", r"torch\.tensor\(|\.item\(\)[^+]*,|detach\(|round\(|\.data\b|numpy\(|sign\(| [<>]=? "),
    ),
    Rule(
        lambda s: s["cleared_between"] > s["steps"] / 2,
        "The gradients are cleared between loss.backward() and optimiser.step(), so no step moves anything: clear them "
        "before loss.backward().",
        ("train_model", r"zero_grad\("),
    ),
    Rule(
        lambda s: s["logits_shape"] != s["labels_shape"] and s["loss"] not in ("cross_entropy", "nll_loss", ""),
        "The loss compares logits {logits_shape} with labels {labels_shape}, each with each: write .reshape(-1) behind "
        "the logits.",
        ("train_model", r"loss\w*\(|loss\s*="),
    ),
    Rule(
        lambda s: s["loss"] == _BCE and s["loss_of"] in POSITIVE,
        "The logits go through {loss_of} before the loss, so none is negative and no image is called a blip: leave it "
        "out.",
        ("train_model", r"(?i)relu\(|abs\(|softplus\(|exp\("),
    ),
    Rule(
        lambda s: s["loss"] == _BCE and s["loss_of"],
        "A {loss_of} stands before BCEWithLogitsLoss, which applies the sigmoid itself, so it is applied twice: give "
        "it the logits.",
        ("train_model", r"sigmoid\(|softmax\("),
    ),
    Rule(
        lambda s: s["loss"] in ("cross_entropy", "nll_loss") and not s["two_outputs"],
        "Cross-entropy compares two or more outputs per image, and here is one logit: use nn.BCEWithLogitsLoss.",
        ("train_model", r"CrossEntropyLoss|cross_entropy|NLLLoss|nll_loss"),
    ),
    Rule(
        lambda s: (
            s["loss"] in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")
            and not s["loss_of"]
            and s["labels_least"] >= 0
        ),
        "The squared error (MSE) pulls the outputs to 0 and 1, but a logit should be negative for a blip: use "
        "nn.BCEWithLogitsLoss.",
        ("train_model", r"MSELoss|mse_loss|L1Loss|l1_loss|HuberLoss|huber_loss"),
    ),
)
RATES = (
    Rule(
        lambda s: s["rate"] > LARGE_RATE.get(s["optimiser"], LARGEST_RATE),
        "A learning rate of {rate:g} is far too large for {optimiser}: begin with 1e-3 (Adam) or 1e-1 (SGD).",
        _OPTIMISER,
    ),
    Rule(
        lambda s: s["steps"] and s["rate"] < SMALL_RATE.get(s["optimiser"], SMALLEST_RATE),
        "A learning rate of {rate:g} is so small for {optimiser} that hardly anything is learnt: begin with 1e-3 "
        "(Adam) or 1e-1 (SGD).",
        _OPTIMISER,
    ),
)
SLOW = (
    Rule(
        lambda s: s["steps"] and s["rate"] < SLOW_RATE.get(s["optimiser"], SLOWEST_RATE),
        "A learning rate of {rate:g} is small for {optimiser}: in so few epochs little is learnt. Try larger steps, "
        "such as 1e-3 (Adam) or 1e-1 (SGD).",
        _OPTIMISER,
    ),
)
STALE = (
    Rule(
        lambda s: s["clears"],
        "zero_grad() is called, but not for every batch: call it before each loss.backward().",
        ("train_model", r"zero_grad\("),
    ),
    Rule(
        lambda s: True,
        "Call optimiser.zero_grad(), with parentheses, before each loss.backward().",
        ("train_model", r"\.zero_grad\b(?! *\()"),
    ),
)
SUMS = (
    Rule(
        lambda s: s["reduction"] == "sum" and s["first_loss"] > HIGH_LOSS,
        "The loss function takes the sum over a batch, not the mean: leave out reduction.",
        ("train_model", r"reduction"),
    ),
)
LOSSES = (
    Rule(lambda s: s["returned"] == "NoneType", "train_model returns None: end it with `return losses`."),
    Rule(
        lambda s: s["returned"] == "tuple",
        "train_model returns a tuple: return the list of losses alone.",
        ("train_model", r"^return\b"),
    ),
    *SUMS,
    Rule(
        lambda s: not s["uses_epochs"],
        "train_model does not use its parameter `epochs`: write `for epoch in range(epochs):`.",
        ("train_model", r"\bfor\b.*\brange\(|\bwhile\b"),
    ),
    Rule(
        lambda s: s["left_out"] > IMAGES / 10,
        "In an epoch train_model does not show the net all of the images. Does `break` or `return` stand in the loop "
        "over the batches?",
        ("train_model", r"^(?:break|return)\b"),
    ),
    Rule(lambda s: True, "", ("train_model", r"\.append\(|^losses\b.*\+=|^return\b")),
)
MODEL = (
    Rule(
        lambda s: s["is_checkpoint"] is False,
        "`model` is not the net that was trained: a cell of yours makes a new one, or changes it. Run the training "
        "again, `fit(globals())`, and leave `model` as it is.",
        ("model", ""),
    ),
    Rule(
        lambda s: not s["data_as_given"] and not s["data_reordered"],
        "The notebook's `X` is no longer the dataset as it was given, so the net learnt from other images than it will "
        "meet: leave `X` alone, and scale inside GlitchNet.",
        ("X", ""),
    ),
)
DATA = (
    Rule(
        lambda s: s["data_reordered"],
        "`X` is no longer in the order in which it was given: shuffle the positions, not the images themselves.",
        ("X", ""),
    ),
    Rule(
        lambda s: not s["data_as_given"],
        "`X` is no longer what it was given as: leave it alone, and scale images inside GlitchNet.",
        ("X", ""),
    ),
    Rule(
        lambda s: not s["labels_as_given"],
        "`y` is no longer what it was given as: leave it alone, and give a changed one another name.",
        ("y", ""),
    ),
)
STOPPED = (
    Rule(
        lambda s: s["stopped_after"] is not None,
        "The training was stopped before its end, after {stopped}: run it again, `fit(globals())`, and let it come to "
        "its end.",
    ),
)
UNTRAINED = (
    Rule(
        lambda s: s["is_untrained"],
        "`model` is untrained: its parameters are those with which it was built.",
        ("model", ""),
    ),
)
BY_CHANCE = (
    Rule(
        lambda s: s["random"] and s["made_line"],
        "`forward` makes new layers in each call, with new random weights, so what is learnt is lost: make all layers "
        "in `__init__`, and only use them in `forward`.",
        ("seen", "made_line"),
    ),
    Rule(
        lambda s: s["random"],
        "The same image gets another output in each call, in evaluation mode, too. Does `forward` draw random numbers? "
        "For dropout make nn.Dropout in `__init__`, or give F.dropout training=self.training.",
        ("GlitchNet", r"[Dd]ropout\d?d?\(|rand|normal_?\(|shuffle|perm"),
    ),
)
# Steps through which no gradient comes back.
STEPS = (
    Rule(
        lambda s: s["cut"] == "no_grad",
        "`forward` uses torch.no_grad() or torch.inference_mode(), which is for asking a net, not for training it: "
        "leave it out.",
        ("GlitchNet", r"no_grad|inference_mode|set_grad_enabled"),
    ),
    Rule(
        lambda s: s["cut"] == "comparison",
        "A comparison gives true or false, a step without a slope, and no gradient comes back through it: use a layer "
        "with a slope, such as nn.ReLU.",
        ("seen", "cut_line"),
    ),
    Rule(
        lambda s: s["cut"] == "place",
        "argmax and argsort give positions, and no gradient comes back through these: use the values themselves.",
        ("seen", "cut_line"),
    ),
    Rule(
        lambda s: s["cut"] == "whole number",
        "No gradient comes back through whole numbers: keep floating-point numbers (float32).",
        ("seen", "cut_line"),
    ),
    Rule(
        lambda s: s["cut"] == "rounding",
        "Rounding, like sign, is a step without a slope, so the gradient behind it is 0: leave it out.",
        ("seen", "cut_line"),
    ),
    Rule(
        lambda s: s["cut"] == "detached",
        "What comes out of detach(), .data, .numpy(), .item() or torch.tensor() is a copy that knows nothing of the "
        "parameters before it: go on with the tensor itself.",
        ("seen", "cut_line"),
    ),
)
ONE_SIGN = (
    Rule(
        lambda s: s["ends_in"] in POSITIVE,
        "GlitchNet ends in {ending}, so no logit is negative, and a negative one is what says blip: return what comes "
        "out of the last Linear layer.",
        ("seen", "positive_line"),
    ),
    Rule(
        lambda s: s["ends_in"] == "logsigmoid",
        "GlitchNet ends in a logsigmoid, so no logit is positive, and a positive one is what says chirp: return what "
        "comes out of the last Linear layer.",
        ("GlitchNet", r"(?i)logsigmoid"),
    ),
)
# What keeps gradients from the parameters of a net.
CUT = (
    *BY_CHANCE,
    Rule(
        lambda s: s["made_line"],
        "`forward` makes new layers in each call, so what is learnt is lost: make all layers in `__init__`, and only "
        "use them in `forward`.",
        ("seen", "made_line"),
    ),
    Rule(
        lambda s: s["frozen"],
        "They are frozen (requires_grad=False): leave that out.",
        ("GlitchNet", r"requires_grad"),
    ),
    *STEPS,
)
OWN_DATA = (
    Rule(
        lambda s: s["ignores_images"] and s["own_data"],
        "GlitchNet answers about `{own_data}` of the notebook, not about the images that `forward` is given.",
        ("GlitchNet", r"\b{own_data}\b"),
    ),
)
NET = (
    *OWN_DATA,
    *BY_CHANCE,
    *ONE_SIGN,
    *(replace(rule, when=lambda s, rule=rule: s["unreached"] and rule.when(s)) for rule in STEPS),
    Rule(
        lambda s: s["ends_in"] == "softmax" and not s["constant"],
        "GlitchNet ends in a softmax, which makes probabilities: leave it out and return the logit.",
        ("GlitchNet", r"[Ss]oftmax\("),
    ),
    Rule(
        lambda s: s["ends_in"] == "softmax",
        "A softmax over a single output is always 1: leave it out and return the logit.",
        ("GlitchNet", r"[Ss]oftmax\("),
    ),
    Rule(
        lambda s: s["ends_in"] == "sigmoid" and s.get("loss") in (_BCE, None),
        "GlitchNet ends in a sigmoid, and BCEWithLogitsLoss applies one too, so it is applied twice: return the logit.",
        ("GlitchNet", r"[Ss]igmoid\("),
    ),
    Rule(
        lambda s: s["dead_relus"],
        "{dead_relus} of the net's {relus} ReLU layers return 0 for every image (dead ReLUs), so nothing before them "
        "can learn. Was the learning rate too large, or do the weights begin badly?",
    ),
)


def of_training(submission: Submission) -> str:
    """Why a net was not trained, by what ``train_model`` does with a small one of ours."""
    seen = _training(submission)
    return _first(submission, seen, TRAINING)


def of_small_steps(submission: Submission) -> str:
    """That the steps of a training are small, for one that learnt too little in a few epochs and has no other fault."""
    return _first(submission, _training(submission), SLOW)


def of_data(submission: Submission) -> str:
    """That the notebook's `X` or `y` is no longer what it was given as."""
    return _first(submission, _net(submission, "X"), DATA)


def of_few_losses(submission: Submission) -> str:
    """Why there is the loss of one epoch only."""
    stopped = _first(submission, _net(submission, "model"), STOPPED)
    return stopped or sentences(
        "Does `return` stand inside the loop over the epochs? If not, train for more epochs.",
        line(submission, "train_model", r"^return\b"),
    )


def of_stale_gradients(submission: Submission) -> str:
    """Why gradients of earlier steps were still there."""
    return _first(submission, {"clears": bool(submission.source_line("train_model", r"zero_grad\("))}, STALE)


def of_losses(submission: Submission) -> str:
    """Why what ``train_model`` returns is not the mean loss of each epoch."""
    return _first(submission, _training(submission), LOSSES)


def of_model(submission: Submission) -> str:
    """Why `model` is no good: where it comes from, how it was trained, or what is the matter with the net."""
    net = _net(submission, "model")
    training = _training(submission)
    together = training | net
    rules = (*TRAINING, *STOPPED, *NET, *UNTRAINED, *RATES, *SUMS)
    return _first(submission, net, MODEL) or _first(submission, together, rules)


def of_net(submission: Submission) -> str:
    """What is the matter with a new net, whatever it is trained by."""
    return _first(submission, _net(submission, "GlitchNet"), NET)


def of_chance(submission: Submission, of: str = "GlitchNet") -> str:
    """Why a net gives the same image another output in each call; empty if it does not."""
    return _first(submission, _net(submission, of), BY_CHANCE)


def of_one_sign(submission: Submission) -> str:
    """Why all outputs of a new net have the same sign; empty if that is not known."""
    return _first(submission, _net(submission, "GlitchNet"), ONE_SIGN)


def of_cut(submission: Submission) -> str:
    """Why no gradient reaches some parameters."""
    return _first(submission, _net(submission, "GlitchNet"), CUT) or sentences(
        "Look for detach(), torch.no_grad(), .data, a conversion to NumPy in `forward`, or requires_grad=False.",
        line(submission, "GlitchNet", r"detach\(|no_grad|\.data\b|numpy\(|requires_grad|\.tolist\(|\.item\("),
    )


def of_other_company(submission: Submission) -> str:
    """Why the logit of an image is another one beside other images."""
    seen = _net(submission, "GlitchNet")
    return _first(submission, seen, (*OWN_DATA, *BY_CHANCE)) or sentences(
        "Does `forward` average, normalise or flatten across the batch (dimension 0)?",
        line_across_the_batch(submission),
    )


def of_kept_aside(submission: Submission, names: list[str]) -> str:
    """Why no optimiser finds what moves the output of a net."""
    return of_chance(submission) or sentences(
        "They are neither attributes of their own nor in a list or dict that PyTorch looks into: use nn.ModuleList (or "
        "nn.Sequential, nn.ModuleDict, nn.ParameterList) in the place of a plain list or dict.",
        line_of_attribute(submission, names),
    )


def line(submission: Submission, of: str, pattern: str) -> str:
    """A sentence that quotes the student's first line with a pattern; empty if there is none."""
    found = submission.source_line(of, pattern)
    return f"Look at your line `{found}`." if found else ""


def of_shape(submission: Submission, shape: tuple[int, ...], n: int) -> str:
    """Why a net returns outputs of a wrong shape for n images."""
    across = line_across_the_batch(submission)
    if (shape == () or (shape == (1,) and n > 1)) and across:
        return f"One number for {count(n, 'image')}: do not average or sum over the batch (dimension 0). {across}"
    if n == 1 and shape == () and submission.source_line("GlitchNet", r"squeeze\("):
        told = "A bare .squeeze() also swallows the axis of a single image: write .squeeze(1)."
        return sentences(told, line(submission, "GlitchNet", r"squeeze\("))
    if len(shape) == 2 and shape[0] == n:
        told = f"{count(shape[1], 'output')} per image: the last Linear layer should have one output."
        return sentences(told, line(submission, "GlitchNet", rf"Linear\(.*\b{shape[1]}\)"))
    if len(shape) > 2 and np.prod(shape) == n:
        return sentences("Too many axes: write .reshape(-1) at the end.", line(submission, "GlitchNet", r"^return\b"))
    if len(shape) > 2 and shape[0] == n:
        told = "The output still has the axes of an image: put nn.AdaptiveAvgPool2d(1) and nn.Flatten() before the last"
        return sentences(f"{told} Linear layer.", line(submission, "GlitchNet", r"^return\b"))
    return "Does your net end in a Linear layer with one output?"


def line_of_attribute(submission: Submission, names: list[str]) -> str:
    """Quote the line that makes the first of some attributes of a net, such as "layers[0].weight"."""
    attribute = re.match(r"\w+", min(names))
    return line(submission, "GlitchNet", rf"self\.{attribute[0]}\s*=") if attribute else ""


def line_across_the_batch(submission: Submission) -> str:
    """Quote the line of a net that mixes the images of a batch."""
    across = (
        r"(?:mean|sum|std|var|amax|max|flatten|softmax|cumsum|normalize)\((?:\w+, ?)?(?:dim=|axis=)?0?[),]"
        r"|softmax\(.*, ?(?:dim=)?0\)"
    )
    return line(submission, "GlitchNet", across)


def of_training_mode(submission: Submission) -> str:
    """That `model` is in training mode now, if it is."""
    if not _net(submission, "model").get("training"):
        return ""
    return (
        "`model` is in training mode, in which dropout and batch normalisation change the answers: call model.eval()."
    )


def of_opposite(submission: Submission) -> str:
    """That a training makes the loss larger, by the line that does."""
    found = line(submission, "train_model", r"loss\w*\s*=\s*-|\(-\s*\w*loss|maximize\s*=\s*True")
    return f"A minus before the loss, or maximize=True, makes the loss larger and larger: leave it out. {found}" * bool(
        found
    )


def of_empty_figure(submission: Submission, name: str) -> str:
    """Why a figure shows no image."""
    if not submission.has(name):
        return "It is None: draw some of them."
    if submission.figure(name):
        return ""
    made = submission.assignment(name)
    if "gcf" in made:
        return "The figure is empty: plt.show() ends a figure, so call plt.gcf() before plt.show()."
    return "The figure holds no image. If there are no mistakes to show, set it to None."


def _training(submission: Submission) -> Symptoms:
    rng = np.random.default_rng(submission.seed("symptoms"))
    labels = rng.permutation(np.arange(IMAGES) % 2).astype(np.float32)
    shift = np.where(labels == 1, 0.5, -0.5)[:, None, None, None]
    images = (shift + rng.normal(0.0, simulators.NOISE_SIGMA, (IMAGES, 1, 32, 64))).astype(np.float32)
    return submission.symptoms("training_symptoms", images=images, labels=labels, epochs=2)


def _net(submission: Submission, of: str) -> Symptoms:
    images = simulators.fresh(32, submission.seed("symptoms")).images
    return submission.symptoms("net_symptoms", of=of, images=images)


def _first(submission: Submission, seen: Symptoms, rules: tuple[Rule, ...]) -> str:
    """The first cause whose symptoms are there; empty if there is none."""
    for rule in rules:
        try:
            if rule.when(seen):
                return _told(submission, seen, rule)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            continue  # no such symptom was told, or it is none: the student's side may claim anything
    return ""


def _told(submission: Submission, seen: Symptoms, rule: Rule) -> str:
    names = seen.get("from_notebook", {})
    words = {kind: " and ".join(f"`{name}`" for name in names.get(kind, [])) or "another net" for kind in names}
    patterns = {f"{kind}_pattern": "|".join(names.get(kind, [])) or "X" for kind in names}
    words["ending"] = POSITIVE.get(seen.get("ends_in", ""), "")
    words["loss_of"] = POSITIVE.get(seen.get("loss_of", ""), seen.get("loss_of", ""))
    after = seen.get("stopped_after")
    words["stopped"] = count(after, "finished epoch") if isinstance(after, int) else ""
    said = rule.says.format(**(seen | words))
    if rule.where is None:
        return said
    of, pattern = rule.where
    if of == "{optimisers}":
        of = names["optimisers"][0]
    patterns["own_data"] = seen.get("own_data", "")
    for key, value in patterns.items():
        pattern = pattern.replace("{" + key + "}", value)
    if of == "seen":
        return sentences(said, f"Look at your line `{seen[pattern]}`." if seen[pattern] else "")
    quoted = submission.source_line(of, pattern) if pattern else submission.assignment(of)
    return sentences(said, f"Look at your line `{quoted}`." if quoted else "")
