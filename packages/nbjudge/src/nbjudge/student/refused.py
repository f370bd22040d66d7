"""Notes what the sandbox refused to student code, as facts for the instructor; the student's process reports them."""

import os
import socket
import sys
from typing import Any

MOST = 10  # for one cell
MAX_TEXT = 200
SCRATCH = ("/tmp/", "/dev/")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_HERE = ("127.", "::1", "localhost", "0.0.0.0")


class AuditLog:
    """Notes attempts to use the network, and to write where nothing can be written.

    Python raises audit events for both, before they fail.
    """

    def __init__(self) -> None:
        self.noted: list[str] = []

    def watch(self) -> None:
        """Begin to watch; an audit hook can't be removed."""
        self._scratch = (*SCRATCH, os.path.join(os.path.dirname(os.getcwd()), ""))
        self._here = (*_HERE, socket.gethostname())
        # The instructor may have allowed the network of the machine: then nothing in it is refused.
        self._is_alone = all(name == "lo" for _, name in socket.if_nameindex())
        sys.addaudithook(self._hear)

    def take(self) -> list[str]:
        """What was noted since the last call."""
        noted, self.noted = self.noted, []
        return noted

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if flags & _WRITING and isinstance(path, str) and self._is_outside(path):
                self._note(f"writing {path}")
        elif not self._is_alone:
            return
        elif event == "socket.connect":
            _, address = arguments
            if isinstance(address, tuple) and not str(address[0]).startswith(self._here):
                self._note(f"a connection to {address[0]}")
        elif event == "socket.getaddrinfo":
            host = arguments[0]
            if host and not str(host).startswith(self._here):
                self._note(f"the address of {host}")

    def _is_outside(self, path: str) -> bool:
        return not os.path.join(os.path.realpath(path), "").startswith(self._scratch)

    def _note(self, what: str) -> None:
        if what[:MAX_TEXT] not in self.noted and len(self.noted) < MOST:
            self.noted.append(what[:MAX_TEXT])
