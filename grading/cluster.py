"""Where submissions are executed: Dask workers, in this process or anywhere."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any

import dask
import psutil
from distributed import Client, Scheduler, SpecCluster, Worker, as_completed, get_worker

from .execute.job import execute

# A submission that takes its worker with it again and again is set aside. Once may be bad luck.
RETRIES = 2


class _NoPort:
    """Without the web pages that Dask would offer on a port of this machine."""

    def start_http_server(self, *_: Any, **__: Any) -> None:
        """Start none."""


class _Scheduler(_NoPort, Scheduler):
    """A scheduler in this process."""


class _Worker(_NoPort, Worker):
    """A worker in this process."""


@contextmanager
def connect(scheduler: str | None = None, workers: int | None = None) -> Iterator[Client]:
    """Connect to a Dask scheduler.

    Parameters
    ----------
    scheduler : str, optional
        Its address, such as ``tls://head:8786``; Dask's own configuration tells the certificates
        (``distributed.comm.tls``). By default all is in this process, and no port is open.
    workers : int, optional
        How many submissions are executed at one time in this process; by default one for each processor.

    Raises
    ------
    OSError
        There is no such scheduler.
    """
    if scheduler:
        with Client(scheduler) as client:
            yield client
        return
    processors = len(os.sched_getaffinity(0))
    here = {"protocol": "inproc://"}
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": RETRIES}),
        SpecCluster(
            scheduler={"cls": _Scheduler, "options": {**here, "dashboard": False}},
            workers={"here": {"cls": _Worker, "options": {**here, "nthreads": workers or processors}}},
            silence_logs="ERROR",
        ) as cluster,
        Client(cluster) as client,
    ):
        try:
            yield client
        except BaseException:
            # Else Dask would wait until what runs has come to its end.
            for process in psutil.Process().children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            raise


def execute_all(client: Client, jobs: Iterable[tuple[Any, bytes]]) -> Iterator[tuple[Any, bytes | BaseException]]:
    """Execute packed jobs, a few more at a time than there are threads.

    Parameters
    ----------
    client : Client
        From `connect`.
    jobs : iterable of (any, bytes)
        A name for each job, and what `Job.pack` returned. Taken one by one, as there is room.

    Yields
    ------
    name : any
        Whose job has come to an end, in the order in which they do.
    result : bytes or BaseException
        What `grading.execute.job.execute` returned, or why it did not.
    """
    jobs, names = iter(jobs), {}

    def begin(most: int) -> list[Any]:
        begun = {client.submit(_execute, job, pure=False): name for name, job in islice(jobs, most)}
        names.update(begun)
        return list(begun)

    ahead = 2 * max(1, sum(client.nthreads().values()))
    ended = as_completed(begin(ahead))
    for future in ended:
        result = future.exception() if future.status == "error" else future.result()
        ended.update(begin(1))
        yield names.pop(future), result


def _execute(job: bytes) -> bytes:
    """Execute a packed job on a worker, with its share of the processors."""
    return execute(job, max(1, len(os.sched_getaffinity(0)) // get_worker().state.nthreads))
