"""What a notebook may cost whoever looks at it: one budget of time and size, of whatever kind its texts are.

The cost is not guessed from what a text looks like. It is measured with the functions that nbconvert will use, which
are interrupted when the budget is spent. Python's regular expressions look for signals while they search, but threads
can't interrupt them.
"""

import html
import time
from collections.abc import Iterator
from contextlib import contextmanager
from signal import ITIMER_PROF, SIGPROF, setitimer, signal
from typing import Any

SECONDS = 2.0  # of processor time
TAGS = 100_000  # of HTML; to parse the page takes nbconvert 20 µs for each
CHARACTERS = 2 * 2**20  # of HTML
PICTURES = 96 * 2**20  # characters in which pictures are encoded
FORMULAS = 20_000  # characters of texts with formulas, which take MathJax a millisecond each in the browser
PLAIN = 2**20  # characters of HTML, of all that found no room
CUT = "\n... too much to show: the rest is in what was handed in ...\n"
REMARK = "too much to show: some of it is shown as plain text, or left out"
_TICK = 0.05  # seconds between two looks at the clock


class NoRoomError(BaseException):
    """There is no room left for what is to be shown; like a keyboard interrupt it passes ``except Exception``."""


class Room:
    """What is left of a notebook's budget.

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
        """Take the processor time of the block from the budget; only in the main thread.

        Raises
        ------
        NoRoomError
            It takes more than there is.
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
        """Take a piece of HTML from the budget, and ``pictures`` and ``formulas``.

        Raises
        ------
        NoRoomError
            There is no room for it; nothing is taken.
        """
        wanted = {"tags": page.count("<"), "characters": len(page), **other}
        if any(self._left[kind] < size for kind, size in wanted.items()):
            raise NoRoomError
        for kind, size in wanted.items():
            self._left[kind] -= size

    def cut(self, text: str) -> str:
        """As much of a text as there is room for plain text, which costs next to nothing."""
        size = len(html.escape(text[: self._plain + 1]))
        if size <= self._plain:
            self._plain -= size
            return text
        kept = text[: self._plain // len("&quot;")]
        self.exceeded, self._plain = True, 0
        return kept + CUT


@contextmanager
def _interrupted_after(end: float) -> Iterator[None]:
    """Interrupt the block when this thread has had its time, and again until it stops."""

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
    finally:  # once more, for the last interrupt may have come in the line above
        setitimer(ITIMER_PROF, 0)
        signal(SIGPROF, previous)
