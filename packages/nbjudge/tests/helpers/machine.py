"""What runs on this machine."""

import contextlib
import ctypes
import os
import time
from pathlib import Path

from helpers import commands

PR_SET_CHILD_SUBREAPER = 36


def processes():
    """The command lines and parents of all processes, by id."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            found[int(folder.name)] = (parent, (folder / "cmdline").read_bytes().decode(errors="replace"))
    return found


def descendants():
    everything, found, more = processes(), {}, {os.getpid()}
    while more:
        more = {pid for pid, (parent, _) in everything.items() if parent in more}
        found |= {pid: everything[pid] for pid in more}
    return {pid: found[pid] for pid in found.keys() - commands.waiting()}


@contextlib.contextmanager
def adopting():
    """In this block, processes whose parent dies become ours: none gets lost. Says which of them are still running."""
    libc = ctypes.CDLL(None, use_errno=True)
    before = descendants().keys()

    def left(patience=10.0):
        deadline = time.monotonic() + patience
        while (found := _running(before)) and time.monotonic() < deadline:
            time.sleep(0.05)
        return found

    assert libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    try:
        yield left
    finally:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def _running(before):
    # One that has ended and that nobody has waited for has no command line.
    return {pid: command for pid, (_, command) in descendants().items() if command and pid not in before}
