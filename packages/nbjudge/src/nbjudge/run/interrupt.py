"""Delays Ctrl-C until it does no harm."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def defer_sigint() -> Iterator[None]:
    """Delay Ctrl-C until the block is done."""
    interrupts = []

    def remember(*_: Any) -> None:
        interrupts.append(True)

    previous = signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
        if interrupts:
            raise KeyboardInterrupt
