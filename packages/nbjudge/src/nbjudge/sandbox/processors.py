"""Decides which processors a submission gets."""

import os
import platform
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

QUOTA = Path("/sys/fs/cgroup/cpu.max")


@cache
def usable() -> list[int]:
    """The processors that this process may use; in a container, as many as its quota allows."""
    processors = sorted(os.sched_getaffinity(0))
    with suppress(OSError, ValueError):  # there is no quota
        quota, period = map(int, QUOTA.read_text().split())
        # All processes of this container choose the same ones; another container on this machine chooses others.
        chosen = random.Random(platform.node()).sample(processors, min(len(processors), max(1, quota // period)))
        return sorted(chosen)
    return processors


def share(processors: Sequence[int], number: int, jobs: int) -> list[int]:
    """The processors for one of several jobs that run at one time.

    Parameters
    ----------
    processors : sequence of int
        All usable processors.
    number, jobs : int
        The number of this job, counted from 0, and how many jobs there are.

    Returns
    -------
    list of int
        All jobs get the same number, and no two jobs the same processor unless there are more jobs than processors.
    """
    if jobs >= len(processors):
        return [processors[number % len(processors)]]
    # On most machines, the second half of the processor numbers are the second threads of the same cores. With these
    # steps, a job gets both threads of a core.
    return list(processors[number % jobs :: jobs][: len(processors) // jobs])


@contextmanager
def on(processors: list[int] | None) -> Iterator[None]:
    """In the block, run this thread, and all processes that it starts, on these processors."""
    if processors is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, processors)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
