"""Threads that execute jobs, each on its own processors. None of them can keep this process from ending.

When Python exits, it waits for the threads of `concurrent.futures.ThreadPoolExecutor`: a thread that hangs would keep
the process alive for ever. So these threads are daemons. A thread stays after a job, for it owns a fork server.
"""

import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from queue import Empty, SimpleQueue

import psutil

from ...sandbox.processors import share, usable
from .executor import Function, GivenUpError


@dataclass(frozen=True)
class Place:
    """Which jobs of a machine belong to one process: those from ``first`` on; the machine runs ``jobs`` at one time."""

    first: int
    jobs: int


@dataclass
class _Call:
    function: Function
    packed: tuple[bytes, ...]
    limit: float
    place: Place
    future: "Future[bytes | None]" = field(default_factory=Future)


class Threads:
    """A pool of threads.

    Parameters
    ----------
    number : int
        How many threads.
    """

    def __init__(self, number: int) -> None:
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._threads = [_Thread(self._calls, place) for place in range(number)]
        self._late: list[_Thread] = []

    def __len__(self) -> int:
        return len(self._threads)

    def submit(
        self, function: Function, packed: tuple[bytes, ...], limit: float, place: Place
    ) -> "Future[bytes | None]":
        """Call a function as soon as a thread is free."""
        call = _Call(function, packed, limit, place)
        self._calls.put(call)
        return call.future

    def give_up_the_late(self) -> None:
        """End the processes of each job that takes longer than its limit; a new thread replaces the job's thread.

        A job tries again if its processes are killed. So the processes that the old thread starts after that are ended
        at the next call of this method.
        """
        for number, thread in enumerate(self._threads):
            if thread.give_up_if_late():
                self._late.append(thread)
                self._threads[number] = _Thread(self._calls, number)
        self._late = [thread for thread in self._late if thread.is_alive()]
        for thread in self._late:
            thread.end_processes()

    def close(self, patience: float) -> None:
        """Start no more jobs, and wait up to `patience` seconds for the running ones."""
        with suppress(Empty):
            while True:
                self._calls.get_nowait()
        for _ in self._threads:
            self._calls.put(None)
        deadline = time.monotonic() + patience
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))


class _Thread(threading.Thread):
    """Executes one job after another."""

    def __init__(self, calls: "SimpleQueue[_Call | None]", number: int) -> None:
        super().__init__(name=f"job {number}", daemon=True)
        self._calls = calls
        self._number = number
        self._running: tuple[_Call, float] | None = None
        self.start()

    def run(self) -> None:
        while (call := self._calls.get()) is not None:
            self._running = call, time.monotonic() + call.limit
            processors = share(usable(), call.place.first + self._number, call.place.jobs)
            try:
                with suppress(InvalidStateError):
                    call.future.set_result(call.function(*call.packed, processors=processors))
            except BaseException as error:
                with suppress(InvalidStateError):
                    call.future.set_exception(error)
            if isinstance(call.future.exception(), GivenUpError):  # another thread has taken this one's place
                return
            self._running = None

    def give_up_if_late(self) -> bool:
        call, deadline = self._running or (None, inf)
        if call is None or time.monotonic() < deadline:
            return False
        try:
            call.future.set_exception(GivenUpError(f"it did not come back within {call.limit:g} s"))
        except InvalidStateError:  # the job has just come back
            return False
        return True

    def end_processes(self) -> None:
        """End the processes that this thread has started."""
        found = []
        with suppress(FileNotFoundError):  # the thread has ended, or this Linux kernel has no such file
            for pid in Path(f"/proc/self/task/{self.native_id}/children").read_text().split():
                with suppress(psutil.NoSuchProcess):
                    found.append(psutil.Process(int(pid)))
        end(found)


def end(processes: Iterable[psutil.Process]) -> None:
    """Kill processes and all their descendants."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            for one in (process, *process.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    one.kill()
