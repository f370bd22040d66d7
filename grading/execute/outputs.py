"""Outputs of student cells, as they may appear in a graded notebook: text, errors, verified PNG and JPEG."""

import io
from typing import Any

import numpy as np
from PIL import Image

MAX_TEXT = 2**20
MAX_OUTPUTS = 200
MAX_WORDS, MAX_LINE = 10, 200
MAX_PIXELS = 50_000_000


def clean(claimed: Any) -> list[dict[str, Any]]:
    """Take over what is well-formed of the outputs that a student's process claims.

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
    outputs = (_clean_one(output) for output in claimed[:MAX_OUTPUTS] if isinstance(output, dict))
    return [output for output in outputs if output is not None]


def clean_words(claimed: Any) -> list[str]:
    """A few short lines of printable text out of what a student's process claims."""
    lines = claimed[:MAX_WORDS] if isinstance(claimed, list) else []
    return ["".join(filter(str.isprintable, _text(line)[:MAX_LINE])) for line in lines]


def _clean_one(output: dict[str, Any]) -> dict[str, Any] | None:
    # Through `_text`, because an array in the place of a string compares element by element.
    kind, name = _text(output.get("type")), _text(output.get("name"))
    if kind == "stream" and name in ("stdout", "stderr"):
        return {"type": kind, "name": name, "text": as_on_a_terminal(_text(output.get("text")))}
    if kind == "error":
        lines = output.get("traceback")
        return {
            "type": kind,
            "name": name[:200],
            "value": _text(output.get("value")),
            "traceback": [_text(line) for line in lines[:200]] if isinstance(lines, list) else [],
        }
    if kind in ("display", "result"):
        cleaned = {"type": kind, "text": _text(output.get("text"))}
        for key, image_format in (("png", "PNG"), ("jpeg", "JPEG")):
            if is_image(output.get(key), image_format):
                cleaned[key] = output[key]
        return cleaned
    return None


def is_image(content: Any, image_format: str) -> bool:
    """Whether a uint8 array is a whole picture of that format (``PNG`` or ``JPEG``) and of sane size."""
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
    """Apply carriage returns, as a progress bar uses them, the way a terminal would."""
    # No regular expression: on a line of a megabyte it would take minutes.
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))


def _text(value: Any) -> str:
    return value[:MAX_TEXT] if isinstance(value, str) else ""
