"""Compares what came back from the student's code with what a test expects."""

import math
from typing import Any

import numpy as np

from .tables import table_parts

TOLERANCE = 1e-9


def same(found: Any, expected: Any, tolerance: float = TOLERANCE) -> bool:
    """Whether two pieces of plain data are the same; it never raises an error, whatever was found.

    Lists, tuples and arrays of equal items are the same. Of tables, columns and rows have to have the same order. NaN
    is NaN, and True is not 1.

    Parameters
    ----------
    found, expected : plain data
        Two values.
    tolerance : float
        How far numbers may be apart, as a share of the larger one, or in all if they are smaller than 1.
    """
    found, expected = _simple(found), _simple(expected)
    if isinstance(expected, list):
        if not isinstance(found, list) or len(found) != len(expected):
            return False
        return all(same(one, other, tolerance) for one, other in zip(found, expected, strict=True))
    if isinstance(expected, dict):
        if not isinstance(found, dict) or found.keys() != expected.keys():
            return False
        return all(same(found[key], expected[key], tolerance) for key in expected)
    if _is_number(expected) and _is_number(found):
        return _close(found, expected, tolerance)
    return found is expected or (type(found) is type(expected) and bool(found == expected))


def _simple(value: Any) -> Any:
    """Arrays, tuples and tables as lists, and NumPy's numbers as Python's."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, tuple):
        return list(value)
    return table_parts(value) or value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | complex) and not isinstance(value, bool)


def _close(found: Any, expected: Any, tolerance: float) -> bool:
    if found == expected or (found != found and expected != expected):
        return True
    try:
        apart, largest = abs(found - expected), max(abs(found), abs(expected), 1)
        return math.isfinite(largest) and bool(apart <= tolerance * largest)
    except OverflowError:  # an integer that is too large for a float
        return False
