"""What runs on this machine."""

import contextlib
import os
from pathlib import Path


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
    return found
