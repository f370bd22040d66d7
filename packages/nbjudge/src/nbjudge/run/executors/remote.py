"""Executes jobs on Dask workers, which may be anywhere."""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from typing import Any

from distributed import Client, Future, get_worker
from distributed.comm.addressing import get_address_host

from .executor import INTERVAL, Call, Executor, Function, GivenUpError
from .threads import Place, Threads

PATIENCE = 60.0  # seconds to wait for a scheduler or worker that should answer at once


class SchedulerError(OSError):
    """The scheduler is gone or does not answer."""


class DaskExecutor(Executor):
    """Executes jobs on Dask workers.

    The worker enforces a job's time limit. If a worker stops as a whole, the scheduler misses its heartbeats, and after
    a while (``distributed.scheduler.worker-ttl``) gives its jobs to others.

    Parameters
    ----------
    client : Client
        Connected to the scheduler.
    """

    def __init__(self, client: Client) -> None:
        super().__init__()
        if client.scheduler is None:
            raise SchedulerError("the client has no scheduler")
        self._client = client
        self._scheduler = client.scheduler
        self._address = client.scheduler.address
        self._workers: dict[str, int] = {}  # how many threads each worker has, by its address
        self._heard = time.monotonic()
        self._looked = -INTERVAL
        self._look()

    @classmethod
    @contextmanager
    def connected(cls, scheduler: str) -> Iterator["DaskExecutor"]:
        """Connect to a scheduler. The certificates are set in Dask's own configuration (``distributed.comm.tls``).

        Raises
        ------
        OSError
            There is no such scheduler.
        """
        with Client(scheduler) as client:
            executor = cls(client)
            if not executor._workers:
                logging.getLogger(__name__).warning("there is no worker at %s yet: waiting for the first", scheduler)
            yield executor

    def _threads(self) -> int:
        return sum(self._workers.values())

    def _submit(self, job: Call) -> Future[bytes | None]:
        self._heard = time.monotonic()
        return self._client.submit(_on_worker, places(self._workers), job.function, job.packed, job.limit, pure=False)

    def _look(self) -> None:
        """From time to time, update the list of workers. Give up a job if no worker has returned anything for long.

        Raises
        ------
        SchedulerError
            The scheduler does not answer.
        """
        now = time.monotonic()
        if now < self._looked + INTERVAL:
            return
        self._looked = now
        try:
            self._workers = self._client.sync(self._scheduler.ncores, callback_timeout=PATIENCE)
        except OSError as error:  # TimeoutError is an OSError, too
            raise SchedulerError(f"the scheduler at {self._address} does not answer: {error}") from error
        if not self._workers or not self._jobs:
            self._heard = now
            return
        # Each worker may have one job to do and another one waiting.
        limit = 2 * max(job.limit for job in self._jobs.values())
        if now > self._heard + limit:
            future = next(iter(self._jobs))
            self._ended.put((future, GivenUpError(f"no worker has returned anything for {limit:g} s")))

    def _result(self, future: Future[bytes | None]) -> bytes | BaseException | None:
        self._heard = time.monotonic()
        if future.cancelled():
            raise SchedulerError(f"the scheduler at {self._address} has gone, with what it had to do")
        try:
            failed: bytes | BaseException | None = (
                future.exception(PATIENCE) if future.status == "error" else future.result(PATIENCE)
            )
            return failed
        except TimeoutError:
            return GivenUpError(f"its worker did not hand over the result within {PATIENCE:g} s")


def places(workers: dict[str, int]) -> dict[str, Place]:
    """The place of each worker: which of its machine's jobs are its own.

    Parameters
    ----------
    workers : dict of str to int
        How many threads each worker has, by its address.
    """
    on_host: dict[str, int] = defaultdict(int)
    first = {}
    for address in sorted(workers):
        host = get_address_host(address)
        first[address] = on_host[host]
        on_host[host] += workers[address]
    return {address: Place(first[address], on_host[get_address_host(address)]) for address in first}


_starting = threading.Lock()
_threads: Threads | None = None  # the threads of this worker; they stay as long as it runs


def _threads_here() -> Threads:
    global _threads
    with _starting:
        if _threads is None:
            _threads = Threads(get_worker().state.nthreads)
        return _threads


def _on_worker(places: dict[str, Place], function: Function, packed: tuple[bytes, ...], limit: float) -> Any:
    """Call a function on a worker, on its share of the processors."""
    threads = _threads_here()
    # A worker that joined after `places` was computed is not in it.
    place = places.get(get_worker().address, Place(0, len(threads)))
    future = threads.submit(function, packed, limit, place)
    while wait([future], INTERVAL).not_done:
        threads.give_up_the_late()
    return future.result()
