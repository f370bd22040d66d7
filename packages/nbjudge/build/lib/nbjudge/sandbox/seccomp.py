"""System calls that the sandbox refuses.

- Those with which a process becomes root of a user namespace of its own.
- Those that reach into another process: the first one of the sandbox must stay as it is.
- Those of the kernel's keyrings: these belong to a user, not to a sandbox. What one submission leaves there the next
  could read, and the keys of whoever grades are in reach.
- Those that use up what the kernel counts for a user or for the whole machine, not for a sandbox, and on which no limit
  can be set: message queues, watches on files and descriptors, asynchronous input and output, large pipes and buffers,
  and programs that the kernel compiles, among them filters like this one.
- Those that give memory which the watchdog can't see: it belongs to no process and no file, or is the kernel's own.
- Those that change on which processors a process runs: each sandbox has its own.
- Those that write the machine's files to disk: who calls them can't be killed while a slow disk works.
- A few that lead deep into the kernel, tell of the host, or reach it without a network, and that no notebook needs.
- Those that came after this list was written.
"""

import platform
import struct
from dataclasses import dataclass

# AUDIT_ARCH of linux/audit.h.
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# As if this kernel did not have them; libraries that don't find clone3, whose flags are out of sight, take clone.
_ABSENT = {
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "perf_event_open": (298, 241),
    "bpf": (321, 280),
    "syslog": (103, 116),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
    "io_setup": (206, 0),
    "io_uring_setup": (425, 425),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "userfaultfd": (323, 282),
    "vmsplice": (278, 75),
    "clone3": (435, 435),
    "seccomp": (317, 277),
    "landlock_create_ruleset": (444, 444),
    "epoll_create": (213, None),  # Python's selectors, and asyncio by them, take poll instead
    "epoll_create1": (291, 20),
}
# In sockets descriptors are under way, which the kernel counts for a user.
_ABSENT_IF_USER_IS_SHARED = {"sendmsg": (46, 211), "sendmmsg": (307, 269)}

_NEWEST = 452  # fchmodat2; from 424 on the numbers are the same everywhere. Those of x32 are larger, too.
_CLONE_NEWUSER = 0x10000000
_CLONE_PARENT = 0x8000  # the watchdog counts who descends from whom
_F_SETPIPE_SZ = 1031
# F_SETLK and F_SETLKW, and the same for open files: as many as there are bytes in a file.
_LOCKS = (6, 7, 37, 38)
# AF_UNIX, AF_INET, AF_INET6, and AF_NETLINK, by which programs ask for the network's interfaces.
_FAMILIES = (1, 2, 10, 16)
# The family's own, TCP and UDP; for others the kernel loads modules.
_PROTOCOLS = (0, 6, 17)
_SOL_SOCKET = 1
# The sizes of buffers are wishes, of which the kernel takes what it likes.
_SO_SNDBUF, _SO_RCVBUF = 7, 8
# SO_ATTACH_FILTER, SO_ATTACH_BPF, and the same for a group of sockets.
_SOCKET_FILTERS = (26, 50, 51, 52)
# What libraries ask of a process of their own, by the numbers of linux/prctl.h: its end with its parent, dumps, names,
# capabilities, timers, privileges, huge pages, vectors of ARM, names of memory, who may trace it. Others make
# filters, or tables of any size in the kernel.
_PRCTL = (1, 2, 3, 4, 15, 16, 23, 29, 30, 37, 38, 39, 41, 42, 50, 51, 63, 64, 0x53564D41, 0x59616D61)
_DONE, _EPERM, _EINVAL, _ENOSYS, _EPROTONOSUPPORT, _EOPNOTSUPP, _EAFNOSUPPORT = 0, 1, 22, 38, 93, 95, 97

_LOAD, _JUMP, _EQUAL, _AT_LEAST, _ANY_BIT, _ANSWER = 0x20, 0x05, 0x15, 0x35, 0x45, 0x06
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # where they are in seccomp_data, see seccomp(2)

_Step = tuple[int, int, int, int]  # what to do, how many steps to skip if true and if false, operand


@dataclass(frozen=True)
class _Refusal:
    """A system call that is refused for some values of one argument.

    Attributes
    ----------
    numbers : (int, int)
        The call's, on x86_64 and aarch64.
    argument : int
        Which argument, from 0; its lower 32 bits are looked at.
    test : int
        `_EQUAL` or `_ANY_BIT`.
    values : tuple of int
        With which it is compared.
    refused : bool
        Whether the call is refused if one of the comparisons is true, or if none is.
    error : int
        What it fails with; `_DONE` if it seems to succeed.
    level : int or None
        The second argument of the calls that are refused; None for any.
    """

    numbers: tuple[int, int]
    argument: int
    test: int
    values: tuple[int, ...]
    refused: bool
    error: int
    level: int | None = None


_REFUSALS = (
    _Refusal((56, 220), 0, _ANY_BIT, (_CLONE_NEWUSER | _CLONE_PARENT,), True, _EPERM),  # clone
    _Refusal((272, 97), 0, _ANY_BIT, (_CLONE_NEWUSER,), True, _EPERM),  # unshare
    _Refusal((203, 122), 0, _EQUAL, (), False, _EPERM),  # sched_setaffinity
    _Refusal((72, 25), 1, _EQUAL, (_F_SETPIPE_SZ,), True, _EPERM),  # fcntl
    _Refusal((72, 25), 1, _EQUAL, _LOCKS, True, _DONE),  # SQLite does not work without; nobody else has these files
    _Refusal((41, 198), 0, _EQUAL, _FAMILIES, False, _EAFNOSUPPORT),  # socket
    _Refusal((41, 198), 2, _EQUAL, _PROTOCOLS, False, _EPROTONOSUPPORT),
    _Refusal((54, 208), 2, _EQUAL, (_SO_SNDBUF, _SO_RCVBUF), True, _DONE, level=_SOL_SOCKET),  # setsockopt
    _Refusal((54, 208), 2, _EQUAL, _SOCKET_FILTERS, True, _EPERM, level=_SOL_SOCKET),
    _Refusal((157, 167), 0, _EQUAL, _PRCTL, False, _EINVAL),  # prctl
    # Of an access list the kernel keeps 64 KiB for each file. That a file can have none, shutil is prepared for.
    _Refusal((188, 5), 0, _EQUAL, (), False, _EOPNOTSUPP),  # setxattr
    _Refusal((189, 6), 0, _EQUAL, (), False, _EOPNOTSUPP),  # lsetxattr
    _Refusal((190, 7), 0, _EQUAL, (), False, _EOPNOTSUPP),  # fsetxattr
    _Refusal((162, 81), 0, _EQUAL, (), False, _DONE),  # sync
    _Refusal((306, 267), 0, _EQUAL, (), False, _DONE),  # syncfs
)


def refusals(user_is_shared: bool) -> bytes:
    """A program for the kernel's BPF machine, as ``bwrap --seccomp`` takes it.

    Parameters
    ----------
    user_is_shared : bool
        Whether other sandboxes, or the grader, have the same user on this machine.

    Raises
    ------
    NotImplementedError
        The numbers of this machine's system calls are not known here.
    """
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        raise NotImplementedError(f"no rules for processors of type {machine} yet")
    which = list(_ARCHITECTURES).index(machine)
    absent = _ABSENT | (_ABSENT_IF_USER_IS_SHARED if user_is_shared else {})
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, _ARCHITECTURES[machine]),
        (_ANSWER, 0, 0, _FAIL | _ENOSYS),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _NEWEST + 1),
        (_ANSWER, 0, 0, _FAIL | _ENOSYS),
    ]
    for numbers in absent.values():
        if (number := numbers[which]) is not None:
            program += [(_EQUAL, 0, 1, number), (_ANSWER, 0, 0, _FAIL | _ENOSYS)]
    for refusal in _REFUSALS:
        program += _steps(refusal, refusal.numbers[which])
    program.append((_ANSWER, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *step) for step in program)


def _steps(refusal: _Refusal, number: int) -> list[_Step]:
    """The steps that refuse a call, and that are skipped if it is another one or not refused."""
    count = len(refusal.values)
    steps = [
        _load(refusal.argument),
        *((refusal.test, count - k, 0, value) for k, value in enumerate(refusal.values)),
        *([(_JUMP, 0, 0, 1)] if refusal.refused else []),
        (_ANSWER, 0, 0, _FAIL | refusal.error),
    ]
    if refusal.level is not None:
        steps = [_load(1), (_EQUAL, 0, len(steps), refusal.level), *steps]
    return [(_LOAD, 0, 0, _NUMBER), (_EQUAL, 0, len(steps), number), *steps]


def _load(argument: int) -> _Step:
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * argument)
