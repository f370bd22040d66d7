"""Executes the cells of one submission and answers questions about it.

The judging side, at the other end of the socket, sends one request at a time, ``{"id": ..., "do": ...}``, and gets one
reply with the same id. The student's code shares this process and may send anything: the judging side trusts nothing.
"""

import gc
import importlib
import os
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from ..protocol.wire import Wire, WireError
from . import compiler, descriptors
from .objects import Objects
from .refused import AuditLog
from .shell import CellTimeoutError, NotebookShell, time_limit

# How scripts and programs begin. Their permissions are not a part of a hand-in; most learning platforms lose them.
MAGIC = (b"\x7fELF", b"#!")


class Runner:
    """Executes cells in one shell and answers questions about the variables that they left."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._ident = ""
        self._reaching = 0  # operations within each other
        self._in_cell = False
        self.shell = NotebookShell.instance()
        self.answer: Callable[[dict[str, Any], str, dict[str, Any]], dict[str, Any]] | None = None
        self.refused = AuditLog()

    def begin(self, files: dict[str, Any], answers: str | None, path: list[str]) -> dict[str, Any]:
        """Unpack the student's files into the working folder and get ready.

        Parameters
        ----------
        files : dict of str to (n,) uint8 array
            Contents by name relative to the working folder.
        answers : str or None
            Module whose ``answer(namespace, question, arguments)`` answers questions with
            ``{"answer": ...}`` or ``{"failure": {"kind": ..., "message": ...}}``. If it has a function
            ``prepare(shell)``, this is called first, so that the module can note how the cells run.
        path : list of str
            Folders to import from, before the student's own.
        """
        for name, content in files.items():
            target, raw = Path(name), content.tobytes()
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(raw)
            if raw.startswith(MAGIC):
                target.chmod(0o755)
        sys.path[:] = [*(entry for entry in sys.path if entry), *path]
        if answers:
            module = importlib.import_module(answers)
            self.answer = module.answer
            if hasattr(module, "prepare"):
                module.prepare(self.shell)
        sys.path[:] = search_path(sys.path, path)
        self.objects = Objects(self.shell.user_ns, self._back)
        self.refused.watch()
        gc.enable()
        gc.set_threshold(50_000, 20, 20)  # rare collections: the student's cells import more modules
        # Until here, standard error told why the sandbox can't start. The student's code must not write to it.
        descriptors.capture(self.shell.recorder)
        return {}

    def execute(self, source: str, timeout: float, draws: bool = True) -> dict[str, Any]:
        """Run one cell and return its outputs, and what the sandbox refused to it, if anything."""
        self._in_cell = True
        try:
            outputs = self.shell.run(source, timeout, draws)
        finally:
            self._in_cell = False
        refused = self.refused.take()
        reply = {"outputs": outputs, "count": self.shell.execution_count - 1}
        return reply | ({"refused": refused} if refused else {})

    def ask(self, question: str, arguments: dict[str, Any], timeout: float) -> dict[str, Any]:
        """Answer one question from the student's namespace."""
        if self.answer is None:
            return {"failure": {"kind": "broken", "message": "nothing here answers questions"}}
        try:
            with time_limit(timeout):
                return self.shell.cells.at_rest(self.answer, self.shell.user_ns, question, arguments)
        except CellTimeoutError as error:
            return {"failure": {"kind": "error", "message": f"your code took too long and was {error}"}}
        finally:
            self.shell.recorder.clear()

    def reach(self, timeout: float, **request: Any) -> dict[str, Any]:
        """Carry out one operation of a test cell that uses the student's names; see `Objects.reach`."""
        self._reaching += 1
        try:
            # Within a call of a test cell's own function, the outer clock stands still.
            work = partial(self.objects.reach, seconds=timeout, **request)
            reply = work() if self._reaching > 1 or self._in_cell else self.shell.cells.at_rest(work)
        except CellTimeoutError as error:
            reply = {"failure": {"kind": "error", "message": f"your code took too long and was {error}"}}
        finally:
            self._reaching -= 1
        return reply | self._printed()

    def _printed(self) -> dict[str, Any]:
        """What the student's code has printed since the last message; what a cell prints is sent when the cell ends."""
        if self._in_cell or not (outputs := self.shell.recorder.recorded()):
            return {}
        printed = [[each["name"], each["text"]] for each in outputs if each["type"] == "stream"]
        self.shell.recorder.clear()
        return {"printed": printed}

    def _back(self, operation: str, packed: dict[str, Any]) -> dict[str, Any]:
        """Ask the test cell for something, and answer what it asks before it has an answer; the clock stands still."""
        ident = self._ident
        self._wire.send({"id": ident, "back": operation, "packed": packed} | self._printed())
        while "answer" not in (message := self._wire.receive()):
            self.answer_one(message)
        self._ident = ident
        answer: dict[str, Any] = message["answer"]
        return answer

    def answer_one(self, request: dict[str, Any]) -> None:
        """Carry out one request, and send the reply.

        Raises
        ------
        WireError
            The other side has hung up.
        """
        self._ident = ident = request.pop("id")
        work: dict[str, Callable[..., dict[str, Any]]] = {
            "begin": self.begin,
            "execute": self.execute,
            "ask": self.ask,
            "reach": self.reach,
        }
        try:
            reply = work[request.pop("do")](**request)
            self._wire.send({"id": ident, **reply})
        except WireError:
            raise
        except (Exception, KeyboardInterrupt):
            failure = {"kind": "broken", "message": traceback.format_exc()[-4000:]}
            self._wire.send({"id": ident, "failure": failure})


def search_path(entries: list[str], released: list[str]) -> list[str]:
    """Where modules are looked for from now on, in the order of a Jupyter kernel.

    The standard library comes first, then the working folder, then what is installed. Released files come before the
    working folder: whatever student code writes into its copies, tests import the released ones.

    Parameters
    ----------
    entries : list of str
        Where modules were looked for until now.
    released : list of str
        The folders with the released files.
    """
    home = os.path.dirname(os.__file__)
    library = [entry for entry in entries if entry in (home, f"{home}/lib-dynload") or entry.endswith(".zip")]
    others = [entry for entry in entries if entry not in {*library, *released}]
    return [*library, *released, "", *others]


def serve(wire: Wire) -> None:
    """Answer requests until the other side hangs up."""
    runner = Runner(wire)
    with suppress(WireError):
        while True:
            runner.answer_one(wire.receive())


def start(fd: int) -> None:
    """Serve on the file descriptor of a socket."""
    compiler.load_when_needed()
    gc.disable()  # while torch is imported, garbage collection would take a fifth of the time
    os.set_inheritable(fd, False)
    ours = socket.socket(fileno=fd)
    # If a cell forks, the copy comes to the end of the cell, too, but the cell gets one reply: the original's.
    os.register_at_fork(after_in_child=ours.close)
    serve(Wire(ours))
