"""The fork server: a process that is ready to judge, and makes a copy of itself for each submission.

``python -m nbjudge.judge.forkserver FD MEMORY``. Starting Python, importing what the test cells need and making the
fixed dataset take longer than judging a submission. The fork server does all this once. It never receives a student's
answer, so all copies start in the same state. The fork server and each copy may take at most MEMORY bytes of data.
"""

import ctypes
import os
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from ..protocol.wire import Wire, WireError
from . import replay_worker, serving
from .grader_kernel import TrustedKernel

# The roles that a copy can take: functions that take file descriptors.
ROLES: dict[str, Callable[..., None]] = {"grader kernel": serving.start, "replay": replay_worker.start}
MOST_FDS = 8
PR_SET_PDEATHSIG = 1


def get_ready(sources: list[str]) -> None:
    """Run trusted cells, without a student side, so that their imports and caches within modules are ready.

    The variables of these cells are forgotten.
    """
    kernel = TrustedKernel(replay_worker.Replay(b""))
    for source in sources:
        kernel.trusted_cell(source)


def serve(sock: socket.socket) -> None:
    """Get ready, then make copies, one at a time, until the other side hangs up."""
    control = Wire(sock)
    plan = control.receive()
    get_ready(plan["sources"])
    # fork() keeps one thread; locks held by the others never open.
    control.send({"threads": len(os.listdir("/proc/self/task"))})
    while True:
        request = control.receive()
        _, fds, _, _ = socket.recv_fds(sock, 1, MOST_FDS)
        forkserver, copy = os.getpid(), os.fork()
        if copy == 0:
            sock.close()
            _become(request, fds, forkserver)
        for fd in fds:
            os.close(fd)
        control.send({"pid": copy})
        ended = os.waitid(os.P_PID, copy, os.WEXITED | os.WNOWAIT)
        assert ended is not None  # waitid returns None only with WNOHANG
        control.send({"ended": ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status})
        control.receive()  # wait until the other side is done with the copy: no other process may get its pid before
        os.waitpid(copy, 0)


def _become(request: dict[str, Any], fds: list[int], forkserver: int) -> NoReturn:
    status = 1
    try:
        end_with_parent()
        if os.getppid() != forkserver:
            raise WireError("the fork server has ended already")
        os.setsid()
        os.chdir(request["folder"])
        ROLES[request["role"]](*fds)
        status = 0
    except WireError:
        pass  # the other side is gone and waits for no answer
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def end_with_parent() -> None:
    """Have this process killed when its parent ends, or when the parent's thread that started it ends."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")


def limit_memory(size: int) -> None:
    """Limit the data of this process to `size` bytes."""
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    size = size if most == resource.RLIM_INFINITY else min(size, most)
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))


if __name__ == "__main__":
    fd, memory = map(int, sys.argv[1:])
    end_with_parent()
    limit_memory(memory)
    with suppress(WireError):  # the other side hung up after the last submission
        serve(socket.socket(fileno=fd))
