"""The simulators as one would first write them: image by image, pixel by pixel.

This is the definition that `course_utils.simulators` must reproduce and the time it is measured against.
"""

import numpy as np
from numpy.typing import NDArray


def chirp_draws(rng: np.random.Generator) -> tuple:
    """Return f0, rate, t0, amp, length and the noise of one chirp."""
    f0 = rng.uniform(2, 12)
    rate = rng.uniform(0.1, 0.5)
    t0 = rng.integers(5, 49)
    amp = rng.uniform(1.0, 2.2)
    length = rng.integers(8, 64 - t0)
    return f0, rate, t0, amp, length, rng.normal(0, 0.8, (32, 64))


def blip_draws(rng: np.random.Generator) -> tuple:
    """Return t0, f0, sigma_t, sigma_f, amp, drift and the noise of one blip."""
    t0 = rng.uniform(10, 54)
    f0 = rng.uniform(5, 27)
    sigma_t = rng.uniform(1.5, 3.5)
    sigma_f = rng.uniform(2.0, 4.5)
    amp = rng.uniform(1.5, 3.0)
    drift = rng.uniform(-0.1, 0.1)
    return t0, f0, sigma_t, sigma_f, amp, drift, rng.normal(0, 0.8, (32, 64))


def chirp(rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw one chirp in noise, shape (32, 64)."""
    f0, rate, t0, amp, length, noise = chirp_draws(rng)
    image = np.zeros((32, 64), dtype=np.float32)
    for k in range(length):
        row = int(np.clip(f0 + rate * k, 0, 31))
        image[row, t0 + k] += amp
        if row > 0:
            image[row - 1, t0 + k] += 0.4 * amp
        if row < 31:
            image[row + 1, t0 + k] += 0.4 * amp
    image += noise
    return image


def blip(rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw one blip in noise, shape (32, 64)."""
    t0, f0, sigma_t, sigma_f, amp, drift, noise = blip_draws(rng)
    y, x = np.mgrid[:32, :64]
    time = (x - t0) ** 2 / (2 * sigma_t**2)
    frequency = (y - f0 - drift * (x - t0)) ** 2 / (2 * sigma_f**2)
    image = (amp * np.exp(-(time + frequency))).astype(np.float32)
    image += noise
    return image


def fixed_draws() -> None:
    """Make the random draws of `fixed_dataset` and nothing else."""
    rng = np.random.default_rng(0)
    for _ in range(500):
        chirp_draws(rng)
        blip_draws(rng)


def fixed_dataset() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return X, shape (1000, 1, 32, 64), and y, shape (1000,)."""
    rng = np.random.default_rng(0)
    X = np.zeros((1000, 1, 32, 64), dtype=np.float32)
    for i in range(500):
        X[i, 0] = chirp(rng)
        X[500 + i, 0] = blip(rng)
    return X, np.repeat(np.array([1, 0]), 500)
