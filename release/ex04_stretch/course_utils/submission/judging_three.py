"""Functions with which the test cells of `ex04_stretch` judge part (a): a third class. NumPy only, as in `judging`.

Answers may be wrong in any way; the functions raise AssertionError with a message for the student.
"""

from itertools import permutations

import numpy as np
from nbjudge.ask import NoAnswer
from nbjudge.ask.wording import count, sentences

from .. import simulators, stretch
from ..stretch import CLASS_NAMES
from . import causes, judging
from .questions import Submission

CLASSES = len(CLASS_NAMES)
OTHER_ORDER = 0.05  # right less often than this, where guessing gives a third: the classes are in another order
# At least one of ten new nets has a logit below 0 or above 1. A net whose logits are 3 and -3 shows how a training
# computes its losses.
NEW_NETS, GAIN = 10, 3.0
OWN_ARGUMENTS = "Does train_three use its arguments model, X and y, and nothing else from the notebook?"
ASKED_EPOCHS = 3  # of training for a net that can't change; with two epochs, one loss could mean two different mistakes
NAMES_TOLD = 4
MANY_TIMES = 7  # losses wrong by this factor are remarked on; a batch mostly has more images than that


def three_logits(submission: Submission, of: str, images: np.ndarray) -> np.ndarray:
    """Logits of a net with three classes.

    Returns
    -------
    (N, 3) float64 array
        Columns: blip, chirp, noise.

    Raises
    ------
    NoAnswer
        The net does not return three finite numbers for each image.
    """
    outputs = submission.logits(of, images)
    n = len(images)
    if outputs.shape[:1] != (n,) or outputs.size != CLASSES * n:
        raise NoAnswer("contract", f"{of} should return three logits per image, ({n}, 3); it returns {outputs.shape}.")
    return outputs.reshape(n, CLASSES).astype(np.float64)


def accuracy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Share of images whose largest logit is that of their class."""
    return float((logits.argmax(1) == labels).mean())


def hint_on_accuracy(submission: Submission, logits: np.ndarray, labels: np.ndarray) -> str:
    """A hint for a net with three classes that is right too seldom; it names the outputs' order only if that is why."""
    if untrained := _never_trained(submission):
        return untrained
    right = accuracy(logits, labels)
    order = max(permutations(range(CLASSES)), key=lambda order: accuracy(logits[:, order], labels))
    in_order = accuracy(logits[:, order], labels)
    if in_order > max(2 * right, 0.6):
        names = ", ".join(CLASS_NAMES[order.index(place)] for place in range(CLASSES))
        return (
            f"Are its outputs in the order {names}? In that order it would be right in {in_order:.0%}. The order is "
            f"{', '.join(CLASS_NAMES)}."
        )
    guesses = "A third is what guessing gives: see the hint on a loss that stays near 1.099."
    is_stuck = right < 0.45 and abs(_last_loss(submission) - np.log(CLASSES)) < 0.1
    return sentences("Has the loss curve flattened? If not, train longer.", guesses if is_stuck else "")


def _never_trained(submission: Submission) -> str:
    """Say that no optimiser finds a part of ThreeNet; empty if there is no such part, or the net fails."""
    images = np.random.default_rng(0).normal(size=(8, 1, 32, 64)).astype(np.float32)
    try:
        kept_aside = submission.unregistered("ThreeNet", images)
    except NoAnswer:
        return ""
    if not kept_aside:
        return ""
    names = ", ".join(sorted(kept_aside)[:NAMES_TOLD])
    told = f"No optimiser finds {names}, so what is there is never trained."
    return sentences(told, causes.of_kept_aside(submission, kept_aside, "ThreeNet"))


def _last_loss(submission: Submission) -> float:
    """The last of `losses3`; NaN if there is none."""
    try:
        return float(submission.values("losses3").reshape(-1)[-1])
    except (NoAnswer, IndexError):
        return float("nan")


def unsure(logits: np.ndarray) -> np.ndarray:
    """Which images have two largest logits so close that either class may be called; these are only a few."""
    lower, upper = np.sort(logits, axis=1)[:, -2:].T
    return judging.unsure(upper - lower)


def assert_three_logits(outputs: np.ndarray, n: int) -> None:
    """Assert that a net returns three logits for each of n images."""
    assert outputs.shape == (n, CLASSES), (
        f"Expected three logits per image, ({n}, 3) for {count(n, 'image')}. Found {outputs.shape}. "
        + (
            "The numbers are there, but not in this shape: leave the outputs of the last Linear layer as they are, "
            "without a bare .squeeze() or .flatten()."
            if outputs.size == CLASSES * n
            else "Does your net end in a Linear layer with three outputs?"
        )
    )


def assert_no_probabilities(submission: Submission, images: np.ndarray) -> None:
    """Assert that new nets return logits for images of all brightnesses, and don't end in a softmax or a sigmoid.

    Ten nets are asked, as in `ex04`, because all logits of a new net may lie between 0 and 1 by chance.
    """
    outputs = np.empty((0, CLASSES))
    for _ in range(NEW_NETS):
        outputs = np.concatenate([outputs, three_logits(submission, "ThreeNet", images)])
        if outputs.min() < 0 or outputs.max() > 1:
            return
    if np.allclose(outputs.sum(-1), 1, atol=1e-3):
        raise AssertionError(
            sentences(
                "The three numbers for an image are never negative and add up to 1, so they are probabilities. Return "
                "the logits themselves: CrossEntropyLoss applies the softmax for you, and a second one slows the "
                "training down.",
                _quoted(submission, "ThreeNet", r"[Ss]oftmax\("),
            )
        )
    assert not np.ptp(outputs), sentences(
        f"{NEW_NETS} new nets put all their outputs between {outputs.min():.2f} and {outputs.max():.2f}, as a sigmoid "
        "or a softmax along the batch does. Return the logits themselves: with numbers between 0 and 1 the loss can't "
        "fall below 0.55, and the network learns slowly.",
        _quoted(submission, "ThreeNet", r"[Ss]igmoid\("),
    )


def _quoted(submission: Submission, of: str, pattern: str) -> str:
    """A sentence that quotes the student's first line that matches a pattern; empty if there is none."""
    line = submission.source_line(of, pattern)
    return f"Look at your line `{line}`." if line else ""


def third_task(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Images that any training loop can learn to sort into three classes, by a rule that changes each time.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the noise; the next `n` images of the same generator follow another rule.
    n : int
        Number of images.

    Returns
    -------
    images : (n, 1, 32, 64) float32 array
        White noise of the simulators' strength, in which one third of the columns is brighter.
    labels : (n,) int64 array
        0, 1 or 2, depending on which third is brighter.
    """
    place = rng.permutation(np.arange(n) % CLASSES)
    images = rng.normal(0.0, simulators.NOISE_SIGMA, (n, 1, simulators.FREQUENCY_BINS, simulators.TIME_BINS))
    columns = np.arange(simulators.TIME_BINS) * CLASSES // simulators.TIME_BINS
    images += (columns == place[:, None])[:, None, None, :]
    meaning = rng.permutation(CLASSES)
    return images.astype(np.float32), meaning[place].astype(np.int64)


def assert_trains(submission: Submission, purpose: str) -> None:
    """Assert that ``train_three`` trains the net that it is given, on the given data, with fresh gradients."""
    epochs = 6
    images, labels = third_task(np.random.default_rng(submission.seed(purpose)), 384)
    learnt, probes = images[:288], images[288:]
    training = submission.train_probe(learnt, labels[:288], probes, epochs, train="train_three", classes=CLASSES)
    assert training.changed, (
        "The net that train_three was given is unchanged afterwards: train `model`, the one it is given, in place. Are "
        "there a backward() and, after it, a step() of the optimiser, and no zero_grad() between the two?"
    )
    assert training.stale_steps == 0, (
        f"In {count(training.stale_steps, 'step')} the gradient of an earlier step was still there: call zero_grad() "
        "before each backward()."
    )
    right = accuracy(training.logits, labels[288:])
    hint = _of_arguments(submission) if right < 0.85 else ""
    if right < 0.85:
        hint = remark_on_losses(submission) or hint
    if right < OTHER_ORDER and (training.losses.size < 2 or training.losses[-1] < training.losses[0]):
        hint = (
            "That is far less than a third, which guessing gives. Does it learn the classes in another order than y "
            "has, or does the loss have the wrong sign?"
        )
    elif right < OTHER_ORDER:
        hint = "The loss grows from epoch to epoch: has it the wrong sign?"
    assert right >= 0.85, (
        f"On a simple task with three classes of our own, the net is right in {right:.0%} of cases after {epochs} "
        f"epochs; expected nearly all. {hint}"
    )
    losses = training.losses
    assert losses.ndim >= 1 and 1 <= losses.size <= epochs and np.isfinite(losses).all(), (
        f"Called with epochs={epochs}, train_three should return a list with the mean loss of each epoch."
    )


def remark_on_losses(submission: Submission) -> str | None:
    """A remark on odd losses of ``train_three``, found with a net that can't change. It takes no points.

    Right losses may differ from ours, too, because of class weights or smoothed labels. So there is a remark only if
    losses are missing, if a softmax stands before the loss, if the logits seem to have no effect, or if the losses are
    negative, 0, or many times too small or too large.
    """
    labels = np.arange(96) % CLASSES
    images = np.broadcast_to(np.where(labels == CLASSES - 1, 1, -1)[:, None, None, None], (96, 1, 32, 64))
    try:
        losses = submission.fixed_losses(
            images.astype(np.float32), labels, GAIN, ASKED_EPOCHS, train="train_three", classes=CLASSES
        )
    except NoAnswer:
        return None
    if not losses.size or not np.isfinite(losses).all():
        return None
    if losses.size < ASKED_EPOCHS:
        told = f"Asked for {ASKED_EPOCHS} epochs, train_three returns {count(losses.size, 'loss', 'losses')}."
        return sentences(
            told,
            "Does `return` stand inside the loop over the epochs?"
            if losses.size == 1
            else "Is the first or the last epoch left out? Write `range(epochs)`, and append each epoch's loss.",
        )
    logits = np.zeros((96, CLASSES))
    logits[:, -1] = GAIN * images[:, 0, 0, 0]
    found, expected = float(losses.mean()), cross_entropy(logits, labels)
    told = f"With a net whose mean cross-entropy is {expected:.2f}, train_three returns {found:.2g}."
    softmax = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    if abs(found - cross_entropy(softmax, labels)) < 0.02:
        return sentences(
            f"{told} That is the loss behind a softmax. CrossEntropyLoss has the softmax inside: leave yours out.",
            _quoted(submission, "train_three", r"[Ss]oftmax\("),
        )
    if abs(found - np.log(CLASSES)) < 0.04:
        return sentences(
            f"{told} That is ln 3, as if the logits said nothing about the labels.",
            _of_nothing_learnt(submission),
        )
    if found < 0:
        return f"{told} A cross-entropy is never negative: is it nn.CrossEntropyLoss()?"
    if found == 0:
        return f"{told} Is the loss of each batch added to a total?"
    if found < expected / MANY_TIMES:
        return sentences(
            f"{told} That is {expected / found:.0f} times too small. Is the mean loss of each batch, `loss.item()`, "
            "multiplied by len(batch), and is the sum divided by the number of images in X, once?",
            _quoted(submission, "train_three", r"\.append\(|/ *len\("),
        )
    if found > expected * MANY_TIMES:
        return sentences(
            f"{told} That is {found / expected:.0f} times too large. Is it a sum over images or batches? Return the "
            "mean.",
            _quoted(submission, "train_three", r"reduction|\.append\("),
        )
    return None


def _of_nothing_learnt(submission: Submission) -> str:
    """A hint on logits that say nothing about the labels; it mentions a softmax only if there is one."""
    softmax = _quoted(submission, "train_three", r"[Ss]oftmax\(")
    if softmax:
        along = "Does the softmax go along the batch (dim=0)? CrossEntropyLoss has a softmax inside: leave yours out."
        return f"{along} {softmax}"
    return _of_arguments(submission)


def _of_arguments(submission: Submission) -> str:
    question = f"{OWN_ARGUMENTS} Are images and labels indexed with the same batch? Is the learning rate very small?"
    return sentences(question, _quoted(submission, "train_three", r"\b[Xy]3\b"))


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean cross-entropy of logits (N, classes) and labels (N,)."""
    return float(np.mean(np.log(np.exp(logits).sum(1)) - logits[np.arange(len(labels)), labels]))


def assert_confusion(found: np.ndarray, logits: np.ndarray, labels: np.ndarray) -> None:
    """Assert that a table counts true classes in rows and predicted classes in columns."""
    assert found.shape == (CLASSES, CLASSES), f"`confusion3` should be a 3 x 3 table; its shape is {found.shape}."

    def counted(called: np.ndarray, of: np.ndarray) -> np.ndarray:
        return np.array([[np.sum((of == row) & (called == column)) for column in range(3)] for row in range(3)])

    called, either = logits.argmax(1), unsure(logits)
    expected = counted(called, labels)
    slack = np.array([np.sum(either & (labels == row)) for row in range(CLASSES)])[:, None]

    def agrees(table: np.ndarray) -> bool:
        return bool((np.abs(table - expected) <= slack).all())

    if agrees(found) and (found.sum(axis=1) == expected.sum(axis=1)).all():
        return
    if agrees(found.T):
        hint = "It is transposed: rows are the true classes, columns what `model3` said."
    elif 0 < found.sum() <= CLASSES + 1e-6:
        hint = "These are shares; give counts."
    elif np.allclose(100 * expected / expected.sum(1, keepdims=True), found, atol=0.6):
        hint = "These are percent of each row; give counts."
    elif np.isclose(found.sum(), 100, atol=0.6):
        hint = "They add up to 100. Are they percent? Give counts."
    elif (found != np.round(found)).any():
        hint = "They are no whole numbers; give counts."
    elif not found.any():
        hint = "It holds zeros only: nothing was counted."
    elif others := [order for order in permutations(range(CLASSES)) if agrees(found[np.ix_(order, order)])]:
        names = ", ".join(CLASS_NAMES[others[0].index(place)] for place in range(CLASSES))
        hint = f"Its classes are in the order {names}, in rows and columns; the order is {', '.join(CLASS_NAMES)}."
    elif found.sum() != len(labels):
        hint = f"They add up to {found.sum():g}, but the test part has {len(labels)} images: X3_test and y3_test."
    else:
        hint = (
            "Rows are true classes, columns predicted ones (argmax of the logits, in evaluation mode), each in the "
            "order blip, chirp, noise."
        )
    raise AssertionError(f"`confusion3` should be {expected.tolist()}; it is {_plain(found)}. {hint}")


def _plain(table: np.ndarray) -> list[list[float]]:
    """A table as a list that is easy to read: counts have no decimal point."""
    rows: list[list[float]] = (table.astype(int) if (table == np.round(table)).all() else table.round(4)).tolist()
    return rows


def assert_lost(found: np.ndarray, logits: np.ndarray, labels: np.ndarray) -> None:
    """Assert that positions are exactly those of the chirps called noise."""
    called, either = logits.argmax(1), unsure(logits)
    chirp = labels == simulators.CHIRP
    chosen = np.zeros(len(labels), bool)
    chosen[found] = True
    strangers = chosen & ~chirp
    lost = chirp & (called == stretch.NOISE)
    is_their_number = found.size == 1 and lost.sum() != 1 and found[0] == lost.sum()
    assert not is_their_number, (
        f"`lost_chirps` is {found[0]}: it tells how many chirps are lost. Give their positions within the test part, "
        "such as np.flatnonzero returns them."
    )
    assert not strangers.any() or (chosen & chirp).any() or (called[strangers] != simulators.CHIRP).any(), (
        f"`lost_chirps` holds {count(strangers.sum(), 'image')} of another class that `model3` calls chirp. It is the "
        "other way round: true chirps that it calls noise."
    )
    assert not strangers.any(), (
        f"`lost_chirps` holds {count(strangers.sum(), 'image')} of another class. Positions count within the test "
        "part: position 0 is the image X3_test[0]."
    )
    needless, missing = chosen & ~lost & ~either, lost & ~chosen & ~either
    assert not needless.any(), (
        f"`lost_chirps` holds {count(needless.sum(), 'chirp')} that `model3` does not call noise. Chirps that it calls "
        "blip are mistakes, too, but not lost ones."
    )
    assert not missing.any(), f"`lost_chirps` lacks {count(missing.sum(), 'chirp')} that `model3` calls noise."


def assert_pair(found: np.ndarray, two: np.ndarray, three: np.ndarray, labels: np.ndarray) -> None:
    """Assert that two accuracies on chirps and blips alone are those of the nets with two and with three classes.

    Parameters
    ----------
    found : array
        The student's two accuracies.
    two : (N,) array
        Logits of the net with two classes, for chirps and blips only.
    three : (N, 3) array
        Logits of the net with three classes, for the same images.
    labels : (N,) array
        True classes.
    """
    assert found.size == 2, f"`pair_accuracy` should hold two numbers, before and after; it holds {found.size}."
    values = found.reshape(-1).astype(np.float64)
    assert ((values >= 0) & (values <= 1)).all(), (
        f"`pair_accuracy` holds {values[0]:g} and {values[1]:g}; expected fractions between 0 and 1."
    )
    ranges = [
        judging.accuracy_range(logits, labels)
        for logits in (two, three[:, simulators.CHIRP] - three[:, simulators.BLIP])
    ]
    fits = [low - 6e-4 < value < high + 6e-4 for value, (low, high) in zip(values, ranges, strict=True)]
    strict = accuracy(three, labels)
    rounded = [
        not fit and low - 0.0051 < value < high + 0.0051 and value < 1 and abs(value - round(value, 2)) < 1e-9
        for fit, value, (low, high) in zip(fits, values, ranges, strict=True)
    ]
    assert not any(rounded) or not all(fit or r for fit, r in zip(fits, rounded, strict=True)), (
        f"`pair_accuracy` is ({values[0]:.4f}, {values[1]:.4f}); expected ({ranges[0][0]:.4f}, {ranges[1][0]:.4f}). "
        "Are the numbers rounded? Leave three digits or more, and round only what you print."
    )
    as_chirps = float(((three.argmax(1) == simulators.CHIRP) == (labels == simulators.CHIRP)).mean())
    if not fits[1] and fits[0] and abs(values[1] - as_chirps) < 6e-4 and abs(as_chirps - strict) > 6e-4:
        raise AssertionError(
            f"The second number is {values[1]:.4f}: in it, `model3` says chirp only if its chirp logit is larger than "
            "that of noise, too. Compare only the logits of blip and chirp, to see whether the line between these two "
            f"has moved ({ranges[1][0]:.4f})."
        )
    if not fits[1] and fits[0] and abs(values[1] - strict) < 2e-3:
        raise AssertionError(
            f"The second number is {values[1]:.4f}. It seems to count a chirp or blip as wrong when `model3` calls it "
            f"noise ({strict:.4f}). Compare "
            f"only the logits of blip and chirp, to see whether the line between these two has moved "
            f"({ranges[1][0]:.4f})."
        )
    if not fits[0] and fits[1]:
        raise AssertionError(
            f"The first number is {values[0]:.4f}; `model` is right in {ranges[0][0]:.4f} of the chirps and blips of "
            "the test part. A logit above 0 says chirp. Is it `model`, on X3_test and y3_test without the noise?"
        )
    if all(low - 6e-4 < value < high + 6e-4 for value, (low, high) in zip(values[::-1], ranges, strict=True)):
        raise AssertionError("The two numbers are swapped: first `model`, then `model3`.")
    assert all(fits), (
        f"`pair_accuracy` is ({values[0]:.4f}, {values[1]:.4f}); expected ({ranges[0][0]:.4f}, {ranges[1][0]:.4f}): "
        "first `model`, then `model3`, both on the chirps and blips of the test part alone. For `model3` compare only "
        "the logits of blip and chirp."
    )
