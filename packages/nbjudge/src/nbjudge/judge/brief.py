"""Short texts on the values that cross: for the transcript, and for the student."""

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
    if isinstance(value, np.generic) and type(value).__module__ == "numpy":
        return repr(value)[:80]
    if type(value) is np.ndarray:
        return f"{value.dtype} {value.shape}"
    return type(value).__name__


def not_granted(claim: str) -> str:
    """Why a test fails that would need this claim."""
    what, _, name = claim.partition(" ")
    used = f"its attribute '{name}'" if what in ("getattr", "method") else f"'{claim}'"
    return (
        f"this is an object of a class of its own where plain data is expected: {used} is not used here; return plain "
        "numbers, texts, lists or arrays"
    )
