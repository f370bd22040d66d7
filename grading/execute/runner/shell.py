"""Runs notebook cells the way a Jupyter kernel would and keeps what they put out."""

import base64
import io
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from signal import ITIMER_REAL, SIGALRM, setitimer, signal
from types import CodeType
from typing import Any

import numpy as np
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import UsageError
from IPython.core.formatters import DisplayFormatter
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from IPython.core.pylabtools import print_figure
from traitlets import Any as AnyTrait
from traitlets import Type
from traitlets.config import Config

MAX_TEXT = 2**20
MAX_ERROR = 2**16  # its message; the traceback holds it, too
MAX_IMAGE_BYTES = 16 * 2**20
MAX_OUTPUTS = 200
SHORT_RESULT = 1000
DRAWINGS = {"image/svg+xml", "application/pdf"}
CUT = "\n... output cut ...\n"


class CellTimeoutError(KeyboardInterrupt):
    """A cell ran longer than it may. Like a keyboard interrupt it passes ``except Exception``."""


class Recorder:
    """The outputs of the cell that runs now, in order and bounded in size.

    However much else there is, an error, a short result, and that there was standard error are kept: nbgrader scores a
    test cell by them.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all outputs."""
        self.outputs: list[dict[str, Any]] = []
        self._text = 0
        self._error_text = 0
        self._image_bytes = 0
        self._clear_next = False

    def clear_soon(self, wait: bool) -> None:
        """Do what ``clear_output(wait)`` asks for."""
        if wait:
            self._clear_next = True
        else:
            self.clear()

    def stream(self, name: str, text: str) -> None:
        """Add text to standard output or standard error."""
        kept = self._cut(text)
        last = self.outputs[-1] if self.outputs else {}
        if last.get("type") == "stream" and last["name"] == name and not self._clear_next:
            last["text"].append(kept)  # one string that grows would be copied with every print
        elif text:
            self._add({"type": "stream", "name": name, "text": [kept]})

    def recorded(self) -> list[dict[str, Any]]:
        """The outputs, each stream's text in one piece."""
        return [
            {**output, "text": "".join(output["text"])} if output["type"] == "stream" else output
            for output in self.outputs
        ]

    def display(self, kind: str, data: dict[str, Any], display_id: str | None = None, update: bool = False) -> None:
        """Add something shown, with its text and, if it has one, its picture."""
        text = str(data.get("text/plain", ""))
        output = {"type": kind, "text": text if kind == "result" and len(text) < SHORT_RESULT else self._cut(text)}
        for mime, key in (("image/png", "png"), ("image/jpeg", "jpeg")):
            if mime in data:
                raw = data[mime] if isinstance(data[mime], bytes) else base64.b64decode(data[mime])
                self._image_bytes += len(raw)
                if self._image_bytes <= MAX_IMAGE_BYTES:
                    output[key] = np.frombuffer(raw, np.uint8)
        if display_id:
            output["display_id"] = display_id
        shown = [i for i, other in enumerate(self.outputs) if display_id and other.get("display_id") == display_id]
        if update:
            for i in shown:
                self.outputs[i] = output
        else:
            self._add(output)

    def error(self, name: str, value: str, traceback: list[str]) -> None:
        """Add an exception; what was printed before takes no room from it."""
        value, *lines = map(self._cut_error, (value[:MAX_ERROR], *map(str, traceback[:200])))
        self._add({"type": "error", "name": name[:200], "value": value, "traceback": lines})

    def _add(self, output: dict[str, Any]) -> None:
        if self._clear_next:
            self.clear()
        if len(self.outputs) == MAX_OUTPUTS and _decides(output) and not _decides(self.outputs[-1]):
            self.outputs.pop()
        if len(self.outputs) < MAX_OUTPUTS:
            self.outputs.append(output)

    def _cut(self, text: str) -> str:
        room = MAX_TEXT - len(CUT) - self._text
        self._text += len(text)
        if len(text) <= room:
            return text
        return text[:room] + CUT if room > 0 else ""

    def _cut_error(self, text: str) -> str:
        text = text[: MAX_TEXT - self._error_text]
        self._error_text += len(text)
        return text


def _decides(output: dict[str, Any]) -> bool:
    """Whether an output can decide what a test cell earns."""
    return output["type"] in ("error", "result") or output.get("name") == "stderr"


class Stream(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr`` of the student's code."""

    encoding = "utf-8"

    def __init__(self, name: str, recorder: Recorder) -> None:
        self.name = name
        self._recorder = recorder

    def writable(self) -> bool:
        """Say yes."""
        return True

    def write(self, text: str) -> int:
        """Record the text and return its length."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._recorder.stream(self.name, text)
        return len(text)


class RecordingPublisher(DisplayPublisher):
    """What ``display()`` calls."""

    recorder = AnyTrait()

    def publish(
        self, data: dict[str, Any], metadata: Any = None, *, transient: Any = None, update: bool = False, **_: Any
    ) -> None:
        """Record what is displayed."""
        self.recorder.display("display", data, (transient or {}).get("display_id"), update)

    def clear_output(self, wait: bool = False) -> None:
        """Clear the cell's outputs, now or with the next one."""
        self.recorder.clear_soon(wait)


class RecordingHook(DisplayHook):
    """What shows the value of a cell's last line."""

    recorder = AnyTrait()

    def write_output_prompt(self) -> None:
        """Write nothing: a notebook shows no prompt."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: Any = None) -> None:
        """Record the value."""
        self.recorder.display("result", format_dict)

    def finish_displayhook(self) -> None:
        """Do nothing; a terminal would get its line end here."""


class PictureFormatter(DisplayFormatter):
    """What makes text and pictures of a value."""

    def format(
        self, obj: Any, include: set[str] | None = None, exclude: set[str] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Draw a figure as PNG, too, if the student has asked for drawings (SVG, PDF) alone, which nobody would see."""
        data, metadata = super().format(obj, include, exclude)
        if data.keys() & DRAWINGS and not data.keys() & {"image/png", "image/jpeg"} and hasattr(obj, "savefig"):
            with suppress(Exception):  # it may be too large for that, which was no error for the student
                data["image/png"] = print_figure(obj)
        return data, metadata


class NotebookShell(InteractiveShell):
    """An IPython shell whose outputs are recorded instead of shown."""

    display_pub_class = Type(RecordingPublisher)
    displayhook_class = Type(RecordingHook)
    recorder = AnyTrait()

    def __init__(self, **kwargs: Any) -> None:
        self.recorder = Recorder()
        self._inline = False
        self._not_here: set[str] = set()
        config = Config()
        config.HistoryManager.enabled = False
        super().__init__(config=config, **kwargs)
        self.display_pub.recorder = self.displayhook.recorder = self.recorder
        # Progress bars, warnings and prints of the student's threads all meet here.
        sys.stdout, sys.stderr = Stream("stdout", self.recorder), Stream("stderr", self.recorder)

    def init_display_formatter(self) -> None:
        """Set up what `display()` and the value of a cell's last line go through."""
        self.display_formatter = PictureFormatter(parent=self)
        self.configurables.append(self.display_formatter)

    def enable_gui(self, gui: str | None = None) -> None:
        """No window, no event loop: figures are shown inline."""

    def enable_matplotlib(self, gui: str | None = None) -> tuple[str, str]:
        """Show figures inline, whatever ``%matplotlib`` asks for; what it names may not be here."""
        return super().enable_matplotlib("inline")

    async def run_code(
        self, code_obj: CodeType, result: ExecutionResult | None = None, *, async_: bool = False
    ) -> bool:
        """Run one statement of a cell; the next one is run, too, if this one needs what only the student has.

        That is a package or a magic of their front end, and a name that it would have given.

        Returns
        -------
        bool
            Whether the cell ends with this statement.
        """
        failed = await super().run_code(code_obj, result, async_=async_)
        error = result.error_in_exec if failed and result else None
        lacks = isinstance(error, NameError) and error.name in self._not_here
        if not isinstance(error, (ImportError, UsageError)) and not lacks:
            return failed
        self._not_here.update(name for name in code_obj.co_names if name not in self.user_ns)
        return False

    def ask_exit(self) -> None:
        """Go on: after ``exit()`` the rest of a submission still counts."""

    def showtraceback(self, *args: Any, **kwargs: Any) -> None:
        """Record the exception that ended a cell."""
        if isinstance(sys.exc_info()[1], CellTimeoutError):
            setitimer(ITIMER_REAL, 0)  # it has stopped; on a busy machine the next interrupt would hit the formatting
        super().showtraceback(*args, **kwargs)

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        self.recorder.error(etype.__name__, str(evalue), stb)

    def run(self, source: str, timeout: float, draws: bool = True) -> list[dict[str, Any]]:
        """Run one cell.

        Parameters
        ----------
        source : str
            The cell's source; magics and top-level ``await`` work.
        timeout : float
            Seconds after which it is interrupted, again every second until it stops.
        draws : bool
            Whether pictures are made of its figures; else their text is all that shows.

        Returns
        -------
        list of dict
            Its outputs, each with a ``type`` of stream, display, result or error.
        """
        self.recorder.clear()
        start = time.monotonic()
        with time_limit(timeout), nullcontext() if draws else self._text_only():
            self.run_cell(source, store_history=True)
        self._show_inline()
        if time.monotonic() - start > timeout and all(output["type"] != "error" for output in self.recorder.outputs):
            # Whoever catches the interrupt has had their time all the same.
            why = f"stopped after {timeout:g} s"
            self.recorder.error(CellTimeoutError.__name__, why, [f"{CellTimeoutError.__name__}: {why}"])
        return self.recorder.recorded()

    def _show_inline(self) -> None:
        """See to it that figures are drawn once, when a cell ends, in all cells after the one that imported pyplot."""
        if pyplot := sys.modules.get("matplotlib.pyplot"):
            if not self._inline:
                self._inline = True
                with suppress(Exception):  # the student's choice of a backend, which fails in their first figure, too
                    pyplot.switch_backend(pyplot.get_backend())  # else loaded in the middle of the first figure's cell
            pyplot.uninstall_repl_displayhook()  # it draws each figure once more, for a window that is not there

    @contextmanager
    def _text_only(self) -> Iterator[None]:
        """Draw no figure, and leave none open that a later cell would show."""
        before, hooks = self.display_formatter.active_types, self.events.callbacks["post_execute"]
        kept = hooks.copy()
        self.display_formatter.active_types = ["text/plain"]
        hooks.clear()  # by them Matplotlib draws
        try:
            yield
        finally:
            hooks[:0] = kept
            self.display_formatter.active_types = before
            if pyplot := sys.modules.get("matplotlib.pyplot"):
                pyplot.close("all")


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Interrupt the main thread with `CellTimeoutError` when the block takes longer."""

    def interrupt(*_: Any) -> None:
        raise CellTimeoutError(f"stopped after {seconds:g} s")

    previous = signal(SIGALRM, interrupt)
    setitimer(ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        setitimer(ITIMER_REAL, 0)
        signal(SIGALRM, previous)
