"""Stands in for ipykernel, whose import would take a quarter second: what notebooks ask a kernel for is here."""

import sys
import threading
from datetime import UTC, datetime
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any, ClassVar

import comm
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.release import version
from traitlets.config import Config

from .recorder import OutputRecorder

CONNECTION_FILE = "/home/student/.local/share/jupyter/runtime/kernel.json"
LAUNCHER = "ipykernel_launcher.py"
# Libraries look for these modules to know that they run in a notebook.
MODULES = ("ipykernel", "ipykernel.zmqshell")
ENVIRONMENT = {
    "TERM": "xterm-color",
    "CLICOLOR": "1",
    "CLICOLOR_FORCE": "1",
    "FORCE_COLOR": "1",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
}
_loading = threading.RLock()


class Channel(comm.DummyComm):
    """A connection to a widget. An `ipywidgets.Output` says by it when it begins and ends to take outputs."""

    recorder: ClassVar[OutputRecorder]

    def publish_msg(self, msg_type: str, data: Any = None, *_: Any, **__: Any) -> None:
        """Send nothing, for nobody is there; but note who takes outputs."""
        state = (data or {}).get("state", {}) if isinstance(data, dict) else {}
        if msg_type == "comm_msg" and "msg_id" in state:
            if self.comm_id in self.recorder.widgets:
                self.recorder.widgets.remove(self.comm_id)
            if state["msg_id"]:
                self.recorder.widgets.append(self.comm_id)


class Session:
    """In the place of the session with a client: there is none, so what is sent to it is lost."""

    session = "00000000-0000-0000-0000-000000000000"
    username = "student"

    def send(self, *_: Any, **__: Any) -> None:
        """Send nothing."""


class IPythonKernel:
    """In the place of a kernel.

    Parameters
    ----------
    shell : InteractiveShell
        Its shell.
    """

    implementation = "ipython"
    implementation_version = version
    language_info = {"name": "python", "version": sys.version.split()[0], "file_extension": ".py"}  # noqa: RUF012
    eventloop = None

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.session = Session()

    @property
    def execution_count(self) -> int:
        """The number of the running cell."""
        return int(self.shell.execution_count)

    @property
    def comm_manager(self) -> Any:
        """The manager of connections to widgets in a browser; nobody is there."""
        return comm.get_comm_manager()

    def get_parent(self, channel: str | None = None) -> dict[str, Any]:
        """The request to run this cell."""
        header = {
            "msg_id": f"{Session.session}_{self.execution_count}",
            "msg_type": "execute_request",
            "username": Session.username,
            "session": Session.session,
            "date": datetime.now(UTC),
            "version": "5.4",
        }
        return {
            "header": header,
            "msg_id": header["msg_id"],
            "msg_type": header["msg_type"],
            "parent_header": {},
            "metadata": {},
            "content": {"silent": False, "store_history": True, "allow_stdin": False},
            "buffers": [],
        }

    def raw_input(self, prompt: object = "") -> str:
        """Say that there is nobody to ask."""
        raise StdinNotImplementedError("raw_input was called, but this frontend does not support input requests.")

    def getpass(self, prompt: str = "", stream: Any = None, *, echo_char: str | None = None) -> str:
        """Say that there is nobody to ask."""
        raise StdinNotImplementedError("getpass was called, but this frontend does not support input requests.")


def configuration() -> Config:
    """The configuration of a kernel's shell."""
    config = Config()
    config.IPKernelApp.connection_file = CONNECTION_FILE
    # The file of earlier inputs would take a thread that writes it; inputs of this notebook are in memory.
    config.HistoryManager.enabled = False
    return config


class Unloaded(ModuleType):
    """A module of ipykernel that is loaded when code uses more of it than its name."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what looks through all modules asks for such names
            raise AttributeError(name)
        with _loading:
            if isinstance(self, Unloaded):
                ours = {key: value for key, value in vars(self).items() if not key.startswith("__")}
                self.__class__ = ModuleType  # type: ignore[assignment]  # a subclass that adds no attributes
                assert self.__spec__ is not None and self.__spec__.loader is not None
                self.__spec__.loader.exec_module(self)
                vars(self).update(ours)
        return getattr(self, name)


def connect_widgets(recorder: OutputRecorder) -> None:
    """Let widgets tell the recorder when they take outputs."""
    Channel.recorder = recorder
    comm.create_comm = Channel


def pretend(shell: type[InteractiveShell]) -> None:
    """Let modules of ipykernel seem to be imported; ``ipykernel.zmqshell`` has our class of the shell.

    Parameters
    ----------
    shell : type
        The class of the shell.
    """
    sys.argv[:] = [LAUNCHER, "-f", CONNECTION_FILE]
    for name in MODULES:
        if spec := find_spec(name):
            module = module_from_spec(spec)
            module.__class__ = Unloaded
            sys.modules[name] = module
            package, _, part = name.rpartition(".")
            if package:
                module.ZMQInteractiveShell = shell  # type: ignore[attr-defined]
                setattr(sys.modules[package], part, module)
