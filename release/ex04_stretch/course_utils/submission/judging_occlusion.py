"""Functions with which the test cells of `ex04_stretch` judge part (d): the map of hidden tiles; NumPy only.

Answers may be wrong in any way; the functions raise AssertionError with a message for the student.
"""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

import numpy as np

from .. import simulators, stretch
from . import judging
from .questions import Submission
from .slips import Slip

# Smallest number of tiles along frequency and along time in an occlusion map.
FEWEST_TILES = (4, 4)
MOST_TILES = 256  # maps with more tiles are not compared with maps that contain a mistake
OCCLUSION_TOLERANCE = 0.02  # as a share of the map's largest value


def occlusion_of(submission: Submission, image: np.ndarray, tiles: tuple[int, int]) -> np.ndarray:
    """For each tile of an image, by how much the logit falls when the tile is set to 0.

    Parameters
    ----------
    submission : Submission
        The student's work.
    image : (32, 64) array
        The image.
    tiles : (int, int)
        Number of tiles along frequency and time.
    """
    before, after = _without_tiles(submission, image, tiles, _size_of(tiles), _size_of(tiles))
    fall: np.ndarray = before - after
    return fall


def _size_of(tiles: tuple[int, int]) -> tuple[int, int]:
    """Number of rows and columns of a tile, for a number of tiles along frequency and time."""
    return simulators.FREQUENCY_BINS // tiles[0], simulators.TIME_BINS // tiles[1]


def _without_tiles(
    submission: Submission,
    image: np.ndarray,
    tiles: tuple[int, int],
    step: tuple[int, int],
    size: tuple[int, int],
    filling: float = 0.0,
    turned: bool = False,
    in_one_copy: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Logits of an image, and of the image without each of some tiles.

    Parameters
    ----------
    submission : Submission
        The student's work.
    image : (32, 64) array
        The image.
    tiles : (int, int)
        Number of tiles along frequency and time.
    step, size : (int, int)
        Rows and columns from one tile to the next, and rows and columns of a tile.
    filling : float
        Value with which tiles are filled.
    turned : bool
        Whether rows and columns are exchanged.
    in_one_copy : bool
        Whether the earlier tiles stay hidden, too.

    Returns
    -------
    before, after : (tiles) float64 arrays
    """
    hidden = np.repeat(image[None], tiles[0] * tiles[1] + 1, axis=0)
    for number, (row, column) in enumerate(np.ndindex(tiles)):
        rows = slice(row * step[0], row * step[0] + size[0])
        columns = slice(column * step[1], column * step[1] + size[1])
        last = -1 if in_one_copy else number + 1
        hidden[number:last, *((columns, rows) if turned else (rows, columns))] = filling
    logits = submission.one_logit_per_image("model", hidden[:, None])
    return np.full(tiles, logits[-1]), logits[:-1].reshape(tiles)


def other_occlusions(submission: Submission, images: np.ndarray, tiles: tuple[int, int]) -> Iterator[Slip]:
    """Maps that the usual mistakes produce, made one after the other, because each of them asks the net.

    Parameters
    ----------
    submission : Submission
        The student's work.
    images : (6, 32, 64) array
        From `confident`.
    tiles : (int, int)
        From `tiles_of`.
    """
    rows, columns = size = _size_of(tiles)
    shape = f"({tiles[0]}, {tiles[1]})"
    wants = f"A map of {tiles[0]} x {tiles[1]} needs tiles of {rows} x {columns} pixels"
    other = tiles[::-1]
    if 0 not in _size_of(other):
        of_other = occlusion_of(submission, images[0], other)
        yield (
            of_other.T,
            (
                f"The map is transposed: its rows go along frequency, its columns along time. As "
                f"{other[0]} x {other[1]} tiles the numbers are right: one .T more, or one less."
            ),
        )
        yield (
            of_other.reshape(tiles),
            f"These are the numbers of {other[0]} x {other[1]} tiles in the shape {shape}: .reshape({other[0]}, "
            f"{other[1]}) puts them into their places.",
        )
    for larger in ((8, 16), (4, 8), (16, 32)):
        times = tiles[0] // larger[0], tiles[1] // larger[1]
        if min(times) >= 1 and max(times) > 1:
            yield (
                np.kron(occlusion_of(submission, images[0], larger), np.ones(times)),
                (
                    f"The number of each of {larger[0]} x {larger[1]} tiles stands there {times[0] * times[1]} times: "
                    f"give one number for each tile, ({larger[0]}, {larger[1]})."
                ),
            )
    if tiles[0] * tiles[1] > MOST_TILES:
        return
    before, after = _without_tiles(submission, images[0], tiles, size, size)
    yield judging.sigmoid(before) - judging.sigmoid(after), "It is about logits: leave out the sigmoid."
    yield before / np.where(after == 0, 1, after), "It is the quotient of the two logits: take their difference."

    def fall(image: np.ndarray, step: tuple[int, int] = size, of: tuple[int, int] = size, **how: Any) -> np.ndarray:
        whole, rest = _without_tiles(submission, image, tiles, step, of, **how)
        falls: np.ndarray = whole - rest
        return falls

    swapped = "Rows and columns are swapped where a tile is hidden: an image's first index is its row, the frequency."
    yield fall(images[0], turned=True), swapped
    yield fall(images[0], in_one_copy=True), "The tiles before it are still hidden: each needs a fresh copy, .copy()."
    yield fall(images[0], filling=float(images[0].mean())), "The tiles are filled with the image's mean: take zeros."
    yield fall(images[0], filling=1.0), "The tiles are filled with ones: take zeros."
    sizes = list(product((4, 2, 8, 16), (4, 2, 8, 16)))
    for step, of in [*((other, other) for other in sizes), *((size, other) for other in sizes)]:
        if (step, of) != (size, size):
            apart = "side by side" if step == of else f"{step[0]} rows and {step[1]} columns apart"
            yield fall(images[0], step, of), f"It is made of tiles of {of[0]} x {of[1]} pixels, {apart}. {wants}."
    for number, image in enumerate(images[1:], start=1):
        name = simulators.CLASS_NAMES[simulators.CHIRP if number < 3 else simulators.BLIP]
        yield fall(image), f"It is the map of image {number}, a {name}: take X_sure[confident[0]]."
    first, _ = stretch.candidates()
    yield fall(first[0, 0]), "It is the map of X_sure[0]: the surest chirp is X_sure[confident[0]]."


def tiles_of(found: np.ndarray) -> tuple[int, int]:
    """Number of tiles along frequency and time into which an occlusion map divides an image."""
    whole = (simulators.FREQUENCY_BINS, simulators.TIME_BINS)
    assert found.ndim == 2, f"`occlusion` should be a map, one number for each tile; its shape is {found.shape}."
    assert all(many and of % many == 0 for many, of in zip(found.shape, whole, strict=True)), (
        f"`occlusion` has shape {found.shape}: tiles of the same size divide an image of {whole} into as many rows and "
        "columns only if 32 and 64 can be divided by these numbers. (8, 16) has tiles of 4 x 4 pixels."
    )
    assert found.shape[0] >= FEWEST_TILES[0] and found.shape[1] >= FEWEST_TILES[1], (
        f"`occlusion` has {found.shape[0]} x {found.shape[1]} tiles; cut the image into smaller ones, such as 8 x 16."
    )
    assert np.isfinite(found).all(), "`occlusion` holds values that are not finite."
    return found.shape


def assert_occlusion(found: np.ndarray, expected: np.ndarray, others: Iterable[Slip] = ()) -> None:
    """Assert that a map tells for each tile by how much the logit falls when this tile is hidden.

    Parameters
    ----------
    found, expected : arrays of the same shape
        The student's map, and ours.
    others : iterable of (array, str)
        From `other_occlusions`: maps that mistakes produce, and a message about each mistake.
    """
    slack = OCCLUSION_TOLERANCE * np.abs(expected).max() + 1e-6
    if (np.abs(found - expected) <= slack).all():
        return
    hint = (
        "Hide one tile at a time, with zeros, in a fresh copy of the surest chirp, X_sure[confident[0]]; row 0 of the "
        "map holds the lowest frequencies."
    )
    if np.abs(found).max() <= 1 < np.abs(expected).max():
        hint += " No number of yours is larger than 1: it is about logits, not scores."
    if (np.abs(found + expected) <= slack).all():
        hint = "Its sign is reversed: take the logit before minus the logit after, so that what matters is positive."
    elif any(
        view.shape == expected.shape and (np.abs(view - expected) <= slack).all()
        for view in (found[::-1], found[:, ::-1], found.reshape(expected.shape[::-1]).T)
    ):
        hint = "The numbers are right, but not in their places: upside down, or columns before rows."
    elif np.ptp(found - expected) <= 2 * slack:
        hint = "It is the logit of what is left, or minus that: subtract it from the logit of the whole image."
    elif np.ptp(found + expected) <= 2 * slack:
        hint = "It is the logit of what is left: subtract it from the logit of the whole image."
    else:
        hint = next((says for wrong, says in others if _is_like(found, wrong)), hint)
    row, column = np.unravel_index(int(np.abs(found - expected).argmax()), found.shape)
    raise AssertionError(
        f"`occlusion` is {found[row, column]:.3f} in row {row} and column {column}; `model`'s logit "
        f"{'falls' if expected[row, column] >= 0 else 'rises'} by {abs(expected[row, column]):.3f} there. {hint}"
    )


def _is_like(found: np.ndarray, wrong: np.ndarray) -> bool:
    """Whether a map equals a wrong one, which must not be constant."""
    slack = OCCLUSION_TOLERANCE * np.abs(wrong).max() + 1e-6
    return bool(np.ptp(wrong) > 2 * slack and (np.abs(found - wrong) <= slack).all())
