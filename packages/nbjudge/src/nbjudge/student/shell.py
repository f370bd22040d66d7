"""Runs notebook cells as a Jupyter kernel would, and keeps their outputs."""

import builtins
import getpass
import os
import sys
import time
from asyncio import CancelledError
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from signal import ITIMER_REAL, SIGALRM, setitimer, signal
from types import CodeType
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import UsageError
from IPython.core.formatters import DisplayFormatter
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from IPython.core.pylabtools import print_figure
from traitlets import Any as AnyValue
from traitlets import Instance, Type

from .event_loop import CellLoop
from .kernel import ENVIRONMENT, IPythonKernel, configuration, connect_widgets, pretend
from .recorder import DRAWINGS, OutputRecorder, Stream


class CellTimeoutError(KeyboardInterrupt):
    """A cell ran longer than it may. Like a keyboard interrupt, ``except Exception`` does not catch it."""


class RecordingPublisher(DisplayPublisher):
    """Called by ``display()``."""

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
    """Called with the value of a cell's last line."""

    recorder = Instance(OutputRecorder)

    def write_output_prompt(self) -> None:
        """Write nothing: a notebook shows no prompt."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: Any = None) -> None:
        """Record the value."""
        self.recorder.display("result", format_dict)

    def finish_displayhook(self) -> None:
        """Do nothing; in a terminal, IPython ends the line here."""


class PictureFormatter(DisplayFormatter):
    """Turns a value into text and pictures."""

    def format(
        self, obj: Any, include: set[str] | None = None, exclude: set[str] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """If the student asked for SVG or PDF only, draw the figure as PNG, too: a grader sees only PNG and JPEG."""
        data, metadata = super().format(obj, include, exclude)
        if data.keys() & DRAWINGS and not data.keys() & {"image/png", "image/jpeg"} and hasattr(obj, "savefig"):
            with suppress(Exception):  # the figure may be too large for PNG, which is not the student's error
                data["image/png"] = print_figure(obj)
        return data, metadata


class NotebookShell(InteractiveShell):
    """An IPython shell whose outputs are recorded instead of shown."""

    display_pub_class = Type(RecordingPublisher)
    displayhook_class = Type(RecordingHook)
    recorder = Instance(OutputRecorder)
    kernel = AnyValue()  # notebooks ask whether there is one
    display_pub: RecordingPublisher
    displayhook: RecordingHook

    def __init__(self, **kwargs: Any) -> None:
        self.recorder = OutputRecorder()
        self.cells = CellLoop()
        self._inline = False
        self._not_here: set[str] = set()
        super().__init__(config=configuration(), **kwargs)
        self.kernel = IPythonKernel(self)
        self.run_line_magic("load_ext", "storemagic")  # as a kernel does
        builtins.input, getpass.getpass = self.kernel.raw_input, self.kernel.getpass
        sys.breakpointhook = lambda *_, **__: None  # in a kernel without a debugger in front, too, nothing stops
        pretend(type(self))
        connect_widgets(self.recorder)
        self.display_pub.recorder = self.displayhook.recorder = self.recorder
        # Progress bars, warnings and prints of the student's threads all end up here.
        sys.stdout, sys.stderr = Stream("stdout", self.recorder), Stream("stderr", self.recorder)

    def init_environment(self) -> None:
        """Set the variables that a kernel sets."""
        os.environ.update(ENVIRONMENT)

    def init_display_formatter(self) -> None:
        """Set up the formatter that `display()` and the value of a cell's last line go through."""
        self.display_formatter = formatter = PictureFormatter(parent=self)
        self.configurables.append(formatter)  # type: ignore[arg-type]  # IPython begins the list with itself

    def enable_gui(self, gui: str | None = None) -> None:
        """Do nothing: there is no window and no event loop, for figures are shown inline."""

    def enable_matplotlib(self, gui: str | None = None) -> tuple[str, str]:
        """Show figures inline, whatever ``%matplotlib`` asks for: the backend that it names may not be installed."""
        shown: tuple[str, str] = super().enable_matplotlib("inline")
        return shown

    async def run_code(
        self, code_obj: CodeType, result: ExecutionResult | None = None, *, async_: bool = False
    ) -> bool:
        """Run one statement of a cell. If it fails because something is missing here, the cell goes on.

        Something is missing if the statement imports a package, uses a magic, or uses a name that one of these would
        have defined, and only the student's own machine has it.

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
        """Do nothing: after ``exit()``, the rest of a submission still counts."""

    def showtraceback(self, exc_tuple: Any = None, *args: Any, **kwargs: Any) -> None:
        """Record the exception that ended a cell."""
        kind, error, traceback = exc_tuple or sys.exc_info()
        if isinstance(error, CancelledError) and self.cells.interrupt:  # its time was up while it waited
            kind, error = type(self.cells.interrupt), self.cells.interrupt
            exc_tuple = kind, error, traceback
        if isinstance(error, CellTimeoutError):
            # The cell has stopped. On a busy machine, the next interrupt would hit the formatting of its traceback.
            setitimer(ITIMER_REAL, 0)
        super().showtraceback(exc_tuple, *args, **kwargs)

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        self.recorder.error(etype.__name__, str(evalue), stb)

    def run(self, source: str, timeout: float, draws: bool = True) -> list[dict[str, Any]]:
        """Run one cell.

        Parameters
        ----------
        source : str
            The cell's source; magics and top-level ``await`` work.
        timeout : float
            Seconds after which the cell is interrupted, and again every second until it stops.
        draws : bool
            Whether the cell's figures are drawn; otherwise only their text is shown.

        Returns
        -------
        list of dict
            The cell's outputs, each with a ``type`` of stream, display, result or error.
        """
        self.recorder.clear()
        start = time.monotonic()
        with time_limit(timeout), nullcontext() if draws else self._text_only():
            self.cells.run(partial(self._cell, source))
        self._show_inline()
        if time.monotonic() - start > timeout and all(output["type"] != "error" for output in self.recorder.outputs):
            # If the student's code caught the interrupt, its time was up nevertheless.
            why = f"stopped after {timeout:g} s"
            self.recorder.error(CellTimeoutError.__name__, why, [f"{CellTimeoutError.__name__}: {why}"])
        return self.recorder.recorded()

    async def _cell(self, source: str) -> None:
        """Run a cell as ipykernel does, in ``IPythonKernel.do_execute``: the loop runs, whether or not it awaits."""
        try:
            transformed, error = self.transform_cell(source), None
        except Exception:
            transformed, error = source, sys.exc_info()
        how = {"transformed_cell": transformed, "preprocessing_exc_tuple": error}
        if not self.should_run_async(source, **how):
            self.run_cell(source, store_history=True)
            return
        result = None
        try:
            result = await self.run_cell_async(source, store_history=True, **how)
        finally:
            self.events.trigger("post_execute")
            self.events.trigger("post_run_cell", result)

    def _show_inline(self) -> None:
        """Draw figures once, when a cell ends; this holds for all cells after the one that imported pyplot."""
        if pyplot := sys.modules.get("matplotlib.pyplot"):
            if not self._inline:
                self._inline = True
                with suppress(Exception):  # a backend of the student's choice that fails will fail in their figure, too
                    # Otherwise pyplot would load the backend in the middle of the cell with the first figure.
                    pyplot.switch_backend(pyplot.get_backend())
            pyplot.uninstall_repl_displayhook()  # the hook would draw each figure again, for a window that isn't there

    @contextmanager
    def _text_only(self) -> Iterator[None]:
        """Draw no figures in the block, and close them all, so that no later cell shows them."""
        formatter = self.display_formatter
        assert formatter is not None  # IPython allows None, but then nothing could be shown
        before, hooks = formatter.active_types, self.events.callbacks["post_execute"]
        kept = hooks.copy()
        formatter.active_types = ["text/plain"]
        hooks.clear()  # Matplotlib draws in these hooks
        try:
            yield
        finally:
            hooks[:0] = kept
            formatter.active_types = before
            if pyplot := sys.modules.get("matplotlib.pyplot"):
                pyplot.close("all")


# Notebooks ask whether the shell's class has this name, to know where they run.
NotebookShell.__name__ = NotebookShell.__qualname__ = "ZMQInteractiveShell"


@contextmanager
def paused() -> Iterator[None]:
    """Stop the clock of `time_limit` in the block: another process works, and its answer must not get lost."""
    left, interval = setitimer(ITIMER_REAL, 0)
    try:
        yield
    finally:
        setitimer(ITIMER_REAL, left, interval)


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
