"""Draws chirps and blips in detector noise, whitens them, and makes images from them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from nbjudge.ask.settings import ordinary_settings
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from ..simulators import BLIP, CHIRP, FREQUENCY_BINS, TIME_BINS, _count
from .detector import DURATION, RATE, detector_noise, whiten
from .matched_filter import largest_snr
from .q_transform import q_image
from .waveforms import blip_strain, chirp_strain

_RANGES = {
    BLIP: {
        "f0": (math.log(60), math.log(350)),  # range of its logarithm
        "q": (1.5, 5),
        "t0": (0.05, 0.95),
        "phase": (0, 2 * math.pi),
        "optimal_snr": (8, 24),
    },
    CHIRP: {
        "mass_1": (10, 50),
        "mass_2": (10, 50),
        "t0": (0.3, 0.95),
        "phase": (0, 2 * math.pi),
        "optimal_snr": (8, 24),
    },
}
_PARAMETERS = dict.fromkeys([*_RANGES[BLIP], *_RANGES[CHIRP]])  # each name once
_STRAIN: dict[int, Callable[..., Tensor]] = {BLIP: blip_strain, CHIRP: chirp_strain}

_BLOCK = 64  # images at a time: enough to make the cost of a call small, with little memory
_SAMPLES = DURATION * RATE


@dataclass(frozen=True, eq=False)
class Dataset:
    """Realistic images with the strain that they show, their true classes and parameters.

    Attributes
    ----------
    images : ndarray of float32, shape (n, 1, 32, 64)
        Images that `q_transform` makes from the strain.
    labels : ndarray of int64, shape (n,)
        `CHIRP` or `BLIP`.
    strain : ndarray of float32, shape (n, 2048)
        Whitened strain: signal plus white noise of variance 1.
    signals : ndarray of float32, shape (n, 2048)
        Whitened strain without the noise.
    parameters : structured ndarray of float64, shape (n,)
        A field for each parameter, such as ``parameters["mass_1"]``; NaN where the class has no such parameter.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    strain: NDArray[np.float32]
    signals: NDArray[np.float32]
    parameters: NDArray[np.void]

    @property
    def snr(self) -> NDArray[np.float64]:
        r"""Matched-filter signal-to-noise ratio with the true signal as template, shape (n,).

        For the strain d and the signal h, both whitened, it is :math:`\langle d, h \rangle / \lVert h \rVert`. Over
        many draws of the noise it is normally distributed around `optimal_snr` with standard deviation 1.
        """
        product: NDArray[np.float64] = np.einsum("nt,nt->n", self.strain, self.signals, dtype=np.float64)
        return product / self.optimal_snr

    @property
    def optimal_snr(self) -> NDArray[np.float64]:
        r"""Average of `snr` over the noise, :math:`\lVert h \rVert`, shape (n,)."""
        product: NDArray[np.float64] = np.einsum("nt,nt->n", self.signals, self.signals, dtype=np.float64)
        return np.sqrt(product)


@ordinary_settings()
@torch.no_grad()
def fresh(n: int, seed: int | Sequence[int] | np.random.SeedSequence, *, device: str | torch.device = "cpu") -> Dataset:
    """Return n images in random order, half of them chirps, that depend on nothing but n and the seed.

    A chirp's two masses are between 10 and 50 solar masses, and it merges 0.3 to 0.95 seconds after the image's start.
    A blip's frequency is 60 to 350 Hz, equally often in each octave, and its quality factor is 1.5 to 5. It may be
    anywhere but at the very edge. Both have signal-to-noise ratios from 8 to 24. We chose these ranges.

    Parameters
    ----------
    n : int
        Number of images.
    seed : int, sequence of int or numpy.random.SeedSequence
        Seed for ``np.random.default_rng``.
    device : str or torch.device
        Device that computes. The random numbers are the same on all devices, but the last bits of a pixel may differ.

    Raises
    ------
    ValueError
        If n or seed is negative.
    TypeError
        If n is not an int, or if seed is None or a Generator, because these would not give the same images again.
    """
    count, device = _count(n), torch.device(device)
    if seed is None or isinstance(seed, np.random.Generator):
        raise TypeError(f"seed must be an int or a SeedSequence, got {seed!r}")
    rng = np.random.default_rng(seed)
    labels = rng.permutation((rng.integers(2) + np.arange(count)) % 2)
    parameters = _draw(labels, rng)
    images = np.empty((count, 1, FREQUENCY_BINS, TIME_BINS), np.float32)
    strain, signals = np.empty((2, count, _SAMPLES), np.float32)
    for start in range(0, count, _BLOCK):
        block = slice(start, start + _BLOCK)
        signal = torch.empty((len(labels[block]), _SAMPLES), dtype=torch.float32, device=device)
        for label, names in _RANGES.items():
            members = labels[block] == label
            if not members.any():
                continue  # torch can't transform empty arrays
            values = {name: parameters[name][block][members] for name in names}
            optimal_snr = values.pop("optimal_snr")
            of_class = _signals(label, device, *values.values(), optimal_snr=optimal_snr)
            signal[torch.from_numpy(members).to(device)] = of_class
        noisy = signal + whiten(detector_noise(len(signal), rng, device))
        images[block, 0] = q_image(noisy).cpu()
        signals[block], strain[block] = signal.cpu(), noisy.cpu()
    return Dataset(images, labels, strain, signals, parameters)


@ordinary_settings()
@torch.no_grad()
def chirp_signal(
    *,
    mass_1: ArrayLike = 36.0,
    mass_2: ArrayLike = 29.0,
    t0: ArrayLike = 0.7,
    phase: ArrayLike = 0.0,
    optimal_snr: ArrayLike = 24.0,
) -> NDArray[np.float32]:
    """Return chirps without noise, as whitened strain.

    Parameters may be numbers or arrays, which broadcast against each other to the shape ``(...)``. The defaults are
    similar to GW150914, the first gravitational wave that was measured, in one detector.

    Parameters
    ----------
    mass_1, mass_2 : array_like
        Masses of the black holes as the detector sees them, in solar masses.
    t0 : array_like
        Time of the merger, in seconds from the beginning.
    phase : array_like
        Phase at the merger, in radians.
    optimal_snr : array_like
        Signal-to-noise ratio of the part of the signal in this second.

    Returns
    -------
    ndarray of float32, shape (..., 2048)
    """
    return _broadcast(CHIRP, mass_1, mass_2, t0, phase, optimal_snr)


@ordinary_settings()
@torch.no_grad()
def blip_signal(
    *,
    f0: ArrayLike = 150.0,
    q: ArrayLike = 3.0,
    t0: ArrayLike = 0.5,
    phase: ArrayLike = 0.0,
    optimal_snr: ArrayLike = 24.0,
) -> NDArray[np.float32]:
    """Return blips without noise, as whitened strain.

    Parameters may be numbers or arrays, which broadcast against each other to the shape ``(...)``.

    Parameters
    ----------
    f0 : array_like
        Frequency of the sine in hertz.
    q : array_like
        Quality factor: the blip lasts for about a quarter of this number of oscillations.
    t0 : array_like
        Time of the centre, in seconds from the beginning.
    phase : array_like
        Phase of the sine in the centre, in radians.
    optimal_snr : array_like
        Signal-to-noise ratio.

    Returns
    -------
    ndarray of float32, shape (..., 2048)
    """
    return _broadcast(BLIP, f0, q, t0, phase, optimal_snr)


@ordinary_settings()
@torch.no_grad()
def q_transform(strain: ArrayLike, *, device: str | torch.device = "cpu") -> NDArray[np.float32]:
    """Return the image of each second of whitened strain.

    A pixel is the largest normalised energy in a 64th of a second and an eighth of an octave, divided by 8. The second
    is treated as periodic: a signal that is cut off at one edge may appear faintly at the other.

    Parameters
    ----------
    strain : array_like, shape (..., 2048)

    Returns
    -------
    ndarray of float32, shape (..., 32, 64)

    Raises
    ------
    ValueError
        If strain is not made of seconds.
    """
    strain = _seconds("strain", strain, device)
    flat = strain.reshape(-1, _SAMPLES)
    images = np.empty((len(flat), FREQUENCY_BINS, TIME_BINS), np.float32)
    for start in range(0, len(flat), _BLOCK):
        images[start : start + _BLOCK] = q_image(flat[start : start + _BLOCK]).cpu()
    return images.reshape(*strain.shape[:-1], FREQUENCY_BINS, TIME_BINS)


@ordinary_settings()
@torch.no_grad()
def matched_filter(
    strain: ArrayLike, templates: ArrayLike, *, device: str | torch.device = "cpu"
) -> NDArray[np.float32]:
    """Return how well each second of strain fits the best of the templates, at any time.

    Parameters
    ----------
    strain : array_like, shape (n, 2048)
        Whitened strain, such as ``dataset.strain``.
    templates : array_like, shape (m, 2048)
        Whitened templates, such as those of `chirp_templates` and `blip_templates`; their loudness does not matter.

    Returns
    -------
    ndarray of float32, shape (n,)
        The largest signal-to-noise ratio over all templates, times and phases. Noise alone has about 4 to 5.

    Raises
    ------
    ValueError
        If strain or templates are not made of seconds, there is no template, or one is zero.
    """
    strain, templates = _seconds("strain", strain, device), _seconds("templates", templates, device)
    if strain.ndim != 2:
        raise ValueError(f"strain must have the shape (n, {_SAMPLES}), got {tuple(strain.shape)}")
    if templates.ndim != 2 or not len(templates) or not templates.any(1).all():
        raise ValueError(f"templates must have the shape (m, {_SAMPLES}), at least one of them and none zero")
    return largest_snr(strain, templates).cpu().numpy()


def chirp_templates() -> NDArray[np.float32]:
    """Return chirps with masses that `fresh` draws, shape (60, 2048), dense enough to find every such chirp."""
    total, ratio = (grid.ravel() for grid in np.meshgrid(np.geomspace(20, 100, 30), [1.0, 2.5]))
    return chirp_signal(mass_1=total * ratio / (1 + ratio), mass_2=total / (1 + ratio), t0=0.9)


def blip_templates() -> NDArray[np.float32]:
    """Return blips with frequencies and quality factors that `fresh` draws, shape (60, 2048)."""
    f0, q = (grid.ravel() for grid in np.meshgrid(np.geomspace(60, 350, 12), np.geomspace(1.5, 5, 5)))
    return blip_signal(f0=f0, q=q)


def _draw(labels: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.void]:
    """Draw the parameters of all images, first those of the blips, then those of the chirps."""
    parameters = np.full(len(labels), np.nan, [(name, np.float64) for name in _PARAMETERS])
    for label, ranges in _RANGES.items():
        members = labels == label
        for name, (low, high) in ranges.items():
            parameters[name][members] = rng.uniform(low, high, np.count_nonzero(members))
    parameters["f0"] = np.exp(parameters["f0"])
    return parameters


def _signals(
    label: int, device: torch.device, *of_strain: NDArray[np.float64], optimal_snr: NDArray[np.float64]
) -> Tensor:
    """Return whitened signals of one class, scaled to their optimal signal-to-noise ratios, shape (n, 2048)."""
    whitened = whiten(_STRAIN[label](*of_strain, device))
    loudness = torch.from_numpy(optimal_snr.astype(np.float32)).to(device)
    signals: Tensor = whitened * (loudness / whitened.norm(dim=-1))[:, None]
    return signals


def _broadcast(label: int, *parameters: ArrayLike) -> NDArray[np.float32]:
    """Return signals of one class, in the shape to which the parameters broadcast."""
    arrays = np.broadcast_arrays(*(np.asarray(values, np.float64) for values in parameters))
    *of_strain, optimal_snr = (values.ravel() for values in arrays)
    signals = _signals(label, torch.device("cpu"), *of_strain, optimal_snr=optimal_snr)
    return signals.numpy().reshape(*arrays[0].shape, _SAMPLES)


def _seconds(name: str, values: ArrayLike, device: str | torch.device) -> Tensor:
    values = torch.as_tensor(values, dtype=torch.float32, device=device)
    if not values.ndim or values.shape[-1] != _SAMPLES:
        raise ValueError(f"{name} must be whole seconds, of shape (..., {_SAMPLES}), got {tuple(values.shape)}")
    return values
