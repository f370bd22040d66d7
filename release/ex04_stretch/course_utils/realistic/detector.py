"""The noise of an Advanced LIGO detector: its curve, noise that follows it, and whitening.

Strain is the relative change of an arm's length, so it has no unit. A segment of strain is `SEGMENT` seconds long. The
second in the middle becomes an image; half a second on each side keeps the edges of the segment away from it.
"""

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

RATE = 2048  # samples per second
DURATION = 1  # seconds that an image shows
SEGMENT = 2  # seconds that are simulated
EDGE = (SEGMENT - DURATION) * RATE // 2  # samples before and after the image
LOWEST_FREQUENCY = 20.0  # Hz; the formula of the noise curve is valid above it


def noise_psd(frequency: ArrayLike) -> NDArray[np.float64]:
    r"""Return the one-sided power spectral density of the noise that Advanced LIGO was designed for.

    It is the analytic fit of [1]_, table 1: with :math:`x = f / 215` Hz,

    .. math:: S(f) = 10^{-49} \left(x^{-4.14} - 5 x^{-2} + 111 \frac{1 - x^2 + x^4 / 2}{1 + x^2 / 2}\right)
       \; \mathrm{Hz}^{-1}.

    Parameters
    ----------
    frequency : array_like
        Frequency in hertz, at least 20 Hz: below, the fit is not valid, and the density is infinite.

    Returns
    -------
    ndarray of float64, shape of frequency
        Density in 1/Hz.

    References
    ----------
    .. [1] B. S. Sathyaprakash and B. F. Schutz, "Physics, astrophysics and cosmology with gravitational waves", Living
       Rev. Relativ. 12, 2 (2009), arXiv:0903.0338. The LIGO Algorithm Library has the same formula in `LALAdvLIGOPsd`.
    """
    frequency = np.asarray(frequency, np.float64)
    x = np.maximum(frequency, LOWEST_FREQUENCY) / 215
    psd = 1e-49 * (x**-4.14 - 5 * x**-2 + 111 * (1 - x**2 + x**4 / 2) / (1 + x**2 / 2))
    return np.where(frequency >= LOWEST_FREQUENCY, psd, np.inf)


def detector_noise(n: int, rng: np.random.Generator, device: torch.device) -> Tensor:
    """Draw n segments of Gaussian noise with the spectrum of the detector, shape (n, 4096)."""
    white = rng.standard_normal((n, SEGMENT * RATE), dtype=np.float32)
    colour, _ = _filters(device)
    noise: Tensor = torch.fft.irfft(torch.fft.rfft(torch.from_numpy(white).to(device)) * colour)
    return noise


def whiten(strain: Tensor) -> Tensor:
    """Divide segments of strain, shape (..., 4096), by the noise curve and return the second in the middle.

    The detector's noise becomes white with variance 1. The band below 20 Hz is removed, and with it 2 % of the
    variance. Inner products of whitened strain are sums over samples, as those of the simulators' images are sums over
    pixels.

    Returns
    -------
    Tensor, shape (..., 2048)
    """
    _, whitening = _filters(strain.device)
    whitened: Tensor = torch.fft.irfft(torch.fft.rfft(strain) * whitening)
    return whitened[..., EDGE:-EDGE]


@lru_cache
def _filters(device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the filter that gives white noise of variance 1 the detector's spectrum, and the filter that whitens."""
    # White noise of variance 1 has a one-sided density of 2 / RATE.
    colour = np.sqrt(noise_psd(np.fft.rfftfreq(SEGMENT * RATE, 1 / RATE)) * RATE / 2)
    filters = np.where(np.isinf(colour), 0, colour), 1 / colour
    forward, back = (torch.from_numpy(values.astype(np.float32)).to(device) for values in filters)
    return forward, back
