"""The watchdog: looks at a sandbox from outside and ends it when it takes more than it may.

The limits that a process can have by itself are of no use here: RLIMIT_NPROC counts all processes of a user, whatever
their sandbox, and /dev/shm and fork() get around RLIMIT_AS.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil

from .limits import Limits
from .sandbox import SCRATCH, SandboxError

INTERVAL = 0.1  # seconds from one look to the next
PAGE = os.sysconf("SC_PAGE_SIZE")
INODE_BYTES = 1024  # what a file costs without its content
FOLDER = os.O_RDONLY | os.O_DIRECTORY


@contextmanager
def watch(bubblewrap: int, limits: Limits, end: Callable[[str], None]) -> Iterator[None]:
    """Watch a sandbox while the block runs.

    Parameters
    ----------
    bubblewrap : int
        Id of the process that started the sandbox. The sandbox must be up, and nothing of the student's run yet.
    limits : Limits
        The clock of `Limits.notebook` starts now.
    end : function of str
        Ends the sandbox; called once at most, from another thread, with what is to be said of the student's code, such
        as "used more than 4 GiB of memory and was stopped".

    Raises
    ------
    SandboxError
        The sandbox can't be looked into.
    """
    try:
        usage = Usage(bubblewrap)
    except (psutil.Error, OSError, ValueError) as error:
        raise SandboxError(f"the sandbox could not be watched, so nothing was executed in it: {error}") from error
    over = threading.Event()
    deadline = time.monotonic() + limits.notebook

    def look() -> None:
        try:
            while not over.wait(INTERVAL):
                if excess := _excess(usage, limits, deadline):
                    return end(f"{excess} and was stopped")
        except Exception as error:
            end(f"was stopped, because it could not be watched any longer ({error})")

    thread = threading.Thread(target=look, name="watchdog")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        usage.close()


def _excess(usage: "Usage", limits: Limits, deadline: float) -> str | None:
    if time.monotonic() > deadline:
        return f"took more than {limits.notebook:g} s for the whole notebook"
    if usage.tasks() > limits.tasks:
        return f"had more than {limits.tasks} processes and threads at one time"
    if usage.exceeds(limits.memory):
        return f"used more than {limits.memory / 2**30:g} GiB of memory"
    return None


class Usage:
    """What runs and lies in a sandbox, read through its own /proc, which lists nobody else's processes.

    Parameters
    ----------
    bubblewrap : int
        Id of the process that started the sandbox, which must be up.
    """

    def __init__(self, bubblewrap: int) -> None:
        (first,) = psutil.Process(bubblewrap).children()
        root = f"/proc/{first.pid}/root"
        # Kept open: the id may be another process's by the time of the next look.
        self._proc = os.open(f"{root}/proc", FOLDER)
        self._scratch = [os.open(f"{root}{folder}", FOLDER) for folder in SCRATCH]

    def close(self) -> None:
        """Let go of the sandbox, whose files are not freed before."""
        for fd in (self._proc, *self._scratch):
            os.close(fd)

    def tasks(self) -> int:
        """How many processes and threads there are."""
        return sum(int(fields[17]) for fields in self._stats().values())

    def exceeds(self, limit: int) -> bool:
        """Whether processes and files take more than `limit` bytes of memory."""
        files = sum(map(_bytes_in, self._scratch))
        resident = {process: int(fields[21]) * PAGE for process, fields in self._stats().items()}
        if files + sum(resident.values()) <= limit:
            return False
        # Pages that processes share were counted for each of them; counting them once takes longer.
        return files + sum(self._share(process, most) for process, most in resident.items()) > limit

    def _stats(self) -> dict[str, list[str]]:
        """The fields of each process's ``stat`` from the third on, see proc(5)."""
        stats = {}
        for process in filter(str.isdigit, os.listdir(self._proc)):
            with suppress(ProcessLookupError, FileNotFoundError):  # it has just ended
                stats[process] = self._read(f"{process}/stat").rpartition(")")[2].split()
        return stats

    def _share(self, process: str, resident: int) -> int:
        """A process's share of the memory it has, in bytes; all of it where only that is known."""
        try:
            lines = self._read(f"{process}/smaps_rollup").splitlines()
        except PermissionError:
            return resident
        except (ProcessLookupError, FileNotFoundError):
            return 0
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))

    def _read(self, path: str) -> str:
        with open(os.open(path, os.O_RDONLY, dir_fd=self._proc), encoding="utf-8", errors="replace") as file:
            return file.read()


def _bytes_in(folder: int) -> int:
    """Bytes that the files of a tmpfs take, by a file descriptor of it."""
    found = os.statvfs(folder)
    return (found.f_blocks - found.f_bfree) * found.f_frsize + (found.f_files - found.f_ffree) * INODE_BYTES
