"""Asking leaves no trace: afterwards, the random states are the same as before."""

import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np


@contextmanager
def random_states_of_its_own(seed: int) -> Iterator[None]:
    """Seed every global random state for one question, and restore it afterwards."""
    python, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002 (the student's, not ours)
    with ExitStack() as stack:
        if torch := sys.modules.get("torch"):
            stack.enter_context(torch.random.fork_rng())
            stack.enter_context(torch.enable_grad())
            torch.manual_seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy_state)  # noqa: NPY002
