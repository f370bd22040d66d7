"""Our code in a notebook whose author may have set anything: warnings that are errors, arithmetic that raises."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

_SILENT = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)


@contextmanager
def ordinary_settings() -> Iterator[None]:
    """Warn as Python does and calculate as NumPy does when nobody has set anything; a decorator as well."""
    with warnings.catch_warnings(), np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"):
        warnings.simplefilter("default")
        for category in _SILENT:
            warnings.simplefilter("ignore", category)
        yield


def in_grading() -> bool:
    """Whether nbgrader runs the notebook to grade it; else a student does."""
    return os.environ.get("NBGRADER_EXECUTION") == "autograde"
