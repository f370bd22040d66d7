"""Records the outputs of the student's cells, in order and bounded in size."""

import base64
import io
import os
from typing import Any, Protocol

import numpy as np

MAX_TEXT = 2**20
MAX_ERROR = 2**16  # of an error's message; the traceback holds the message, too
MAX_IMAGE_BYTES = 16 * 2**20
MAX_OUTPUTS = 200
SHORT_RESULT = 1000
DRAWINGS = {"image/svg+xml", "application/pdf"}
CUT = "\n... output cut ...\n"
NUMBERS = {"stdout": 1, "stderr": 2}  # the descriptors of the streams


class Source(Protocol):
    """Where text comes from that no ``sys.stdout`` sees; see `descriptors.Descriptor`."""

    def pull(self) -> None:
        """Record what was written since the last time."""

    def rewind(self) -> None:
        """Forget what was written."""


class OutputRecorder:
    """The outputs of the running cell, in order and bounded in size.

    nbgrader scores a test cell by errors, the result, and whether there was standard error. So an error, a short
    result and a sign of standard error are kept, however many other outputs there are.

    Attributes
    ----------
    sources : list of Source
        Where more text comes from; they are asked before each output, so that all stay in their order.
    widgets : list of str
        The ids of the widgets that take outputs now, in a Jupyter notebook in the place of the cell. So what comes
        is shown, but does not count as an output of the cell.
    """

    def __init__(self) -> None:
        self.sources: list[Source] = []
        self.widgets: list[str] = []
        self._begin()

    def clear(self) -> None:
        """Forget all outputs."""
        for source in self.sources:
            source.rewind()
        self.widgets.clear()
        self._begin()

    def _begin(self) -> None:
        self.outputs: list[dict[str, Any]] = []
        self._text = 0
        self._error_text = 0
        self._image_bytes = 0
        self._clear_next = False

    def clear_soon(self, wait: bool) -> None:
        """Carry out ``clear_output(wait)``."""
        self._pull()
        if self.widgets:
            return
        if wait:
            self._clear_next = True
        else:
            self._begin()

    def stream(self, name: str, text: str) -> None:
        """Add text to standard output or standard error, after what the sources have."""
        self._pull()
        self.add_text(name, text)

    def add_text(self, name: str, text: str) -> None:
        """Add text to standard output or standard error."""
        kept = self._cut(text)
        if self.widgets:
            return self._add({"type": "display", "text": kept}) if kept else None
        last = self.outputs[-1] if self.outputs else {}
        if last.get("type") == "stream" and last["name"] == name and not self._clear_next:
            last["text"].append(kept)  # a list, because a growing string would be copied with every print
        elif text:
            self._add({"type": "stream", "name": name, "text": [kept]})

    def recorded(self) -> list[dict[str, Any]]:
        """The outputs, each stream's text joined to one string."""
        self._pull()
        return [
            {**output, "text": "".join(output["text"])} if output["type"] == "stream" else output
            for output in self.outputs
        ]

    def display(self, kind: str, data: dict[str, Any], display_id: str | None = None, update: bool = False) -> None:
        """Add a displayed value, with its text and, if it has one, its picture."""
        self._pull()
        kind = "display" if self.widgets else kind
        text = str(data.get("text/plain", ""))
        output: dict[str, Any] = {
            "type": kind,
            "text": text if kind == "result" and len(text) < SHORT_RESULT else self._cut(text),
        }
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
        """Add an exception. Its size limit is separate from that of printed text."""
        self._pull()
        if self.widgets:
            return self._add({"type": "display", "text": self._cut_error("\n".join(map(str, traceback[:200])))})
        value, *lines = map(self._cut_error, (value[:MAX_ERROR], *map(str, traceback[:200])))
        self._add({"type": "error", "name": name[:200], "value": value, "traceback": lines})

    def _pull(self) -> None:
        for source in self.sources:
            source.pull()

    def _add(self, output: dict[str, Any]) -> None:
        if self._clear_next:
            self._begin()
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
    """Whether an output can affect the score of a test cell."""
    return output["type"] in ("error", "result") or output.get("name") == "stderr"


class Stream(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr`` of the student's code."""

    encoding = "UTF-8"

    def __init__(self, name: str, recorder: OutputRecorder) -> None:
        self.name = name
        self._recorder = recorder
        self._owner = os.getpid()
        self._elsewhere = os.open(os.devnull, os.O_WRONLY)

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """A descriptor that can be written to. As in a Jupyter kernel, nothing of it shows in the notebook."""
        return self._elsewhere

    def write(self, text: str) -> int:
        """Record the text and return its length."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if os.getpid() == self._owner:
            self._recorder.stream(self.name, text)
        else:  # a copy of the process has a recorder of its own, which nobody reads
            os.write(NUMBERS[self.name], text.encode(errors="replace"))
        return len(text)
