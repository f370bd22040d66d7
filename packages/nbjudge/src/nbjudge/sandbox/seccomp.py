"""System calls that the sandbox refuses.

- Calls with which a process becomes root of a user namespace of its own.
- Calls that reach into another process: student code must not change the first process of the sandbox.
- Calls of the kernel's keyrings: a keyring belongs to a user, not to a sandbox. One submission could leave data there
  for the next one, and could use the keys of the grader's user.
- Calls that use up resources which the kernel counts for a user or for the whole machine, not for a sandbox, and which
  can't be limited: message queues, watches on files and descriptors, asynchronous input and output, large pipes and
  buffers, and programs that the kernel compiles, among them filters like this one.
- Calls that give memory which the watchdog can't see: it belongs to no process and no file, or is the kernel's own.
- Calls that change the processors of a process: each sandbox has its own processors.
- Calls that write the machine's files to disk: the caller can't be killed while a slow disk works.
- A few calls that lead deep into the kernel, give information about the host, or reach the host without a network. No
  notebook needs them.
- Calls that were added to Linux after this list was written.
"""

import platform
import struct
from dataclasses import dataclass

# AUDIT_ARCH of linux/audit.h.
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# These calls fail as if this kernel did not have them. A filter can't read the flags of clone3, because they are in
# memory; libraries that don't find clone3 use clone.
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
    "epoll_create": (213, None),  # Python's selectors, and so asyncio, use poll instead
    "epoll_create1": (291, 20),
}
# These calls can send descriptors; the kernel counts the descriptors in transit in sockets for each user.
_ABSENT_IF_USER_IS_SHARED = {"sendmsg": (46, 211), "sendmmsg": (307, 269)}

_NEWEST = 452  # fchmodat2; from 424 on the numbers are the same everywhere. Those of x32 are larger, too.
_CLONE_NEWUSER = 0x10000000
_CLONE_PARENT = 0x8000  # refused because the watchdog relies on which process descends from which
_F_SETPIPE_SZ = 1031
# F_SETLK and F_SETLKW, and the same for open files. Each byte of a file can have a lock, which takes kernel memory.
_LOCKS = (6, 7, 37, 38)
# AF_UNIX, AF_INET, AF_INET6, and AF_NETLINK, with which programs list the network interfaces.
_FAMILIES = (1, 2, 10, 16)
# With the network of the machine, no AF_UNIX: the names of such sockets that are not files belong to a network, and
# services of the machine may trust whoever finds theirs. `socketpair` is another call, and goes on for streams, which
# stay connected to each other; a socket for datagrams could be connected to others. SOCK_STREAM comes with or without
# SOCK_NONBLOCK and SOCK_CLOEXEC.
_FAMILIES_IN_A_NETWORK = (2, 10, 16)
_STREAMS = tuple(1 | nonblock | close for nonblock in (0, 0x800) for close in (0, 0x80000))
# The family's default protocol, TCP and UDP; for other protocols the kernel would load modules.
_PROTOCOLS = (0, 6, 17)
_SOL_SOCKET = 1
# A program can only request sizes of buffers; the kernel may choose others. So these calls can seem to succeed.
_SO_SNDBUF, _SO_RCVBUF = 7, 8
# SO_ATTACH_FILTER, SO_ATTACH_BPF, and the same for a group of sockets.
_SOCKET_FILTERS = (26, 50, 51, 52)
# The operations that libraries use, by their numbers in linux/prctl.h: a process's end with its parent, core dumps,
# names, capabilities, timers, privileges, huge pages, vectors of ARM, names of memory, who may trace the process. The
# other operations are refused, because some make filters, or tables of any size in the kernel.
_PRCTL = (1, 2, 3, 4, 15, 16, 23, 29, 30, 37, 38, 39, 41, 42, 50, 51, 63, 64, 0x53564D41, 0x59616D61)
_DONE, _EPERM, _EINVAL, _ENOSYS, _EPROTONOSUPPORT, _EOPNOTSUPP, _EAFNOSUPPORT = 0, 1, 22, 38, 93, 95, 97

_LOAD, _JUMP, _EQUAL, _AT_LEAST, _ANY_BIT, _ANSWER = 0x20, 0x05, 0x15, 0x35, 0x45, 0x06
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in seccomp_data, see seccomp(2)

_Step = tuple[int, int, int, int]  # operation, how many steps to skip if true and if false, operand


@dataclass(frozen=True)
class _Refusal:
    """A system call that is refused for some values of one argument.

    Attributes
    ----------
    numbers : (int, int)
        The call's numbers on x86_64 and aarch64.
    argument : int
        Which argument is tested, counted from 0; only its lower 32 bits are read.
    test : int
        `_EQUAL` or `_ANY_BIT`.
    values : tuple of int
        The values with which the argument is compared.
    refused : bool
        True: the call is refused if one of the comparisons is true. False: it is refused if none is true.
    error : int
        The error with which the call fails; `_DONE` if it seems to succeed.
    level : int or None
        Only calls with this second argument are refused; None for any.
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
    _Refusal((72, 25), 1, _EQUAL, _LOCKS, True, _DONE),  # SQLite needs locks to succeed; nobody else uses these files
    _Refusal((41, 198), 0, _EQUAL, _FAMILIES, False, _EAFNOSUPPORT),  # socket
    _Refusal((41, 198), 2, _EQUAL, _PROTOCOLS, False, _EPROTONOSUPPORT),
    _Refusal((54, 208), 2, _EQUAL, (_SO_SNDBUF, _SO_RCVBUF), True, _DONE, level=_SOL_SOCKET),  # setsockopt
    _Refusal((54, 208), 2, _EQUAL, _SOCKET_FILTERS, True, _EPERM, level=_SOL_SOCKET),
    _Refusal((157, 167), 0, _EQUAL, _PRCTL, False, _EINVAL),  # prctl
    # An access list (an extended attribute) takes up to 64 KiB of kernel memory for each file. If files can't have
    # access lists, shutil goes on without.
    _Refusal((188, 5), 0, _EQUAL, (), False, _EOPNOTSUPP),  # setxattr
    _Refusal((189, 6), 0, _EQUAL, (), False, _EOPNOTSUPP),  # lsetxattr
    _Refusal((190, 7), 0, _EQUAL, (), False, _EOPNOTSUPP),  # fsetxattr
    _Refusal((162, 81), 0, _EQUAL, (), False, _DONE),  # sync
    _Refusal((306, 267), 0, _EQUAL, (), False, _DONE),  # syncfs
)
_IN_A_NETWORK = (
    _Refusal((41, 198), 0, _EQUAL, _FAMILIES_IN_A_NETWORK, False, _EAFNOSUPPORT),  # socket
    _Refusal((53, 199), 1, _EQUAL, _STREAMS, False, _EPROTONOSUPPORT),  # socketpair
)


def refusals(user_is_shared: bool, network_is_shared: bool = False) -> bytes:
    """The filter of system calls: a program for the kernel's BPF machine, in the format of ``bwrap --seccomp``.

    Parameters
    ----------
    user_is_shared : bool
        Whether other sandboxes, or the grader, run as the same user on this machine.
    network_is_shared : bool
        Whether the sandbox has the network of this machine.

    Raises
    ------
    NotImplementedError
        This module does not have the numbers of this machine's system calls.
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
    for refusal in (*_REFUSALS, *(_IN_A_NETWORK if network_is_shared else ())):
        program += _steps(refusal, refusal.numbers[which])
    program.append((_ANSWER, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *step) for step in program)


def _steps(refusal: _Refusal, number: int) -> list[_Step]:
    """The steps that refuse a call. They are skipped for another call, and if the call is not refused."""
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
