r"""Calculates the strain of chirps and blips.

A chirp is Newtonian: two point masses lose energy by the quadrupole formula [1]_. Its frequency depends only on the
remaining time :math:`\tau` and the chirp mass :math:`\mathcal{M} = (m_1 m_2)^{3/5} / (m_1 + m_2)^{1/5}`,

.. math:: f = \frac{1}{\pi} \left(\frac{5}{256 \tau}\right)^{3/8} \left(\frac{G \mathcal{M}}{c^3}\right)^{-5/8},

and its amplitude is proportional to :math:`f^{2/3}`. The ringdown of the final black hole begins when the frequency of
the inspiral has reached that of the ringdown; frequency, phase and amplitude have no step there. General relativity has
corrections to all of this, which are large shortly before the merger, but the signal has the same shape. Final mass and
spin are fits to simulations of black holes without spin [2]_. Frequency and quality factor of the mode l = m = 2, n = 0
are the fits of [3]_.

A blip is a sine-Gaussian, :math:`\exp(-(t - t_0)^2 / w^2) \cos(2 \pi f_0 (t - t_0) + \phi)` with
:math:`Q = \sqrt{2} \pi f_0 w`, which describes real blips well [4]_. It has so few oscillations that it lasts about
10 ms and is about 100 Hz wide, as real blips do [5]_.

References
----------
.. [1] P. C. Peters, "Gravitational radiation and the motion of two point masses", Phys. Rev. 136, B1224 (1964).
.. [2] Y. Pan et al., "Inspiral-merger-ringdown multipolar waveforms of nonspinning black-hole binaries using the
   effective-one-body formalism", Phys. Rev. D 84, 124052 (2011), arXiv:1106.1021.
.. [3] E. Berti, V. Cardoso and C. M. Will, "On gravitational-wave spectroscopy of massive black holes with the space
   interferometer LISA", Phys. Rev. D 73, 064030 (2006), arXiv:gr-qc/0512160.
.. [4] T. Ghosh et al., "Improved binary black hole search discriminator from the singular value decomposition of
   non-Gaussian noise transients" (2025), arXiv:2507.04628.
.. [5] M. Cabero et al., "Blip glitches in Advanced LIGO data", Class. Quantum Grav. 36, 155010 (2019),
   arXiv:1901.05093.
"""

import math

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from .detector import EDGE, RATE, SEGMENT

SOLAR_MASS = 4.925491e-6  # seconds: G M / c^3 of the sun
PEAK = 1e-21  # strain at the loudest moment, as for GW150914
_TAPER = 0.1  # seconds in which a chirp fades in at the start of the segment
_Column = NDArray[np.floating]  # of shape (n,)


def chirp_frequency(time_left: ArrayLike, mass_1: ArrayLike, mass_2: ArrayLike) -> NDArray[np.float64]:
    """Return the frequency of two point masses by Newton's law and the quadrupole formula.

    Parameters
    ----------
    time_left : array_like
        Seconds until the distance of the two masses would be zero.
    mass_1, mass_2 : array_like
        Masses in solar masses.

    Returns
    -------
    ndarray of float64
        Frequency in hertz.
    """
    return (5 / (256 * np.asarray(time_left))) ** (3 / 8) * chirp_mass(mass_1, mass_2) ** (-5 / 8) / np.pi


def chirp_mass(mass_1: ArrayLike, mass_2: ArrayLike) -> NDArray[np.float64]:
    """Return the chirp mass of two masses in solar masses, as the time G M / c^3 in seconds."""
    mass_1, mass_2 = np.asarray(mass_1, np.float64), np.asarray(mass_2, np.float64)
    mass: NDArray[np.float64] = SOLAR_MASS * (mass_1 * mass_2) ** 0.6 / (mass_1 + mass_2) ** 0.2
    return mass


def ringdown(mass_1: ArrayLike, mass_2: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return frequency, in hertz, and damping time, in seconds, of the black hole that two without spin form."""
    mass_1, mass_2 = np.asarray(mass_1, np.float64), np.asarray(mass_2, np.float64)
    eta = mass_1 * mass_2 / (mass_1 + mass_2) ** 2
    mass = (mass_1 + mass_2) * (1 + (math.sqrt(8 / 9) - 1) * eta - 0.4333 * eta**2 - 0.4392 * eta**3)
    spin = math.sqrt(12) * eta - 3.871 * eta**2 + 4.028 * eta**3
    frequency = (1.5251 - 1.1568 * (1 - spin) ** 0.1292) / (2 * np.pi * SOLAR_MASS * mass)
    quality = 0.7000 + 1.4187 * (1 - spin) ** -0.4990
    return frequency, quality / (np.pi * frequency)


def time_left_at_merger(mass_1: ArrayLike, mass_2: ArrayLike) -> NDArray[np.float64]:
    """Return the remaining time, in seconds, at which the inspiral's frequency is that of the ringdown."""
    frequency, _ = ringdown(mass_1, mass_2)
    return 5 / 256 * chirp_mass(mass_1, mass_2) ** (-5 / 3) * (np.pi * frequency) ** (-8 / 3)


def chirp_strain(mass_1: _Column, mass_2: _Column, t0: _Column, phase: _Column, device: torch.device) -> Tensor:
    """Return segments with chirps that merge t0 seconds after the image's start, shape (n, 4096)."""
    mass = chirp_mass(mass_1, mass_2)
    frequency, damping = ringdown(mass_1, mass_2)
    time = _times(device) - _column(t0, device)  # seconds since the merger
    left = _column(time_left_at_merger(mass_1, mass_2), device)
    root = (left - time).clamp(min=left).sqrt()  # of the remaining time, which stays constant from the merger on
    quarter = root.sqrt()
    inspiral = _column(-2 * (5 * mass) ** (-5 / 8), device) * root * quarter.sqrt()
    after = time.clamp(min=0)
    ringing = after * _column(2 * np.pi * frequency, device)
    height = PEAK * left**0.25 / quarter * (after / -_column(damping, device)).exp()
    return height * _fade_in(device) * (inspiral + ringing + _column(phase, device)).cos()


def blip_strain(f0: _Column, q: _Column, t0: _Column, phase: _Column, device: torch.device) -> Tensor:
    """Return segments with sine-Gaussians of quality factor q in the image's second t0, shape (n, 4096)."""
    time = _times(device) - _column(t0, device)
    width = _column(q / (math.sqrt(2) * np.pi * f0), device)
    return (
        PEAK * (-((time / width) ** 2)).exp() * (time * _column(2 * np.pi * f0, device) + _column(phase, device)).cos()
    )


def _times(device: torch.device) -> Tensor:
    """Return the seconds since the image's start, for each sample of a segment."""
    return (torch.arange(SEGMENT * RATE, device=device, dtype=torch.float32) - EDGE) / RATE


def _fade_in(device: torch.device) -> Tensor:
    since_start = _times(device) + EDGE / RATE
    return (since_start / _TAPER).clamp(max=1).mul(math.pi / 2).sin() ** 2


def _column(values: _Column, device: torch.device) -> Tensor:
    return torch.from_numpy(np.asarray(values, np.float32)).to(device)[..., None]
