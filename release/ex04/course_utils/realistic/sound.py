"""Turns whitened strain into a sound."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .detector import DURATION, RATE
from .q_transform import FREQUENCY_EDGES

_SOUND_RATE = 8192  # Hz; browsers refuse to play fewer than about 3000 samples per second


def sound(strain: ArrayLike, *, shift: int = 200) -> tuple[NDArray[np.float32], int]:
    """Return one second of whitened strain as a sound: ``Audio(samples, rate=rate)`` of IPython.display plays it.

    The frequencies that the image shows, 32 to 512 Hz, are kept and moved up, because small loudspeakers hardly play
    frequencies below 200 Hz. The sound fades in and out.

    Parameters
    ----------
    strain : array_like, shape (2048,)
        Whitened strain, such as ``dataset.strain[3]``.
    shift : int
        By how many hertz the sound is moved up, 0 to 3000.

    Returns
    -------
    samples : ndarray of float32, shape (8192,)
        The sound, from -1 to 1.
    rate : int
        Samples per second.

    Raises
    ------
    ValueError
        If strain is not one second, or shift is out of its range.
    """
    strain = np.asarray(strain, np.float64)
    if strain.shape != (DURATION * RATE,):
        raise ValueError(f"strain must be one second, of shape ({DURATION * RATE},), got {strain.shape}")
    if not 0 <= shift <= 3000:
        raise ValueError(f"shift must be from 0 to 3000 Hz, got {shift}")
    spectrum = np.fft.rfft(strain * np.hanning(len(strain)) ** 0.25)
    low, high = np.round(FREQUENCY_EDGES[[0, -1]] * DURATION).astype(int)
    moved = np.zeros(_SOUND_RATE * DURATION // 2 + 1, complex)
    moved[low + shift : high + shift] = spectrum[low:high]
    samples = np.fft.irfft(moved)
    largest = np.abs(samples).max()
    return (samples / largest if largest else samples).astype(np.float32), _SOUND_RATE
