"""Starts and stops the processes of the judging side: a fork server, and a copy of it for each submission."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from ..protocol.wire import Timeout, Wire, WireError
from ..sandbox.limits import Limits

_here = threading.local()  # each thread has a fork server of its own
PATIENCE = 60.0  # seconds to wait for an action that is instant unless the machine is very busy


def fork(role: str, fds: list[int], folder: Path, sources: list[str], limits: Limits) -> "JudgeProcess":
    """Start a process that judges: a fresh copy of a fork server that has imported all it needs.

    Parameters
    ----------
    role : str
        The role of the process: a key of `forkserver.ROLES`.
    fds : list of int
        The file descriptors that the process uses.
    folder : Path
        The working folder of the process.
    sources : list of str
        The trusted cells that the process will or may run.
    limits : Limits
        Only ``memory`` and ``start`` are used.

    Raises
    ------
    OSError, WireError
        The process can't be started.
    """
    key = hashlib.sha256(json.dumps([sources, limits.memory]).encode()).hexdigest()
    kept: ForkServer | None = getattr(_here, "forkserver", None)
    if kept is not None and kept.key == key:
        with suppress(OSError, WireError):  # the fork server was killed meanwhile
            return kept.fork(role, fds, folder)
    forget()
    started = _here.forkserver = ForkServer.start(key, sources, limits)
    return started.fork(role, fds, folder)


def forget() -> None:
    """Stop the fork server of this thread, if there is one. It also ends when the thread ends."""
    if (kept := vars(_here).pop("forkserver", None)) is not None:
        kept.stop()


@dataclass
class ForkServer:
    """A process that makes copies of itself, one after another; see `nbjudge.judge.forkserver`."""

    key: str
    _socket: socket.socket
    _resources: ExitStack

    @staticmethod
    def start(key: str, sources: list[str], limits: Limits) -> "ForkServer":
        """Start a fork server. If it fails in the trusted cells, or they start threads, start it without them."""
        why = WireError("it runs several threads")
        for cells in (sources, []):
            forkserver = ForkServer._start(key, limits.memory)
            control = Wire(forkserver._socket)
            try:
                control.send({"sources": cells}, limits.start)
                if control.receive(limits.start)["threads"] == 1:
                    return forkserver
            except WireError as error:
                why = error
            forkserver.stop()
        raise why

    @staticmethod
    def _start(key: str, memory: int) -> "ForkServer":
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="forkserver-"))
            ours, theirs = socket.socketpair()
            stack.enter_context(ours)
            with theirs:
                process = subprocess.Popen(
                    [sys.executable, "-I", "-m", "nbjudge.judge.forkserver", str(theirs.fileno()), str(memory)],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    cwd=folder,
                    start_new_session=True,  # Ctrl-C must reach only the command
                    # The user's settings are left out. Threads are switched off, because fork() can't copy them.
                    env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"}
                    | {"MALLOC_MMAP_THRESHOLD_": str(256 * 2**20), "MALLOC_TRIM_THRESHOLD_": str(512 * 2**20)}
                    | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
                )
            stack.callback(_end, process)
            return ForkServer(key, ours, stack.pop_all())

    def fork(self, role: str, fds: list[int], folder: Path) -> "JudgeProcess":
        """Make a copy of the fork server. The previous copy must have been stopped."""
        control = Wire(self._socket)
        control.send({"role": role, "folder": str(folder)}, PATIENCE)
        self._socket.settimeout(PATIENCE)
        socket.send_fds(self._socket, [b"\0"], fds)
        try:
            return JudgeProcess(psutil.Process(control.receive(PATIENCE)["pid"]), self, control)
        except psutil.NoSuchProcess as error:
            raise WireError(f"it was killed at once: {error}") from error

    def stop(self) -> None:
        """Kill the fork server."""
        self._resources.close()


@dataclass
class JudgeProcess:
    """A process that judges one submission."""

    _process: psutil.Process
    _forkserver: ForkServer
    _control: Wire
    _status: int | None = None

    def ended(self, timeout: float) -> int | None:
        """The exit code, or the negative number of the signal; None if it still runs after `timeout` seconds."""
        if self._status is None:
            try:
                self._status = self._control.receive(timeout)["ended"]
            except Timeout:
                pass
            except WireError:
                self._status = -signal.SIGKILL  # the fork server was killed, so the real status is unknown
        return self._status

    def stop(self) -> None:
        """Kill the process if it still runs. If the fork server does not confirm its end, kill the fork server, too."""
        with suppress(psutil.NoSuchProcess):
            self._process.kill()
        try:
            if self.ended(PATIENCE) is None:
                raise Timeout("the fork server does not tell that its copy has ended")
            self._control.send({"done": True}, PATIENCE)
        except WireError:
            self._forkserver.stop()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and the rest of its process group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise WireError("a process that judges can't be killed") from error
