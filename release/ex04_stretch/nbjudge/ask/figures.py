"""Finds the images that a student's figure shows, and the text that belongs to each."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from .unanswerable import Unanswerable

# Limits on what goes through the door; honest work stays far below them.
MAX_PANELS = 64
MAX_IMAGES = 64  # in each
MAX_PIXELS = 2**20
MAX_TEXT = 4000


def panels_of(value: Any, name: str) -> list[dict[str, Any]]:
    """List the axes that hold an image, each with its images and text.

    Parameters
    ----------
    value : object
        A figure, axes, lists of them, what ``plt.subplots`` returns, or None.
    name : str
        Name of the student's variable, for the message.

    Raises
    ------
    Unanswerable
        The value is something else.
    """
    panels = []
    for axes, shared_text in axes_of(value, name):
        images = images_of(axes)
        if images:
            panels.append({"images": images, "text": "\n".join([*text_in(axes), *shared_text])[:MAX_TEXT]})
    return panels[:MAX_PANELS]


def axes_of(value: Any, name: str) -> Iterator[tuple[Any, list[str]]]:
    """All axes in a figure, in axes, or in lists of them, with the text of the figure around them."""
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, FigureBase, SubFigure

    if value is None:
        return
    if isinstance(value, Figure | SubFigure):
        for axes in value.axes:
            yield axes, text_around(axes)
    elif isinstance(value, Axes):
        yield value, text_around(value)
    elif isinstance(value, list | tuple | np.ndarray):
        items = list(np.ravel(np.array(value, dtype=object))) if isinstance(value, np.ndarray) else list(value)
        # plt.subplots() returns a figure and its axes: do not count the axes twice.
        figures = [item for item in items if isinstance(item, FigureBase)]
        for item in figures or items:
            yield from axes_of(item, name)
    elif hasattr(value, "figure"):
        yield from axes_of(value.figure, name)
    else:
        raise Unanswerable("contract", f"`{name}` should be a matplotlib figure; it is a {type(value).__name__}.")


def text_in(axes: Any) -> list[str]:
    """Titles, labels, legends and other text of one set of axes, without the numbers at its ticks."""
    from matplotlib.axis import Axis
    from matplotlib.text import Text

    texts = [axis.label.get_text() for axis in (axes.xaxis, axes.yaxis)]
    artists = [artist for artist in axes.get_children() if not isinstance(artist, Axis)]
    texts += [text.get_text() for artist in artists for text in artist.findobj(Text)]
    return [text for text in texts if text]


def text_around(axes: Any) -> list[str]:
    """All text of the figure that contains some axes, and of the figures that contain this figure."""
    texts, around = [], axes.figure
    while around is not None:
        title = getattr(around, "_suptitle", None)
        texts += [text.get_text() for text in (*around.texts, *([title] if title is not None else []))]
        texts += [text.get_text() for legend in around.legends for text in legend.get_texts()]
        around = getattr(around, "_parent", None)
    return texts


def images_of(axes: Any) -> list[np.ndarray]:
    """Arrays that imshow, pcolormesh and pcolor show in one set of axes."""
    arrays = [image.get_array() for image in axes.images]
    for mesh in axes.collections:
        if hasattr(mesh, "get_coordinates") and mesh.get_array() is not None:
            rows, columns = (size - 1 for size in mesh.get_coordinates().shape[:2])
            array = mesh.get_array()
            fits = array.size == rows * columns
            arrays.append(array.reshape(rows, columns) if fits else array)
    plain = (np.ma.filled(np.ma.asarray(array), np.nan) for array in arrays if array is not None)
    return [array.astype(np.float64) for array in plain if array.ndim == 2 and array.size <= MAX_PIXELS][:MAX_IMAGES]
