"""Start a process of the judging side."""

import os
import subprocess
import sys
from pathlib import Path


def start(module: str, fds: list[int], memory: int, folder: Path) -> subprocess.Popen:
    """Start a module of this package that judges, in a new session and an empty folder, without the user's settings.

    Parameters
    ----------
    module : str
        Such as ``grading.execute.grader_kernel``.
    fds : list of int
        File descriptors that it inherits; their numbers are its first arguments.
    memory : int
        The bytes that it may take for its data; its last argument.
    folder : Path
        Where it works.

    Raises
    ------
    OSError
        It can't be started.
    """
    return subprocess.Popen(
        [sys.executable, "-I", "-m", module, *map(str, [*fds, memory])],
        pass_fds=fds,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        cwd=folder,
        start_new_session=True,  # a Ctrl-C is for the command alone
        env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"},
    )
