"""Images for `ex04_stretch`: noise as a third class, blips that are stretched to lines, and images with hidden halves.

Everything here is the same on every machine and in every notebook, so that answers can be compared. NumPy only: the
judging process has no torch.

>>> images, labels = three_classes_test()
>>> images.shape, labels.shape
((900, 1, 32, 64), (900,))
>>> stretched_blip(drift=0.5, width=6.0).shape
(32, 64)
"""

import warnings

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import simulators
from .simulators import BLIP, CHIRP

NOISE = 2
CLASS_NAMES = (*simulators.CLASS_NAMES, "noise")

# (a) The training part has as many images of noise as the fixed dataset has of chirps and of blips.
TRAINING_SEED, TEST_SEED = 3, 33
TEST_IMAGES = 300  # of each class

# (b) The ridges of blips rise by DRIFTS rows per column, and the blips are stretched to WIDTHS columns.
DRIFTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
WIDTHS = (2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
AREA = 7.2  # sigma_t times sigma_f, in pixels; a round blip with this product has about 2.7 for both
DRAWS = 200  # noisy images for each point of the map

# (c) Fresh images, from which no net has learnt.
FRESH_IMAGES, FRESH_SEED = 4000, 6

# (d) Number of noise images that fill a hidden half, and the images among which the surest are found.
FILLINGS = 20
FILLING_SEED, CONFIDENT_SEED = 4, 44
CONFIDENT_IMAGES = 1000
EARLY, LATE = slice(0, simulators.TIME_BINS // 2), slice(simulators.TIME_BINS // 2, None)


def three_classes(n: int, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Draw n blips, n chirps and n images of noise.

    Parameters
    ----------
    n : int
        Number of images of each class.
    rng : numpy.random.Generator
        Source of all randomness.

    Returns
    -------
    images : (3 n, 1, 32, 64) float32 array
        Blips first, then chirps, then noise.
    labels : (3 n,) int64 array
        `BLIP`, `CHIRP` or `NOISE`.
    """
    images = np.concatenate([simulators.blips(n, rng), simulators.chirps(n, rng), simulators.noises(n, rng)])
    return images[:, None], np.repeat(np.array([BLIP, CHIRP, NOISE], np.int64), n)


def three_classes_training() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the training part of part (a): the fixed dataset of `ex04` and 500 images of noise.

    Returns
    -------
    images : (1500, 1, 32, 64) float32 array
        500 chirps, 500 blips, 500 images of noise.
    labels : (1500,) int64 array
        `CHIRP`, `BLIP` or `NOISE`.
    """
    images, labels = simulators.fixed_dataset()
    noises = simulators.noises(500, np.random.default_rng(TRAINING_SEED))[:, None]
    return np.concatenate([images, noises]), np.concatenate([labels, np.full(len(noises), NOISE)])


def three_classes_test() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the test part of part (a), (900, 1, 32, 64) images and (900,) labels: 300 of each class."""
    return three_classes(TEST_IMAGES, np.random.default_rng(TEST_SEED))


def stretched_blip(drift: ArrayLike, width: ArrayLike) -> NDArray[np.float32]:
    """Return blips of part (b), without noise, in the middle of the image and all of the same strength.

    The wider such a blip is along time, the narrower it is along frequency: `AREA` is the product of its two standard
    deviations, so that the sum of its pixels stays the same.

    Parameters
    ----------
    drift : array_like
        Rows that the ridge rises per column.
    width : array_like
        Standard deviation along time, `sigma_t`, in columns.

    Returns
    -------
    ndarray of float32, shape (..., 32, 64)
    """
    width = np.asarray(width, np.float64)
    if (width == 0).any():
        warnings.warn("There is no blip of width 0: is it stretched_blip(drift, width), the drift first?", stacklevel=2)
        width = np.where(width == 0, np.nan, width)
    return simulators.blip_signal(drift=drift, sigma_t=width, sigma_f=AREA / width)


def fresh_images() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the fresh images of part (c), (4000, 1, 32, 64), and their labels, (4000,)."""
    fresh = simulators.fresh(FRESH_IMAGES, FRESH_SEED)
    return fresh.images, fresh.labels


def candidates() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the images of part (d) among which the surest are found, (1000, 1, 32, 64), and their labels, (1000,)."""
    drawn = simulators.fresh(CONFIDENT_IMAGES, CONFIDENT_SEED)
    return drawn.images, drawn.labels


def surest(logits: ArrayLike, labels: ArrayLike) -> NDArray[np.int64]:
    """Return the positions of the three chirps with the highest logits and of the three blips with the lowest.

    Parameters
    ----------
    logits : (N,) array_like
        Logits of the net for `candidates`.
    labels : (N,) array_like
        True classes of `candidates`.

    Returns
    -------
    (6,) int64 array
        Chirps first, the surest of each class first.
    """
    logits, labels = np.asarray(logits, np.float64).reshape(-1), np.asarray(labels)
    chirps, blips = np.flatnonzero(labels == CHIRP), np.flatnonzero(labels == BLIP)
    return np.concatenate([chirps[np.argsort(-logits[chirps])[:3]], blips[np.argsort(logits[blips])[:3]]])


def fillings() -> NDArray[np.float32]:
    """Return the images of noise with which halves are filled in part (d), (20, 32, 64)."""
    return simulators.noises(FILLINGS, np.random.default_rng(FILLING_SEED))
