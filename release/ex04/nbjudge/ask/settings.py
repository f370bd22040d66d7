"""Ordinary settings for our code: a student may have turned warnings into errors, or let NumPy raise them."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

_SILENT = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)


@contextmanager
def ordinary_settings() -> Iterator[None]:
    """Restore the default warnings of Python and the default error handling of NumPy; also usable as a decorator."""
    with warnings.catch_warnings(), np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"):
        warnings.simplefilter("default")
        for category in _SILENT:
            warnings.simplefilter("ignore", category)
        yield


def in_grading() -> bool:
    """Whether nbgrader runs the notebook to grade it; otherwise a student runs it."""
    return os.environ.get("NBGRADER_EXECUTION") == "autograde"
