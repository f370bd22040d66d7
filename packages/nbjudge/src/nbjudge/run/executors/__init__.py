"""Executors run jobs: in threads of this process (`local`), or on Dask workers anywhere (`remote`)."""

from collections.abc import Iterator
from contextlib import contextmanager

from .executor import Executor, GivenUpError
from .local import LocalExecutor

__all__ = ["Executor", "GivenUpError", "connect"]


@contextmanager
def connect(scheduler: str | None = None, workers: int | None = None) -> Iterator[Executor]:
    """Make an executor.

    Parameters
    ----------
    scheduler : str, optional
        Address of a Dask scheduler, such as ``tls://head:8786``; by default, jobs run in this process.
    workers : int, optional
        How many submissions are executed at one time in this process; by default one for each processor.

    Raises
    ------
    OSError
        There is no such scheduler.
    """
    if scheduler is None:
        with LocalExecutor.started(workers) as executor:
            yield executor
        return
    from .remote import DaskExecutor

    with DaskExecutor.connected(scheduler) as executor:
        yield executor
