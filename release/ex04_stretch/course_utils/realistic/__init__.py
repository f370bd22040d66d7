"""Realistic images: chirps and blips in the noise of an Advanced LIGO detector, seen by a Q-transform.

`course_utils.simulators` draws lines and blobs. This package calculates what a detector would measure, whitens it, and
makes an image of it. An image shows one second and has the same 32 x 64 pixels: row 0 is the lowest frequency, and
eight rows are an octave, from 32 Hz to 512 Hz. A pixel is the normalised energy divided by 8: noise has 0.2 on average,
and a signal of signal-to-noise ratio SNR reaches at most SNR^2 / 16.

>>> dataset = fresh(100, seed=1)
>>> dataset.images.shape, dataset.strain.shape, dataset.parameters["mass_1"].shape
((100, 1, 32, 64), (100, 2048), (100,))
>>> image = q_transform(chirp_signal(mass_1=36, mass_2=29))
>>> image.shape
(32, 64)
"""

from .dataset import (
    Dataset,
    blip_signal,
    blip_templates,
    chirp_signal,
    chirp_templates,
    fresh,
    matched_filter,
    q_transform,
)
from .detector import DURATION, RATE, noise_psd
from .q_transform import FREQUENCIES, FREQUENCY_EDGES
from .sound import sound
from .waveforms import chirp_frequency, time_left_at_merger

__all__ = [
    "DURATION",
    "FREQUENCIES",
    "FREQUENCY_EDGES",
    "RATE",
    "Dataset",
    "blip_signal",
    "blip_templates",
    "chirp_frequency",
    "chirp_signal",
    "chirp_templates",
    "fresh",
    "matched_filter",
    "noise_psd",
    "q_transform",
    "sound",
    "time_left_at_merger",
]
