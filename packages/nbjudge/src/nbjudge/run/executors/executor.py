"""What executes jobs, and waits for none of them longer than it can take."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

MOST_BYTES = 2**30  # of jobs that wait or are executed; each is in memory a few times
INTERVAL = 1.0  # seconds from one look at what is being executed to the next

# Of a job as bytes, and of the processors it is to run on.
Function = Callable[..., bytes | None]


class GivenUpError(RuntimeError):
    """A job did not come back within all of its limits."""


@dataclass
class Call:
    """A job that was submitted: its name, what to call with what, and how many seconds it can take."""

    name: Any
    function: Function
    packed: tuple[bytes, ...]
    limit: float
    given_up: bool = False


class Executor(ABC):
    """Executes jobs, and says which has come to its end."""

    def __init__(self) -> None:
        self._ended: SimpleQueue[tuple[Hashable, GivenUpError | None]] = SimpleQueue()
        self._jobs: dict[Hashable, Call] = {}  # by their futures

    @property
    def has_room(self) -> bool:
        """Whether more should be submitted: a few more than there are threads, if they are not too large."""
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
            By which `next` will tell it.
        function : callable
            Of the job as bytes, and of ``processors``, those that it is to run on.
        packed : bytes
            What it takes.
        limit : float
            Seconds after which it is given up. It is executed once more then.
        """
        self._begin(Call(name, function, packed, limit))

    def next(self) -> tuple[Any, bytes | BaseException | None]:
        """Wait for a job to come to its end: its name, and what the function returned, or why it did not."""
        while True:
            self._look()
            try:
                future, given_up = self._ended.get(timeout=INTERVAL)
            except Empty:
                continue
            if (job := self._jobs.pop(future, None)) is None:  # it came back after it was given up
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
        """A future of the job."""

    @abstractmethod
    def _look(self) -> None:
        """Give up what takes too long."""

    @abstractmethod
    def _result(self, future: Any) -> bytes | BaseException | None:
        """What came of a future that is done."""
