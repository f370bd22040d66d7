"""The first process of the sandbox: it waits for all others, and student code can neither reach nor change it.

When the first process of a namespace ends, the kernel ends all others in it. So it must not be the student's: whoever
could write into it could take away that it ends with the grader.
"""

import ctypes
import os
import resource
import signal
from typing import NoReturn

PR_SET_DUMPABLE = 4
# Hard limits of each process, against what the kernel counts for a user and not for a sandbox.
LIMITS = {
    resource.RLIMIT_NOFILE: 1024,  # as many descriptors may be under way in sockets
    resource.RLIMIT_SIGPENDING: 1024,
    resource.RLIMIT_MSGQUEUE: 0,
    resource.RLIMIT_MEMLOCK: 64 * 1024,
    resource.RLIMIT_NICE: 0,  # nor may it run before others, where the grader might
    resource.RLIMIT_RTPRIO: 0,
    # With 1 the kernel starts no program that keeps the dump of a crash outside of the sandbox, see core(5).
    resource.RLIMIT_CORE: 1,
}


def limit(tasks: int) -> None:
    """Lower the hard limits of this process and of all that it starts.

    Parameters
    ----------
    tasks : int
        Processes and threads at one time, of this user in this sandbox; ``RLIM_INFINITY`` for any number.
    """
    for what, most in (LIMITS | {resource.RLIMIT_NPROC: tasks}).items():
        _, now = resource.getrlimit(what)
        most = min({most, now} - {resource.RLIM_INFINITY}, default=resource.RLIM_INFINITY)
        resource.setrlimit(what, (most, most))


def stay_behind() -> None:
    """Return in a new process; this one stays the first, waits for all others, and ends when the new one does."""
    set_dumpable(False)  # before there is another: its memory and its open files are closed to all others
    child = os.fork()
    if child == 0:
        set_dumpable(True)
        return
    _wait(child)


def drop_privileges(uid: int) -> None:
    """Become an ordinary user for good; leaving uid 0 also gives up every capability."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def set_dumpable(dumpable: bool) -> None:
    """Say whether other processes of this user may look into this one, see ``PR_SET_DUMPABLE`` in prctl(2).

    Raises
    ------
    OSError
        The kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_DUMPABLE, int(dumpable), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_DUMPABLE)")


def _wait(child: int) -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # from inside, a first process gets no signal that it does not handle
    os.closerange(0, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    while True:
        ended, status = os.wait()
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)  # as a shell tells of signals
