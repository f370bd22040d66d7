"""How often an honest student loses marks, and how often the hidden check is a bad surprise."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, betabinom, binom, binomtest

from course_utils.submission.thresholds import FRESH_IMAGES

from .calibration import Row


def confidence_interval(successes: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Bounds on a probability after so many successes in so many trials, exact (Clopper and Pearson 1934).

    Raises
    ------
    ValueError
        No trials, or more successes than trials.
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

    A net's true accuracy is not known; what it got right of the 8,000 images of both checks leaves a Beta posterior
    (flat prior). So each run contributes not just a yes or no but the probability that its net passes the one check
    and fails the other on other images, which resolves far smaller probabilities than the number of runs would.

    Parameters
    ----------
    first, second : lists of Row, equally long
        The net the student saw, and the net that is graded: the same rows when the checkpoint was handed in.
    preview, full : float
        Thresholds of the visible and of the hidden check.

    Returns
    -------
    float
        Share of those who pass the visible check that then fail the hidden one.
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
    """Probabilities that a net passes the visible check, and that it does and then fails the hidden one.

    Parameters
    ----------
    right : (N,) int array
        Correct answers for the 8,000 images of both checks.
    preview, full : float
        Thresholds.

    Returns
    -------
    (N,) and (N,) float64 arrays
        Averaged over the posterior of each net's true accuracy.
    """
    nodes, weights = np.polynomial.legendre.leggauss(200)
    a, b = _posterior(right)
    # Quantiles of the posterior, so that the nodes lie where it does; far tails carry too little weight to matter.
    accuracy = beta.ppf((nodes[:, None] + 1) / 2, a, b)
    passes = binom.sf(needed(preview) - 1, FRESH_IMAGES, accuracy)
    fails = binom.cdf(needed(full) - 1, FRESH_IMAGES, accuracy)
    weights = weights[:, None] / 2
    return (weights * passes).sum(0), (weights * passes * fails).sum(0)


def worst_surprise(preview: float, full: float, differences: NDArray[np.float64] | None = None) -> float:
    """The highest probability, for a net of any accuracy, to pass the visible check and fail the hidden one.

    Parameters
    ----------
    preview, full : float
        Thresholds.
    differences : (N,) float array, optional
        Accuracies of nets trained again minus those of the first nets, if the net that is graded is trained again.
    """
    accuracy = np.linspace(full - 0.02, preview + 0.02, 401)
    again = accuracy[:, None] + (np.zeros(1) if differences is None else differences)
    fails = binom.cdf(needed(full) - 1, FRESH_IMAGES, np.clip(again, 0, 1)).mean(1)
    return float((binom.sf(needed(preview) - 1, FRESH_IMAGES, accuracy) * fails).max())


def _posterior(right: NDArray[np.int_]) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    return right + 1, 2 * FRESH_IMAGES - right + 1
