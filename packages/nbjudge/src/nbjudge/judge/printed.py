"""What the student's code prints while a test cell uses it is printed here as well, for tests that read it."""

import sys
from typing import Any

MAX_PRINTED = 2**20  # characters in one test cell


class Printed:
    """The room for the printed text of one test cell."""

    def __init__(self) -> None:
        self._room = MAX_PRINTED

    def show(self, printed: Any) -> None:
        """Print what the student's process says that its code has printed; this may be anything."""
        for entry in printed[:1000] if isinstance(printed, list) else ():
            if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[1], str):
                text = entry[1][: self._room]
                self._room -= len(text)
                (sys.stderr if entry[0] == "stderr" else sys.stdout).write(text)
