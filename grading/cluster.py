"""Where submissions are executed: Dask workers, in this process or anywhere."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from math import inf
from typing import Any

import dask
import psutil
from dask.system import CPU_COUNT
from distributed import Client, Future, Scheduler, SpecCluster, Worker, as_completed, get_worker
from distributed.comm.addressing import get_address_host

from .execute.job import interrupted

# A submission that takes its worker with it again and again is set aside. Once may be bad luck.
RETRIES = 2
INTERVAL = 1.0  # seconds between two looks at which workers there are
PATIENCE = 3.0  # seconds until everything must have ended after an interruption


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
            if not client.nthreads():
                logging.getLogger(__name__).warning("there is no worker at %s yet: waiting for the first", scheduler)
            yield client
        return
    here = {"protocol": "inproc://"}
    try:
        with (
            dask.config.set({"distributed.scheduler.allowed-failures": RETRIES}),
            SpecCluster(
                scheduler={"cls": _Scheduler, "options": {**here, "dashboard": False}},
                workers={"here": {"cls": _Worker, "options": {**here, "nthreads": workers or CPU_COUNT}}},
                silence_logs="CRITICAL",
            ) as cluster,
            Client(cluster) as client,
        ):
            try:
                yield client
            except BaseException:
                # Else Dask would wait until what runs has come to its end.
                _end_all()
                raise
    finally:
        interrupted.clear()


def _end_all() -> None:
    """End everything that is being executed in this process."""
    interrupted.set()
    deadline = time.monotonic() + PATIENCE
    while (children := psutil.Process().children(recursive=True)) and time.monotonic() < deadline:
        for process in children:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        time.sleep(0.05)  # one may just have been started


class SchedulerError(OSError):
    """There is no scheduler any more."""


class Executor:
    """Executes jobs, and says which has come to its end.

    Parameters
    ----------
    client : Client
        From `connect`.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._ended = as_completed()
        self._names: dict[Future, Any] = {}
        self._threads: dict[str, int] = {}  # of the workers, by their addresses
        self._looked = -inf

    @property
    def has_room(self) -> bool:
        """Whether more should be submitted: a few more than there are threads."""
        self._look()
        return len(self._names) < 2 * max(1, sum(self._threads.values()))

    @property
    def running(self) -> int:
        """How many jobs are being executed."""
        return min(len(self._names), sum(self._threads.values()))

    def submit(self, name: Any, function: Callable[..., bytes | None], *packed: bytes) -> None:
        """Submit a job.

        Parameters
        ----------
        name : any
            By which `next` will tell it.
        function : callable
            Of the job as bytes, and of a number of threads.
        packed : bytes
            What it takes.
        """
        self._look()
        on_hosts: Counter[str] = Counter()
        for address, threads in self._threads.items():
            on_hosts[get_address_host(address)] += threads
        future = self._client.submit(_with_its_share, on_hosts, function, *packed, pure=False)
        self._names[future] = name
        self._ended.add(future)

    def next(self) -> tuple[Any, bytes | BaseException | None]:
        """Wait for a job to come to its end: its name, and what the function returned, or why it did not.

        Raises
        ------
        SchedulerError
            The scheduler has gone.
        """
        future = next(self._ended)
        if future.cancelled():
            raise SchedulerError(f"the scheduler at {self._client.scheduler.address} has gone, with what it had to do")
        result = future.exception() if future.status == "error" else future.result()
        return self._names.pop(future), result

    def _look(self) -> None:
        """See which workers there are, from time to time."""
        if (now := time.monotonic()) > self._looked + INTERVAL:
            self._threads, self._looked = self._client.nthreads(), now


def _with_its_share(on_hosts: dict[str, int], function: Callable[..., bytes | None], *packed: bytes) -> bytes | None:
    """Call a function on a worker, with its share of the processors; ``on_hosts`` tells how many threads share them."""
    worker = get_worker()
    sharing = max(worker.state.nthreads, on_hosts.get(get_address_host(worker.address), 0))
    return function(*packed, threads=max(1, CPU_COUNT // sharing))
