"""Passes open files between processes without ``sendmsg``. Python imports this module when it starts.

If the grader is not root, all sandboxes run as one user. The kernel limits the descriptors in transit in sockets for
each user, so one submission could use up what its neighbours and the grader need. That is why the sandbox then refuses
``sendmsg``. `multiprocessing`, and so torch's DataLoader, opens the files through ``/proc`` instead.

If the sandbox has the network of the machine, it refuses sockets of the family ``AF_UNIX``. Then `multiprocessing` has
sockets of ``localhost``, and this way of passing files, too, which needs no ``AF_UNIX``.
"""

import fcntl
import os
import socket
import struct
from collections.abc import Iterable
from multiprocessing import connection, reduction
from typing import Any

_NUMBER = struct.Struct("=i")


class _Absent:
    """A method that seems to be missing on this system; asyncio checks whether it is there."""

    def __get__(self, *_: Any) -> Any:
        raise AttributeError("the sandbox has no sendmsg")


def send(sock: socket.socket, fds: Iterable[int]) -> None:
    """Tell the process at the other end of a stream socket where to find open files; return when it has opened them."""
    numbers = [os.getpid(), *(number for fd in fds for number in (fd, fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE))]
    sock.sendall(b"".join(map(_NUMBER.pack, numbers)))
    if sock.recv(1) != b"A":
        raise RuntimeError("the other process did not take the open files")


def receive(sock: socket.socket, size: int) -> list[int]:
    """Open the `size` files that the process at the other end has announced with `send`."""
    raw = sock.recv((2 * size + 1) * _NUMBER.size, socket.MSG_WAITALL)
    if len(raw) < (2 * size + 1) * _NUMBER.size:
        raise EOFError
    pid, *pairs = (number for (number,) in _NUMBER.iter_unpack(raw))
    fds = [os.open(f"/proc/{pid}/fd/{fd}", mode) for fd, mode in zip(pairs[::2], pairs[1::2], strict=True)]
    sock.sendall(b"A")
    return fds


try:
    socket.socket(socket.AF_UNIX).close()
except OSError:  # refused
    connection.default_family = "AF_INET"  # type: ignore[attr-defined]
socket.socket.sendmsg = _Absent()  # type: ignore[assignment, method-assign]  # no method: that is the purpose
reduction.sendfds, reduction.recvfds = send, receive
