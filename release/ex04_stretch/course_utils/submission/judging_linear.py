"""Functions with which the test cells of `ex04_stretch` judge part (c): a linear classifier; NumPy only, see `judging`.

Answers may be wrong in any way; the functions raise AssertionError with a message for the student.
"""

import numpy as np
from nbjudge.ask.wording import sentences

from .. import simulators
from . import judging

# With the best threshold, the weights of a trained linear classifier reach TRAINED on the training part, and
# BETTER_THAN_CHANCE on fresh images. KNOWS_CHIRPS on fresh images without TRAINED means training on other images.
TRAINED, BETTER_THAN_CHANCE, KNOWS_CHIRPS = 0.75, 0.55, 0.6
CHANCE = 0.55  # a trained linear classifier is right more often than this, with its own bias
# Allows for rounding, and for images too close to the boundary.
ACCURACY_TOLERANCE = 0.004


def weights_of_image(found: np.ndarray) -> np.ndarray:
    """The weights of a linear classifier as a (2048,) float64 array."""
    image = (simulators.FREQUENCY_BINS, simulators.TIME_BINS)
    assert found.shape[-2:] == image and found.size == image[0] * image[1], (
        f"`weights_image` should have the shape of an image, {image}; it has {found.shape}. The weight of the layer "
        "has shape (1, 2048): .reshape(32, 64) puts each weight where its pixel is."
    )
    weights = found.astype(np.float64).ravel()
    assert np.isfinite(weights).all(), "`weights_image` holds values that are not finite."
    assert np.ptp(weights) > 0, "`weights_image` has the same value everywhere."
    return weights


def two_accuracies(found: np.ndarray) -> tuple[float, float]:
    """The student's `linear_accuracy`: on the training part, and on fresh images."""
    assert found.size == 2, (
        f"`linear_accuracy` should hold two numbers, for the training part and for fresh images; it holds {found.size}."
    )
    training, fresh = found.reshape(-1).astype(float).tolist()
    assert 0 <= training <= 1 and 0 <= fresh <= 1, (
        f"`linear_accuracy` holds {training:g} and {fresh:g}; expected fractions between 0 and 1."
    )
    return training, fresh


def right_by_threshold(weights: np.ndarray, images: np.ndarray, labels: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Accuracy of a linear classifier for each of many thresholds; a sum above the threshold means a chirp."""
    sums = images.reshape(len(images), -1).astype(np.float64) @ weights
    chirps, blips = (np.sort(sums[labels == label]) for label in (simulators.CHIRP, simulators.BLIP))
    right = len(chirps) - np.searchsorted(chirps, at, side="right") + np.searchsorted(blips, at, side="right")
    return right / len(sums)


def assert_weights_are_as_good(
    weights: np.ndarray, told: tuple[float, float], fresh: tuple[np.ndarray, np.ndarray], slack: float
) -> str | None:
    """Assert that weights classify the training part and fresh images as well as the student says.

    The image of the weights does not contain the bias, so some bias must give both accuracies that the student says.

    Parameters
    ----------
    weights : (2048,) array
        From `weights_of_image`.
    told : (float, float)
        From `two_accuracies`.
    fresh : (images, labels)
        Fresh images and their labels.
    slack : float
        By how much the second accuracy may differ, because the student's fresh images are other ones.

    Returns
    -------
    str or None
        A remark on a bias with which the weights are useless. It takes no points.
    """
    images, labels = judging.dataset()
    # All thresholds between two neighbouring sums of the training part give it the same accuracy, but they may give
    # fresh images different ones. So the sums of both are used.
    every = np.concatenate([images, fresh[0]])
    sums = np.sort(every.reshape(len(every), -1).astype(np.float64) @ weights)
    at = np.concatenate([[-np.inf], (sums[1:] + sums[:-1]) / 2, [np.inf]])
    training = right_by_threshold(weights, images, labels, at)
    on_fresh = right_by_threshold(weights, *fresh, at)
    assert training.max() >= TRAINED or on_fresh.max() < KNOWS_CHIRPS, (
        f"With the best threshold, `weights_image` is right in {training.max():.1%} of the training part, X, and in "
        f"{on_fresh.max():.1%} of fresh images. A LinearNet that is trained on X is right in nearly all of X. Was it "
        "trained on X and y, and long enough?"
    )
    assert training.max() >= TRAINED, (
        f"With the best threshold, `weights_image` is right in {training.max():.1%} of the training part, whatever the "
        "bias: these are not the weights of a trained LinearNet, or not each where its pixel is. Upside down? "
        "Transposed before the reshape? A new LinearNet()?"
    )
    assert on_fresh.max() >= BETTER_THAN_CHANCE, (
        f"`weights_image` is right in {on_fresh.max():.1%} of fresh images, like a coin; a trained linear classifier "
        "reaches about 62 %."
    )
    swapped = (np.abs(training - told[1]) <= ACCURACY_TOLERANCE) & (np.abs(on_fresh - told[0]) <= slack)
    as_told = np.abs(training - told[0]) <= ACCURACY_TOLERANCE
    fits = as_told & (np.abs(on_fresh - told[1]) <= slack)
    assert fits.any() or not swapped.any(), (
        f"The two numbers of `linear_accuracy`, {told[0]:.3f} and {told[1]:.3f}, seem to be swapped: first the "
        "training part, then the fresh images."
    )
    turned = np.abs(1 - training - told[0]) <= ACCURACY_TOLERANCE
    assert as_told.any() or not turned.any(), (
        f"`linear_accuracy` says {told[0]:.3f} for the training part, the share of wrong answers: is a comparison the "
        "wrong way round? A logit above 0 says chirp, class 1."
    )
    assert as_told.any(), (
        f"`linear_accuracy` says {told[0]:.3f} for the training part, but the weights in `weights_image` reach "
        f"{training.max():.3f} at best. Are they of the same net? Is the accuracy that of all 1,000 images of X?"
    )
    each_with_each = "Logits (N, 1) compared with labels (N,) give 0.5: flatten them." if told[1] < 0.55 else ""
    assert fits.any(), sentences(
        f"`linear_accuracy` says {told[1]:.3f} for fresh images. With a bias that gives {told[0]:.3f} on the training "
        f"part, `weights_image` reaches {on_fresh[as_told].min():.3f} to {on_fresh[as_told].max():.3f} there. "
        "Is it the accuracy of the same net, on X_fresh and y_fresh?",
        each_with_each,
    )
    if told[0] < CHANCE:
        return (
            f"With some threshold these weights reach {told[0]:.3f} on the training part, as you say, hardly more than "
            f"a coin; with the best one they reach {training.max():.3f}. Was a score compared with 0, not a logit?"
        )
    return None
