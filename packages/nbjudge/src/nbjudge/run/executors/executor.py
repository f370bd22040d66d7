"""Executors: they run jobs, and wait for no job longer than its limit."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

MOST_BYTES = 2**30  # of all jobs that wait or run, together; each is in memory a few times
INTERVAL = 1.0  # seconds between two looks at the running jobs

# Takes a job as bytes, and the processors that it runs on.
Function = Callable[..., bytes | None]


class GivenUpError(RuntimeError):
    """A job did not come back within all of its limits."""


@dataclass
class Call:
    """A submitted job: its name, the function and its arguments, and how many seconds it may take."""

    name: Any
    function: Function
    packed: tuple[bytes, ...]
    limit: float
    given_up: bool = False


class Executor(ABC):
    """Executes jobs, and says which one has ended."""

    def __init__(self) -> None:
        self._ended: SimpleQueue[tuple[Hashable, GivenUpError | None]] = SimpleQueue()
        self._jobs: dict[Hashable, Call] = {}  # by their futures

    @property
    def has_room(self) -> bool:
        """Whether to submit more jobs: up to two per thread, and `MOST_BYTES` in all."""
        size = sum(len(packed) for job in self._jobs.values() for packed in job.packed)
        return len(self._jobs) < 2 * max(1, self._threads()) and size < MOST_BYTES

    @property
    def running(self) -> int:
        """How many jobs are being executed."""
        return min(len(self._jobs), self._threads())

    def submit(self, name: Any, function: Function, *packed: bytes, limit: float) -> None:
        """Submit a job.

        Parameters
        ----------
        name : any
            Identifies the job in the result of `next`.
        function : callable
            Takes the job as bytes, and as ``processors`` the processors that it runs on.
        packed : bytes
            The arguments of the function.
        limit : float
            Seconds after which the job is given up. It is then executed once more.
        """
        self._begin(Call(name, function, packed, limit))

    def next(self) -> tuple[Any, bytes | BaseException | None]:
        """Wait until a job ends. Return its name, and what the function returned or raised."""
        while True:
            self._look()
            try:
                future, given_up = self._ended.get(timeout=INTERVAL)
            except Empty:
                continue
            if (job := self._jobs.pop(future, None)) is None:  # the job came back after it was given up
                continue
            result = given_up or self._result(future)
            if not isinstance(result, GivenUpError) or job.given_up:
                return job.name, result
            job.given_up = True
            self._begin(job)

    def _begin(self, job: Call) -> None:
        future = self._submit(job)
        self._jobs[future] = job
        future.add_done_callback(lambda done: self._ended.put((done, None)))

    @abstractmethod
    def _threads(self) -> int:
        """How many jobs can be executed at one time."""

    @abstractmethod
    def _submit(self, job: Call) -> Any:
        """Start the job, and return its future."""

    @abstractmethod
    def _look(self) -> None:
        """Give up jobs that take too long."""

    @abstractmethod
    def _result(self, future: Any) -> bytes | BaseException | None:
        """What the function of a finished future returned or raised."""
