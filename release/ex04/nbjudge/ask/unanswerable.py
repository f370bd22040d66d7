"""Reasons why a question has no answer, and messages about them."""

import dis
import linecache
import re
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from .student_code import is_locked


class Unanswerable(Exception):
    """A question has no answer, for a reason that the student can remove.

    Attributes
    ----------
    kind : str
        "not attempted" (the cell is as it was handed out, or has not been run), "contract" (the student's work is not
        what the task asks for) or "error" (the student's code raised an exception).
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def is_stub(error: BaseException | None, namespace: dict[str, Any]) -> bool:
    """Whether an error was raised by a stub: a cell that nobody has filled in.

    Libraries raise the same type of error; a stub's error comes from a `raise` in the notebook itself.
    """
    if not isinstance(error, NotImplementedError) or (traceback := error.__traceback__) is None:
        return False
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    frame = traceback.tb_frame
    raises = frame.f_code.co_code[traceback.tb_lasti] == dis.opmap["RAISE_VARARGS"]
    return raises and frame.f_globals is namespace


def describe(
    error: BaseException, namespace: dict[str, Any], advice: str, packages: Collection[str], below: str = ""
) -> str:
    """Say what went wrong in the student's code, which line of theirs led to it, and what to do about it.

    Parameters
    ----------
    error : BaseException
        The error that was raised.
    namespace : dict
        The notebook's globals, by which the student's lines are recognised.
    advice : str
        What to do about the error; may be empty.
    packages : collection of str
        Packages that the course gives; the message leaves out paths to their files, which don't help a student.
    below : str
        Name of a library function; lines that run inside its call are not to blame.
    """
    line, said = "", str(error)
    if isinstance(error, SyntaxError):
        said = error.msg or ""
        line = _quoted(error.lineno, error.text or "")
    traceback = error.__traceback__
    while traceback is not None and not isinstance(error, SyntaxError):
        code = traceback.tb_frame.f_code
        if code.co_name == below:
            break
        if traceback.tb_frame.f_globals is namespace and not is_locked("".join(linecache.getlines(code.co_filename))):
            line = _quoted(traceback.tb_lineno, linecache.getline(code.co_filename, traceback.tb_lineno), code.co_name)
        traceback = traceback.tb_next
    for folder in _folders(packages):
        said = re.sub(rf" ?\(?{re.escape(folder)}\S*", "", said).strip()
    raised = f"your code raised {type(error).__name__}{line}: {said}"[:1600]
    return f"{raised.rstrip('.')}. {advice}"[:2000] if advice else raised


def _folders(packages: Collection[str]) -> list[str]:
    """The folders of those packages that were imported."""
    found = [sys.modules[name] for name in packages if name in sys.modules]
    return [str(Path(folder).resolve()) for package in found for folder in getattr(package, "__path__", ())]


def _quoted(number: int | None, source: str, function: str = "") -> str:
    if not number or not source.strip():
        return ""
    # If the line is in a function, the function's name tells which cell it is.
    where = f" with `{function}`" if function.isidentifier() else ""
    return f" in line {number} of your cell{where}, `{source.strip()}`"
