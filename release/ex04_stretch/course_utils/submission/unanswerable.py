"""Why a question has no answer."""

import linecache
from typing import Any


class Unanswerable(Exception):
    """There is no answer, for a reason that the student can do something about.

    Attributes
    ----------
    kind : str
        "not attempted" (the cell is as it was handed out, or has not been run), "contract" (what is there is not what
        the task asks for) or "error" (the student's code raised).
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def describe(error: BaseException, namespace: dict[str, Any]) -> str:
    """Say what went wrong in the student's code, with the line of theirs that led to it."""
    line = ""
    traceback = error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        if frame.f_globals is namespace:
            source = linecache.getline(frame.f_code.co_filename, traceback.tb_lineno).strip()
            line = f" in line {traceback.tb_lineno} of your cell, `{source}`"
        traceback = traceback.tb_next
    return f"your code raised {type(error).__name__}{line}: {error}"[:2000]
