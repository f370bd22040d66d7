"""Estimates how often an honest student loses marks, and how often the hidden check is a bad surprise."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, betabinom, binom, binomtest

from course_utils.submission.thresholds import FRESH_IMAGES

from .calibration import Row


def confidence_interval(successes: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Exact confidence bounds on a probability (Clopper and Pearson 1934), from successes and trials.

    Raises
    ------
    ValueError
        There are no trials, or more successes than trials.
    """
    if not 0 <= successes <= trials or not trials:
        raise ValueError(f"{successes} successes in {trials} trials")
    low, high = binomtest(successes, trials).proportion_ci(level, method="exact")
    return float(low), float(high)


def needed(threshold: float) -> int:
    """Fewest correct images with which an accuracy reaches a threshold."""
    return int(np.ceil(threshold * FRESH_IMAGES - 1e-9))


def surprise(first: Iterable[Row], second: Iterable[Row], preview: float, full: float) -> float:
    """Estimate how often the hidden check fails, given that the visible one passed.

    A net's true accuracy is not known; its answers for the 8,000 images of both checks give a Beta posterior (with a
    flat prior). So each run contributes not a yes or no, but the probability that its net passes one check and fails
    the other on other images. This resolves far smaller probabilities than the number of runs would.

    Parameters
    ----------
    first, second : lists of Row, equally long
        Runs of the nets that students saw, and of the nets that are graded: the same list if checkpoints are handed in.
    preview, full : float
        Thresholds of the visible and of the hidden check.

    Returns
    -------
    float
        Share of the nets that fail the hidden check, among those that pass the visible one.
    """
    seen, graded = (np.array([row.visible + row.hidden for row in rows]) for rows in (first, second))
    if first is second:
        passes, both = passes_then_fails(seen, preview, full)
    else:
        passes = betabinom.sf(needed(preview) - 1, FRESH_IMAGES, *_posterior(seen))
        both = passes * betabinom.cdf(needed(full) - 1, FRESH_IMAGES, *_posterior(graded))
    return float(both.sum() / passes.sum())


def passes_then_fails(
    right: NDArray[np.int_], preview: float, full: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Probability that a net passes the visible check, and probability that it passes this and fails the hidden one.

    Parameters
    ----------
    right : (N,) int array
        Number of correct answers of each net for the 8,000 images of both checks.
    preview, full : float
        Thresholds of the visible and of the hidden check.

    Returns
    -------
    (N,) and (N,) float64 arrays
        Both probabilities, averaged over the posterior of each net's true accuracy.
    """
    nodes, weights = np.polynomial.legendre.leggauss(200)
    a, b = _posterior(right)
    # The nodes are quantiles of the posterior, so they lie where it is large; its far tails are too small to matter.
    accuracy = beta.ppf((nodes[:, None] + 1) / 2, a, b)
    passes = binom.sf(needed(preview) - 1, FRESH_IMAGES, accuracy)
    fails = binom.cdf(needed(full) - 1, FRESH_IMAGES, accuracy)
    weights = weights[:, None] / 2
    return (weights * passes).sum(0), (weights * passes * fails).sum(0)


def worst_surprise(preview: float, full: float, differences: NDArray[np.float64] | None = None) -> float:
    """The highest probability, over all accuracies, that a net passes the visible check and fails the hidden one.

    Parameters
    ----------
    preview, full : float
        Thresholds of the visible and of the hidden check.
    differences : (N,) float array, optional
        Accuracies of nets trained again minus those of the first nets, if the net that is graded is trained again.
    """
    accuracy = np.linspace(full - 0.02, preview + 0.02, 401)
    again = accuracy[:, None] + (np.zeros(1) if differences is None else differences)
    fails = binom.cdf(needed(full) - 1, FRESH_IMAGES, np.clip(again, 0, 1)).mean(1)
    return float((binom.sf(needed(preview) - 1, FRESH_IMAGES, accuracy) * fails).max())


def _posterior(right: NDArray[np.int_]) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    return right + 1, 2 * FRESH_IMAGES - right + 1
