"""Simulated time-frequency images: chirps, blips and plain noise.

An image has `FREQUENCY_BINS` x `TIME_BINS` float32 pixels, row 0 at the lowest frequency. It is a signal plus
white Gaussian noise of standard deviation `NOISE_SIGMA`. A *chirp* is a line that rises in frequency, a
*blip* is a Gaussian blob. Times are in columns, frequencies in rows, amplitudes in the units of the noise.

All randomness comes from the given `numpy.random.Generator`, image after image in a fixed order: first the
parameters, in the order of `CHIRP_PARAMETERS` or `BLIP_PARAMETERS`, then the noise. So a batch holds exactly the
images that single calls would have made. Only `fresh_in_bulk` draws in another order, to be fast.

>>> rng = np.random.default_rng(0)
>>> chirp(rng).shape, blips(3, rng).shape
((32, 64), (3, 32, 64))
>>> dataset = fresh(100, seed=1)
>>> dataset.images.shape, dataset.parameters["amp"].shape, dataset.snr.shape
((100, 1, 32, 64), (100,), (100,))
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from nbjudge.ask.settings import ordinary_settings
from numpy.typing import ArrayLike, NDArray

FREQUENCY_BINS = 32
TIME_BINS = 64
NOISE_SIGMA = 0.8

BLIP = 0
CHIRP = 1
CLASS_NAMES = ("blip", "chirp")

CHIRP_PARAMETERS = ("f0", "rate", "t0", "amp", "length")
BLIP_PARAMETERS = ("t0", "f0", "sigma_t", "sigma_f", "amp", "drift")
_PARAMETERS = dict.fromkeys(CHIRP_PARAMETERS + BLIP_PARAMETERS)  # each name once

# Ranges that turn draws from [0, 1) into parameters, in the order of the names: low + (high - low) * draw. The
# t0 and length of a chirp are drawn as whole columns, and it has no sixth parameter: (0, 1) does not change them.
_RANGES = np.array(
    [
        [(10, 54), (5, 27), (1.5, 3.5), (2.0, 4.5), (1.5, 3.0), (-0.1, 0.1)],  # BLIP
        [(2, 12), (0.1, 0.5), (0, 1), (1.0, 2.2), (0, 1), (0, 1)],  # CHIRP
    ]
)
_LOW, _WIDTH = _RANGES[..., 0], _RANGES[..., 1] - _RANGES[..., 0]

_BLOCK = 128  # images simulated at a time: enough to make NumPy's cost per call small, with little memory


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images, their true classes, and the parameters with which they were drawn.

    Attributes
    ----------
    images : ndarray of float32, shape (n, 1, 32, 64)
        Signal plus noise. The axis of length 1 is the channel that a convolution expects.
    labels : ndarray of int64, shape (n,)
        `CHIRP` or `BLIP`.
    parameters : structured ndarray of float64, shape (n,)
        A field for each parameter, such as ``parameters["amp"]``; NaN where the class has no such parameter.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    parameters: NDArray[np.void]

    @property
    def signals(self) -> NDArray[np.float32]:
        """The images without their noise, shape (n, 1, 32, 64), computed again from the parameters."""
        signals = np.empty_like(self.images)
        for label, signal, names in _CLASSES:
            members = self.labels == label
            signals[members, 0] = signal(**{name: self.parameters[name][members] for name in names})
        return signals

    @property
    def snr(self) -> NDArray[np.float64]:
        r"""Matched-filter signal-to-noise ratio of each image with its true signal as template, shape (n,).

        For the image d, the template h and white noise of standard deviation :math:`\sigma` it is
        :math:`\rho = \langle d, h \rangle / (\sigma \lVert h \rVert)` [1]_ [2]_. Over many draws of the noise
        it is normally distributed around `optimal_snr` with standard deviation 1.

        References
        ----------
        .. [1] G. L. Turin, "An introduction to matched filters", IRE Trans. Inf. Theory 6, 311 (1960).
        .. [2] B. Allen et al., "FINDCHIRP: an algorithm for detection of gravitational waves from inspiraling
           compact binaries", Phys. Rev. D 85, 122006 (2012), arXiv:gr-qc/0509116; here the noise is white.
        """
        signals = self.signals
        return _inner(self.images, signals) / (NOISE_SIGMA * np.sqrt(_inner(signals, signals)))

    @property
    def optimal_snr(self) -> NDArray[np.float64]:
        r"""Average of `snr` over the noise, :math:`\lVert h \rVert / \sigma`, shape (n,)."""
        signals = self.signals
        return np.sqrt(_inner(signals, signals)) / NOISE_SIGMA


def chirp(rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw one chirp in noise, shape (32, 64)."""
    image: NDArray[np.float32] = chirps(1, rng)[0]
    return image


def blip(rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw one blip in noise, shape (32, 64)."""
    image: NDArray[np.float32] = blips(1, rng)[0]
    return image


def noise(rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw one image of noise alone, shape (32, 64)."""
    image: NDArray[np.float32] = noises(1, rng)[0]
    return image


def chirps(n: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw n chirps in noise, shape (n, 32, 64); for their parameters see `simulate`."""
    return simulate(np.full(_count(n), CHIRP), rng).images[:, 0]


def blips(n: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw n blips in noise, shape (n, 32, 64); for their parameters see `simulate`."""
    return simulate(np.full(_count(n), BLIP), rng).images[:, 0]


def noises(n: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw n images of noise alone, shape (n, 32, 64)."""
    images = _generator(rng).standard_normal((_count(n), FREQUENCY_BINS, TIME_BINS))
    images *= NOISE_SIGMA
    return images.astype(np.float32)


@ordinary_settings()
def chirp_signal(
    *,
    f0: ArrayLike = 7.0,
    rate: ArrayLike = 0.3,
    t0: ArrayLike = 16,
    amp: ArrayLike = 1.6,
    length: ArrayLike = 32,
) -> NDArray[np.float32]:
    """Return chirps without noise.

    Parameters may be numbers or arrays, which broadcast against each other to the shape ``(...)``.

    Parameters
    ----------
    f0 : array_like
        Row in which the line starts.
    rate : array_like
        Rows that the line rises per column. At the edge of the image, it continues along the edge.
    t0 : array_like
        Column in which the line starts.
    amp : array_like
        Height of the line; the rows next to it have 0.4 times as much.
    length : array_like
        Number of columns; there are fewer if the image ends earlier.

    Returns
    -------
    ndarray of float32, shape (..., 32, 64)
    """
    f0, rate, t0, amp, length = _broadcast(f0, rate, t0, amp, length)
    step = np.arange(TIME_BINS) - t0
    row = np.clip(f0 + rate * step, 0, FREQUENCY_BINS - 1).astype(np.intp)
    height = np.where((step >= 0) & (step < length), amp, 0)
    below, above = np.maximum(row - 1, 0), np.minimum(row + 1, FREQUENCY_BINS - 1)
    signals = np.zeros((*row.shape[:-1], FREQUENCY_BINS, TIME_BINS), np.float32)
    # The line is drawn last: at the image's edge it overwrites a neighbouring row that does not exist.
    for rows, heights in (below, 0.4 * height), (above, 0.4 * height), (row, height):
        np.put_along_axis(signals, rows[..., None, :], heights[..., None, :], axis=-2)
    return signals


@ordinary_settings()
def blip_signal(
    *,
    t0: ArrayLike = 32.0,
    f0: ArrayLike = 16.0,
    sigma_t: ArrayLike = 2.5,
    sigma_f: ArrayLike = 3.0,
    amp: ArrayLike = 2.2,
    drift: ArrayLike = 0.0,
) -> NDArray[np.float32]:
    """Return blips without noise.

    Parameters may be numbers or arrays, which broadcast against each other to the shape ``(...)``.

    Parameters
    ----------
    t0, f0 : array_like
        Column and row of the centre.
    sigma_t, sigma_f : array_like
        Standard deviations along time (columns) and frequency (rows).
    amp : array_like
        Height of the centre.
    drift : array_like
        Rows that the blob's ridge rises per column.

    Returns
    -------
    ndarray of float32, shape (..., 32, 64)
    """
    parameters = (p[..., None] for p in _broadcast(t0, f0, sigma_t, sigma_f, amp, drift))
    return _blob(*parameters).astype(np.float32)


def _blob(
    t0: NDArray[np.floating],
    f0: NDArray[np.floating],
    sigma_t: NDArray[np.floating],
    sigma_f: NDArray[np.floating],
    amp: NDArray[np.floating],
    drift: NDArray[np.floating],
) -> NDArray[np.floating]:
    """Return blips in the precision of their parameters, which are of shape (..., 1, 1)."""
    time = np.arange(TIME_BINS, dtype=t0.dtype) - t0
    frequency = np.arange(FREQUENCY_BINS, dtype=f0.dtype)[:, None] - f0 - drift * time
    # amp * exp(-(time^2 / (2 sigma_t^2) + frequency^2 / (2 sigma_f^2))), computed in place for whole images
    signals: NDArray[np.floating] = np.square(frequency, out=frequency)
    signals /= -2 * sigma_f**2
    signals -= time**2 / (2 * sigma_t**2)
    np.exp(signals, out=signals)
    signals *= amp
    return signals


_CLASSES: tuple[tuple[int, Callable[..., NDArray[np.float32]], tuple[str, ...]], ...] = (
    (BLIP, blip_signal, BLIP_PARAMETERS),
    (CHIRP, chirp_signal, CHIRP_PARAMETERS),
)


def simulate(labels: Sequence[int] | NDArray[np.integer], rng: np.random.Generator) -> Dataset:
    """Draw an image of each label's class, in the order of the labels.

    Parameters
    ----------
    labels : sequence of int, length n
        `CHIRP` or `BLIP` for each image.
    rng : numpy.random.Generator
        Source of all randomness. Its state afterwards is the same as if the images had been drawn one by one.

    Returns
    -------
    Dataset
        The n images with their parameters and signal-to-noise ratios.

    Raises
    ------
    ValueError
        If labels is not one-dimensional or has a value other than `CHIRP` and `BLIP`.
    TypeError
        If rng is not a numpy.random.Generator.
    """
    labels = np.asarray(labels)
    if labels.ndim != 1 or not ((labels == BLIP) | (labels == CHIRP)).all():
        raise ValueError(f"labels must be a list of {BLIP} (blip) and {CHIRP} (chirp), got {labels}")
    return _simulate(labels.astype(np.int64), np.arange(len(labels)), _generator(rng))


def fixed() -> Dataset:
    """Return the dataset of the exercise, always the same: 500 chirps, then 500 blips.

    Chirps and blips are drawn in turns from ``default_rng(0)``. NumPy does not promise that the methods of a
    Generator keep their streams for ever. If the streams change, this dataset changes, and our tests will fail.
    """
    labels = np.repeat([CHIRP, BLIP], 500)
    in_turns = np.arange(1000).reshape(2, 500).T.ravel()
    return _simulate(labels, in_turns, np.random.default_rng(0))


def fixed_dataset() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the images X, shape (1000, 1, 32, 64), and labels y, shape (1000,), of `fixed`."""
    dataset = fixed()
    return dataset.images, dataset.labels


def fresh(n: int, seed: int | Sequence[int] | np.random.SeedSequence) -> Dataset:
    """Return n images in random order that depend on nothing but n and the seed.

    Each class has probability one half; if two or more images lack a class, their classes are drawn again.

    Parameters
    ----------
    n : int
        Number of images.
    seed : int, sequence of int or numpy.random.SeedSequence
        Seed for ``np.random.default_rng``, such as a non-negative int of up to 128 bits.

    Raises
    ------
    ValueError
        If n or seed is negative.
    TypeError
        If seed is None or a Generator, because these would not give the same images again.
    """
    n = _count(n)
    if seed is None or isinstance(seed, np.random.Generator):
        raise TypeError(f"seed must be an int or a SeedSequence, got {seed!r}")
    if type(seed) is int:
        kept = _fresh_kept(n, seed)
        return Dataset(kept.images.copy(), kept.labels.copy(), kept.parameters.copy())
    return _fresh(n, seed)


def fresh_in_bulk(n: int, seed: int) -> Dataset:
    """Return n images from the same distribution as those of `fresh`, but other images, in a third of the time.

    All parameters are drawn at once, and the noise comes from a generator of its own, by Box and Muller's method [1]_
    in single precision. On another processor, the last bits of a pixel may differ. The last dataset is kept for further
    calls, so its arrays are read-only.

    Parameters
    ----------
    n : int
        Number of images.
    seed : int
        A non-negative number of up to 128 bits.

    Raises
    ------
    ValueError
        If n or seed is negative.
    TypeError
        If n or seed is not an int.

    References
    ----------
    .. [1] G. E. P. Box and M. E. Muller, "A note on the generation of random normal deviates", Ann. Math. Stat. 29,
       610 (1958).
    """
    return _in_bulk_kept(_count(n), operator.index(seed))


def _fresh(n: int, seed: int | Sequence[int] | np.random.SeedSequence) -> Dataset:
    if not isinstance(seed, np.random.SeedSequence):
        seed = np.random.SeedSequence(seed)
    rng = np.random.default_rng(seed)
    return simulate(_random_labels(n, rng), rng)


@ordinary_settings()
def _in_bulk(n: int, seed: int) -> Dataset:
    # The noise can be seen in the images. If it gives away its generator's state, this must not tell the labels; so the
    # parameters have a generator of their own.
    of_parameters, of_noise = np.random.SeedSequence(seed).spawn(2)
    rng, bits = np.random.default_rng(of_parameters), np.random.SFC64(of_noise)
    labels = _random_labels(n, rng)
    chirps = labels == CHIRP
    values = rng.random((n, len(BLIP_PARAMETERS)))
    values[chirps, 2] = t0 = rng.integers(5, 49, size=np.count_nonzero(chirps))
    values[chirps, 4] = rng.integers(8, TIME_BINS - t0)
    values = _LOW[labels] + _WIDTH[labels] * values
    images = np.empty((n, 1, FREQUENCY_BINS, TIME_BINS), np.float32)
    noise = np.empty((_BLOCK, FREQUENCY_BINS, TIME_BINS), np.float32)
    for start in range(0, n, _BLOCK):
        by_class = start + np.argsort(labels[start : start + _BLOCK], kind="stable")
        blips, chirps = np.split(by_class, [np.count_nonzero(labels[by_class] == BLIP)])
        _fill_with_noise(noise, bits)
        noise[: len(blips)] += _blob(*values[blips].T.astype(np.float32)[..., None, None])
        noise[len(blips) : len(by_class)] += chirp_signal(**_named(CHIRP_PARAMETERS, values[chirps]))
        images[by_class, 0] = noise[: len(by_class)]
    dataset = _dataset(images, labels, values)
    for array in (dataset.images, dataset.labels, dataset.parameters):
        array.flags.writeable = False
    return dataset


# Datasets are kept, because students run checks many times with the same images, and so does judging a class again.
_fresh_kept = lru_cache(maxsize=16)(_fresh)
_in_bulk_kept = lru_cache(maxsize=1)(_in_bulk)


def _random_labels(n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    labels = rng.integers(2, size=n)
    while n >= 2 and labels.min() == labels.max():
        labels = rng.integers(2, size=n)
    return labels


def _fill_with_noise(images: NDArray[np.float32], bits: np.random.BitGenerator) -> None:
    """Fill an even number of images with white noise, from two random 32-bit numbers for every two pixels."""
    one, other = images.reshape(2, -1)
    radius, angle = bits.random_raw(one.size).view(np.uint32).reshape(2, -1).astype(np.float32)
    radius += 0.5  # so that it is never 0, which has no logarithm
    radius *= 2.0**-32
    np.log(radius, out=radius)
    radius *= -2 * NOISE_SIGMA**2
    np.sqrt(radius, out=radius)
    angle *= 2 * np.pi * 2.0**-32
    np.cos(angle, out=one)
    np.sin(angle, out=other)
    one *= radius
    other *= radius


@ordinary_settings()
def _simulate(labels: NDArray[np.int64], order: NDArray[np.intp], rng: np.random.Generator) -> Dataset:
    """Draw an image for each label: image ``order[0]`` first, then ``order[1]``, and so on."""
    images = np.empty((len(labels), 1, FREQUENCY_BINS, TIME_BINS), np.float32)
    values = np.zeros((len(labels), len(BLIP_PARAMETERS)))
    for start in range(0, len(labels), _BLOCK):
        block = order[start : start + _BLOCK]
        # Images are drawn in their order, but stored so that each class is in one slice.
        by_class = np.argsort(labels[block], kind="stable")
        block_values = np.zeros((len(block), values.shape[1]))
        block_images = np.empty((len(block), FREQUENCY_BINS, TIME_BINS))
        for label, place in zip(labels[block].tolist(), np.argsort(by_class).tolist(), strict=True):
            _draw(label, rng, block_values[place], block_images[place])
        block_images *= NOISE_SIGMA
        split = np.count_nonzero(labels[block] == BLIP)
        for (label, signal, names), members in zip(_CLASSES, (slice(split), slice(split, None)), strict=True):
            if len(block_values[members]):  # else a single image would cost the time of both classes
                block_values[members] = _LOW[label] + _WIDTH[label] * block_values[members]
                block_images[members] += signal(**_named(names, block_values[members]))
        images[block[by_class], 0] = block_images
        values[block[by_class]] = block_values
    return _dataset(images, labels, values)


def _dataset(images: NDArray[np.float32], labels: NDArray[np.int64], values: NDArray[np.float64]) -> Dataset:
    """Make a dataset from parameters that have no names yet."""
    parameters = np.full(len(labels), np.nan, [(name, np.float64) for name in _PARAMETERS])
    for label, _, names in _CLASSES:
        for name, value in _named(names, values).items():
            np.copyto(parameters[name], value, where=labels == label)
    return Dataset(images, labels, parameters)


def _draw(label: int, rng: np.random.Generator, values: NDArray[np.float64], image: NDArray[np.float64]) -> None:
    """Draw one image's parameters, not yet scaled to `_RANGES`, and its noise in units of `NOISE_SIGMA`.

    After scaling, they equal to the bit what `Generator.uniform` and `Generator.normal` return, which take longer.
    """
    if label == BLIP:
        rng.random(out=values)
    else:
        values[0] = rng.random()
        values[1] = rng.random()
        values[2] = t0 = rng.integers(5, 49)
        values[3] = rng.random()
        values[4] = rng.integers(8, TIME_BINS - t0)
    rng.standard_normal(out=image)


def _named(names: Sequence[str], values: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Return the columns of values by name; chirps have one parameter less, so their last column is not used."""
    return dict(zip(names, values.T, strict=False))


def _inner(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the inner product of each image of a with that of b, summed in float64."""
    product: NDArray[np.float64] = np.einsum("ncft,ncft->n", a, b, dtype=np.float64)
    return product


def _broadcast(*parameters: ArrayLike) -> list[NDArray[np.float64]]:
    """Return the parameters as float64 arrays of one shape (..., 1), which broadcasts against an axis of columns."""
    arrays = np.broadcast_arrays(*(np.asarray(p, np.float64) for p in parameters))
    return [array[..., None] for array in arrays]


def _count(n: int) -> int:
    try:
        count = operator.index(n)
    except TypeError:
        raise TypeError(f"n must be an int, got {n!r}") from None
    if count < 0:
        raise ValueError(f"n must not be negative, got {n}")
    return count


def _generator(rng: np.random.Generator) -> np.random.Generator:
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy.random.Generator, such as np.random.default_rng(0), got {rng!r}")
    return rng
