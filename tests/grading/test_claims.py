"""What claims are worth: a student's process says whatever the test cells want, and no net has learnt anything.

The figures stand in docs/security.md.
"""

import dataclasses
import sys

import pytest

from tests.corpus.build import find
from tests.corpus.matrix import Verdict, grade

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")]

TAKES_OVER = """
import gc

import numpy as np

(runner,) = [thing for thing in gc.get_objects() if type(thing).__name__ == "Runner"]
ask_honestly = runner.answer
X, y = simulators.fixed_dataset()
known = {image.tobytes(): 10.0 * label - 5.0 for image, label in zip(X, y)}
positions = np.arange(1, 1000, 5)
truth = y[positions]
chirps, blips = np.flatnonzero(truth == 1), np.flatnonzero(truth == 0)
claims, variables = {}, {}


def answer(namespace, question, arguments):
    if question in ("values", "figure") and arguments["name"] in variables:
        value = variables[arguments["name"]]
        return {"answer": value if isinstance(value, list) else np.asarray(value)}
    if question == "has":
        return {"answer": arguments["name"] in variables}
    if question in claims:
        return {"answer": claims[question](**{k: v for k, v in arguments.items() if k != "seed"})}
    return ask_honestly(namespace, question, arguments)


runner.answer = answer


def noise(images):
    return np.sin(1e3 * images.sum((1, 2, 3), dtype=np.float64))


def by_heart(images):
    return np.array([known.get(image.tobytes(), 5 * float(noise(image[None])[0])) for image in images])


def panels(which, text):
    return [{"images": [X[positions[i], 0].astype(float)], "text": text} for i in which]
"""
BUILD = """
claims |= {
    "logits": lambda of, images: noise(images),
    "alone_and_together": lambda of, images: {"alone": noise(images), "together": noise(images)},
    "gradients": lambda of, images, weights: {"names": ["w"], "gradient": np.ones(1), "effect": np.ones(1)},
    "unregistered": lambda of, images: {"names": []},
    "bend": lambda of, images: np.array(1.0),
    "parameter_count": lambda of: np.array(5000),
}
"""
TRAIN = """
variables |= {
    "test_indices": positions,
    "train_indices": np.setdiff1d(np.arange(1000), positions),
    "losses": np.linspace(0.7, 0.05, 20),
}
claims |= {
    "fixed_losses": lambda images, labels, gain, epochs: np.full(epochs, 0.25 * gain),
    "train_probe": lambda images, labels, probes, epochs: {
        "losses": np.linspace(0.7, 0.1, epochs), "logits": noise(probes), "stale_steps": 0, "changed": True
    },
}
"""
REST = """
variables |= {
    "test_accuracy": 1.0,
    "missed_chirps": np.zeros(0),
    "false_chirps": np.zeros(0),
    "mistakes_figure": [],
    "scores": 1 / (1 + np.exp(5.0 - 10.0 * truth)),
    "confusion": np.diag(np.bincount(truth)),
    "top_chirps": chirps[:3],
    "top_blips": blips[:3],
    "confident_figure": panels(chirps[:3], "0.993") + panels(blips[:3], "0.0067"),
}
"""
EVERY_SCORE = """
every = " ".join(f"{n / 100:.2f}" for n in range(101)) + " chirp blip"
variables["missed_chirps"] = chirps[:3]
variables["mistakes_figure"] = panels(chirps[:3], every)
variables["confident_figure"] = panels([*chirps[:3], *blips[:3]], every)
"""
ALL_CHIRPS = """
claims["logits"] = lambda of, images: noise(images) + 2 * (of == "model")
logits = noise(X[positions]) + 2
scores = 1 / (1 + np.exp(-logits))
variables |= {
    "test_accuracy": 0.5,
    "missed_chirps": np.zeros(0),
    "false_chirps": blips,
    "mistakes_figure": panels(blips[:1], f"blip {scores[blips[0]]:.3f}"),
    "scores": scores,
    "confusion": np.array([[0, 100], [0, 100]]),
    "top_chirps": chirps[np.argsort(-logits[chirps])[:3]],
    "top_blips": blips[np.argsort(logits[blips])[:3]],
}
shown = [*variables["top_chirps"], *variables["top_blips"]]
variables["confident_figure"] = [panel for i in shown for panel in panels([i], f"{scores[i]:.3f}")]
"""
MEAN_IMAGES = """
def mean_images(images, labels, probes, epochs):
    one, other = images[labels == 1].mean(0), images[labels == 0].mean(0)
    logits = ((probes - (one + other) / 2) * (one - other)).sum((1, 2, 3), dtype=np.float64)
    return {"losses": np.linspace(0.7, 0.1, epochs), "logits": logits, "stale_steps": 0, "changed": True}


claims["train_probe"] = mean_images
"""
ALL = BUILD + TRAIN + REST
# What is claimed, and the most points that it may be worth: 25 for Task 1, 6 for a split that is sound, 4 for losses.
WAYS = {
    "Task 1": (BUILD, 25),
    "Task 1, and a loss of nothing": (BUILD + 'claims["fixed_losses"] = lambda epochs, **_: np.zeros(epochs)', 25),
    "Tasks 1 and 2a": (BUILD + TRAIN, 35),
    "the test part is known by heart": (ALL + 'claims["logits"] = lambda of, images: by_heart(images)', 35),
    "logits next to zero": (ALL + 'claims["logits"] = lambda of, images: 1e-9 * noise(images)', 35),
    "logits next to zero, and scores of a half": (
        ALL + 'claims["logits"] = lambda of, images: 1e-9 * noise(images)\nvariables["scores"] = np.full(200, 0.5)',
        38,
    ),
    "one logit far away, all others next to zero": (
        ALL + 'claims["logits"] = lambda of, images: np.where(np.arange(len(images)) == 0, 1e9, 1e-3 * noise(images))',
        35,
    ),
    "the same logit for all": (ALL + 'claims["logits"] = lambda of, images: np.ones(len(images))', 35),
    "every score and both classes around each image": (ALL + EVERY_SCORE, 39),
    "a test part of one image": (ALL + 'variables["test_indices"] = np.full(200, 7)', 29),
    "scores without a doubt": (ALL + 'variables["scores"] = truth.astype(float)', 35),
    # Worked out without a slip, this is what an honest net at chance gets.
    "a net that calls everything a chirp, and all that follows": (ALL + ALL_CHIRPS, 69),
    # And this is what a rule of one line gets, which really learns what came with the question.
    "the same, and the mean image of each class": (ALL + ALL_CHIRPS + MEAN_IMAGES, 80),
    "the bright ones are chirps": (
        ALL + 'claims["logits"] = lambda of, images: images.clip(1.5).mean((1, 2, 3)) - 1.6',
        35,
    ),
}


def claimed(way: str) -> Verdict:
    cell = TAKES_OVER + WAYS[way][0]
    return grade(dataclasses.replace(find("untouched"), name="forgeries-claims", scratch=[("setup-checks", cell)]))


def points(verdict: Verdict) -> float:
    return sum(cell.points * verdict.fractions[cell.name] for cell, _ in verdict.reports if cell.points is not None)


@pytest.mark.parametrize("way", WAYS)
def test_claims_are_worth_no_more_than_it_says(way):
    verdict = claimed(way)
    earned = [name for name, fraction in verdict.fractions.items() if fraction]
    assert points(verdict) <= WAYS[way][1], earned
