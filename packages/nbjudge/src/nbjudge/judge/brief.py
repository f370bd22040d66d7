"""Short texts for the values that cross, as the transcript shows them."""

import itertools
from typing import Any

import numpy as np

MOST_BITS = 256  # of an integer; Python refuses to write very long ones
MOST_SHOWN = 3  # lists in each other; a list may hold itself


def brief(value: Any, depth: int = 0) -> str:
    """A short text for a value; nothing is asked of a handle."""
    if value is None or type(value) in (bool, float, complex, str, bytes):
        return repr(value)[:80]
    if type(value) is int:
        return str(value) if value.bit_length() < MOST_BITS else f"an integer of {value.bit_length()} bits"
    if type(value) in (list, tuple, set, frozenset) and depth < MOST_SHOWN:
        shown = ", ".join(brief(each, depth + 1) for each in itertools.islice(value, 5))
        return f"{type(value).__name__}({shown}{', ...' if len(value) > 5 else ''})"[:200]
    if type(value) is np.ndarray:
        return f"{value.dtype} {value.shape}"
    return type(value).__name__
