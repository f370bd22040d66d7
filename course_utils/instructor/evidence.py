r"""Computes how likely an image is as a chirp and as a blip; the optimal classifier uses this.

The *evidence* of a class is its marginal likelihood, the average over the parameters :math:`\theta` as the simulators
draw them, divided by the likelihood of plain noise. With the image x, the signal h and white Gaussian noise of standard
deviation :math:`\sigma` [1]_,

.. math:: \frac{p(x \mid \mathrm{class})}{p(x \mid \mathrm{noise})}
          = \int \mathrm{d}\theta \, p(\theta) \, \exp \frac{\langle x, h_\theta \rangle
            - \frac{1}{2} \langle h_\theta, h_\theta \rangle}{\sigma^2}.

`log_evidence_chirp` and `log_evidence_blip` compute it by quadrature on a `Grid`, about 170 images a second for both.

>>> log_odds(simulators.fixed_dataset()[0][[0, 500]]) > 0  # a chirp and a blip
array([ True, False])

References
----------
.. [1] L. S. Finn, "Detection, measurement, and gravitational radiation", Phys. Rev. D 46, 5236 (1992),
   arXiv:gr-qc/9209010.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_utils import simulators
from course_utils.simulators import BLIP, CHIRP, FREQUENCY_BINS, NOISE_SIGMA, TIME_BINS

# The columns in which chirps can start; the ranges of their other parameters are in simulators._RANGES.
FIRST_START, LAST_START = 5, 48
SHORTEST = 8
LONGEST = TIME_BINS - 1 - FIRST_START  # a chirp never reaches the last column
# Images that are hard to classify are hardly ever longer chirps. So chirps up to this length get a fine grid, and
# longer ones a coarse grid.
SHORT = 19
NEIGHBOUR = 0.4  # height of the rows next to the line, relative to it

VARIANCE = NOISE_SIGMA**2
BATCH = 16  # images at a time: enough to make NumPy's cost per call small, with little memory


@dataclass(frozen=True)
class Grid:
    """How finely the quadrature covers the parameters.

    Attributes
    ----------
    lines : (int, int)
        Number of grid points of f0 in each row, for chirps up to `SHORT` columns and for longer chirps. The rates are
        so close to each other that the ends of neighbouring lines are as far apart as their beginnings.
    amplitudes : int
        Number of Gauss-Legendre nodes of each amplitude.
    step : float
        For blips: distance between grid points of t0, and between grid points of f0, in pixels.
    widths : int
        For blips: number of Gauss-Legendre nodes of sigma_t, and of sigma_f.
    drifts : int
        For blips: number of Gauss-Legendre nodes of the drift.
    """

    lines: tuple[int, int] = (6, 1)
    amplitudes: int = 5
    step: float = 0.5
    widths: int = 5
    drifts: int = 2


GRID = Grid()
COARSE = Grid(lines=(2, 1), amplitudes=3, step=1.0, widths=3, drifts=1)  # right within two or three, and fast


# A function that takes images, shape (n, 32, 64), and a grid, and returns their evidence, shape (n,).
Evidence = Callable[[NDArray[np.float64], Grid], NDArray[np.float64]]


def log_odds(images: ArrayLike, grid: Grid = GRID) -> NDArray[np.float64]:
    """Return the log of p(image | chirp) / p(image | blip): positive where the optimal classifier says chirp.

    Parameters
    ----------
    images : array_like, shape (n, 32, 64) or (n, 1, 32, 64)
        Images, as the simulators make them.
    grid : Grid
        Grid of the quadrature.

    Returns
    -------
    ndarray of float64, shape (n,)
        Log odds in nats. For images that are hard to classify, their error is 0.05 on average. For loud, long chirps,
        they are in the hundreds, and may be too low by some tens.

    Raises
    ------
    ValueError
        If images have another shape, or are so bright or dark that their evidence is not a finite number.
    """
    return log_evidence_chirp(images, grid) - log_evidence_blip(images, grid)


def log_evidence_chirp(images: ArrayLike, grid: Grid = GRID) -> NDArray[np.float64]:
    """Return the log of p(image | chirp) / p(image | noise).

    The likelihood of a chirp is a product over its columns. Each further column adds one factor, so all lengths are
    computed on the way. All starts and whole rows of f0 are shifts of one another, and are computed at once. Lines with
    the same beginning share the factors of their beginning.

    Parameters, return value and errors are those of `log_odds`.
    """
    return _in_batches(_evidence_chirp, images, grid)


def log_evidence_blip(images: ArrayLike, grid: Grid = GRID) -> NDArray[np.float64]:
    """Return the log of p(image | blip) / p(image | noise).

    A blip with drift is a separable template once its centre is described by t0 and the row where the ridge crosses
    the middle column. Two matrix products then give the inner products of an image with all centres.

    Parameters, return value and errors are those of `log_odds`.
    """
    return _in_batches(_evidence_blip, images, grid)


def _in_batches(evidence: Evidence, images: ArrayLike, grid: Grid) -> NDArray[np.float64]:
    """Check images, and return the logarithms of their evidence, computed for a few images at a time."""
    images = np.asarray(images)
    if images.ndim == 4 and images.shape[1] == 1:
        images = images[:, 0]
    if images.ndim != 3 or images.shape[1:] != (FREQUENCY_BINS, TIME_BINS):
        raise ValueError(f"images must have the shape (n, 32, 64) or (n, 1, 32, 64), got {images.shape}")
    result = np.empty(len(images))
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        for start in range(0, len(images), BATCH):
            few = images[start : start + BATCH].astype(np.float64)
            result[start : start + BATCH] = np.log(evidence(few, grid))
    if not np.isfinite(result).all():
        raise ValueError("images must be like those of the simulators; the evidence of some is not a finite number")
    return result


def _evidence_chirp(images: NDArray[np.float64], grid: Grid) -> NDArray[np.float64]:
    """Return the evidence of images, shape (n, 32, 64) and (n,)."""
    low, high = _whole_rows()
    rows = np.arange(low, high + int(parameter_range(CHIRP, "rate")[1] * (LONGEST - 1)) + 1)
    rows = np.minimum(rows, FREQUENCY_BINS - 1)  # lines continue along the edge
    # Inner product of a column of the image, and of the template itself, with a template of unit amplitude.
    image = np.moveaxis(images, 0, -1)
    inner = image.copy()
    inner[1:] += NEIGHBOUR * image[:-1]
    inner[:-1] += NEIGHBOUR * image[1:]
    norm = np.full(FREQUENCY_BINS, 1 + 2 * NEIGHBOUR**2)
    norm[[0, -1]] -= NEIGHBOUR**2  # no neighbour beyond the edge
    inner, norm = inner[rows, FIRST_START:-1, None], norm[rows, None, None, None]
    amplitude, weight = _gauss(grid.amplitudes, *parameter_range(CHIRP, "amp"))
    amplitude = amplitude[:, None]
    factor = np.exp((amplitude * inner - amplitude**2 / 2 * norm) / VARIANCE)  # (row, column, amplitude, image)
    beyond = np.zeros((len(rows), LONGEST, *factor.shape[2:]))  # no chirp leaves the image
    factor = np.concatenate([factor, beyond], axis=1).reshape(len(rows), 2 * LONGEST, -1)

    n_starts = LAST_START - FIRST_START + 1
    sums = np.zeros((n_starts, factor.shape[-1]))
    for shortest, longest, divisions in (SHORTEST, SHORT, grid.lines[0]), (SHORT + 1, LONGEST, grid.lines[1]):
        fit = min(n_starts, LONGEST - shortest + 1)  # starts that leave room for any of these chirps
        for line in _lines(shortest, longest, divisions):
            sums[:fit] += _sum_of_products(factor, line, (high - low, fit)).mean(0)
    n_lengths = LONGEST - SHORTEST + 1 - np.arange(n_starts)  # lengths that fit into the image, for each start
    by_start = sums.reshape(n_starts, grid.amplitudes, -1)
    mean: NDArray[np.float64] = np.einsum("tai,t,a->i", by_start, 1 / (n_starts * n_lengths), weight)
    return mean


@dataclass(frozen=True)
class _Step:
    """A step of a line, or of all lines that are the same up to here.

    Attributes
    ----------
    column, row : int
        Position relative to the beginning of the line.
    share : float
        Share of all lines that take this step; 0 if a chirp that ends here would be too short.
    following : tuple of _Step
        The next steps of the lines.
    """

    column: int
    row: int
    share: float
    following: "tuple[_Step, ...]"


@lru_cache
def _lines(shortest: int, longest: int, divisions: int) -> tuple[_Step, ...]:
    """Return the first steps of the grid's lines for chirps of shortest to longest columns."""
    low, high = parameter_range(CHIRP, "rate")
    fraction = _midpoints(divisions, 0, 1)
    rate = _midpoints(round((high - low) * longest * divisions), low, high)
    rows = np.floor(fraction[:, None, None] + rate[:, None] * np.arange(longest)).astype(int).reshape(-1, longest)

    def steps(lines: NDArray[np.int_], column: int) -> tuple[_Step, ...]:
        if column == longest:
            return ()
        groups = [(int(row), lines[lines[:, column] == row]) for row in np.unique(lines[:, column])]
        share = 1 / len(rows) if column + 1 >= shortest else 0.0
        return tuple(_Step(column, row, share * len(same), steps(same, column + 1)) for row, same in groups)

    return steps(rows, 0)


def _sum_of_products(factor: NDArray[np.float64], step: _Step, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return the sum of the products of factors over all lines that continue from a step, and over their lengths.

    The sum is computed for all shifts by rows and columns, as many as shape says, by Horner's rule: the last step is
    computed first.
    """
    here = factor[step.row : step.row + shape[0], step.column : step.column + shape[1]]
    if not step.following:
        return step.share * here
    total = _sum_of_products(factor, step.following[0], shape)
    for other in step.following[1:]:
        total += _sum_of_products(factor, other, shape)
    if step.share:
        total += step.share
    total *= here
    return total


def _evidence_blip(images: NDArray[np.float64], grid: Grid) -> NDArray[np.float64]:
    """Return the evidence of images, shape (n, 32, 64) and (n,)."""
    columns = np.transpose(images, (2, 1, 0))  # (column, row, image)
    amplitude, amplitude_weight = _gauss(grid.amplitudes, *parameter_range(BLIP, "amp"))
    evidence = np.zeros(len(images))
    in_time, in_frequency = _blip_templates(grid)
    for frequency_template, frequency_norm, weight in in_frequency:
        rows = (frequency_template @ columns).reshape(TIME_BINS, -1)
        for time_template, time_weight in in_time:
            inner = (time_template @ rows).reshape(weight.size, -1) / VARIANCE  # (centre, image)
            norm = (time_template**2 @ frequency_norm).reshape(weight.size, 1) / VARIANCE
            for a, w in zip(amplitude, amplitude_weight, strict=True):
                # This is one exponential, not a product of two: exp(a * inner) alone would overflow for loud blips.
                evidence += (w * time_weight * weight.ravel()) @ np.exp(a * (inner - a / 2 * norm))
    return evidence


@lru_cache
def _blip_templates(
    grid: Grid,
) -> tuple[
    list[tuple[NDArray[np.float64], np.float64]],
    list[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]],
]:
    """Return the factors of the blips' templates.

    Returns
    -------
    in_time : list of (template, weight)
        For each sigma_t the template, shape (t0, column).
    in_frequency : list of (template, norm, weight)
        For each drift and sigma_f the template, shape (column, row of the ridge in the middle, row), the sum of its
        squares over the rows, and the weight of each centre, shape (t0, row of the ridge in the middle).
    """
    column, row = np.arange(TIME_BINS), np.arange(FREQUENCY_BINS)
    (first, last), (bottom, top) = parameter_range(BLIP, "t0"), parameter_range(BLIP, "f0")
    middle = (first + last) / 2
    t0 = _midpoints(round((last - first) / grid.step), first, last)
    in_time = [
        (np.exp(-((column - t0[:, None]) ** 2) / (2 * sigma**2)), weight)
        for sigma, weight in zip(*_gauss(grid.widths, *parameter_range(BLIP, "sigma_t")), strict=True)
    ]
    in_frequency = []
    for drift, drift_weight in zip(*_gauss(grid.drifts, *parameter_range(BLIP, "drift")), strict=True):
        # The ridge crosses the middle column at f0 - rise. Because f0 has limits, cells at the ends count only in part.
        rise = drift * (t0[:, None] - middle)
        n_cells = math.ceil((top - bottom + 2 * rise.max()) / grid.step)
        centre = (bottom + top) / 2 + grid.step * (np.arange(n_cells) - (n_cells - 1) / 2)
        below = np.maximum(centre - grid.step / 2, bottom - rise)
        above = np.minimum(centre + grid.step / 2, top - rise)
        share = np.maximum(above - below, 0) / ((top - bottom) * len(t0))
        ridge = centre[:, None] + drift * (column[:, None, None] - middle)
        for sigma, weight in zip(*_gauss(grid.widths, *parameter_range(BLIP, "sigma_f")), strict=True):
            template = np.exp(-((row - ridge) ** 2) / (2 * sigma**2))
            in_frequency.append((template, (template**2).sum(-1), drift_weight * weight * share))
    return in_time, in_frequency


def parameter_range(label: int, name: str) -> tuple[float, float]:
    """Return the limits between which a parameter is uniformly distributed."""
    names = simulators.BLIP_PARAMETERS if label == BLIP else simulators.CHIRP_PARAMETERS
    low, high = simulators._RANGES[label, names.index(name)]
    return float(low), float(high)


def _whole_rows() -> tuple[int, int]:
    """Return the limits of f0 of chirps, whole numbers: f0 is a whole row plus a fraction."""
    low, high = parameter_range(CHIRP, "f0")
    assert low.is_integer() and high.is_integer()
    return int(low), int(high)


def _midpoints(n: int, low: float, high: float) -> NDArray[np.float64]:
    """Return the middles of n equal cells."""
    return low + (high - low) * (np.arange(n) + 0.5) / n


def _gauss(n: int, low: float, high: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the n Gauss-Legendre nodes of an interval and their weights, which add up to 1."""
    node, weight = np.polynomial.legendre.leggauss(n)
    return low + (high - low) * (node + 1) / 2, weight / 2
