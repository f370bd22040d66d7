"""Causes: faults that explain the symptoms of a net or a training that failed a check.

They only help to word the message of a check that has failed. Symptoms are claims of the student's side: no mark
depends on them. Each rule names a fault that is certain if its symptoms are there. If no rule fits, no cause is named.
"""

import re
from typing import Any

import numpy as np
from nbjudge.ask.wording import count, sentences

from .. import simulators
from .net_rules import BY_CHANCE, CUT, DATA, MODEL, NET, ONE_SIGN, OWN_DATA, STOPPED, UNTRAINED
from .questions import Submission
from .rules import POSITIVE, Rule, Symptoms
from .training_rules import FEW_LOSSES, IMAGES, LOSSES, RATES, SLOW, STALE, STALE_STEPS, STEPS_LEFT_OUT, SUMS, TRAINING

TRAIN_LONGER = "Has the loss curve flattened? If not, train longer, with more epochs."


def of_training(submission: Submission) -> str:
    """Why a net was not trained, judged by what ``train_model`` does with a small net of ours."""
    seen = _training(submission)
    return _first(submission, seen, TRAINING)


def of_small_steps(submission: Submission) -> str:
    """Say that steps are small, for a training that learnt too little in a few epochs and has no other fault."""
    return _first(submission, _training(submission), SLOW)


def of_a_loss_that_fell(submission: Submission, last: float) -> str:
    """Why a net is seldom right although its loss fell."""
    if told := of_model(submission):
        return told
    if abs(last - np.log(2)) < 0.08:
        return "0.693 is what chance gives: a loss that only falls to there has learnt nothing."
    return "Are the images scaled, but not inside GlitchNet? Or are 0 and 1 exchanged in the labels?"


def of_other_losses(submission: Submission, first: float, last: float) -> str:
    """Why losses hardly fell: they may not be means of binary cross-entropies."""
    if last > first:
        return "They rise. Is it the loss that train_model appends, or another number, such as the accuracy?"
    if first > 1.0:
        return f"The first is far above 0.693, what chance gives. {of_high_loss(submission)}"
    return "Stuck at 0.693? See the hint on stalled training."


def of_no_logits(submission: Submission, outputs: np.ndarray) -> str:
    """Why no output of some new nets is below 0 or above 1."""
    if outputs.min() == outputs.max() and (norm := line(submission, "GlitchNet", r"LayerNorm\(1\b")):
        return (
            f"Ten new nets give {outputs[0]:.3g} for every image: a normalisation of a single number leaves 0. {norm}"
        )
    told = f"Ten new nets put all their outputs between {outputs.min():.2f} and {outputs.max():.2f}."
    return sentences(f"{told} These look like probabilities, not logits.", of_net(submission))


def of_data(submission: Submission) -> str:
    """Say that the notebook's `X` or `y` is no longer the given one; empty if it is."""
    return _first(submission, _net(submission, "X"), DATA)


def of_few_losses(submission: Submission) -> str:
    """Why there is only the loss of one epoch."""
    stopped = _first(submission, _net(submission, "model"), STOPPED)
    return stopped or _first(submission, _training(submission), FEW_LOSSES)


def of_no_losses(submission: Submission) -> str:
    """Why there are no losses at all."""
    if stopped := _first(submission, _net(submission, "model"), STOPPED):
        return stopped
    if replaced := submission.assignment("losses"):  # empty if the given cell made `losses`
        return f"Your line `{replaced}` put it in the place of the losses of the training: give it another name."
    return "train_model returned no losses: return a list with the mean loss of each epoch."


def of_high_loss(submission: Submission) -> str:
    """Why the first loss is far above what chance gives, in a training that has passed its check."""
    told = _first(submission, _training(submission), (*TRAINING, *SUMS))
    return told or "Is it a sum over a batch, not a mean, or another loss function than nn.BCEWithLogitsLoss?"


def of_other_net(submission: Submission) -> str:
    """Say that `model` is not the net that was trained; empty if this is not known."""
    seen = _net(submission, "model")
    return _first(submission, seen, UNTRAINED) or _first(submission, seen, MODEL[:1])


def of_stale_gradients(submission: Submission) -> str:
    """Why gradients of earlier steps were still there."""
    return _first(submission, {"clears": bool(submission.source_line("train_model", r"zero_grad\("))}, STALE)


def of_losses(submission: Submission) -> str:
    """Why what ``train_model`` returns is not the mean loss of each epoch."""
    return _first(submission, _training(submission), LOSSES)


def of_model(submission: Submission) -> str:
    """Why `model` is not good: where it comes from, how it was trained, or what is wrong with the net."""
    net = _net(submission, "model")
    training = _training(submission)
    together = training | net
    if opposite := of_opposite(submission):
        return opposite
    rules = (*TRAINING, *STEPS_LEFT_OUT, *STOPPED, *STALE_STEPS, *NET, *UNTRAINED, *RATES, *SUMS)
    return _first(submission, net, MODEL) or _first(submission, together, rules)


def of_net(submission: Submission) -> str:
    """What is wrong with a new net, whichever function trains it."""
    return _first(submission, _net(submission, "GlitchNet"), NET)


def of_chance(submission: Submission, of: str = "GlitchNet") -> str:
    """Why a net returns another output for the same image in each call; empty if it does not."""
    return _first(submission, _net(submission, of), BY_CHANCE)


def of_one_sign(submission: Submission) -> str:
    """Why all outputs of a new net have the same sign; empty if this is not known."""
    return _first(submission, _net(submission, "GlitchNet"), ONE_SIGN)


def of_cut(submission: Submission) -> str:
    """Why no gradient reaches some parameters."""
    return _first(submission, _net(submission, "GlitchNet"), CUT) or sentences(
        "Look for detach(), torch.no_grad(), .data, a conversion to NumPy in `forward`, requires_grad=False, or a ReLU "
        "behind the last layer.",
        line(submission, "GlitchNet", r"detach\(|no_grad|\.data\b|numpy\(|requires_grad|\.tolist\(|\.item\("),
    )


def of_other_company(submission: Submission) -> str:
    """Why the logit of an image depends on the other images in the batch."""
    seen = _net(submission, "GlitchNet")
    return _first(submission, seen, (*OWN_DATA, *BY_CHANCE)) or sentences(
        "Does `forward` average, normalise or flatten across the batch (dimension 0)?",
        line_across_the_batch(submission),
    )


def of_kept_aside(submission: Submission, names: list[str], of: str = "GlitchNet") -> str:
    """Why no optimiser finds some tensors that change the output of a net."""
    if changing := of_chance(submission, of):
        return changing
    root = re.match(r"\w*", min(names))[0]  # type: ignore[index]  # the empty word matches, too
    if (made := line_of_attribute(submission, names, of)) and root in names:
        return f"A plain tensor is no parameter: put nn.Parameter(...) around it. {made}"
    if not made and submission.has(root):
        told = f"`{root}` is made outside {of}, so it is no part of it, and not in the file either: make it in"
        told = f"{told} `__init__`, as `self.{root}`."
        outside = submission.assignment(root)
        return sentences(told, f"Look at your line `{outside}`." if outside else "")
    return sentences(
        "They are neither attributes of their own nor in a list or dict that PyTorch looks into: use nn.ModuleList (or "
        "nn.Sequential, nn.ModuleDict, nn.ParameterList) in the place of a plain list or dict.",
        made,
    )


def line(submission: Submission, of: str, pattern: str) -> str:
    """A sentence that quotes the student's first line that matches a pattern; empty if there is none."""
    found = submission.source_line(of, pattern)
    return f"Look at your line `{found}`." if found else ""


def of_shape(submission: Submission, shape: tuple[int, ...], n: int) -> str:
    """Why a net returns outputs of a wrong shape for n images."""
    across = line_across_the_batch(submission)
    if (shape == () and (across or n > 1)) or (shape == (1,) and n > 1):
        told = f"One number for {count(n, 'image')}: do not average or sum over the batch (dimension 0)."
        return sentences(told, across)
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
    if len(shape) in (1, 2) and shape[0] > n and shape[0] % n == 0 and np.prod(shape) == shape[0]:
        told = f"{shape[0]} logits for {count(n, 'image')}: something cuts each image into {shape[0] // n} pieces, such"
        told += " as .view(-1, ...) or .reshape(-1, ...). Keep the images as the first axis: write .flatten(1)."
        return sentences(told, line(submission, "GlitchNet", r"\b(?:view|reshape)\(\(?-1, *\w"))
    return "The last layer should be a Linear layer with one output, and its output be returned as it is."


def line_of_attribute(submission: Submission, names: list[str], of: str = "GlitchNet") -> str:
    """Quote the line that makes the first of some attributes of a net, such as "layers[0].weight"."""
    attribute = re.match(r"\w+", min(names))
    return line(submission, of, rf"self\.{attribute[0]}\s*=") if attribute else ""


def line_across_the_batch(submission: Submission) -> str:
    """Quote the line of a net that mixes the images of a batch."""
    across = (
        r"(?:mean|sum|std|var|amax|max|flatten|softmax|cumsum|normalize)\((?:\w+, ?)?(?:dim=|axis=)?[(\[]?0?[),]"
        r"|softmax\(.*, ?(?:dim=)?0\)"
    )
    return line(submission, "GlitchNet", across)


def of_training_mode(submission: Submission) -> str:
    """Say that `model` is in training mode now; empty if it is not."""
    if not _net(submission, "model").get("training"):
        return ""
    return (
        "`model` is in training mode, in which dropout and batch normalisation change the answers: call model.eval()."
    )


def of_opposite(submission: Submission) -> str:
    """Say that a training makes the loss larger, and quote the line that does this."""
    found = line(submission, "train_model", r"loss\w*\s*=\s*-|\(-\s*\w*loss|maximize\s*=\s*True")
    if not found:
        return ""
    return f"A minus before the loss, or maximize=True, makes the loss larger and larger: leave it out. {found}"


def of_empty_figure(submission: Submission, name: str) -> str:
    """Why a figure shows no image."""
    if not submission.has(name):
        return (
            "It is None: draw some of them, and give the figure this name, as in "
            f"`{name}, axes = plots.spectrogram_grid(...)`."
        )
    if submission.figure(name):
        return ""
    made = submission.assignment(name)
    if "gcf" in made:
        return (
            "The figure is empty: plt.show() ends a figure, and plt.figure() begins another one, so call plt.gcf() "
            "right behind the drawing."
        )
    if re.search(r"\b(?:figure|subplots|subplot_mosaic)\(", made):
        return (
            "The figure holds no image. Is it drawn elsewhere? plots.spectrogram_grid makes a figure of its own and "
            f"returns it: `{name}, axes = plots.spectrogram_grid(...)`."
        )
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
            continue  # the symptom is missing, or not of its type: the student's side may claim anything
    return ""


def _told(submission: Submission, seen: Symptoms, rule: Rule) -> str:
    names = seen.get("from_notebook", {})
    words: dict[str, Any] = {
        kind: " and ".join(f"`{name}`" for name in names.get(kind, [])) or "another net" for kind in names
    }
    patterns = {f"{kind}_pattern": "|".join(names.get(kind, [])) or "X" for kind in names}
    words["ending"] = POSITIVE.get(seen.get("ends_in", ""), "")
    words["loss_of"] = POSITIVE.get(seen.get("loss_of", ""), seen.get("loss_of", ""))
    after = seen.get("stopped_after")
    words["never_shown"] = f"{seen.get('left_out')} of {IMAGES} images"
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
