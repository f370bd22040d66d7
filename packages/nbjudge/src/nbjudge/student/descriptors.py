"""Records what programs and libraries write to the descriptors 1 and 2, past ``sys.stdout`` and ``sys.stderr``.

A Jupyter kernel reads a pipe in a thread of its own. Here it is a file without a name, which needs no thread, is never
full before its tmpfs is, and is read before each other output. So all outputs stay in their order.
"""

import codecs
import fcntl
import os
import tempfile
import threading

from .recorder import MAX_TEXT, NUMBERS, OutputRecorder

_Decoder = codecs.getincrementaldecoder("utf-8")


class Descriptor:
    """A descriptor whose text the recorder gets.

    Parameters
    ----------
    name : str
        Of its stream, ``stdout`` or ``stderr``.
    recorder : OutputRecorder
        Where its text goes to.
    """

    def __init__(self, name: str, recorder: OutputRecorder) -> None:
        self._name = name
        self._recorder = recorder
        self._owner = os.getpid()
        self._reading = threading.RLock()  # several threads may print
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (open for as long as the process runs)
        fcntl.fcntl(self._file, fcntl.F_SETFL, os.O_RDWR | os.O_APPEND)  # several programs write into it
        os.dup2(self._file.fileno(), NUMBERS[name])
        self._number = self._file.fileno()
        self._read = 0
        self._decoder = _Decoder("replace")

    def pull(self) -> None:
        """Record what was written since the last time."""
        if os.fstat(self._number).st_size == self._read or os.getpid() != self._owner:  # each print comes here
            return
        with self._reading:
            size = os.fstat(self._file.fileno()).st_size
            # The recorder keeps no more than this in any case.
            raw = os.pread(self._file.fileno(), min(max(size - self._read, 0), MAX_TEXT), self._read)
            self._read = size
            if text := self._decoder.decode(raw):
                self._recorder.add_text(self._name, text)

    def rewind(self) -> None:
        """Forget what was recorded, so that the file stays small."""
        if os.getpid() == self._owner:
            os.truncate(self._file.fileno(), 0)
            self._read = 0
            self._decoder = _Decoder("replace")


def capture(recorder: OutputRecorder) -> None:
    """Record both descriptors from now on; what was there before can't be written to any more."""
    recorder.sources = [Descriptor(name, recorder) for name in NUMBERS]
