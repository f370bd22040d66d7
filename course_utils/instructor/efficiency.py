"""Measures where a net's errors come from: by signal-to-noise ratio, and by cause.

``python -m course_utils.instructor.efficiency`` writes ``efficiency.json``; it takes some minutes.
"""

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from torch import nn

from course_utils import simulators

from . import recipes
from .evidence import log_odds
from .reference import channels_last, predict, train_reference, training_part

RESULT = Path(__file__).with_suffix(".json")
SEED = 2015
IMAGES = 40_000
# Edges of bins of the optimal signal-to-noise ratio. In the last bin, the optimal classifier makes almost no mistakes.
EDGES = (4, 6, 7, 8, 9, 10, 12, 14, 17, 21, 30)
MANY = 20_000


def trained(build: Callable[[], nn.Module], epochs: int, seed: int, images: int | None = None) -> nn.Module:
    """Train a net as most students do, on 800 images of the fixed dataset or on fresh ones.

    Parameters
    ----------
    build : callable
        Makes the net.
    epochs, seed : int
        As in `recipes.train`.
    images : int, optional
        Number of fresh images; by default, the net is trained on images of the fixed dataset.
    """
    if images:
        fresh = simulators.fresh(images, seed)
        X, y = fresh.images, fresh.labels
    else:
        X, y = training_part(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = channels_last(build())
        for _ in recipes.train(model, torch.from_numpy(X), torch.from_numpy(y).float(), epochs):
            pass
    return model.eval()


def by_signal_to_noise(console: Console) -> dict[str, object]:
    """Count in bins of the signal-to-noise ratio how many images each classifier gets right."""
    fresh = simulators.fresh(IMAGES, SEED)
    place = np.clip(np.digitize(fresh.optimal_snr, EDGES) - 1, 0, len(EDGES) - 2)
    count = partial(np.bincount, minlength=len(EDGES) - 1)
    logits = {
        "reference": predict(train_reference(SEED).net, fresh.images),
        "suggested": predict(trained(recipes.net, 30, SEED), fresh.images),
        "linear on pixels": predict(trained(recipes.linear, 15, SEED), fresh.images),
    }
    console.print("three nets trained; now the optimal classifier")
    right = {name: count(place[_right(values, fresh.labels)]).tolist() for name, values in logits.items()}
    # The optimal classifier is slow, so it gets only the first images of each bin.
    first = np.concatenate([np.flatnonzero(place == bin_)[:500] for bin_ in range(len(EDGES) - 1)])
    optimal = _right(log_odds(fresh.images[first]), fresh.labels[first])
    return {
        "edges": list(EDGES),
        "images": {**dict.fromkeys(right, count(place).tolist()), "optimal": count(place[first]).tolist()},
        "right": {"optimal": count(place[first][optimal]).tolist(), **right},
    }


def by_cause(console: Console) -> dict[str, list[float]]:
    """Error rates of the suggested net: as suggested, trained to the end, and on many more images; one per seed."""
    fresh = simulators.fresh(IMAGES, SEED)
    found: dict[str, list[float]] = {}
    for name, epochs, images, seeds in (
        ("as suggested", 30, None, 3),
        ("trained to the end", 150, None, 3),
        ("and on 20,000 images", 12, MANY, 2),
    ):
        for seed in range(seeds):
            error = 1 - _right(predict(trained(recipes.net, epochs, seed, images), fresh.images), fresh.labels).mean()
            found.setdefault(name, []).append(float(error))
            console.print(f"{name}, seed {seed}: {error:.4f}")
    return found


def _right(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    right: NDArray[np.bool_] = (np.asarray(logits).reshape(-1) > 0) == (labels == simulators.CHIRP)
    return right


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=RESULT, show_default=True, help="The result.")
def main(out: Path) -> None:
    """Measure both and write the results to a file."""
    torch.set_num_threads(1)
    console = Console()
    result = {"by_cause": by_cause(console), **by_signal_to_noise(console)}
    out.write_text(json.dumps(result, indent=1) + "\n")
    console.print(f"written to {os.path.relpath(out)}")


if __name__ == "__main__":
    main()
