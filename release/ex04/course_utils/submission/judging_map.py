"""Functions with which the test cells of `ex04_stretch` judge part (b): shares of noisy blips; NumPy only.

Answers may be wrong in any way; the functions raise AssertionError with a message for the student.
"""

from collections.abc import Sequence

import numpy as np
from nbjudge.ask import Panel
from nbjudge.ask.wording import sentences

from .. import simulators, stretch
from .questions import Submission

# A share of noisy images may differ from ours by DEVIATIONS standard deviations and BESIDES.
DEVIATIONS, BESIDES = 4.5, 0.02
# Shares that are multiples of 1/n, with n up to FEW_DRAWS, are those of n images, unless the probability that shares of
# all draws look like this by chance is larger than BY_CHANCE.
FEW_DRAWS, BY_CHANCE = 50, 1e-4
# So many shares between 0 and 1 are needed to tell whether they are counts divided by a number of images.
MANY_SHARES = 12


def shares(
    submission: Submission, points: Sequence[tuple[int, int]], draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Ask ``model`` about noisy blips at some points of the map.

    Parameters
    ----------
    submission : Submission
        The student's work.
    points : sequence of (int, int)
        Index of the drift and index of the width for each point.
    draws : int
        Number of noisy images for each point.
    rng : numpy.random.Generator
        Source of the noise.

    Returns
    -------
    noisy : (points,) float64 array
        Share of the noisy images that are called chirps.
    clean : (points,) float64 array
        1 where the blip without noise is called a chirp, else 0.
    """
    drifts, widths = np.array([(stretch.DRIFTS[d], stretch.WIDTHS[w]) for d, w in points]).T
    signals = stretch.stretched_blip(drifts, widths)
    noisy = []
    for signal in signals:
        images = (signal + simulators.noises(draws, rng))[:, None]
        noisy.append(np.mean(submission.one_logit_per_image("model", images) > 0))
    # Other images are added, because one_logit_per_image tells logits from probabilities by the outputs of all images.
    beside = simulators.fresh(64, 1).images
    clean = submission.one_logit_per_image("model", np.concatenate([signals[:, None], beside]))[: len(points)] > 0
    return np.array(noisy), clean.astype(np.float64)


def map_of_shares(found: np.ndarray) -> np.ndarray:
    """The student's map as float64, after a check of its shape and range."""
    shape = (len(stretch.DRIFTS), len(stretch.WIDTHS))
    assert found.shape != shape[::-1], (
        f"`chirp_share` has shape {found.shape}: drifts belong in the rows. Use .T; or, for a list that goes drift by "
        f"drift, .reshape{shape}."
    )
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
    """Assert that shares at some points of the map are those that the net gives for noisy blips there.

    Parameters
    ----------
    values : array
        The student's map.
    points : sequence of (int, int)
        Index of the drift and index of the width for each point.
    noisy, clean : (points,) arrays
        See `shares`.
    draws : int
        Number of noisy images for each of our shares. Each of the student's shares is of `stretch.DRAWS` images.
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
    if not np.ptp(values):
        hint = (
            f"The table holds {values.flat[0]:g} everywhere: is it filled inside the loops, and is the blip of that "
            "drift and width in the images that are asked, plus noise?"
        )
    elif np.array_equal(told, clean):
        hint = "So would be the answers for blips without noise, or with weak noise: add simulators.noises(DRAWS, rng)."
    elif np.isin(values, (0, 1)).all():
        hint = (
            "The table holds only 0 and 1: ask about DRAWS images of each blip, each with noise of its own, and take "
            "the mean of (logit > 0). A table of whole numbers (dtype=int) cuts shares off, too."
        )
    elif (np.abs(1 - told - noisy) <= DEVIATIONS * deviation + BESIDES).all():
        hint = "It looks like the share called blip: a logit above 0 says chirp."
    elif matches(values[::-1], points, noisy, deviation) or matches(values[:, ::-1], points, noisy, deviation):
        hint = "Its rows or columns are in the reverse order: row 0 has the first of DRIFTS, column 0 that of WIDTHS."
    else:
        hint = sentences(remark_on_draws(values) or "", hint)
    raise AssertionError(
        f"At drift {drift:g} and width {width:g} `chirp_share` is {told[worst]:.2f}; of {draws} noisy blips of ours "
        f"there, `model` calls a share of {noisy[worst]:.2f} chirps. {hint}"
    )


def remark_on_draws(values: np.ndarray) -> str | None:
    """A remark on shares of far fewer images than asked for, or shares that are not counts. It takes no points."""
    between = values[(values > 0) & (values < 1)]
    if len(between) >= MANY_SHARES and not _are_counts(between):
        return (
            "The shares in `chirp_share` are no counts divided by a number of images. Are they means of the score? "
            "Take the mean of (logit > 0)."
        )
    for draws in range(2, FEW_DRAWS + 1):
        as_counts = between * draws
        if len(between) and np.allclose(as_counts, np.round(as_counts), rtol=0, atol=1e-6):
            by_chance = (draws / stretch.DRAWS) ** len(between)
            if by_chance > BY_CHANCE:
                return None
            rounded = "they are rounded, or " if draws in (10, 100) else ""
            return (
                f"All shares in `chirp_share` are multiples of 1/{draws}: {rounded}they are of {draws} images for each "
                f"point. Take DRAWS, {stretch.DRAWS}, and all digits: of fewer images a share is known less well."
            )
    return None


def _are_counts(shares: np.ndarray) -> bool:
    """Whether shares may be counts among at most a thousand images; they may be float32, or rounded to four digits."""
    as_counts = shares * np.array([*range(2, 1001), 10_000])[:, None]
    return bool((np.abs(as_counts - np.round(as_counts)) < 1e-4).any(axis=0).mean() > 0.5)


def matches(values: np.ndarray, points: Sequence[tuple[int, int]], noisy: np.ndarray, deviation: np.ndarray) -> bool:
    """Whether a map has the expected shares at some points."""
    told = np.array([values[point] for point in points])
    return bool((np.abs(told - noisy) <= DEVIATIONS * deviation + BESIDES).all())


def shows_map(panels: list[Panel], values: np.ndarray) -> bool:
    """Whether any panel shows a map, upright, flipped or transposed, in shares or in percent."""
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
