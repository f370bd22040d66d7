"""System calls that the sandbox refuses: those with which a process becomes root of a user namespace of its own."""

import platform
import struct

# AUDIT_ARCH, and the numbers of clone and unshare; clone3 has the same number everywhere.
_MACHINES = {"x86_64": (0xC000003E, 56, 272), "aarch64": (0xC00000B7, 220, 97)}
_CLONE3, _X32, _CLONE_NEWUSER = 435, 0x40000000, 0x10000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _ANSWER = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _EPERM, _ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026


def no_user_namespaces() -> bytes:
    """A program for the kernel's BPF machine, as ``bwrap --seccomp`` takes it.

    Raises
    ------
    NotImplementedError
        The numbers of this machine's system calls are not known here.
    """
    if platform.machine() not in _MACHINES:
        raise NotImplementedError(f"no rules for processors of type {platform.machine()} yet")
    architecture, clone, unshare = _MACHINES[platform.machine()]
    program = [  # what to do, how many steps to skip if true and if false, operand
        (_LOAD, 0, 0, 4),  # the architecture
        (_EQUAL, 0, 8, architecture),
        (_LOAD, 0, 0, 0),  # the system call
        (_AT_LEAST, 6, 0, _X32),
        (_EQUAL, 6, 0, _CLONE3),  # its flags are out of sight; libraries that don't find it take clone
        (_EQUAL, 1, 0, clone),
        (_EQUAL, 0, 2, unshare),
        (_LOAD, 0, 0, 16),  # the flags
        (_ANY_BIT, 1, 0, _CLONE_NEWUSER),
        (_ANSWER, 0, 0, _ALLOW),
        (_ANSWER, 0, 0, _EPERM),
        (_ANSWER, 0, 0, _ENOSYS),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in program)
