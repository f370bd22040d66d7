"""What the test cells need to judge answers. NumPy only: the judging process has no torch.

Every function takes answers that may be wrong in any way and raises AssertionError with a message for the student.
"""

import re
from dataclasses import dataclass
from functools import cache

import numpy as np

from .. import simulators
from .questions import NoAnswer, Panel, Submission

# Logits closer to zero than this may fall on either side: another batch size or device moves them that much.
LOGIT_TOLERANCE = 1e-3
# Scores may differ from ours by this much, e.g. for half precision or rounding to three digits.
SCORE_TOLERANCE = 2e-3


@dataclass(frozen=True)
class TestPart:
    """The student's test part, with pristine images and labels.

    Attributes
    ----------
    images : (M, 1, 32, 64) float32 array
        Images.
    labels : (M,) int64 array
        True classes.
    """

    images: np.ndarray
    labels: np.ndarray


def positions(values: np.ndarray, size: int, name: str, repeats: bool = False) -> np.ndarray:
    """Turn indices or a boolean mask into integer positions.

    Parameters
    ----------
    values : array
        Integers in any shape with one long axis, a mask of length `size`, or anything empty.
    size : int
        Number of things there are to point at.
    name : str
        For the message.
    repeats : bool
        Whether a number may stand there twice.

    Returns
    -------
    (k,) int64 array
        In the order given.
    """
    flat = values.reshape(-1)
    if flat.size == 0:
        return np.zeros(0, np.int64)
    if flat.dtype == np.bool_:
        assert flat.size == size, f"`{name}` is a mask of length {flat.size}; expected {size}."
        return np.flatnonzero(flat)
    assert flat.size <= size, f"`{name}` holds {flat.size} numbers; there are only {size} things to point at."
    assert np.isfinite(flat).all() and (flat == np.round(flat)).all(), f"`{name}` should hold whole numbers."
    whole = flat.astype(np.int64)
    assert whole.min() >= 0 and whole.max() < size, (
        f"`{name}` should point at {size} things with numbers from 0 to {size - 1}; "
        f"found {whole.min()} to {whole.max()}."
    )
    assert repeats or len(np.unique(whole)) == whole.size, f"`{name}` holds some numbers twice."
    return whole


@cache
def dataset() -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of the fixed dataset, made once: that takes as long as most questions, and many need it."""
    return simulators.fixed_dataset()


def split(submission: Submission) -> dict[str, np.ndarray]:
    """The student's parts of the fixed dataset: (k,) int64 positions under "train", "test" and "validation"."""
    _, y = dataset()
    parts = {}
    for part in ("train", "test", "validation"):
        name = f"{part}_indices"
        if part == "validation" and not (submission.has(name) and submission.values(name).size):
            continue
        parts[part] = positions(submission.values(name), len(y), name)
    return parts


def test_part(submission: Submission) -> TestPart:
    """The student's test part."""
    X, y = dataset()
    chosen = positions(submission.values("test_indices"), len(y), "test_indices", repeats=True)
    if chosen.size == 0:
        raise NoAnswer("contract", "`test_indices` is empty: there is no test part.")
    return TestPart(X[chosen], y[chosen])


def accuracy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Share of images on the right side of logit 0."""
    return float(((logits > 0) == (labels == simulators.CHIRP)).mean())


def accuracy_range(logits: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Lowest and highest accuracy when images too close to the boundary may fall on either side."""
    right = (logits > 0) == (labels == simulators.CHIRP)
    unsure = np.abs(logits) < LOGIT_TOLERANCE
    return float((right & ~unsure).mean()), float((right | unsure).mean())


def assert_mistakes(found: np.ndarray, logits: np.ndarray, labels: np.ndarray, true_class: int, name: str) -> None:
    """Assert that positions are exactly the mistakes among the images of one class."""
    wrong = (logits > 0) != (labels == simulators.CHIRP)
    unsure = np.abs(logits) < LOGIT_TOLERANCE
    candidates = labels == true_class
    chosen = np.zeros(len(labels), bool)
    chosen[found] = True
    kind = simulators.CLASS_NAMES[true_class]
    misplaced = chosen & ~candidates
    assert not misplaced.any(), f"`{name}` holds {misplaced.sum()} images that are no {kind}s."
    needless = chosen & candidates & ~wrong & ~unsure
    assert not needless.any(), (
        f"`{name}` holds {needless.sum()} {kind}s that `model` classifies correctly: compare with logit 0 (score 0.5), "
        f"in evaluation mode, and give positions within the test part."
    )
    missing = ~chosen & candidates & wrong & ~unsure
    assert not missing.any(), f"`{name}` lacks {missing.sum()} {kind}s that `model` gets wrong."


def assert_most_confident(
    picks: np.ndarray, logits: np.ndarray, scores: np.ndarray | None, labels: np.ndarray, true_class: int, name: str
) -> None:
    """Assert that picks are the three most confident images of one class, best first.

    The order is judged by the logits or by the student's own scores, whichever suits; scores near 1 tie in float32.
    """
    assert picks.size == 3, f"`{name}` should hold 3 positions; it holds {picks.size}."
    kind = simulators.CLASS_NAMES[true_class]
    strangers = int((labels[picks] != true_class).sum())
    assert strangers == 0, f"{strangers} of the images in `{name}` are no {kind}s: pick among the true {kind}s only."
    sign = 1.0 if true_class == simulators.CHIRP else -1.0
    keys = [(sign * logits, LOGIT_TOLERANCE)] + ([(sign * scores, 0.0)] if scores is not None else [])
    others = np.setdiff1d(np.flatnonzero(labels == true_class), picks)

    def best_three(key: np.ndarray, slack: float) -> bool:
        return not others.size or key[picks].min() >= key[others].max() - slack

    def in_order(key: np.ndarray, slack: float) -> bool:
        return bool((np.diff(key[picks]) <= slack).all())

    right_ones = [best_three(*key) for key in keys]
    extreme = "highest" if true_class == simulators.CHIRP else "lowest"
    assert any(right_ones), f"`{name}` should be the 3 {kind}s with the {extreme} scores; these are others."
    assert any(good and in_order(*key) for good, key in zip(right_ones, keys, strict=True)), (
        f"`{name}` holds the right images, but not best first."
    )


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Scores for logits, without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * logits))


def student_scores(submission: Submission, size: int) -> np.ndarray | None:
    """The student's `scores` as (size,) float64, or None if they are not usable."""
    try:
        scores = submission.values("scores").reshape(-1)
    except NoAnswer:
        return None
    return scores.astype(np.float64) if scores.size == size and np.isfinite(scores).all() else None


def shown_in(panel: Panel, images: np.ndarray) -> int | None:
    """Which of some images a panel shows, flipped or not and whatever its colour scale; None for none of them.

    Parameters
    ----------
    panel : Panel
        From the student's figure.
    images : (M, 1, 32, 64) float32 array
        Candidates.
    """
    rows, columns = images.shape[-2:]
    flat = images.reshape(len(images), -1).astype(np.float64)
    flat = flat - flat.mean(1, keepdims=True)
    norms = np.linalg.norm(flat, axis=1)
    for shown in panel.images:
        upright = shown.T if shown.shape == (columns, rows) else shown
        if upright.shape != (rows, columns) or not np.isfinite(upright).all():
            continue
        for view in (upright, upright[::-1], upright[:, ::-1], upright[::-1, ::-1]):
            centred = view.ravel() - view.mean()
            likeness = flat @ centred / (norms * np.linalg.norm(centred) + 1e-12)
            if likeness.max() > 0.95:
                return int(likeness.argmax())
    return None


def numbers_in(text: str) -> list[float]:
    """All numbers in a text, percentages as fractions, powers of ten in every notation."""
    text = text.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻\u2212", "0123456789--"))
    text = re.sub(r"\s*(?:\\times|\\cdot|[\u00d7\u00b7*x])\s*10\s*(?:\^|\*\*)?\s*\{?\s*([-+]?\d+)\s*\}?", r"e\1", text)
    found = re.findall(r"([-+]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][-+]?\d+)?)\s*(\\?%)?", text)
    return [float(n.replace(",", ".")) * (0.01 if percent else 1.0) for n, percent in found]


def tells_score(text: str, score: float, decimals: float = 0.006) -> bool:
    """Whether a text holds a score in print, rounded to two digits or better, as a fraction or in percent."""
    return any(abs(n - score) <= decimals or abs(n / 100 - score) <= decimals for n in numbers_in(text))


def tells_class(text: str, true_class: int) -> bool:
    """Whether a text names a class, in words or as its number."""
    names = ("chirp",) if true_class == simulators.CHIRP else ("blip", "glitch")
    return any(name in text.lower() for name in names) or float(true_class) in numbers_in(text)


def brightness_task(rng: np.random.Generator, n: int, bright_means: int) -> tuple[np.ndarray, np.ndarray]:
    """Images that any training loop can learn to classify: noise that is brighter in one class.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the noise.
    n : int
        Number of images.
    bright_means : int
        Label of the bright ones, 0 or 1.

    Returns
    -------
    images : (n, 1, 32, 64) float32 array
        White noise of the simulators' strength, shifted by half a unit up or down.
    labels : (n,) float32 array
        0 or 1.
    """
    labels = rng.permutation(np.arange(n) % 2)
    shift = np.where(labels == bright_means, 0.5, -0.5)
    images = shift[:, None, None, None] + rng.normal(0.0, simulators.NOISE_SIGMA, (n, 1, 32, 64))
    return images.astype(np.float32), labels.astype(np.float32)


def featureless_task(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Images from which nothing can be learnt: all alike, with as many labels of one kind as of the other.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the image and of the order of the labels.
    n : int
        Number of images, even.

    Returns
    -------
    images : (n, 1, 32, 64) float32 array
        One faint pattern, again and again. (Constant images would be NaN after standardising.)
    labels : (n,) float32 array
        0 or 1.
    """
    image = rng.normal(0.0, 0.01, (1, 1, 32, 64)).astype(np.float32)
    return np.repeat(image, n, axis=0), rng.permutation(np.arange(n) % 2).astype(np.float32)
