"""Jobs on Dask workers, which may be anywhere."""

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

PATIENCE = 60.0  # seconds for what a scheduler or a worker answers at once


class SchedulerError(OSError):
    """There is no scheduler any more, or it says nothing."""


class DaskExecutor(Executor):
    """Executes jobs on Dask workers.

    A job's limit is minded on the worker. A worker that stops as a whole is not heard of any more, and after a while
    (``distributed.scheduler.worker-ttl``) the scheduler gives its jobs to others.

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
        self._workers: dict[str, int] = {}  # how many threads they have, by their addresses
        self._heard = time.monotonic()
        self._looked = -INTERVAL
        self._look()

    @classmethod
    @contextmanager
    def connected(cls, scheduler: str) -> Iterator["DaskExecutor"]:
        """Connect to a scheduler; Dask's own configuration tells the certificates (``distributed.comm.tls``).

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
        """See which workers there are, from time to time, and give up a job if none of them says anything.

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
        except OSError as error:  # TimeoutError among it
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
    """Which of the jobs on its machine are each worker's.

    Parameters
    ----------
    workers : dict of str to int
        How many threads they have, by their addresses.
    """
    on_host: dict[str, int] = defaultdict(int)
    first = {}
    for address in sorted(workers):
        host = get_address_host(address)
        first[address] = on_host[host]
        on_host[host] += workers[address]
    return {address: Place(first[address], on_host[get_address_host(address)]) for address in first}


_starting = threading.Lock()
_threads: Threads | None = None  # of this worker, which stay as long as it runs


def _threads_here() -> Threads:
    global _threads
    with _starting:
        if _threads is None:
            _threads = Threads(get_worker().state.nthreads)
        return _threads


def _on_worker(places: dict[str, Place], function: Function, packed: tuple[bytes, ...], limit: float) -> Any:
    """Call a function on a worker, on its share of the processors."""
    threads = _threads_here()
    # One that has joined since does not know its neighbours.
    place = places.get(get_worker().address, Place(0, len(threads)))
    future = threads.submit(function, packed, limit, place)
    while wait([future], INTERVAL).not_done:
        threads.give_up_the_late()
    return future.result()
