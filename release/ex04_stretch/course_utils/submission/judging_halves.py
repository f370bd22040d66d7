"""Functions with which the test cells of `ex04_stretch` judge part (d): scores of halves. NumPy only, as in `judging`.

Answers may be wrong in any way; the functions raise AssertionError with a message for the student.
"""

import numpy as np
from nbjudge.ask import Panel

from .. import simulators, stretch
from . import judging
from .questions import Submission

# A mean score over draws of noise may differ from ours by so many of its standard deviations: the student's noise need
# not be the given one.
SCORE_DEVIATIONS = 5.0
FILLED_WITH = ("zeros", "noise")


def confident(submission: Submission) -> np.ndarray:
    """The student's six images in which halves are hidden, (6, 32, 64): three chirps, then three blips."""
    images, labels = stretch.candidates()
    found = judging.positions(submission.values("confident"), len(labels), "confident")
    expected = np.repeat([simulators.CHIRP, simulators.BLIP], 3)
    assert found.size == 6 and (labels[found] == expected).all(), (
        "`confident` should hold the positions of 3 chirps, then of 3 blips. It is made by a given cell: run it again."
    )
    chosen: np.ndarray = images[found, 0]
    return chosen


def with_half_hidden(images: np.ndarray, half: slice, filling: np.ndarray) -> np.ndarray:
    """Fill a half of each image (N, 32, 64) with that half of each filling (K, 32, 64); returns (N, K, 32, 64)."""
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
        Axes: image, hidden half (early, late), filling (zeros, noise).
    deviations : (6, 2) float64 array
        Standard deviation of the score for a single draw of noise. Axes: image, hidden half.
    """
    noise = stretch.fillings()
    asked = [
        with_half_hidden(images, half, filling)
        for half in (stretch.EARLY, stretch.LATE)
        for filling in (np.zeros((1, *images.shape[1:]), np.float32), noise)
    ]
    # All are asked about at once, together with the images themselves, because logits and probabilities are told apart
    # by the outputs of all images in a question.
    sizes = [part.shape[1] for part in asked]
    together = np.concatenate([*asked, images[:, None]], axis=1)
    logits = submission.one_logit_per_image("model", together.reshape(-1, 1, *images.shape[1:]))
    scores = judging.sigmoid(logits).reshape(len(images), -1)
    parts = np.split(scores, np.cumsum(sizes), axis=1)[:-1]
    means = np.stack([part.mean(1) for part in parts], axis=1).reshape(len(images), 2, 2)
    return means, np.stack([parts[1].std(1), parts[3].std(1)], axis=1)


def half_scores(submission: Submission) -> np.ndarray:
    """The student's `half_scores`, after a check of their shape and range."""
    found = submission.values("half_scores")
    assert found.shape == (6, 2, 2), (
        f"`half_scores` should have shape (6, 2, 2): image, half hidden (early, late), filled with (zeros, noise). "
        f"Its shape is {found.shape}."
    )
    values = found.astype(np.float64)
    assert np.isfinite(values).all(), "`half_scores` holds values that are not finite."
    kind = (
        "differences of scores: give the scores themselves"
        if -1 <= values.min() < 0 and values.max() <= 1
        else "logits: the score is their sigmoid"
        if values.min() < 0
        else "logits, whose sigmoid is the score, or percent"
    )
    assert values.min() >= 0 and values.max() <= 1, (
        f"`half_scores` goes from {values.min():.3g} to {values.max():.3g}; expected scores between 0 and 1. These may "
        f"be {kind}."
    )
    return values


def assert_half_scores(
    values: np.ndarray, expected: np.ndarray, slack: np.ndarray, filled_with: str, swapped: np.ndarray | None = None
) -> None:
    """Assert that scores of images with a hidden half are those of the net.

    Parameters
    ----------
    values, expected : (6, 2) arrays
        The student's scores, and ours. Axes: image, hidden half (early, late).
    slack : (6, 2) array
        By how much they may differ.
    filled_with : str
        "zeros" or "noise".
    swapped : (6, 2) array, optional
        The student's scores for the other filling.
    """
    apart = np.abs(values - expected)
    if (apart <= slack).all():
        return
    image, half = np.unravel_index(int((apart - slack).argmax()), apart.shape)
    hint = (
        "Is `model` asked, about the image X_sure[confident[i], 0] with half of its columns, 0 to 31 or 32 to 63, "
        "hidden in a copy (.copy())? Is the score the sigmoid, once?"
    )
    others = [np.roll(expected, turns, axis=0) for turns in range(1, len(expected))]
    both = [] if swapped is None else [(values, swapped), (swapped, values)]
    if not values.any():
        hint = f"`half_scores[..., {FILLED_WITH.index(filled_with)}]` holds zeros only: is it filled?"
    elif (np.abs(1 - values - expected) <= slack).all():
        hint = "These are the scores for a blip: the sigmoid of the logit itself is 1 / (1 + exp(-logit))."
    elif any((np.abs(np.stack([one[:, 0], other[:, 0]], axis=1) - expected) <= slack).all() for one, other in both):
        hint = "The axes are in another order: image, half hidden, filled with."
    elif (values == np.round(values, 1)).all() and apart.max() < 0.06:
        hint = "Are the scores rounded? Leave all digits."
    elif (np.abs(values[:, ::-1] - expected) <= slack).all():
        hint = "The two halves are swapped: first the early half is hidden, columns 0 to 31, then the late one."
    elif any((np.abs(values - other) <= slack).all() for other in others):
        hint = "These are the scores of the six images in another order: image i is X_sure[confident[i]]."
    elif (np.abs(1 - values[3:] - expected[3:]) <= slack[3:]).all():
        hint = "For blips too, the score is that for chirp: the sigmoid of the logit."
    elif np.ptp(values, axis=1).max() < 1e-3:
        hint = (
            "Both halves of every image give the same score. Is a half hidden in the copy that is asked, with = and "
            f"not with +=? Is it filled with {filled_with}, and not with something brighter?"
        )
    elif filled_with == "zeros" and swapped is not None and (np.abs(swapped - expected) <= slack).all():
        hint = "The fillings are swapped: first zeros, then noise."
    elif filled_with == "noise":
        hint = "Fill the half with each of the images in `fillings`, and take the mean of the scores."
    raise AssertionError(
        f"With the {('early', 'late')[half]} half of image {image} hidden and filled with {filled_with}, `model` says "
        f"{expected[image, half]:.3f}, and `half_scores[{image}, {half}, {FILLED_WITH.index(filled_with)}]` is "
        f"{values[image, half]:.3f}. {hint}"
    )


def slack_of_noise(deviations: np.ndarray) -> np.ndarray:
    """By how much a mean over the given draws of noise may differ from a mean over as many other draws."""
    slack: np.ndarray = judging.SCORE_TOLERANCE + 0.003 + SCORE_DEVIATIONS * deviations * np.sqrt(2 / stretch.FILLINGS)
    return slack


def half_shown(panel: Panel, images: np.ndarray) -> tuple[int, int] | None:
    """Which image a panel shows with one half hidden, and which half (0 early, 1 late); None if it shows no such image.

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
    """Correlation of two images; 0 if one of them is constant."""
    if not np.ptp(one) or not np.ptp(other):
        return 0.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def assert_halves_shown(panels: list[Panel], images: np.ndarray, values: np.ndarray) -> None:
    """Assert that a figure shows each of the six images with a hidden half, and its score."""
    shown = [(panel.text, seen) for panel in panels if (seen := half_shown(panel, images)) is not None]
    lacking = sorted(set(range(len(images))) - {image for _, (image, _) in shown})
    assert not lacking, (
        f"`halves_figure` lacks {len(lacking)} of the 6 images with a half hidden. Show each at least once, with the "
        "early or the late half filled with zeros or noise."
    )
    for text, (image, half) in shown:
        # Any of this image's scores will do; other checks judge which of them is right.
        told = any(judging.tells_score(text, score) for score in values[image].ravel())
        assert told, (
            "Print the score with each image that is shown, with two decimals or more; one of image "
            f"{image} with its {('early', 'late')[half]} half hidden lacks it "
            f"({values[image, half, 0]:.2f} with zeros, {values[image, half, 1]:.2f} with noise)."
        )
