"""Measures whether other programs took a sandbox's processors. If so, a timeout says nothing about the submission."""

import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from .bubblewrap import SandboxError

INTERVAL = 0.5  # seconds between two looks at a sandbox
TICKS = os.sysconf("SC_CLK_TCK")
# A sandbox is starved if other programs took more than the share MOST_TAKEN of its processors' time, and less than the
# share LEAST_IDLE was idle.
MOST_TAKEN = 0.25
LEAST_IDLE = 0.5


@dataclass(frozen=True)
class Reading:
    """The clock, and how many seconds until now some processors were busy, idle, and used by a sandbox (``own``)."""

    time: float
    busy: float
    idle: float
    own: float

    def starved(self, since: "Reading") -> bool:
        """Whether other programs have taken the processors since another reading, so that the sandbox lacked time."""
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
        The processors of the sandbox; None for all.

    Raises
    ------
    SandboxError
        The sandbox's /proc can't be read.
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
        """Measure now."""
        # The time of an ended process goes to its parent or is lost; so the sum may fall, and we keep the maximum.
        self._own = max(self._own, self._sandboxs_time())
        busy, idle = self._processors_time()
        return Reading(time.monotonic(), busy, idle, self._own)

    def _look(self) -> None:
        """Measure again and again, because it is too late once the sandbox has ended."""
        while not self._over.wait(INTERVAL):
            self._own = max(self._own, self._sandboxs_time())

    def _sandboxs_time(self) -> float:
        """Processor time of all processes in the sandbox, and of those that they waited for."""
        ticks = 0
        for process in filter(str.isdigit, os.listdir(self._proc)):
            with (
                suppress(ProcessLookupError, FileNotFoundError),  # the process has just ended
                open(f"{process}/stat", errors="replace", opener=partial(os.open, dir_fd=self._proc)) as file,
            ):
                ticks += sum(map(int, file.read().rpartition(")")[2].split()[11:15]))
        return ticks / TICKS

    def _processors_time(self) -> tuple[float, float]:
        """Seconds in which the processors were busy (also for another virtual machine on the same host), and idle."""
        busy = idle = 0
        for line in Path("/proc/stat").read_text().splitlines():
            name, *fields = line.split()
            if name in self._names:
                user, nice, system, waiting, io, *others = map(int, fields[:8])
                busy += user + nice + system + sum(others)
                idle += waiting + io
        return busy / TICKS, idle / TICKS
