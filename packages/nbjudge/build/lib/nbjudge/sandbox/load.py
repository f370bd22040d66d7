"""Measures whether others took a sandbox's processors: then a timeout tells nothing about the submission."""

import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from .bubblewrap import SandboxError

INTERVAL = 0.5  # seconds from one look at a sandbox to the next
TICKS = os.sysconf("SC_CLK_TCK")
# A sandbox is starved if others took more than the first share of its processors' time and less than the second was
# idle.
MOST_TAKEN = 0.25
LEAST_IDLE = 0.5


@dataclass(frozen=True)
class Reading:
    """What the clock shows, and how many seconds of some processors were busy, idle, and a sandbox's, until now."""

    time: float
    busy: float
    idle: float
    own: float

    def starved(self, since: "Reading") -> bool:
        """Whether others took the processors since another reading, and the sandbox could not help it."""
        busy, idle, own = self.busy - since.busy, self.idle - since.idle, self.own - since.own
        whole = busy + idle
        return busy - own > MOST_TAKEN * whole and idle < LEAST_IDLE * whole


class Meter:
    """Measures who uses a sandbox's processors.

    Parameters
    ----------
    first : int
        Id of the first process inside.
    processors : list of int or None
        Those of the sandbox, if not all that there are.

    Raises
    ------
    SandboxError
        The sandbox can't be looked into.
    """

    def __init__(self, first: int, processors: list[int] | None) -> None:
        self._names = {f"cpu{number}" for number in processors or os.sched_getaffinity(0)}
        self._own = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="meter", daemon=True)
        try:
            self._proc = os.open(f"/proc/{first}/root/proc", os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise SandboxError(f"the sandbox could not be measured, so nothing was executed in it: {error}") from error

    def __enter__(self) -> "Meter":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        os.close(self._proc)

    def read(self) -> Reading:
        """What is so now."""
        # What a process that is gone used counts for its parent, or not at all: never less than before.
        self._own = max(self._own, self._sandboxs_time())
        busy, idle = self._processors_time()
        return Reading(time.monotonic(), busy, idle, self._own)

    def _look(self) -> None:
        """Look again and again: when the sandbox is ended, it is too late."""
        while not self._over.wait(INTERVAL):
            self._own = max(self._own, self._sandboxs_time())

    def _sandboxs_time(self) -> float:
        """Processor time of all processes in the sandbox, and of those that they waited for."""
        ticks = 0
        for process in filter(str.isdigit, os.listdir(self._proc)):
            with (
                suppress(ProcessLookupError, FileNotFoundError),  # it has just ended
                open(f"{process}/stat", errors="replace", opener=partial(os.open, dir_fd=self._proc)) as file,
            ):
                ticks += sum(map(int, file.read().rpartition(")")[2].split()[11:15]))
        return ticks / TICKS

    def _processors_time(self) -> tuple[float, float]:
        """Seconds in which the processors were busy (also with another machine on the same host), and idle."""
        busy = idle = 0
        for line in Path("/proc/stat").read_text().splitlines():
            name, *fields = line.split()
            if name in self._names:
                user, nice, system, waiting, io, *others = map(int, fields[:8])
                busy += user + nice + system + sum(others)
                idle += waiting + io
        return busy / TICKS, idle / TICKS
