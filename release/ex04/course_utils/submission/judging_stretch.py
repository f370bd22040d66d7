"""What the test cells of `ex04_stretch` need to judge answers, beside `judging`. NumPy only, as there.

Every function takes answers that may be wrong in any way and raises AssertionError with a message for the student.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations, product
from typing import Any

import numpy as np

from .. import simulators, stretch
from ..stretch import CLASS_NAMES
from . import judging
from .questions import NoAnswer, Panel, Submission
from .slips import Slip
from .wording import count, sentences

CLASSES = len(CLASS_NAMES)
OTHER_ORDER = 0.05  # right less often than this, where guessing gives a third: the classes are in another order
# A share of noisy images may differ from ours by so many standard deviations, and a little more.
DEVIATIONS, BESIDES = 4.5, 0.02
# A mean score over draws of noise may, too, whose noise is not the given one.
SCORE_DEVIATIONS = 5.0
# An accuracy that a linear classifier's weights must reach for its image to be that of a trained one.
TRAINED, BETTER_THAN_CHANCE = 0.75, 0.55
# Ten new nets have a logit below 0 or above 1. A net whose logits are 3 and -3 shows what a training makes of them.
NEW_NETS, GAIN = 10, 3.0
MANY_TIMES = 7  # too small or too large: a batch has more images, mostly
# Shares are those of so few images only if that they look so is no chance.
FEW_DRAWS, BY_CHANCE = 50, 1e-4
# Rounding, and images too close to the boundary.
ACCURACY_TOLERANCE = 0.004
# An occlusion map has at least so many tiles along frequency and time.
FEWEST_TILES = (4, 4)
MOST_TILES = 256  # of which many maps are made, to name a mistake
OCCLUSION_TOLERANCE = 0.02  # as a share of the map's largest value


# --- (a) a third class ------------------------------------------------------------------------------------------------


def three_logits(submission: Submission, of: str, images: np.ndarray) -> np.ndarray:
    """Logits of a net with three classes.

    Returns
    -------
    (N, 3) float64 array
        Blip, chirp, noise.

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


def unsure(logits: np.ndarray) -> np.ndarray:
    """Which images have two largest logits so close that either class may be called; at most a few of them."""
    lower, upper = np.sort(logits, axis=1)[:, -2:].T
    return judging.unsure(upper - lower)


def assert_three_logits(outputs: np.ndarray, n: int) -> None:
    """Assert that a net returns three logits for each of n images."""
    assert outputs.shape == (n, CLASSES), (
        f"Expected three logits per image, ({n}, 3) for {n} images. Found {outputs.shape}. Does your net end in a "
        "Linear layer with three outputs?"
    )


def assert_no_probabilities(submission: Submission, images: np.ndarray) -> None:
    """Assert that new nets return logits for images of all brightnesses: neither a softmax nor a sigmoid ends them.

    Ten nets are asked as in `ex04`: logits of a new one may all lie between 0 and 1 by chance.
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
        "does. Return the logits themselves: with numbers between 0 and 1 the loss can't fall below 0.55, and the "
        "network learns slowly.",
        _quoted(submission, "ThreeNet", r"[Ss]igmoid\("),
    )


def _quoted(submission: Submission, of: str, pattern: str) -> str:
    """A sentence with the student's first line with a pattern; empty if there is none."""
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
        White noise of the simulators' strength; one third of its columns is brighter.
    labels : (n,) int64 array
        0, 1 or 2, by which third it is.
    """
    place = rng.permutation(np.arange(n) % CLASSES)
    images = rng.normal(0.0, simulators.NOISE_SIGMA, (n, 1, simulators.FREQUENCY_BINS, simulators.TIME_BINS))
    columns = np.arange(simulators.TIME_BINS) * CLASSES // simulators.TIME_BINS
    images += (columns == place[:, None])[:, None, None, :]
    meaning = rng.permutation(CLASSES)
    return images.astype(np.float32), meaning[place].astype(np.int64)


def assert_trains(submission: Submission, purpose: str) -> None:
    """Assert that ``train_three`` trains the net it is given, on the data it is given, with fresh gradients."""
    epochs = 6
    images, labels = third_task(np.random.default_rng(submission.seed(purpose)), 384)
    learnt, probes = images[:288], images[288:]
    training = submission.train_probe(learnt, labels[:288], probes, epochs, train="train_three", classes=CLASSES)
    assert training.changed, (
        "The net that train_three was given is unchanged afterwards: train `model`, the one it is given, in place. Is "
        "there a backward() and, after it, a step() of the optimiser?"
    )
    assert training.stale_steps == 0, (
        f"In {count(training.stale_steps, 'step')} the gradient of an earlier step was still there: call zero_grad() "
        "before each backward()."
    )
    right = accuracy(training.logits, labels[288:])
    hint = (
        "Does train_three use its arguments model, X and y, and nothing else from the notebook? Are images and labels "
        "indexed with the same batch?"
    )
    if right < 0.85:
        hint = remark_on_losses(submission) or hint
    if right < OTHER_ORDER:
        hint = "That is far less than a third, which guessing gives: it learns the classes in another order than y has."
    assert right >= 0.85, (
        f"On a simple task with three classes of our own, the net is right in {right:.0%} of cases after {epochs} "
        f"epochs; expected nearly all. {hint}"
    )
    losses = training.losses
    assert losses.ndim >= 1 and 1 <= losses.size <= epochs and np.isfinite(losses).all(), (
        f"Called with epochs={epochs}, train_three should return a list with the mean loss of each epoch."
    )


def remark_on_losses(submission: Submission) -> str | None:
    """What is odd about the losses of ``train_three``, by a net that stays as it is. It takes no points.

    Honest losses differ, too: by weights of classes, or by smoothed labels. So it is said only if a softmax stands
    before the loss, or if they are negative, or many times too small or too large.
    """
    labels = np.arange(96) % CLASSES
    images = np.broadcast_to(np.where(labels == CLASSES - 1, 1, -1)[:, None, None, None], (96, 1, 32, 64))
    try:
        losses = submission.fixed_losses(
            images.astype(np.float32), labels, GAIN, 2, train="train_three", classes=CLASSES
        )
    except NoAnswer:
        return None
    if not losses.size or not np.isfinite(losses).all():
        return None
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
            f"{told} That is ln 3, as if the logits said nothing. Does a softmax along the batch (dim=0) stand before "
            "the loss? CrossEntropyLoss has the softmax inside: leave yours out.",
            _quoted(submission, "train_three", r"[Ss]oftmax\("),
        )
    if found < 0:
        return f"{told} A cross-entropy is never negative: is it nn.CrossEntropyLoss()?"
    if found < expected / MANY_TIMES:
        return sentences(
            f"{told} That is {expected / max(found, 1e-9):.0f} times too small. Multiply the mean loss of "
            "each batch, `loss.item()`, by len(batch) before you divide the sum by len(X); or divide the sum by the "
            "number of batches.",
            _quoted(submission, "train_three", r"\.append\(|/ *len\("),
        )
    if found > expected * MANY_TIMES:
        return sentences(
            f"{told} That is {found / expected:.0f} times too large. Is it a sum over images or batches? Return the "
            "mean.",
            _quoted(submission, "train_three", r"reduction|\.append\("),
        )
    return None


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


def _plain(table: np.ndarray) -> list:
    """A table as a list to be read: counts without a decimal point."""
    return (table.astype(int) if (table == np.round(table)).all() else table.round(4)).tolist()


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
    """Assert that two accuracies on chirps and blips alone are those of the nets with two classes and with three.

    Parameters
    ----------
    found : array
        The student's.
    two : (N,) array
        Logits of the net with two classes, for chirps and blips only.
    three : (N, 3) array
        Logits of the net with three.
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
    if not fits[1] and fits[0] and abs(values[1] - strict) < 2e-3:
        raise AssertionError(
            f"The second number counts a chirp or blip as wrong when `model3` calls it noise ({strict:.4f}). Compare "
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


# --- (b) from blip to chirp -------------------------------------------------------------------------------------------


def shares(
    submission: Submission, points: Sequence[tuple[int, int]], draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Ask ``model`` about noisy blips at some points of the map.

    Parameters
    ----------
    submission : Submission
        The student's work.
    points : sequence of (int, int)
        Which drift and which width.
    draws : int
        Noisy images for each.
    rng : numpy.random.Generator
        Source of the noise.

    Returns
    -------
    noisy : (points,) float64 array
        Share called chirp.
    clean : (points,) float64 array
        1 where the blip without noise is called chirp, else 0.
    """
    drifts, widths = np.array([(stretch.DRIFTS[d], stretch.WIDTHS[w]) for d, w in points]).T
    signals = stretch.stretched_blip(drifts, widths)
    noisy = []
    for signal in signals:
        images = (signal + simulators.noises(draws, rng))[:, None]
        noisy.append(np.mean(submission.one_logit_per_image("model", images) > 0))
    # With others beside them: one_logit_per_image tells logits from probabilities by all of them.
    beside = simulators.fresh(64, 1).images
    clean = submission.one_logit_per_image("model", np.concatenate([signals[:, None], beside]))[: len(points)] > 0
    return np.array(noisy), clean.astype(np.float64)


def map_of_shares(found: np.ndarray) -> np.ndarray:
    """The student's map as float64, if it may be one."""
    shape = (len(stretch.DRIFTS), len(stretch.WIDTHS))
    assert found.shape != shape[::-1], f"`chirp_share` has shape {found.shape}: drifts belong in the rows, so use .T."
    assert found.shape == shape, (
        f"`chirp_share` should have a row for each of the {shape[0]} drifts and a column for each of the {shape[1]} "
        f"widths, {shape}; its shape is {found.shape}."
    )
    values = found.astype(np.float64)
    assert np.isfinite(values).all(), "`chirp_share` holds values that are not finite."
    assert values.min() >= 0 and values.max() <= 1, (
        f"`chirp_share` goes from {values.min():g} to {values.max():g}; expected shares between 0 and 1: the mean of "
        "(logit > 0) over the noisy images of a point."
    )
    return values


def assert_shares(
    values: np.ndarray, points: Sequence[tuple[int, int]], noisy: np.ndarray, clean: np.ndarray, draws: int
) -> None:
    """Assert that shares at some points of the map are what the net says about noisy blips there.

    Parameters
    ----------
    values : array
        The student's map.
    points : sequence of (int, int)
        Which drift and which width.
    noisy, clean : (points,) arrays
        See `shares`.
    draws : int
        Noisy images behind each of ours. Behind each of the student's are `stretch.DRAWS`.
    """
    told = np.array([values[point] for point in points])
    both = (told * stretch.DRAWS + noisy * draws + 1) / (stretch.DRAWS + draws + 2)
    deviation = np.sqrt(both * (1 - both) * (1 / stretch.DRAWS + 1 / draws))
    apart = np.abs(told - noisy)
    wrong = apart > DEVIATIONS * deviation + BESIDES
    if not wrong.any():
        return
    worst = int(np.argmax(apart))
    drift, width = stretch.DRIFTS[points[worst][0]], stretch.WIDTHS[points[worst][1]]
    hint = (
        "Is it `model`, in evaluation mode, asked about stretch.stretched_blip(drift, width), drift first, plus "
        "simulators.noises(DRAWS, rng)?"
    )
    if np.array_equal(told, clean):
        hint = "These are the answers for blips without noise. Add simulators.noises(DRAWS, rng) to each blip."
    elif np.isin(values, (0, 1)).all():
        hint = (
            "The table holds only 0 and 1: ask about DRAWS images of each blip, each with noise of its own, and take "
            "the mean of (logit > 0)."
        )
    elif (np.abs(1 - told - noisy) <= DEVIATIONS * deviation + BESIDES).all():
        hint = "It looks like the share called blip: a logit above 0 says chirp."
    elif matches(values[::-1], points, noisy, deviation) or matches(values[:, ::-1], points, noisy, deviation):
        hint = "Its rows or columns are in the reverse order: row 0 has the first of DRIFTS, column 0 that of WIDTHS."
    else:
        hint = sentences(remark_on_draws(values) or "", hint)
    raise AssertionError(
        f"At drift {drift:g} and width {width:g} `chirp_share` is {told[worst]:.2f}; of {draws} noisy blips of ours "
        f"there, `model` calls {noisy[worst]:.2f} chirps. {hint}"
    )


def remark_on_draws(values: np.ndarray) -> str | None:
    """That shares are those of far fewer images than asked for. It takes no points: they may be rounded."""
    between = values[(values > 0) & (values < 1)]
    for draws in range(2, FEW_DRAWS + 1):
        as_counts = between * draws
        if len(between) and np.allclose(as_counts, np.round(as_counts), rtol=0, atol=1e-6):
            by_chance = (draws / stretch.DRAWS) ** len(between)
            if by_chance > BY_CHANCE:
                return None
            return (
                f"All shares in `chirp_share` are multiples of 1/{draws}, as of {draws} images for each point. Take "
                f"DRAWS, {stretch.DRAWS}: of fewer images a share is known less well."
            )
    return None


def matches(values: np.ndarray, points: Sequence[tuple[int, int]], noisy: np.ndarray, deviation: np.ndarray) -> bool:
    """Whether a map has the shares that are expected at some points."""
    told = np.array([values[point] for point in points])
    return bool((np.abs(told - noisy) <= DEVIATIONS * deviation + BESIDES).all())


def shows_map(panels: list[Panel], values: np.ndarray) -> bool:
    """Whether one of some panels shows a map, upright, flipped or transposed, in shares or in percent."""
    views = [
        view for turned in (values, values.T) for view in (turned, turned[::-1], turned[:, ::-1], turned[::-1, ::-1])
    ]
    return any(
        shown.shape == view.shape and np.allclose(shown, factor * view, atol=0.006 * factor, equal_nan=False)
        for panel in panels
        for shown in panel.images
        for view in views
        for factor in (1, 100)
    )


# --- (c) a linear classifier ------------------------------------------------------------------------------------------


def weights_of_image(found: np.ndarray) -> np.ndarray:
    """The weights of a linear classifier as a (2048,) float64 array."""
    image = (simulators.FREQUENCY_BINS, simulators.TIME_BINS)
    assert found.shape[-2:] == image and found.size == image[0] * image[1], (
        f"`weights_image` should have the shape of an image, {image}; it has {found.shape}. The weight of the layer "
        "has shape (1, 2048): .reshape(32, 64) puts each weight where its pixel is."
    )
    weights = found.astype(np.float64).ravel()
    assert np.isfinite(weights).all(), "`weights_image` holds values that are not finite."
    assert np.ptp(weights) > 0, "`weights_image` has the same value everywhere."
    return weights


def two_accuracies(found: np.ndarray) -> tuple[float, float]:
    """The student's `linear_accuracy`: on the training part, and on fresh images."""
    assert found.size == 2, (
        f"`linear_accuracy` should hold two numbers, for the training part and for fresh images; it holds {found.size}."
    )
    training, fresh = found.reshape(-1).astype(float).tolist()
    assert 0 <= training <= 1 and 0 <= fresh <= 1, (
        f"`linear_accuracy` holds {training:g} and {fresh:g}; expected fractions between 0 and 1."
    )
    return training, fresh


def right_by_threshold(weights: np.ndarray, images: np.ndarray, labels: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Accuracy of a linear classifier whose sum must exceed a threshold for a chirp, for many thresholds."""
    sums = images.reshape(len(images), -1).astype(np.float64) @ weights
    chirps, blips = (np.sort(sums[labels == label]) for label in (simulators.CHIRP, simulators.BLIP))
    right = len(chirps) - np.searchsorted(chirps, at, side="right") + np.searchsorted(blips, at, side="right")
    return right / len(sums)


def assert_weights_are_as_good(
    weights: np.ndarray, told: tuple[float, float], fresh: tuple[np.ndarray, np.ndarray], slack: float
) -> None:
    """Assert that weights classify the training part and fresh images as well as the student says.

    The image of the weights lacks the bias: there must be one with which both accuracies are as told.

    Parameters
    ----------
    weights : (2048,) array
        From `weights_of_image`.
    told : (float, float)
        From `two_accuracies`.
    fresh : (images, labels)
        Fresh ones.
    slack : float
        By how much the second accuracy may differ: other fresh images are classified a little differently.
    """
    images, labels = judging.dataset()
    # A bias between two images of the training part says the same about all of it, but not about fresh images.
    every = np.concatenate([images, fresh[0]])
    sums = np.sort(every.reshape(len(every), -1).astype(np.float64) @ weights)
    at = np.concatenate([[-np.inf], (sums[1:] + sums[:-1]) / 2, [np.inf]])
    training = right_by_threshold(weights, images, labels, at)
    on_fresh = right_by_threshold(weights, *fresh, at)
    assert training.max() >= TRAINED, (
        f"With the best threshold, `weights_image` is right in {training.max():.1%} of the training part, whatever the "
        "bias: these are not the weights of a trained LinearNet, or not each where its pixel is. Upside down? "
        "Transposed before the reshape? A new LinearNet()?"
    )
    assert on_fresh.max() >= BETTER_THAN_CHANCE, (
        f"`weights_image` is right in {on_fresh.max():.1%} of fresh images, like a coin; a trained linear classifier "
        "reaches about 62 %."
    )
    as_told = np.abs(training - told[0]) <= ACCURACY_TOLERANCE
    assert as_told.any(), (
        f"`linear_accuracy` says {told[0]:.3f} for the training part, but the weights in `weights_image` reach "
        f"{training.max():.3f} at best. Are they of the same net? Is the accuracy that of all 1,000 images of X?"
    )
    nearest = float(np.abs(on_fresh[as_told] - told[1]).min())
    assert nearest <= slack, (
        f"`linear_accuracy` says {told[1]:.3f} for fresh images; with the same bias, `weights_image` reaches "
        f"{on_fresh[as_told].max():.3f} there. Is it the accuracy of the same net, on X_fresh and y_fresh? Logits "
        "(N, 1) compared with labels (N,) give 0.5: flatten them."
    )


# --- (d) which half matters -------------------------------------------------------------------------------------------


def confident(submission: Submission) -> np.ndarray:
    """The six images of the student's that the halves of are hidden, (6, 32, 64): three chirps, three blips."""
    images, labels = stretch.candidates()
    found = judging.positions(submission.values("confident"), len(labels), "confident")
    expected = np.repeat([simulators.CHIRP, simulators.BLIP], 3)
    assert found.size == 6 and (labels[found] == expected).all(), (
        "`confident` should hold the positions of 3 chirps, then of 3 blips. It is made by a given cell: run it again."
    )
    return images[found, 0]


def with_half_hidden(images: np.ndarray, half: slice, filling: np.ndarray) -> np.ndarray:
    """Images (N, 32, 64), a half of each filled from each of some other images (K, 32, 64): (N, K, 32, 64)."""
    filled = np.repeat(images[:, None], len(filling), axis=1)
    filled[..., half] = filling[:, :, half]
    return filled


def scores_of_halves(submission: Submission, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores of ``model`` for images with half of each hidden.

    Parameters
    ----------
    submission : Submission
        The student's work.
    images : (6, 32, 64) array
        From `confident`.

    Returns
    -------
    means : (6, 2, 2) float64 array
        Image, half hidden (early, late), filled with (zeros, noise).
    deviations : (6, 2) float64 array
        Of a single draw of noise: image, half hidden.
    """
    noise = stretch.fillings()
    asked = [
        with_half_hidden(images, half, filling)
        for half in (stretch.EARLY, stretch.LATE)
        for filling in (np.zeros((1, *images.shape[1:]), np.float32), noise)
    ]
    # At once, with the images themselves: logits and probabilities are told apart by all of them.
    sizes = [part.shape[1] for part in asked]
    together = np.concatenate([*asked, images[:, None]], axis=1)
    logits = submission.one_logit_per_image("model", together.reshape(-1, 1, *images.shape[1:]))
    scores = judging.sigmoid(logits).reshape(len(images), -1)
    parts = np.split(scores, np.cumsum(sizes), axis=1)[:-1]
    means = np.stack([part.mean(1) for part in parts], axis=1).reshape(len(images), 2, 2)
    return means, np.stack([parts[1].std(1), parts[3].std(1)], axis=1)


def half_scores(submission: Submission) -> np.ndarray:
    """The student's `half_scores`, if they may be scores of that shape."""
    found = submission.values("half_scores")
    assert found.shape == (6, 2, 2), (
        f"`half_scores` should have shape (6, 2, 2): image, half hidden (early, late), filled with (zeros, noise). "
        f"Its shape is {found.shape}."
    )
    values = found.astype(np.float64)
    assert np.isfinite(values).all(), "`half_scores` holds values that are not finite."
    assert values.min() >= 0 and values.max() <= 1, (
        f"`half_scores` goes from {values.min():.3g} to {values.max():.3g}; expected scores between 0 and 1. These may "
        "be logits: the score is their sigmoid."
    )
    return values


def assert_half_scores(
    values: np.ndarray, expected: np.ndarray, slack: np.ndarray, filled_with: str, swapped: np.ndarray | None = None
) -> None:
    """Assert that scores of images with a half hidden are the net's.

    Parameters
    ----------
    values, expected : (6, 2) arrays
        The student's, and ours: image, half hidden (early, late).
    slack : (6, 2) array
        By how much they may differ.
    filled_with : str
        "zeros" or "noise".
    swapped : (6, 2) array, optional
        The student's for the other filling.
    """
    apart = np.abs(values - expected)
    if (apart <= slack).all():
        return
    image, half = np.unravel_index(int((apart - slack).argmax()), apart.shape)
    hint = (
        "Is the image X_sure[confident[i], 0], and is its half hidden in a copy (.copy())? Are columns "
        "hidden, not rows?"
    )
    others = [np.roll(expected, turns, axis=0) for turns in range(1, len(expected))]
    if (np.abs(values[:, ::-1] - expected) <= slack).all():
        hint = "The two halves are swapped: first the early half is hidden, columns 0 to 31, then the late one."
    elif any((np.abs(values - other) <= slack).all() for other in others):
        hint = "These are the scores of the six images in another order: image i is X_sure[confident[i]]."
    elif (np.abs(1 - values[3:] - expected[3:]) <= slack[3:]).all():
        hint = "For blips too, the score is that for chirp: the sigmoid of the logit."
    elif np.ptp(values, axis=1).max() < 1e-3:
        hint = (
            "Both halves of every image give the same score, so none is hidden: replace the columns (=), add nothing "
            "to them (+=), and ask about the copy in which they are replaced."
        )
    elif filled_with == "zeros" and swapped is not None and (np.abs(swapped - expected) <= slack).all():
        hint = "The fillings are swapped: first zeros, then noise."
    elif filled_with == "noise":
        hint = "Fill the half with each of the images in `fillings`, and take the mean of the scores."
    raise AssertionError(
        f"With the {('early', 'late')[half]} half of image {image} hidden and filled with {filled_with}, `half_scores` "
        f"says {values[image, half]:.3f}, `model` {expected[image, half]:.3f}. {hint}"
    )


def slack_of_noise(deviations: np.ndarray) -> np.ndarray:
    """By how much a mean over the given draws of noise may differ from one over as many others."""
    return judging.SCORE_TOLERANCE + 0.003 + SCORE_DEVIATIONS * deviations * np.sqrt(2 / stretch.FILLINGS)


def occlusion_of(submission: Submission, image: np.ndarray, tiles: tuple[int, int]) -> np.ndarray:
    """By how much the logit of an image falls when a tile of it is set to 0, for each tile.

    Parameters
    ----------
    submission : Submission
        The student's work.
    image : (32, 64) array
        The image.
    tiles : (int, int)
        Number of tiles along frequency and time.
    """
    before, after = _without_tiles(submission, image, tiles, _size_of(tiles), _size_of(tiles))
    return before - after


def _size_of(tiles: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of each of so many tiles."""
    return simulators.FREQUENCY_BINS // tiles[0], simulators.TIME_BINS // tiles[1]


def _without_tiles(
    submission: Submission,
    image: np.ndarray,
    tiles: tuple[int, int],
    step: tuple[int, int],
    size: tuple[int, int],
    filling: float = 0.0,
    turned: bool = False,
    in_one_copy: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Logits of an image, and of the image without each of some tiles.

    Parameters
    ----------
    submission : Submission
        The student's work.
    image : (32, 64) array
        The image.
    tiles : (int, int)
        How many of them.
    step, size : (int, int)
        Rows and columns from one tile to the next, and of each.
    filling : float
        What they are filled with.
    turned : bool
        Whether rows and columns are taken for each other.
    in_one_copy : bool
        Whether the tiles before it are hidden, too.

    Returns
    -------
    before, after : (tiles) float64 arrays
    """
    hidden = np.repeat(image[None], tiles[0] * tiles[1] + 1, axis=0)
    for number, (row, column) in enumerate(np.ndindex(tiles)):
        rows = slice(row * step[0], row * step[0] + size[0])
        columns = slice(column * step[1], column * step[1] + size[1])
        last = -1 if in_one_copy else number + 1
        hidden[number:last, *((columns, rows) if turned else (rows, columns))] = filling
    logits = submission.one_logit_per_image("model", hidden[:, None])
    return np.full(tiles, logits[-1]), logits[:-1].reshape(tiles)


def other_occlusions(submission: Submission, images: np.ndarray, tiles: tuple[int, int]) -> Iterator[Slip]:
    """Maps that come out by the usual mistakes, one after the other: a net is asked about each.

    Parameters
    ----------
    submission : Submission
        The student's work.
    images : (6, 32, 64) array
        From `confident`.
    tiles : (int, int)
        From `tiles_of`.
    """
    rows, columns = size = _size_of(tiles)
    shape, wants = (
        f"({tiles[0]}, {tiles[1]})",
        f"A map of {tiles[0]} x {tiles[1]} needs tiles of {rows} x {columns} pixels",
    )
    other = tiles[::-1]
    if 0 not in _size_of(other):
        of_other = occlusion_of(submission, images[0], other)
        yield (
            of_other.T,
            (
                f"The map is transposed: its rows go along frequency, its columns along time. As "
                f"{other[0]} x {other[1]} tiles the numbers are right: one .T more, or one less."
            ),
        )
        yield (
            of_other.reshape(tiles),
            f"These are the numbers of {other[0]} x {other[1]} tiles in the shape {shape}: .reshape({other[0]}, "
            f"{other[1]}) puts them into their places.",
        )
    for larger in ((8, 16), (4, 8), (16, 32)):
        times = tiles[0] // larger[0], tiles[1] // larger[1]
        if min(times) >= 1 and max(times) > 1:
            yield (
                np.kron(occlusion_of(submission, images[0], larger), np.ones(times)),
                (
                    f"The number of each of {larger[0]} x {larger[1]} tiles stands there {times[0] * times[1]} times: "
                    f"give one number for each tile, ({larger[0]}, {larger[1]})."
                ),
            )
    if tiles[0] * tiles[1] > MOST_TILES:
        return
    before, after = _without_tiles(submission, images[0], tiles, size, size)
    yield judging.sigmoid(before) - judging.sigmoid(after), "It is about logits: leave out the sigmoid."
    yield before / np.where(after == 0, 1, after), "It is the quotient of the two logits: take their difference."

    def fall(image: np.ndarray, step: tuple[int, int] = size, of: tuple[int, int] = size, **how: Any) -> np.ndarray:
        whole, rest = _without_tiles(submission, image, tiles, step, of, **how)
        return whole - rest

    swapped = "Rows and columns are swapped where a tile is hidden: an image's first index is its row, the frequency."
    yield fall(images[0], turned=True), swapped
    yield fall(images[0], in_one_copy=True), "The tiles before it are still hidden: each needs a fresh copy, .copy()."
    yield fall(images[0], filling=float(images[0].mean())), "The tiles are filled with the image's mean: take zeros."
    yield fall(images[0], filling=1.0), "The tiles are filled with ones: take zeros."
    sizes = list(product((4, 2, 8, 16), repeat=2))
    for step, of in [*((other, other) for other in sizes), *((size, other) for other in sizes)]:
        if (step, of) != (size, size):
            apart = "side by side" if step == of else f"{step[0]} rows and {step[1]} columns apart"
            yield fall(images[0], step, of), f"It is made of tiles of {of[0]} x {of[1]} pixels, {apart}. {wants}."
    for number, image in enumerate(images[1:], start=1):
        name = simulators.CLASS_NAMES[simulators.CHIRP if number < 3 else simulators.BLIP]
        yield fall(image), f"It is the map of image {number}, a {name}: take X_sure[confident[0]]."
    first, _ = stretch.candidates()
    yield fall(first[0, 0]), "It is the map of X_sure[0]: the surest chirp is X_sure[confident[0]]."


def tiles_of(found: np.ndarray) -> tuple[int, int]:
    """Into how many tiles an occlusion map divides an image."""
    whole = (simulators.FREQUENCY_BINS, simulators.TIME_BINS)
    assert found.ndim == 2, f"`occlusion` should be a map, one number for each tile; its shape is {found.shape}."
    assert all(many and of % many == 0 for many, of in zip(found.shape, whole, strict=True)), (
        f"`occlusion` has shape {found.shape}: tiles of the same size divide an image of {whole} into as many rows and "
        "columns only if 32 and 64 can be divided by these numbers. (8, 16) has tiles of 4 x 4 pixels."
    )
    assert found.shape[0] >= FEWEST_TILES[0] and found.shape[1] >= FEWEST_TILES[1], (
        f"`occlusion` has {found.shape[0]} x {found.shape[1]} tiles; cut the image into smaller ones, such as 8 x 16."
    )
    assert np.isfinite(found).all(), "`occlusion` holds values that are not finite."
    return found.shape


def assert_occlusion(found: np.ndarray, expected: np.ndarray, others: Iterable[Slip] = ()) -> None:
    """Assert that a map tells by how much the logit falls when each tile is hidden.

    Parameters
    ----------
    found, expected : arrays of the same shape
        The student's, and ours.
    others : iterable of (array, str)
        From `other_occlusions`: what comes out by mistakes, and what to say of each.
    """
    slack = OCCLUSION_TOLERANCE * np.abs(expected).max() + 1e-6
    if (np.abs(found - expected) <= slack).all():
        return
    hint = (
        "Hide one tile at a time, with zeros, in a fresh copy of the surest chirp, X_sure[confident[0]]; row 0 of the "
        "map holds the lowest frequencies. It is about logits, not scores."
    )
    if (np.abs(found + expected) <= slack).all():
        hint = "Its sign is the other one: the logit before minus the logit after, so that what matters is positive."
    elif any(
        view.shape == expected.shape and (np.abs(view - expected) <= slack).all()
        for view in (found[::-1], found[:, ::-1], found.reshape(expected.shape[::-1]).T)
    ):
        hint = "The numbers are right, but not in their places: upside down, or columns before rows."
    elif np.ptp(found - expected) <= 2 * slack:
        hint = "It is the logit of what is left, or minus that: subtract it from the logit of the whole image."
    elif np.ptp(found + expected) <= 2 * slack:
        hint = "It is the logit of what is left: subtract it from the logit of the whole image."
    else:
        hint = next((says for wrong, says in others if _is_like(found, wrong)), hint)
    row, column = np.unravel_index(int(np.abs(found - expected).argmax()), found.shape)
    raise AssertionError(
        f"In row {row} and column {column} of `occlusion` stands {found[row, column]:.3f}; `model`'s logit falls by "
        f"{expected[row, column]:.3f} there. {hint}"
    )


def _is_like(found: np.ndarray, wrong: np.ndarray) -> bool:
    """Whether a map is another one, that is not the same everywhere."""
    slack = OCCLUSION_TOLERANCE * np.abs(wrong).max() + 1e-6
    return bool(np.ptp(wrong) > 2 * slack and (np.abs(found - wrong) <= slack).all())


def half_shown(panel: Panel, images: np.ndarray) -> tuple[int, int] | None:
    """Which of some images a panel shows with one half hidden, and which half (0 early, 1 late); None for none.

    Parameters
    ----------
    panel : Panel
        From the student's figure.
    images : (6, 32, 64) array
        From `confident`.
    """
    for shown in panel.images:
        if shown.shape != images.shape[1:] or not np.isfinite(shown).all():
            continue
        for view in (shown, shown[::-1]):
            for number, image in enumerate(images):
                same = [_likeness(view[:, half], image[:, half]) > 0.95 for half in (stretch.EARLY, stretch.LATE)]
                if same[0] != same[1]:
                    return number, int(same[0])
    return None


def _likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation of two images; 0 if one is the same everywhere."""
    if not np.ptp(one) or not np.ptp(other):
        return 0.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def assert_halves_shown(panels: list[Panel], images: np.ndarray, values: np.ndarray) -> None:
    """Assert that a figure shows each of the six images with a half hidden, and its score."""
    shown = [(panel.text, half) for panel in panels if (half := half_shown(panel, images)) is not None]
    lacking = sorted(set(range(len(images))) - {image for _, (image, _) in shown})
    assert not lacking, (
        f"`halves_figure` lacks {len(lacking)} of the 6 images with a half hidden. Show each at least once, with the "
        "early or the late half filled with zeros or noise."
    )
    for text, (image, half) in shown:
        # Any of this image's: which of them is right is for other checks to say.
        told = any(judging.tells_score(text, score) for score in values[image].ravel())
        assert told, (
            "Print the score with each image that is shown, with two decimals or more; one of image "
            f"{image} with its {('early', 'late')[half]} half hidden lacks it "
            f"({values[image, half, 0]:.2f} with zeros, {values[image, half, 1]:.2f} with noise)."
        )
