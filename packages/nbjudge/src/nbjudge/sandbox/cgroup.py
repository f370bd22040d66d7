"""A control group (cgroup v2) for each sandbox, if the grader's user has a parent cgroup in which to make them.

The watchdog looks at least ten times a second and can say why it ended a sandbox. A cgroup limit works at once: it also
stops code that is quicker than the watchdog, and it counts memory that the watchdog can't see.
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from .bubblewrap import SandboxError
from .limits import Limits

# The cgroup's limits are higher than the watchdog's, so that the watchdog acts first if it is quick enough.
MARGIN = 1.25
WEIGHT = 100  # share of processor time: the same for each sandbox, however many processes run in it
PATIENCE = 5.0  # seconds for processes to end


@contextmanager
def confine(bubblewrap: int, parent: Path, limits: Limits) -> Iterator[None]:
    """Keep a sandbox in a cgroup of its own while the block runs; then kill everything in it.

    Parameters
    ----------
    bubblewrap : int
        Id of the process that started the sandbox. The sandbox must be up, and no student code may have run yet.
    parent : Path
        A cgroup in which this user may make others, with the controllers ``memory`` and ``pids`` in its
        ``cgroup.subtree_control``. Add ``cpu`` to share processor time evenly.
    limits : Limits
        Only ``memory`` and ``tasks`` are used.

    Raises
    ------
    SandboxError
        The cgroup can't be made.
    """
    folder = parent / f"submission-{secrets.token_hex(8)}"
    try:
        folder.mkdir()
        _write(folder, "memory.max", int(MARGIN * limits.memory))
        _write(folder, "memory.oom.group", 1)
        if (folder / "memory.swap.max").exists():
            _write(folder, "memory.swap.max", 0)
        _write(folder, "pids.max", int(MARGIN * limits.tasks))
        if (folder / "cpu.weight").exists():
            _write(folder, "cpu.weight", WEIGHT)
        first = psutil.Process(bubblewrap)
        for process in (first, *first.children(recursive=True)):
            _write(folder, "cgroup.procs", process.pid)
    except (OSError, psutil.Error) as error:
        _remove(folder)
        raise SandboxError(
            f"no cgroup for the sandbox, so nothing was executed in it: {error}; see c.ExecuteApart.cgroup"
        ) from error
    try:
        yield
    finally:
        _write(folder, "cgroup.kill", 1)
        _remove(folder)


def _write(folder: Path, name: str, value: int) -> None:
    # Path.write_text() would try to create the file if the kernel does not have it.
    with (folder / name).open("r+") as file:
        file.write(str(value))


def _remove(folder: Path) -> None:
    """Remove a cgroup as soon as the kernel has removed its processes."""
    deadline = time.monotonic() + PATIENCE
    while folder.is_dir():
        try:
            folder.rmdir()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
