"""System calls that the sandbox refuses.

- Those with which a process becomes root of a user namespace of its own.
- Those of the kernel's keyrings: these belong to a user, not to a sandbox. What one submission leaves there the next
  could read, and the keys of whoever grades are in reach.
- Those that give memory which belongs to no process and no file: it would escape the watchdog.
- A few that lead deep into the kernel and that no notebook needs.
"""

import platform
import struct

# AUDIT_ARCH, and the numbers of clone and unshare.
_MACHINES = {"x86_64": (0xC000003E, 56, 272), "aarch64": (0xC00000B7, 220, 97)}
# As if this kernel did not have them; libraries that don't find clone3, whose flags are out of sight, take clone.
_ABSENT = {
    "x86_64": {"add_key": 248, "request_key": 249, "keyctl": 250, "perf_event_open": 298, "bpf": 321}
    | {"shmget": 29, "semget": 64, "msgget": 68, "memfd_create": 319, "memfd_secret": 447}
    | {"userfaultfd": 323, "io_uring_setup": 425, "clone3": 435},
    "aarch64": {"add_key": 217, "request_key": 218, "keyctl": 219, "perf_event_open": 241, "bpf": 280}
    | {"shmget": 194, "semget": 190, "msgget": 186, "memfd_create": 279, "memfd_secret": 447}
    | {"userfaultfd": 282, "io_uring_setup": 425, "clone3": 435},
}
_X32, _CLONE_NEWUSER = 0x40000000, 0x10000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _ANSWER = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _EPERM, _ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026


def refusals() -> bytes:
    """A program for the kernel's BPF machine, as ``bwrap --seccomp`` takes it.

    Raises
    ------
    NotImplementedError
        The numbers of this machine's system calls are not known here.
    """
    if platform.machine() not in _MACHINES:
        raise NotImplementedError(f"no rules for processors of type {platform.machine()} yet")
    architecture, clone, unshare = _MACHINES[platform.machine()]
    absent = list(_ABSENT[platform.machine()].values())
    program = [  # what to do, how many steps to skip if true and if false, operand
        (_LOAD, 0, 0, 4),  # the architecture
        (_EQUAL, 0, len(absent) + 7, architecture),
        (_LOAD, 0, 0, 0),  # the system call
        (_AT_LEAST, len(absent) + 5, 0, _X32),
        *((_EQUAL, len(absent) + 5 - k, 0, call) for k, call in enumerate(absent)),
        (_EQUAL, 1, 0, clone),
        (_EQUAL, 0, 2, unshare),
        (_LOAD, 0, 0, 16),  # the flags
        (_ANY_BIT, 1, 0, _CLONE_NEWUSER),
        (_ANSWER, 0, 0, _ALLOW),
        (_ANSWER, 0, 0, _EPERM),
        (_ANSWER, 0, 0, _ENOSYS),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in program)
