"""Why a question has no answer."""

import dis
import linecache
import re
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from .student_code import is_locked


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


def is_stub(error: BaseException | None, namespace: dict[str, Any]) -> bool:
    """Whether an error is what a cell raises that nobody has filled in.

    Libraries raise the same kind of error: the stub's own comes from a `raise` in the notebook itself.
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
    """Say what went wrong in the student's code, with the line of theirs that led to it, and what to do about it.

    Parameters
    ----------
    error : BaseException
        What was raised.
    namespace : dict
        The notebook's globals, by which the student's lines are known.
    advice : str
        What to do about it; may be empty.
    packages : collection of str
        Those that the course gives: a place in them is nothing to tell a student.
    below : str
        Name of a function of a library from which on no line is to blame.
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
    """Where packages that were imported lie."""
    found = [sys.modules[name] for name in packages if name in sys.modules]
    return [str(Path(folder).resolve()) for package in found for folder in getattr(package, "__path__", ())]


def _quoted(number: int | None, source: str, function: str = "") -> str:
    if not number or not source.strip():
        return ""
    # Which cell that is, a function's name tells.
    where = f" with `{function}`" if function.isidentifier() else ""
    return f" in line {number} of your cell{where}, `{source.strip()}`"
