"""A process that is ready to judge, and makes a copy of itself for each submission.

``python -m nbjudge.judge.forkserver FD MEMORY``. To start Python, to import what the test cells need, and to make the
fixed dataset take longer than to judge by them. Here it is done once. No answer of a student's
ever comes here, so all copies begin alike; and like them the fork server may take no more than MEMORY bytes of data.
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
from . import grader_kernel, replay_worker
from .grader_kernel import TrustedKernel

# What a copy can become: functions of file descriptors.
ROLES: dict[str, Callable[..., None]] = {"grader kernel": grader_kernel.start, "replay": replay_worker.start}
MOST_FDS = 8
PR_SET_PDEATHSIG = 1


def get_ready(sources: list[str]) -> None:
    """Run trusted cells with nobody to ask: all they import is there then, and what their modules keep.

    What they do to their own variables is forgotten.
    """
    kernel = TrustedKernel(replay_worker.Replay(b""))
    for source in sources:
        kernel.trusted_cell(source)


def serve(sock: socket.socket) -> None:
    """Get ready, then make copies, one at a time, until the other side hangs up."""
    control = Wire(sock)
    plan = control.receive()
    get_ready(plan["sources"])
    # A copy of a process has one thread only, and waits forever for what the others would do.
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
        assert ended is not None  # that is for WNOHANG
        control.send({"ended": ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status})
        control.receive()  # the other side is done with it; until then no other process gets its number
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
        pass  # nobody waits for an answer any more
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def end_with_parent() -> None:
    """Have this process killed when its parent ends, or the thread of it that started this one."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")


def limit_memory(size: int) -> None:
    """Let this process have no more than `size` bytes for its data."""
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    size = size if most == resource.RLIM_INFINITY else min(size, most)
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))


if __name__ == "__main__":
    fd, memory = map(int, sys.argv[1:])
    end_with_parent()
    limit_memory(memory)
    with suppress(WireError):  # it was the last submission
        serve(socket.socket(fileno=fd))
