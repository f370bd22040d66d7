"""Plots for the notebook: spectrograms, the confusion matrix, the loss curve.

Every function returns the figure and the axes on which it drew, so that you can add to them. Functions that take ``ax``
draw there and change nothing else; without it they open a new figure. Images may be NumPy arrays or torch
tensors, on any device. The colours are readable with every kind of colour vision.
"""

import math
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator, MultipleLocator
from matplotlib.typing import HashableList
from nbjudge.ask.settings import ordinary_settings
from numpy.typing import ArrayLike, NDArray

from course_utils.simulators import BLIP, CHIRP, CLASS_NAMES, FREQUENCY_BINS, NOISE_SIGMA, TIME_BINS, Dataset

# The same colour means the same amplitude in every image. Signals are positive, with peaks of up to 3.0 before noise is
# added; so few colours are used for values far below zero.
COLOUR_LIMITS = (-NOISE_SIGMA, 4 * NOISE_SIGMA)

# Two colours that everybody can tell apart (M. Okabe and K. Ito, "Color universal design", 2008).
VERMILION, BLUE = "#d55e00", "#0072b2"
CLASS_MARKERS = {BLIP: (".", VERMILION), CHIRP: ("x", BLUE)}

_IMAGE = (FREQUENCY_BINS, TIME_BINS)


@ordinary_settings()
def spectrogram(image: ArrayLike, ax: Axes | None = None, title: str | None = None) -> tuple[Figure | SubFigure, Axes]:
    """Draw one image, low frequencies at the bottom.

    Parameters
    ----------
    image : array_like, shape (32, 64) or (1, 32, 64)
        Frequency bins x time bins.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on. Without them, a new figure is opened, with a colour bar.
    title : str, optional
        Text above the image.

    Returns
    -------
    fig, ax : Figure and Axes

    Raises
    ------
    ValueError
        If image has another shape.
    """
    array = _numpy(image)
    if array.shape not in {_IMAGE, (1, *_IMAGE)}:
        raise ValueError(f"image must have shape {_IMAGE} or {(1, *_IMAGE)}, got {array.shape}")
    alone = ax is None
    fig, ax = _figure_and_axes(ax, figsize=(5.6, 2.8))
    drawn = _draw(array.reshape(_IMAGE), ax, title)
    ax.set(xlabel="time bin", ylabel="frequency bin")
    if alone:
        _colour_bar(fig, drawn, ax)
    return fig, ax


@ordinary_settings()
def spectrogram_grid(
    images: ArrayLike | Sequence[ArrayLike],
    titles: Sequence[str] | None = None,
    columns: int | None = None,
) -> tuple[Figure, NDArray[np.object_]]:
    """Draw several images side by side in a new figure, with one colour bar for all.

    Parameters
    ----------
    images : array_like, shape (n, 32, 64) or (n, 1, 32, 64), or a list of n single images
        At least one; two to twelve look best.
    titles : sequence of n str, optional
        Text above each image.
    columns : int, optional
        Images per row. By default, there are as few rows as possible with at most four images each, filled evenly.

    Returns
    -------
    fig : Figure
    axes : ndarray of Axes, shape (n,)
        One for each image, in order.

    Raises
    ------
    ValueError
        If there is no image, if one has another shape, if titles are not as many as images, or if columns is
        less than 1.
    """
    if isinstance(images, list | tuple):
        images = [_numpy(image) for image in images]
        if len({image.shape for image in images}) > 1:
            raise ValueError(f"images must all have the same shape, got {[image.shape for image in images]}")
    array = _numpy(images)
    n = len(array) if array.ndim else 0
    if n == 0:
        raise ValueError("images holds no image: there is nothing to draw")
    if array.shape not in {(n, *_IMAGE), (n, 1, *_IMAGE)}:
        raise ValueError(f"images must have shape (n, 32, 64) or (n, 1, 32, 64), got {array.shape}")
    if titles is not None and len(titles) != n:
        raise ValueError(f"titles must be as many as images, got {len(titles)} titles for {n} images")
    if columns is not None and columns < 1:
        raise ValueError(f"columns must be at least 1, got {columns}")

    columns = min(n, columns or math.ceil(n / math.ceil(n / 4)))
    rows = math.ceil(n / columns)
    size = (2.4 * columns + 1.0, (1.45 if titles is not None else 1.25) * rows + 0.4)
    fig, axes = plt.subplots(rows, columns, sharex=True, sharey=True, squeeze=False, figsize=size, layout="compressed")
    axes = axes.ravel()
    for unused in axes[n:]:
        unused.remove()
    axes = axes[:n]
    for i, ax in enumerate(axes):
        drawn = _draw(array[i].reshape(_IMAGE), ax, None if titles is None else titles[i])
        if i % columns == 0:
            ax.set_ylabel("frequency bin")
        if i + columns >= n:  # nothing below it
            ax.set_xlabel("time bin")
            ax.tick_params(labelbottom=True)
            ax.xaxis.set_in_layout(i // columns == rows - 1)  # else the labels would reach into an empty place
    _colour_bar(fig, drawn, axes, fraction=0.1 / columns, pad=0.03 / columns, aspect=14 * rows)
    return fig, axes


@ordinary_settings()
def confusion_matrix(
    counts: ArrayLike, ax: Axes | None = None, names: Sequence[str] = CLASS_NAMES
) -> tuple[Figure | SubFigure, Axes]:
    """Draw a confusion matrix: the counts, and their shares of the true class as colours and in percent.

    Parameters
    ----------
    counts : array_like of int, shape (classes, classes)
        ``counts[i, j]`` images of true class i were called j; 0 is blip, 1 is chirp.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; a new figure by default.
    names : sequence of str
        Names of the classes, in their order.

    Returns
    -------
    fig, ax : Figure and Axes

    Raises
    ------
    ValueError
        If counts has another shape, or an entry that is not a count.
    """
    array = _numpy(counts)
    shape = (len(names), len(names))
    if array.shape != shape:
        raise ValueError(f"counts must have shape {shape}, got {array.shape}")
    if np.any(array < 0) or np.any(array % 1 != 0):
        raise ValueError(f"counts must be whole numbers, 0 or more, got {array.tolist()}")

    fig, ax = _figure_and_axes(ax, figsize=(1.2 + 1.2 * len(names), 1 + 1.2 * len(names)))
    shares = array / np.maximum(array.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="cividis", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        # Text is white on the dark half of the colours and black on the light half.
        style: dict[str, Any] = {"color": "black" if share > 0.5 else "white", "ha": "center"}
        ax.text(column, row, f"{array[row, column]:.0f}", va="bottom", fontsize="xx-large", **style)
        ax.text(column, row + 0.06, f"{share:.1%}", va="top", **style)
    ax.set(xlabel="predicted class", ylabel="true class")
    ax.set_xticks(range(len(names)), names)
    ax.set_yticks(range(len(names)), names, rotation=90, va="center")
    ax.tick_params(length=0)
    return fig, ax


@ordinary_settings()
def loss_curve(
    losses: ArrayLike,
    validation: ArrayLike | None = None,
    ax: Axes | None = None,
    *,
    validation_name: str = "validation",
    classes: int = 2,
) -> tuple[Figure | SubFigure, Axes]:
    """Draw the loss of each epoch, and the loss of a net that only guesses: ln 2 = 0.693 for two classes.

    Parameters
    ----------
    losses : array_like, shape (epochs,)
        Mean cross-entropy of each epoch, in nats, as `torch.nn.BCEWithLogitsLoss` gives it, or for more classes
        `torch.nn.CrossEntropyLoss`. It may be empty.
    validation : array_like, shape (epochs,), optional
        The same for images that the net does not learn from, drawn as a second line: dashed, with squares. NaN means
        that the loss was not measured at this epoch.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on, which may hold another curve; a new figure by default.
    validation_name : str
        Name of the second line in the legend.
    classes : int
        Number of classes. A net that gives each class the same probability has a loss of ln(classes).

    Returns
    -------
    fig, ax : Figure and Axes

    Raises
    ------
    ValueError
        If losses or validation is not one-dimensional.
    """
    array, second = _numpy(losses), _numpy([] if validation is None else validation)
    for name, line in {"losses": array, "validation": second}.items():
        if line.ndim != 1:
            raise ValueError(f"{name} must be a list of one loss per epoch, got shape {line.shape}")
    fig, ax = _figure_and_axes(ax, figsize=(5.6, 3.2))
    ax.plot(np.arange(1, array.size + 1), array, marker="o", markersize=4, label="training")
    (measured,) = np.nonzero(np.isfinite(second))
    if measured.size:
        # Hollow squares leave points of the other line visible. NaN is left out, because it would break the line.
        style: dict[str, Any] = {"color": VERMILION, "fillstyle": "none", "markersize": 6}
        ax.plot(measured + 1, second[measured], "--s", label=validation_name, **style)
        ax.legend(loc="best", fontsize="small")
    chance = math.log(classes)
    ax.axhline(chance, color="gray", linestyle=":", linewidth=1)
    ax.annotate(
        f"chance: ln {classes} = {chance:.3f}",
        xy=(1, chance),
        xycoords=("axes fraction", "data"),
        xytext=(-4, 3),
        textcoords="offset points",
        ha="right",
        color="dimgray",
    )
    ax.set(xlabel="epoch", ylabel="mean loss" if measured.size else "mean training loss")
    ax.margins(x=0.02)
    # With auto=True, a second, higher curve can still raise the upper limit.
    ax.set_ylim(0, max(ax.get_ylim()[1], 1.15 * chance), auto=True)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    return fig, ax


@ordinary_settings()
def logits_by_snr(dataset: Dataset, logits: ArrayLike, worst: int = 3) -> tuple[Figure, dict[str, Axes]]:
    """Draw the logit of each image against its signal-to-noise ratio, and the images that are most wrong.

    Parameters
    ----------
    dataset : Dataset
        n images, from `course_utils.simulators`.
    logits : array_like, shape (n,) or (n, 1)
        Logits of a net for the images: above 0 for a chirp.
    worst : int
        Number of images of each class to draw: chirps with the lowest logits, blips with the highest.

    Returns
    -------
    fig : Figure
    axes : dict of str to Axes
        "logits", and "chirp 1", "blip 1", ... for the images, the most wrong first.

    Raises
    ------
    ValueError
        If there is not one logit for each image, or a class has fewer images than are to be drawn.
    """
    array = _numpy(logits)
    n = len(dataset.labels)
    if array.shape not in {(n,), (n, 1)}:
        raise ValueError(f"logits must have shape ({n},) or ({n}, 1), one for each image, got {array.shape}")
    fewest = np.bincount(dataset.labels, minlength=2).min()
    if fewest < worst:
        raise ValueError(f"{worst} images of each class are to be drawn, but of one there are only {fewest}")
    array, snr = array.reshape(n), dataset.optimal_snr

    rows: list[HashableList[str]] = [["logits", f"chirp {place}", f"blip {place}"] for place in range(1, worst + 1)]
    size = (10, 1.2 + 1.15 * worst)
    fig, axes = plt.subplot_mosaic(rows, figsize=size, width_ratios=(2, 1, 1), layout="compressed")
    for label, (marker, colour) in CLASS_MARKERS.items():
        members = np.flatnonzero(dataset.labels == label)
        name = CLASS_NAMES[label]
        axes["logits"].plot(
            snr[members], array[members], marker=marker, color=colour, label=name, linestyle="none", markersize=4
        )
        most_wrong_first = members[np.argsort(array[members] if label == CHIRP else -array[members])]
        for place, i in enumerate(most_wrong_first[:worst], start=1):
            ax = axes[f"{name} {place}"]
            _draw(dataset.images[i, 0], ax, f"{name}, logit {array[i]:.1f}, SNR {snr[i]:.0f}")
            ax.tick_params(labelleft=False, labelbottom=False)
    axes["logits"].axhline(0, color="gray", linewidth=1)
    axes["logits"].set(xlabel="signal-to-noise ratio", ylabel="logit (blip < 0 < chirp)")
    axes["logits"].legend()
    return fig, axes


def _numpy(values: Any) -> NDArray[Any]:
    """Return anything array-like as an array, even a torch tensor with a gradient or on a GPU."""
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)


def _figure_and_axes(ax: Axes | None, figsize: tuple[float, float]) -> tuple[Figure | SubFigure, Axes]:
    return plt.subplots(figsize=figsize, layout="compressed") if ax is None else (ax.figure, ax)


def _draw(image: NDArray[Any], ax: Axes, title: str | None) -> AxesImage:
    """Draw an image of shape (32, 64) without labelling the axes."""
    low, high = COLOUR_LIMITS
    drawn = ax.imshow(image, origin="lower", cmap="viridis", vmin=low, vmax=high, interpolation="nearest")
    ax.xaxis.set_major_locator(MultipleLocator(16))
    ax.yaxis.set_major_locator(MultipleLocator(8))
    if title is not None:
        ax.set_title(title, fontsize="medium")
    return drawn


def _colour_bar(fig: Figure | SubFigure, drawn: AxesImage, ax: Axes | NDArray[np.object_], **size: Any) -> None:
    fig.colorbar(drawn, ax=ax, extend="both", label="amplitude", ticks=MultipleLocator(1), **size)
