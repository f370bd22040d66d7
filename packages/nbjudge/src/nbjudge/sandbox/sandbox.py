"""Starts and ends a bubblewrap sandbox that contains only Python, the released files and the runner."""

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

from .access import NO_ACCESS, Access
from .bubblewrap import (
    ORDINARY,
    PACKAGE,
    SandboxError,
    arguments,
    bubblewrap,
    environment_variables,
    interpreter,
    is_root,
    system_tables,
)
from .hidden import NOTHING_MORE, Hidden
from .limits import Limits
from .processors import on
from .seccomp import refusals

PROGRAM = "bwrap"

# The kernel's limit on tasks is this many times ours, so that the watchdog, which can say why, acts first.
MARGIN = 4
# Nobody else uses user ids from here on.
FIRST_UNUSED_UID = 2**20
# The ids that systemd lends to services, for containers that have no ids as large as FIRST_UNUSED_UID.
LENT_UIDS = range(61184, 65520)
# Linux kernels before this version count a user's processes on the whole machine, not for each namespace.
COUNTS_BY_NAMESPACE = (5, 14)
PATIENCE = 60.0  # seconds until killed processes must be gone: the kernel may have millions of mappings to free


@dataclass
class Sandbox:
    """A running sandbox.

    Attributes
    ----------
    process : subprocess.Popen
        Bubblewrap; without a sandbox, the runner itself.
    """

    process: subprocess.Popen[bytes]
    _complaints: int
    _first: int | None = None

    @property
    def is_bubblewrap(self) -> bool:
        """Whether the process is bubblewrap, and not the runner itself."""
        return isinstance(self.process.args, list) and self.process.args[0] == PROGRAM

    def hold(self) -> int:
        """Open a descriptor of the sandbox's first process. When that process ends, all others inside end, too.

        The sandbox must be up, and no student code may have run yet.

        Returns
        -------
        int
            The id of the first process.

        Raises
        ------
        SandboxError
            The first process has ended.
        """
        try:
            (first,) = psutil.Process(self.process.pid).children()
            self._first = os.pidfd_open(first.pid)
            if first.ppid() != self.process.pid:  # the id may belong to another process by now
                raise ProcessLookupError
        except (psutil.Error, OSError, ValueError) as error:
            raise SandboxError(f"the sandbox has ended before anything was executed in it: {error}") from error
        return first.pid

    def has_ended(self, patience: float) -> bool:
        """Whether the sandbox's first process ends within `patience` seconds."""
        return self._first is not None and _has_ended(self._first, patience)

    def kill(self) -> None:
        """Kill everything inside the sandbox, and don't wait."""
        with suppress(ProcessLookupError):  # it has ended
            # Student code can't prevent this. It is less certain that the end of bubblewrap ends everything inside.
            if self._first is not None:
                signal.pidfd_send_signal(self._first, signal.SIGKILL)
        with suppress(ProcessLookupError):
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)

    def stop(self) -> None:
        """Kill everything inside the sandbox, and check that nothing is left.

        Raises
        ------
        SandboxError
            A process does not end, although it was killed.
        """
        self.kill()
        try:
            self.process.wait(PATIENCE)
            # The first process of a namespace ends only when no other process is left in it, see pid_namespaces(7).
            if self._first is not None and not self.has_ended(PATIENCE):
                raise SandboxError(f"processes in the sandbox do not end within {PATIENCE:g} s after they were killed")
        except subprocess.TimeoutExpired as error:
            raise SandboxError(f"the sandbox does not end within {PATIENCE:g} s after it was killed") from error
        finally:
            os.close(self._complaints)
            if self._first is not None:
                os.close(self._first)

    def complaint(self) -> str:
        """The error message of bubblewrap or Python, if the sandbox did not start."""
        try:
            return os.read(self._complaints, 4000).decode(errors="replace").strip()
        except BlockingIOError:
            return ""


def start(
    sock: socket.socket,
    release: Path | None,
    limits: Limits,
    access: Access = NO_ACCESS,
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
        Only ``scratch`` and ``tasks`` are used here.
    access : Access
        What the sandbox may reach besides its own files.
    processors : list of int, optional
        The processors that the student's code runs on; by default all.
    hidden : Hidden
        Packages and folders that the sandbox does not show, besides this engine.

    Raises
    ------
    SandboxError
        Bubblewrap is missing or can't be executed, or root has no users for sandboxes.
    """
    program = bubblewrap()
    with ExitStack() as stack:
        rules = stack.enter_context(_to_read(refusals(not is_root(), access.network)))
        uid = unused_uid() if is_root() else ORDINARY
        tables = {path: stack.enter_context(_to_read(content)) for path, content in system_tables(uid).items()}
        words = arguments(release, limits.scratch, rules, access, hidden, tables)
        # Code inside can read the command line in /proc/1/cmdline. So folders of this machine are not passed there.
        described = stack.enter_context(_to_read(b"".join(os.fsencode(word) + b"\0" for word in words)))
        command = [PROGRAM, "--args", str(described), "--", *_runner(sock.fileno(), MARGIN * limits.tasks, uid)]
        fds = [sock.fileno(), rules, described, *tables.values()]
        return _started(command, fds, environment_variables(processors or _all()), "/", processors, executable=program)


def start_without_a_sandbox(sock: socket.socket, folder: str, processors: list[int] | None = None) -> Sandbox:
    """Start a runner in an ordinary folder. The student's code can do whatever the grader's user can.

    The student's code can also use other processors than `processors`.

    Raises
    ------
    SandboxError
        The runner can't be executed.
    """
    inside_only = ("PYTHONHOME", "LD_LIBRARY_PATH")
    inside = environment_variables(processors or _all())
    programs = f"{Path(sys.executable).parent}:{inside['PATH']}"
    here = {"HOME": folder, "PYTHONPATH": str(PACKAGE.parent), "PATH": programs}
    variables = {name: value for name, value in inside.items() if name not in inside_only} | here
    command = [sys.executable, "-P", "-s", "-m", "nbjudge.student", str(sock.fileno())]
    return _started(command, [sock.fileno()], variables, folder, processors)


def _all() -> list[int]:
    """All processors; the libraries must be told how many there are."""
    return sorted(os.sched_getaffinity(0))


def _has_ended(pidfd: int, patience: float) -> bool:
    """Whether a process ends within `patience` seconds."""
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
    # Standard error goes into a pipe, because a pipe holds only a little; a file could fill this machine's disk.
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
    """A file descriptor of a file in memory whose content nobody can change."""
    fd = os.memfd_create("sandbox", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.write(fd, content)
        os.lseek(fd, 0, os.SEEK_SET)
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE)
        yield fd
    finally:
        os.close(fd)


def _runner(fd: int, tasks: int, uid: int) -> list[str]:
    """The command of the runner inside the sandbox, which serves on a file descriptor."""
    if not is_root() and _kernel() < COUNTS_BY_NAMESPACE:
        tasks = -1  # RLIM_INFINITY
    words = [str(interpreter()), "-P", "-s", "-m", "nbjudge.student", str(fd), str(tasks)]
    return [*words, str(uid)] if is_root() else words


def unused_uid() -> int:
    """The id of a user for one sandbox only: many kernel limits are per user, and sandboxes must not share them."""
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
