"""Runs notebook cells the way a Jupyter kernel would and keeps what they put out."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from signal import ITIMER_REAL, SIGALRM, setitimer, signal
from types import CodeType
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import UsageError
from IPython.core.formatters import DisplayFormatter
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from IPython.core.pylabtools import print_figure
from traitlets import Instance, Type
from traitlets.config import Config

from .recorder import DRAWINGS, OutputRecorder, Stream


class CellTimeoutError(KeyboardInterrupt):
    """A cell ran longer than it may. Like a keyboard interrupt it passes ``except Exception``."""


class RecordingPublisher(DisplayPublisher):
    """What ``display()`` calls."""

    recorder = Instance(OutputRecorder)

    def publish(
        self,
        data: dict[str, Any],
        metadata: Any = None,
        source: Any = None,
        *,
        transient: Any = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        """Record what is displayed."""
        self.recorder.display("display", data, (transient or {}).get("display_id"), update)

    def clear_output(self, wait: bool = False) -> None:
        """Clear the cell's outputs, now or with the next one."""
        self.recorder.clear_soon(wait)


class RecordingHook(DisplayHook):
    """What shows the value of a cell's last line."""

    recorder = Instance(OutputRecorder)

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
    recorder = Instance(OutputRecorder)
    display_pub: RecordingPublisher
    displayhook: RecordingHook

    def __init__(self, **kwargs: Any) -> None:
        self.recorder = OutputRecorder()
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
        self.display_formatter = formatter = PictureFormatter(parent=self)
        self.configurables.append(formatter)  # type: ignore[arg-type]  # IPython begins the list with itself

    def enable_gui(self, gui: str | None = None) -> None:
        """No window, no event loop: figures are shown inline."""

    def enable_matplotlib(self, gui: str | None = None) -> tuple[str, str]:
        """Show figures inline, whatever ``%matplotlib`` asks for; what it names may not be here."""
        shown: tuple[str, str] = super().enable_matplotlib("inline")
        return shown

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
        failed: bool = await super().run_code(code_obj, result, async_=async_)
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
        formatter = self.display_formatter
        assert formatter is not None  # allowed by IPython, but nothing could be shown
        before, hooks = formatter.active_types, self.events.callbacks["post_execute"]
        kept = hooks.copy()
        formatter.active_types = ["text/plain"]
        hooks.clear()  # by them Matplotlib draws
        try:
            yield
        finally:
            hooks[:0] = kept
            formatter.active_types = before
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
