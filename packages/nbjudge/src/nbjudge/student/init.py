"""The first process of the sandbox: it waits for all others, and student code can neither reach nor change it.

When the first process of a namespace ends, the kernel ends all others in it. The first process ends when the grader
ends. Student code could switch this off if it could write into the first process; so it runs in another one.
"""

import ctypes
import os
import resource
import signal
from typing import NoReturn

PR_SET_DUMPABLE = 4
# Hard limits of each process on resources that the kernel counts for each user, not for each sandbox.
LIMITS = {
    resource.RLIMIT_NOFILE: 1024,  # also limits how many descriptors may be in transit in sockets
    resource.RLIMIT_SIGPENDING: 1024,
    resource.RLIMIT_MSGQUEUE: 0,
    resource.RLIMIT_MEMLOCK: 64 * 1024,
    resource.RLIMIT_NICE: 0,  # no higher priority than others, even if the grader's user may have it
    resource.RLIMIT_RTPRIO: 0,
    # With 1, the kernel does not pass a core dump to a program outside of the sandbox, see core(5).
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
    """Fork, and return in the child. The parent stays the first process, waits for all others, ends with the child."""
    set_dumpable(False)  # before the fork: no other process can look into this one's memory and open files
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
    set_dumpable(True)  # which a change of the user ends; any program that student code starts has it anyway


def set_dumpable(dumpable: bool) -> None:
    """Set whether other processes of this user may look into this one, see ``PR_SET_DUMPABLE`` in prctl(2).

    Raises
    ------
    OSError
        The kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_DUMPABLE, int(dumpable), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_DUMPABLE)")


def _wait(child: int) -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # without a handler, the first process gets no signals from inside
    os.closerange(0, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    while True:
        ended, status = os.wait()
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)  # a signal is reported as by a shell: 128 + its number
