r"""The ceiling: how well any classifier can do on this exercise.

``python -m course_utils.instructor.ceiling`` estimates the error rate of the Bayes-optimal classifier, which knows the
simulators. Because both classes are equally likely, it calls an image a chirp if its `log_odds` are positive; no
classifier makes fewer mistakes [1]_. Mistakes are rare. So only those of millions of images are examined that are hard
to classify, and each counts with the probability of a mistake. The program also prints how little the result depends on
the grid of the `evidence`, and writes all results to ``ceiling.json``.

References
----------
.. [1] C. M. Bishop, "Pattern Recognition and Machine Learning" (Springer, 2006), section 1.5.1.
"""

import json
import math
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from course_utils import simulators
from course_utils.instructor import evidence
from course_utils.instructor.evidence import COARSE, GRID, log_evidence_blip, log_evidence_chirp, log_odds
from course_utils.simulators import BLIP, CHIRP, NOISE_SIGMA, TIME_BINS

__all__ = ["Ceiling", "Estimate", "Sample", "ceiling", "log_evidence_blip", "log_evidence_chirp", "log_odds"]

SEED = 20150914
ROUNDS = 40
BLIPS, CHIRPS = 50_000, 4_000  # drawn in each round; more blips, because fewer of them are hard to classify
RESULT = Path(__file__).with_suffix(".json")

FINER = {
    "lines of short chirps x 2": replace(GRID, lines=(12, 1)),
    "lines of long chirps x 2": replace(GRID, lines=(6, 2)),
    "amplitudes x 2": replace(GRID, amplitudes=10),
    "centres of blips x 2": replace(GRID, step=0.25),
    "widths of blips x 2": replace(GRID, widths=10),
    "drifts of blips x 2": replace(GRID, drifts=4),
}


@dataclass(frozen=True, eq=False)
class Sample:
    """Images of one class that are hard to classify, selected from many more.

    Attributes
    ----------
    drawn : int
        How many images were drawn, kept or not.
    images : ndarray of float32, shape (n, 32, 64)
    weights : ndarray of float64, shape (n,)
        The inverse of the chance with which each image was kept.
    log_odds : ndarray of float64, shape (n,)
    """

    drawn: int
    images: NDArray[np.float32]
    weights: NDArray[np.float64]
    log_odds: NDArray[np.float64]

    def mean(self, values: NDArray[np.float64 | np.bool_]) -> "Estimate":
        """Return the mean over all drawn images; values, shape (n,), must be 0 for images that are easy to classify."""
        total = self.weights * values
        mean = total.sum() / self.drawn
        variance = (total**2).sum() / self.drawn - mean**2
        return Estimate(float(mean), float(np.sqrt(variance / self.drawn)))


@dataclass(frozen=True)
class Estimate:
    """A number and its standard error."""

    value: float
    error: float

    def __str__(self) -> str:
        return f"({1e4 * self.value:.3f} ± {1e4 * self.error:.3f})e-4"


@dataclass(frozen=True, eq=False)
class Ceiling:
    r"""Samples of both classes, and estimates from them for the optimal classifier.

    The optimal classifier is wrong about an image if the image belongs to its less likely class. The error rate is

    .. math:: \frac{1}{2} \int \min(p(x \mid \mathrm{blip}), p(x \mid \mathrm{chirp})) \, \mathrm{d}x,

    which is an average over blips alone, or over chirps alone, or over both.
    """

    blips: Sample
    chirps: Sample

    @property
    def from_blips(self) -> Estimate:
        """The error rate, by far the best estimate: half the mean over blips of min(1, odds)."""
        return self.blips.mean(np.exp(np.minimum(self.blips.log_odds, 0)) / 2)

    @property
    def from_chirps(self) -> Estimate:
        """The error rate from independent images. If it agrees with `from_blips`, this confirms the evidence."""
        return self.chirps.mean(np.exp(np.minimum(-self.chirps.log_odds, 0)) / 2)

    @property
    def from_both(self) -> Estimate:
        """The error rate as the mean posterior probability of the less likely class."""
        return _half_sum(*(s.mean(1 / (1 + np.exp(np.abs(s.log_odds)))) for s in (self.blips, self.chirps)))

    @property
    def counted(self) -> Estimate:
        """The error rate as the fraction of images that the optimal classifier gets wrong."""
        return _half_sum(self.blips.mean(self.blips.log_odds > 0), self.chirps.mean(self.chirps.log_odds < 0))

    @property
    def false_chirps(self) -> Estimate:
        """The fraction of blips called chirps."""
        return self.blips.mean(self.blips.log_odds > 0)

    @property
    def missed_chirps(self) -> Estimate:
        """The fraction of chirps called blips, estimated from blips: each stands for as many chirps as its odds say."""
        return self.blips.mean(np.where(self.blips.log_odds < 0, np.exp(np.minimum(self.blips.log_odds, 0)), 0))


def _half_sum(one: Estimate, other: Estimate) -> Estimate:
    """Return the mean of two independent estimates."""
    return Estimate((one.value + other.value) / 2, math.hypot(one.error, other.error) / 2)


def ceiling(rng: np.random.Generator, rounds: int = ROUNDS, progress: bool = False) -> Ceiling:
    """Draw images and compute the log odds of those that are hard to classify.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of all randomness.
    rounds : int
        Number of rounds. Each draws `BLIPS` blips and `CHIRPS` chirps, and takes 4 to 5 seconds. The standard error is
        inversely proportional to the square root of this number.
    progress : bool
        Show a progress bar.

    Returns
    -------
    Ceiling
    """
    samples: dict[int, list[Sample]] = {BLIP: [], CHIRP: []}
    for _ in track(range(rounds), "hard images", disable=not progress):
        samples[BLIP].append(hard_images(BLIP, BLIPS, rng))
        samples[CHIRP].append(hard_images(CHIRP, CHIRPS, rng))
    return Ceiling(_together(samples[BLIP]), _together(samples[CHIRP]))


def _together(samples: list[Sample]) -> Sample:
    """Return one sample made from several."""
    fields = ((s.images, s.weights, s.log_odds) for s in samples)
    return Sample(sum(s.drawn for s in samples), *map(np.concatenate, zip(*fields, strict=True)))


def hard_images(label: int, n: int, rng: np.random.Generator) -> Sample:
    """Draw n images of a class and keep those that are hard to classify.

    Three sieves, each finer and slower than the one before, remove images that the optimal classifier almost certainly
    gets right: loud signals, images that match their signal well, images with clear log odds on a coarse grid. An image
    that is kept with a small chance gets a large weight, so that no mean is biased.
    """
    parameters, optimal_snr = _draw(label, n, rng)
    kept, weights = _sieve(optimal_snr - 9, rng)
    signal = simulators.blip_signal if label == BLIP else simulators.chirp_signal
    signals = signal(**{name: values[kept] for name, values in parameters.items()})
    images = (signals + NOISE_SIGMA * rng.standard_normal(signals.shape)).astype(np.float32)

    product, norm = (np.einsum("nij,nij->n", signals, other) for other in (images, signals))
    kept, more = _sieve(product / (NOISE_SIGMA * np.sqrt(norm)) - 7, rng)
    images, weights = images[kept], weights[kept] * more

    right = log_odds(images, COARSE) if label == CHIRP else -log_odds(images, COARSE)
    kept, more = _sieve(right - 4, rng)
    images, weights = images[kept], weights[kept] * more
    return Sample(n, images, weights, log_odds(images))


def _sieve(excess: NDArray[np.floating], rng: np.random.Generator) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Keep each of n things with the probability exp(-excess), or always if its excess is negative.

    Returns the positions of the things that are kept, and their weights: the inverse of the probability.
    """
    chance = np.exp(-np.maximum(excess, 0))
    kept = np.flatnonzero(rng.random(len(chance)) < chance)
    return kept, 1 / chance[kept]


def _draw(
    label: int, n: int, rng: np.random.Generator
) -> tuple[dict[str, NDArray[np.float64 | np.int64]], NDArray[np.float64]]:
    """Draw n signals as the simulators do, but without their noise, which takes a hundred times longer.

    Returns their parameters, each of shape (n,), and their optimal signal-to-noise ratios, shape (n,), as if images
    had no edges and the pixels of blips were infinitely small.
    """
    names = simulators.BLIP_PARAMETERS if label == BLIP else ("f0", "rate", "amp")
    p = {name: rng.uniform(*evidence.parameter_range(label, name), n) for name in names}
    if label == BLIP:
        return {**p}, p["amp"] * np.sqrt(np.pi * p["sigma_t"] * p["sigma_f"]) / NOISE_SIGMA
    t0 = rng.integers(evidence.FIRST_START, evidence.LAST_START + 1, n)
    length = rng.integers(evidence.SHORTEST, TIME_BINS - t0)
    loudness = p["amp"] * np.sqrt((1 + 2 * evidence.NEIGHBOUR**2) * length) / NOISE_SIGMA
    return {**p, "t0": t0, "length": length}, loudness


def convergence(sample: Sample, most: int = 200, progress: bool = False) -> dict[str, dict[str, float]]:
    """Compute log odds again with each part of the grid twice as fine.

    Parameters
    ----------
    sample : Sample
        A sample of blips. The first images with log odds between -4 and 4 are used.
    most : int
        Largest number of images that are used.
    progress : bool
        Show a progress bar.

    Returns
    -------
    dict of dict of float
        For each refinement, the mean ("mean"), the standard deviation ("deviation") and the largest absolute value
        ("largest") of the change of the log odds, and the relative change of the error rate ("error_rate").
    """
    hard = np.flatnonzero(np.abs(sample.log_odds) < 4)[:most]
    before, weights = sample.log_odds[hard], sample.weights[hard]
    table = {}
    for name, grid in track(FINER.items(), "convergence", disable=not progress):
        after = log_odds(sample.images[hard], grid)
        rates = [weights @ np.exp(np.minimum(odds, 0)) for odds in (before, after)]
        change = after - before
        table[name] = {
            "mean": float(change.mean()),
            "deviation": float(change.std()),
            "largest": float(np.abs(change).max()),
            "error_rate": float(rates[1] / rates[0] - 1),
        }
    return table


@click.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default=RESULT, show_default=True)
def main(out: Path) -> None:
    """Estimate the error rate of the Bayes-optimal classifier and write it to a JSON file; takes some minutes."""
    start = time.perf_counter(), time.process_time()
    found = ceiling(np.random.default_rng(SEED), ROUNDS, progress=True)
    table = convergence(found.blips, progress=True)
    images = simulators.fresh(200, SEED).images
    speed_start = time.process_time()
    log_odds(images)
    stop = time.perf_counter(), time.process_time()
    result: dict[str, Any] = {
        "error_rate": found.from_blips.value,
        "standard_error": found.from_blips.error,
        "accuracy": 1 - found.from_blips.value,
    }
    names = "from_blips", "from_chirps", "from_both", "counted", "false_chirps", "missed_chirps"
    result |= {
        "estimates": {name: asdict(getattr(found, name)) for name in names},
        "blips": {"drawn": found.blips.drawn, "hard": len(found.blips.images)},
        "chirps": {"drawn": found.chirps.drawn, "hard": len(found.chirps.images)},
        "convergence": table,
        "grid": asdict(GRID),
        "seed": SEED,
        "seconds": round(stop[0] - start[0], 1),
        "processor_seconds": round(stop[1] - start[1], 1),  # does not depend on how busy the machine is
        "images_per_processor_second": round(len(images) / (stop[1] - speed_start)),
    }
    out.write_text(json.dumps(result, indent=2) + "\n")
    _report(found, result, Console())


def _report(found: Ceiling, result: dict[str, Any], console: Console) -> None:
    """Print the estimates and the table of convergence."""
    console.print(f"Error rate of the Bayes-optimal classifier: {found.from_blips}")
    console.print(f"  from independent chirps:      {found.from_chirps}")
    console.print(f"  mean of the lesser posterior: {found.from_both}")
    console.print(f"  mistakes counted:             {found.counted}")
    console.print(f"Blips called chirps: {found.false_chirps}; chirps called blips: {found.missed_chirps}")
    table = Table("grid", "mean", "deviation", "largest", "error rate", title="Change of log odds")
    for name, change in result["convergence"].items():
        numbers = (f"{change[key]:+.3f}" for key in ("mean", "deviation", "largest"))
        table.add_row(name, *numbers, f"{100 * change['error_rate']:+.2f} %")
    console.print(table)
    console.print(f"{result['seconds']:.0f} s, of which the processor worked {result['processor_seconds']:.0f} s")
    console.print(f"Log odds of {result['images_per_processor_second']} images in a second of the processor")


if __name__ == "__main__":
    main()
