"""Limits the time and size that it takes to show a notebook: one budget for texts of all kinds.

The cost is not estimated from a text's appearance. It is measured with the functions that nbconvert will use. They are
interrupted when the budget is spent, by a signal: Python's regular expressions check for signals while they search, but
a thread can't interrupt them.
"""

import html
import time
from collections.abc import Iterator
from contextlib import contextmanager
from signal import ITIMER_PROF, SIGPROF, setitimer, signal
from typing import Any

SECONDS = 2.0  # of processor time
TAGS = 100_000  # of HTML; nbconvert takes 20 µs to parse each tag
CHARACTERS = 2 * 2**20  # of HTML
PICTURES = 96 * 2**20  # characters in which pictures are encoded
FORMULAS = 20_000  # characters of texts with formulas; each character takes MathJax a millisecond in the browser
PLAIN = 2**20  # characters of HTML, for all plain text that replaces what found no room
CUT = "\n... too much to show: the rest is in what was handed in ...\n"
REMARK = "too much to show: some of it is shown as plain text, or left out"
_TICK = 0.05  # seconds between two looks at the clock


class NoRoomError(BaseException):
    """There is no room left to show something. Like a keyboard interrupt, ``except Exception`` does not catch it."""


class Room:
    """The remaining budget of a notebook.

    Attributes
    ----------
    exceeded : bool
        Whether something found no room.
    """

    def __init__(self) -> None:
        self.exceeded = False
        self._seconds = SECONDS
        self._left = {"tags": TAGS, "characters": CHARACTERS, "pictures": PICTURES, "formulas": FORMULAS}
        self._plain = PLAIN

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Take the processor time of the block from the budget; works only in the main thread.

        Raises
        ------
        NoRoomError
            The block takes more time than is left.
        """
        start = time.thread_time()
        end = start + self._seconds
        if self._seconds <= 0:
            self.exceeded = True
            raise NoRoomError
        try:
            with _interrupted_after(end):
                yield
        except NoRoomError:
            self.exceeded = True
            raise
        finally:
            self._seconds = end - time.thread_time()

    def take(self, page: str = "", **other: int) -> None:
        """Take the size of a piece of HTML from the budget, and sizes of ``pictures`` and ``formulas``.

        Raises
        ------
        NoRoomError
            There is not enough room; nothing is taken.
        """
        wanted = {"tags": page.count("<"), "characters": len(page), **other}
        if any(self._left[kind] < size for kind, size in wanted.items()):
            raise NoRoomError
        for kind, size in wanted.items():
            self._left[kind] -= size

    def cut(self, text: str) -> str:
        """Cut a text to the room that is left for plain text, which takes almost no time to show."""
        size = len(html.escape(text[: self._plain + 1]))
        if size <= self._plain:
            self._plain -= size
            return text
        kept = text[: self._plain // len("&quot;")]
        self.exceeded, self._plain = True, 0
        return kept + CUT


@contextmanager
def _interrupted_after(end: float) -> Iterator[None]:
    """Interrupt the block when this thread's processor time reaches `end`, and again until it stops."""

    def look(*_: Any) -> None:
        if time.thread_time() > end:
            raise NoRoomError

    previous = signal(SIGPROF, look)
    try:
        try:
            setitimer(ITIMER_PROF, _TICK, _TICK)
            yield
        finally:
            setitimer(ITIMER_PROF, 0)
    finally:  # stop the timer again, because an interrupt may have come just before the line above
        setitimer(ITIMER_PROF, 0)
        signal(SIGPROF, previous)
