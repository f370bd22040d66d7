"""Asking leaves no trace: afterwards, random states, the notebook's names and its figures are the same as before."""

import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from inspect import unwrap
from typing import Any

import numpy as np

from .plain_data import NotPlain, pack
from .student_code import functions_in, globals_read


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


@contextmanager
def names_kept(namespace: dict[str, Any], names: Sequence[str]) -> Iterator[None]:
    """Restore the notebook's names after a call of the student's code.

    Parameters
    ----------
    namespace : dict
        The notebook's globals.
    names : sequence of str
        Names that the question uses. Plain data, and objects of the student's classes that hold only plain data, are
        replaced by copies meanwhile, under these names and under those that the functions behind them read.
    """
    before = dict(namespace)
    read = set(names)
    for thing in (namespace[name] for name in names if callable(namespace[name])):
        # A function with a decorator such as functools.cache may be no function any more, but it leads to one.
        read |= {used for function in functions_in(unwrap(thing), namespace) for used in globals_read(function)}
    known: dict[int, Any] = {}  # so that two names of one list stay two names of one list
    for name in sorted(read & namespace.keys()):
        if _is_copied(namespace[name], namespace):
            namespace[name] = deepcopy(namespace[name], known)
    try:
        yield
    finally:
        for name in namespace.keys() - before.keys():
            del namespace[name]
        namespace |= before


@contextmanager
def figures_kept() -> Iterator[None]:
    """Close the figures that a call of the student's code makes, and show none of them."""
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        yield
        return
    before, shows = pyplot.get_fignums(), pyplot.show
    current = pyplot.gcf().number if before else None
    pyplot.show = lambda *_, **__: None
    try:
        yield
    finally:
        pyplot.show = shows
        for number in {*pyplot.get_fignums()} - {*before}:
            pyplot.close(number)
        if current in pyplot.get_fignums():
            pyplot.figure(current)


def _is_copied(value: Any, namespace: dict[str, Any]) -> bool:
    """Whether a value can be changed in place, and can be copied for each question.

    Not copied is what other objects may know as well, as an optimizer knows the tensors that it changes.
    """
    is_of_the_student = type(value).__module__ == namespace.get("__name__") and hasattr(value, "__dict__")
    try:
        return isinstance(pack(vars(value) if is_of_the_student else value, tensors=False), list | np.ndarray)
    except NotPlain:
        return False
