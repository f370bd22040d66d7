"""A bubblewrap sandbox with nothing in it but Python, the released files and the runner."""

import fcntl
import os
import platform
import re
import secrets
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from .bubblewrap import (
    PACKAGE,
    SandboxError,
    arguments,
    bubblewrap,
    environment_variables,
    interpreter,
    is_root,
)
from .hidden import NOTHING_MORE, Hidden
from .limits import Limits
from .processors import on
from .seccomp import refusals

PROGRAM = "bwrap"

# So many times the limit on tasks is the kernel's own: the watchdog, who can say why, comes first.
MARGIN = 4
# From here on, users that nobody else has; where a container knows no such users, those that systemd lends to services.
FIRST_UNUSED_UID = 2**20
LENT_UIDS = range(61184, 65520)
# Before, the kernel counts the processes of a user wherever they are.
COUNTS_BY_NAMESPACE = (5, 14)
PATIENCE = 60.0  # seconds for killed processes to be gone: the kernel may have millions of mappings to free


@dataclass
class Sandbox:
    """A running sandbox.

    Attributes
    ----------
    process : subprocess.Popen
        Bubblewrap, or without a sandbox the runner itself.
    """

    process: subprocess.Popen[bytes]
    _complaints: int
    _first: int | None = None

    @property
    def is_bubblewrap(self) -> bool:
        """Whether the process is bubblewrap, and not the runner itself."""
        return isinstance(self.process.args, list) and self.process.args[0] == PROGRAM

    def hold(self) -> int:
        """Get hold of its first process, with which all others inside end.

        It must be up, and nothing of the student's run yet.

        Returns
        -------
        int
            The id of that process.

        Raises
        ------
        SandboxError
            It is not there any more.
        """
        try:
            (first,) = psutil.Process(self.process.pid).children()
            self._first = os.pidfd_open(first.pid)
            if first.ppid() != self.process.pid:  # by now the id may be another process's
                raise ProcessLookupError
        except (psutil.Error, OSError, ValueError) as error:
            raise SandboxError(f"the sandbox has ended before anything was executed in it: {error}") from error
        return first.pid

    def has_ended(self, patience: float) -> bool:
        """Whether its first process ends within so many seconds."""
        return self._first is not None and _has_ended(self._first, patience)

    def kill(self) -> None:
        """Kill everything inside it, and don't wait."""
        with suppress(ProcessLookupError):  # it has ended
            # Student code can't keep the kernel from this; whether bubblewrap's own end reaches so far is less sure.
            if self._first is not None:
                signal.pidfd_send_signal(self._first, signal.SIGKILL)
        with suppress(ProcessLookupError):
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)

    def stop(self) -> None:
        """Kill everything inside it, and see that nothing is left.

        Raises
        ------
        SandboxError
            Something does not end, although it was killed.
        """
        self.kill()
        try:
            self.process.wait(PATIENCE)
            # The first process of a namespace ends when no other is left in it, see pid_namespaces(7).
            if self._first is not None and not self.has_ended(PATIENCE):
                raise SandboxError(f"processes in the sandbox do not end within {PATIENCE:g} s after they were killed")
        except subprocess.TimeoutExpired as error:
            raise SandboxError(f"the sandbox does not end within {PATIENCE:g} s after it was killed") from error
        finally:
            os.close(self._complaints)
            if self._first is not None:
                os.close(self._first)

    def complaint(self) -> str:
        """What bubblewrap or Python said when the sandbox did not start."""
        try:
            return os.read(self._complaints, 4000).decode(errors="replace").strip()
        except BlockingIOError:
            return ""


def start(
    sock: socket.socket,
    release: Path | None,
    limits: Limits,
    gpu: bool = False,
    processors: list[int] | None = None,
    hidden: Hidden = NOTHING_MORE,
) -> Sandbox:
    """Start a runner in a new sandbox.

    Parameters
    ----------
    sock : socket.socket
        The runner's end of the socketpair; the caller closes its own copy afterwards.
    release : Path or None
        The assignment as the students got it, visible read-only at `RELEASE`.
    limits : Limits
        Of which ``scratch`` and ``tasks`` are minded here.
    gpu : bool
        Whether the graphics cards of this machine are there, too.
    processors : list of int, optional
        Those that the student's code runs on, if not all that there are.
    hidden : Hidden
        What is kept out of the sandbox besides this engine.

    Raises
    ------
    SandboxError
        There is no bubblewrap, it can't be executed, or root has no users for sandboxes.
    """
    program = bubblewrap()
    with ExitStack() as stack:
        rules = stack.enter_context(_to_read(refusals(user_is_shared=not is_root())))
        words = arguments(release, limits.scratch, rules, gpu, hidden)
        # What is on the command line can be read inside, in /proc/1/cmdline: no folder of this machine goes there.
        described = stack.enter_context(_to_read(b"".join(os.fsencode(word) + b"\0" for word in words)))
        command = [PROGRAM, "--args", str(described), "--", *_runner(sock.fileno(), MARGIN * limits.tasks)]
        fds = [sock.fileno(), rules, described]
        return _started(command, fds, environment_variables(processors or _all()), "/", processors, executable=program)


def start_without_a_sandbox(sock: socket.socket, folder: str, processors: list[int] | None = None) -> Sandbox:
    """Start a runner in an ordinary folder, where the student's code can do whatever the grader's user can.

    It may leave its processors, too.

    Raises
    ------
    SandboxError
        It can't be executed.
    """
    inside_only = ("PYTHONHOME", "LD_LIBRARY_PATH")
    here = {"HOME": folder, "PYTHONPATH": str(PACKAGE.parent)}
    inside = environment_variables(processors or _all())
    variables = {name: value for name, value in inside.items() if name not in inside_only} | here
    command = [sys.executable, "-P", "-s", "-m", "nbjudge.student", str(sock.fileno())]
    return _started(command, [sock.fileno()], variables, folder, processors)


def _all() -> list[int]:
    """All processors: libraries must be told."""
    return sorted(os.sched_getaffinity(0))


def _has_ended(pidfd: int, patience: float) -> bool:
    """Whether a process ends within so many seconds."""
    ends = select.poll()  # select() takes no descriptor above 1023, and a grader with many workers has more
    ends.register(pidfd, select.POLLIN)
    return bool(ends.poll(1000 * patience))


def _started(
    command: list[str],
    fds: list[int],
    variables: dict[str, str],
    folder: str,
    processors: list[int] | None,
    executable: str | None = None,
) -> Sandbox:
    # A pipe holds little, whatever is written into it; a file of this machine would not.
    complaints, their_end = os.pipe()
    os.set_blocking(complaints, False)
    try:
        with on(processors):
            process = subprocess.Popen(
                command,
                executable=executable,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=their_end,
                pass_fds=fds,
                env=variables,
                cwd=folder,
                start_new_session=True,  # a Ctrl-C meant for the grader must not reach the sandbox
            )
    except OSError as error:
        os.close(complaints)
        raise SandboxError(f"the student side did not start: {error}") from error
    finally:
        os.close(their_end)
    return Sandbox(process, complaints)


@contextmanager
def _to_read(content: bytes) -> Iterator[int]:
    """A file descriptor with content that nobody can add to, and that is on no disk."""
    fd = os.memfd_create("sandbox", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.write(fd, content)
        os.lseek(fd, 0, os.SEEK_SET)
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE)
        yield fd
    finally:
        os.close(fd)


def _runner(fd: int, tasks: int) -> list[str]:
    """The command inside the sandbox, which serves on a file descriptor."""
    if not is_root() and _kernel() < COUNTS_BY_NAMESPACE:
        tasks = -1  # RLIM_INFINITY
    words = [str(interpreter()), "-P", "-s", "-m", "nbjudge.student", str(fd), str(tasks)]
    return [*words, str(unused_uid())] if is_root() else words


def unused_uid() -> int:
    """A user for one sandbox alone: the kernel counts many things for a user, and neighbours must not share them."""
    known: list[int] = []
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        first, _, count = map(int, line.split())
        unused = range(max(first, FIRST_UNUSED_UID), min(first + count, 2**31))
        if len(unused):
            return secrets.choice(unused)
        known += [uid for uid in LENT_UIDS if first <= uid < first + count]
    if not known:
        raise SandboxError("root has no other users here, in /proc/self/uid_map: grade as an ordinary user instead")
    return secrets.choice(known)


def _kernel() -> tuple[int, ...]:
    """The version of the kernel, such as (6, 1)."""
    return tuple(map(int, re.findall(r"\d+", platform.release())[:2]))
