"""Cleans the outputs of student cells for the graded notebook: text, errors, verified PNG and JPEG pictures."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

MAX_TEXT = 2**20
MAX_ERROR = 2**16  # of an error's message; the traceback holds the message, too
MAX_PICTURE_BYTES = 16 * 2**20
MAX_OUTPUTS = 200
MAX_LINES = 200
MAX_WORDS, MAX_LINE = 10, 200
MAX_PIXELS = 50_000_000


def clean(claimed: Any) -> list[dict[str, Any]]:
    """Keep the well-formed part of the outputs that a student's process claims for one cell.

    Parameters
    ----------
    claimed : any
        What came through the door; may be anything.

    Returns
    -------
    list of dict
        Outputs with ``type`` stream, display, result or error, and only keys that `to_notebook` knows.
    """
    if not isinstance(claimed, list):
        return []
    room = _Room()
    outputs = (_clean_one(output, room) for output in claimed[:MAX_OUTPUTS] if isinstance(output, dict))
    return [output for output in outputs if output is not None]


def clean_words(claimed: Any) -> list[str]:
    """The first few lines that a student's process claims, shortened, with printable characters only."""
    lines = claimed[:MAX_WORDS] if isinstance(claimed, list) else []
    return ["".join(filter(str.isprintable, _text(line)[:MAX_LINE])) for line in lines]


def size_of(outputs: list[dict[str, Any]]) -> int:
    """The size of clean outputs: characters plus bytes of pictures."""
    values = [value for output in outputs for value in output.values()]
    lines = [line for value in values if isinstance(value, list) for line in value]
    return sum(len(value) for value in values + lines)


@dataclass
class _Room:
    """How much the outputs of one cell may still hold. Errors have their own limit, apart from printed text."""

    text: int = MAX_TEXT
    errors: int = MAX_TEXT
    picture_bytes: int = MAX_PICTURE_BYTES

    def for_text(self, value: Any) -> str:
        text = _text(value)[: self.text]
        self.text -= len(text)
        return text

    def for_error(self, value: Any, most: int = MAX_TEXT) -> str:
        text = _text(value)[: min(most, self.errors)]
        self.errors -= len(text)
        return text

    def for_picture(self, content: Any, image_format: str) -> bool:
        if not isinstance(content, np.ndarray) or content.nbytes > self.picture_bytes:
            return False
        self.picture_bytes -= content.nbytes
        return is_image(content, image_format)


def _clean_one(output: dict[str, Any], room: _Room) -> dict[str, Any] | None:
    # `_text` turns a non-string into "": NumPy would compare an array with a string element by element.
    kind, name = _text(output.get("type")), _text(output.get("name"))
    if kind == "stream" and name in ("stdout", "stderr"):
        return {"type": kind, "name": name, "text": as_on_a_terminal(room.for_text(output.get("text")))}
    if kind == "error":
        lines = output.get("traceback")
        return {
            "type": kind,
            "name": name[:MAX_LINE],
            "value": room.for_error(output.get("value"), MAX_ERROR),
            "traceback": [room.for_error(line) for line in lines[:MAX_LINES]] if isinstance(lines, list) else [],
        }
    if kind in ("display", "result"):
        cleaned = {"type": kind, "text": room.for_text(output.get("text"))}
        for key, image_format in (("png", "PNG"), ("jpeg", "JPEG")):
            if room.for_picture(output.get(key), image_format):
                cleaned[key] = output[key]
        return cleaned
    return None


def is_image(content: Any, image_format: str) -> bool:
    """Whether a uint8 array is a complete picture of this format (``PNG`` or ``JPEG``) and not too large."""
    if not isinstance(content, np.ndarray) or content.dtype != np.uint8:
        return False
    try:
        with Image.open(io.BytesIO(content.tobytes()), formats=[image_format]) as image:
            if image.width * image.height > MAX_PIXELS:
                return False
            image.verify()
    except Exception:
        # Pillow raises a dozen kinds of error for a broken picture; each means the same here.
        return False
    return True


def as_on_a_terminal(text: str) -> str:
    """Apply carriage returns (a progress bar writes them) as a terminal would."""
    # A regular expression would take minutes on a line of a megabyte.
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
