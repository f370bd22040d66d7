"""Asking leaves no trace: a net and the random states are afterwards as they were before."""

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import torch
from torch import nn


@contextmanager
def left_as_it_was(net: nn.Module) -> Iterator[None]:
    """Restore a net's training flags and buffers."""
    flags = [(module, module.training) for module in net.modules()]
    buffers = [(buffer, buffer.detach().clone()) for buffer in net.buffers()]
    try:
        yield
    finally:
        for module, training in flags:
            module.training = training
        with torch.no_grad():
            for buffer, kept in buffers:
                buffer.copy_(kept)


@contextmanager
def random_states_of_its_own(seed: int) -> Iterator[None]:
    """Seed every global random state for one question, and restore it afterwards."""
    python, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002 (the student's, not ours)
    with ExitStack() as stack:
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
