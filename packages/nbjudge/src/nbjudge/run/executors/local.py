"""Executes jobs in threads of this process. The processes that they start do the computing, not the threads."""

import resource
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import psutil

from ...sandbox.processors import usable
from ..job import interrupted
from .executor import Call, Executor
from .threads import Place, Threads, end

FILES = 2**16  # most open files: a thread has some thirty, and there may be one thread for each of many processors
PATIENCE = 2.0  # seconds for all processes to end after an interruption, and then for the threads


class LocalExecutor(Executor):
    """Executes jobs in threads of this process.

    Parameters
    ----------
    threads : Threads
        The threads.
    """

    def __init__(self, threads: Threads) -> None:
        super().__init__()
        self._pool = threads

    @classmethod
    @contextmanager
    def started(cls, workers: int | None = None) -> Iterator["LocalExecutor"]:
        """Make an executor with `workers` threads; by default one for each processor."""
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = FILES if most == resource.RLIM_INFINITY else min(FILES, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
        threads = Threads(workers or len(usable()))
        try:
            yield cls(threads)
        except BaseException:
            _end_all()
            raise
        finally:
            threads.close(PATIENCE)
            interrupted.clear()

    def _threads(self) -> int:
        return len(self._pool)

    def _submit(self, job: Call) -> "Future[bytes | None]":
        return self._pool.submit(job.function, job.packed, job.limit, Place(0, len(self._pool)))

    def _look(self) -> None:
        self._pool.give_up_the_late()

    def _result(self, future: "Future[bytes | None]") -> bytes | BaseException | None:
        return future.exception() or future.result()


def _end_all() -> None:
    """End everything that is being executed in this process."""
    interrupted.set()
    deadline = time.monotonic() + PATIENCE
    while (children := psutil.Process().children()) and time.monotonic() < deadline:
        end(children)
        time.sleep(0.05)  # a thread may just have started another process
