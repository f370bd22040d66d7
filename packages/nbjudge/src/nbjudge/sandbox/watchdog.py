"""The watchdog: looks at a sandbox from outside and ends it when it takes more than it may.

Limits on single processes are not enough: /dev/shm, fork() and sockets get around RLIMIT_AS. Memory that can't be
measured quickly is overestimated: a sandbox that comes close to the limit in an unusual way is ended early.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import inf

from .bubblewrap import SCRATCH, SandboxError
from .limits import Limits

LONGEST, SHORTEST = 0.1, 0.01  # seconds between two looks
GROWTH = 4 * 2**30  # bytes a second: how quickly a sandbox can take memory
EXACTLY = 0.25  # processor seconds for measuring processes exactly; the other processes get the upper bound
KIB = 1024
INODE_BYTES = 2 * KIB  # memory of a file with a long name, without its content
TASK_BYTES = 32 * KIB  # kernel memory of a thread: its stack and its records
DESCRIPTOR_BYTES = 32 * KIB  # a pipe holds 64 KiB at most, and has two ends
SOCKET_BYTES = 256 * KIB  # largest amount sent but not yet read; seccomp refuses requests for larger buffers
TCP_OVERHEAD = 4  # memory of a TCP queue per byte in it, if the bytes were sent in small pieces
MAPPING_BYTES = 512  # kernel memory of one mapping (a range of addresses), without page tables
RELATION_BYTES = 64  # extra kernel memory of a mapping for each ancestor that a process may have inherited it from
MOST_MAPPINGS = 65530  # of a process, unless the machine has another /proc/sys/vm/max_map_count
MOST_TERMINALS = 64  # IPython takes one for each command; a machine has about 3000 for all of its sandboxes
RUNNER = "2"  # the runner's process id in the sandbox: all processes but the first descend from the runner
FIRST = ("1", RUNNER)
PAGES, KERNEL = ("VmRSS", "VmSwap"), ("VmPTE", "HugetlbPages")  # keys in /proc/PID/status
FOLDER = os.O_RDONLY | os.O_DIRECTORY


@contextmanager
def watch(first: int, limits: Limits, end: Callable[[str], None], has_ended: Callable[[], bool]) -> Iterator[None]:
    """Watch a sandbox while the block runs.

    Parameters
    ----------
    first : int
        Id of the first process inside. The sandbox must be up, and no student code may have run yet.
    limits : Limits
        The clock of `Limits.notebook` starts now.
    end : function of str
        Ends the sandbox. Called once at most, from another thread, with a message that continues "your code", such as
        "used more than 4 GiB of memory and was stopped".
    has_ended : function
        Returns whether the first process has ended by itself; may wait a moment. Called when the files of the first
        process in /proc are gone.

    Raises
    ------
    SandboxError
        The sandbox's /proc can't be read.
    """
    try:
        usage = Usage(first)
    except OSError as error:
        raise SandboxError(f"the sandbox could not be watched, so nothing was executed in it: {error}") from error
    over = threading.Event()
    deadline = time.monotonic() + limits.notebook

    def look() -> None:
        wait = SHORTEST
        try:
            while not over.wait(wait):
                if time.monotonic() > deadline:
                    return end(f"took more than {limits.notebook:g} s for the whole notebook and was stopped")
                processes = usage.processes()
                # Before memory: measuring many processes exactly takes seconds on a busy machine.
                if sum(process.tasks for process in processes) > limits.tasks:
                    return end(f"had more than {limits.tasks} processes and threads at one time and was stopped")
                if usage.terminals() > MOST_TERMINALS:
                    return end(f"had more than {MOST_TERMINALS} terminals at one time and was stopped")
                memory = usage.memory(processes, limits.memory)
                if memory > limits.memory:
                    return end(f"used more than {limits.memory / 2**30:g} GiB of memory and was stopped")
                wait = min(max(SHORTEST, (limits.memory - memory) / GROWTH), LONGEST)
        except Exception as error:
            if isinstance(error, FileNotFoundError | ProcessLookupError) and has_ended():
                return  # something else has killed the sandbox
            end(f"was stopped, because it could not be watched any longer ({error})")

    thread = threading.Thread(target=look, name="watchdog")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        usage.close()


@dataclass(frozen=True)
class Process:
    """A process inside: its threads, and its memory in bytes, in pages and at most in the kernel."""

    ident: str
    parent: str
    resident: int
    kernel: int
    tasks: int


class Usage:
    """Counts the processes and the memory of a sandbox, through the sandbox's /proc, which lists no other processes.

    Parameters
    ----------
    first : int
        Id of the first process inside.

    Raises
    ------
    OSError
        The sandbox's /proc can't be read.
    """

    def __init__(self, first: int) -> None:
        root = f"/proc/{first}/root"
        # These descriptors stay open, because the id may belong to another process at the next look.
        self._proc = os.open(f"{root}/proc", FOLDER)
        self._scratch = [os.open(f"{root}{folder}", FOLDER) for folder in SCRATCH]
        self._terminals = os.open(f"{root}/dev/pts", FOLDER)
        self._exact, self._measured = inf, -inf

    def close(self) -> None:
        """Close the descriptors; only then can the kernel free the sandbox's files."""
        for fd in (self._proc, self._terminals, *self._scratch):
            os.close(fd)

    def memory(self, processes: list[Process], limit: int) -> float:
        """Measure the memory of everything inside.

        Parameters
        ----------
        processes : list of Process
            What `processes` has found just now.
        limit : int
            The limit of memory, in bytes. Below this limit, a rough upper bound is enough.

        Returns
        -------
        float
            Upper bound of the bytes that the processes, their files and sockets take.
        """
        beside = sum(map(_bytes_in, self._scratch)) + self._sockets() + sum(process.kernel for process in processes)
        resident = sum(process.resident for process in processes)
        memory: float = beside + resident + MOST_MAPPINGS * sum(_mapping_bytes(processes).values())
        if memory > limit:
            # So far, each process counts with the most mappings that it can have, and shared pages count for each
            # process. An exact count takes longer, so it is not done every time.
            memory = min(memory, self._exact + GROWTH * (time.monotonic() - self._measured))
        if memory > limit:
            beside += self._mappings(processes)
            memory = self._exact = beside + (resident if beside + resident <= limit else self._shares(processes))
            self._measured = time.monotonic()
        return memory

    def terminals(self) -> int:
        """How many pseudoterminals there are."""
        return len(os.listdir(self._terminals)) - 1  # ptmx

    def processes(self) -> list[Process]:
        """All processes inside."""
        found = []
        for ident in filter(str.isdigit, os.listdir(self._proc)):
            with suppress(ProcessLookupError, FileNotFoundError):  # the process has just ended
                # For the format, see proc_pid_status(5). A zombie process has no lines about memory.
                lines = dict(line.split(":", 1) for line in self._read(f"{ident}/status").splitlines())
                size = {name: int(lines[name].split()[0]) * KIB for name in PAGES + KERNEL if name in lines}
                tasks = int(lines["Threads"])
                kept = int(lines["FDSize"]) * DESCRIPTOR_BYTES + tasks * TASK_BYTES
                kernel = sum(size.get(name, 0) for name in KERNEL) + kept
                found.append(
                    Process(ident, lines["PPid"].strip(), sum(size.get(name, 0) for name in PAGES), kernel, tasks)
                )
        return found

    def _mappings(self, processes: list[Process]) -> int:
        """Upper bound of the bytes that the kernel keeps for the mappings of all processes."""
        begun, total, each = time.thread_time(), 0, _mapping_bytes(processes)
        for process in processes:
            count = self._count(process) if time.thread_time() < begun + EXACTLY else MOST_MAPPINGS
            total += count * each[process.ident]
        return total

    def _count(self, process: Process) -> int:
        try:
            return self._read(f"{process.ident}/maps").count("\n")
        except PermissionError:
            return MOST_MAPPINGS
        except (ProcessLookupError, FileNotFoundError):
            return 0

    def _shares(self, processes: list[Process]) -> int:
        """Bytes of memory of all processes; shared pages are divided among the processes that share them."""
        begun, total = time.thread_time(), 0
        for process in sorted(processes, key=lambda process: process.resident, reverse=True):
            total += self._share(process) if time.thread_time() < begun + EXACTLY else process.resident
        return total

    def _share(self, process: Process) -> int:
        try:
            lines = self._read(f"{process.ident}/smaps_rollup").splitlines()
        except PermissionError:
            return process.resident
        except (ProcessLookupError, FileNotFoundError):
            return 0
        return sum(int(line.split()[1]) * KIB for line in lines if line.startswith(("Pss:", "SwapPss:")))

    def _sockets(self) -> int:
        """Upper bound of the bytes that wait in sockets, also in sockets that are themselves in transit in others."""
        words = self._read("1/net/sockstat").split()
        waiting = (count := int(words[words.index("used") + 1])) * SOCKET_BYTES
        for name in ("tcp", "tcp6") if count else ():  # their buffers grow by themselves, to many MiB
            with suppress(FileNotFoundError):  # no IPv6 here
                queues = [line.split()[4].split(":") for line in self._read(f"1/net/{name}").splitlines()[1:]]
                waiting += TCP_OVERHEAD * sum(int(size, 16) for queue in queues for size in queue)
        return waiting

    def _read(self, path: str) -> str:
        with open(os.open(path, os.O_RDONLY, dir_fd=self._proc), encoding="utf-8", errors="replace") as file:
            return file.read()


def _mapping_bytes(processes: list[Process]) -> dict[str, int]:
    """For each process id, the most bytes that the kernel keeps for one mapping of that process."""
    parents = {process.ident: process.parent for process in processes}
    found = {}
    for ident in parents:
        depth, above = 1, ident
        while above not in FIRST and depth < len(parents):
            depth, above = depth + 1, parents.get(above, "1")
        # A process whose parent has ended is a child of the first process, and may have had any number of ancestors.
        found[ident] = MAPPING_BYTES + RELATION_BYTES * (depth if above == RUNNER else len(parents))
    return found


def _bytes_in(folder: int) -> int:
    """Bytes that the files of a tmpfs take; `folder` is a file descriptor of it."""
    found = os.statvfs(folder)
    return (found.f_blocks - found.f_bfree) * found.f_frsize + (found.f_files - found.f_ffree) * INODE_BYTES
