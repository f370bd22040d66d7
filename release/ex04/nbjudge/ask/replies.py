"""Checks the types of the replies from the student's side: no reply is trusted before its type is known."""

from typing import Any, TypeVar

import numpy as np

Kind = TypeVar("Kind")


class NoAnswer(Exception):
    """The student's work gives no answer to a question.

    Attributes
    ----------
    kind : str
        "not attempted" (the cell is as it was handed out, or was not run), "contract" (not what the task asks for),
        "error" (the student's code raised an exception), "died" (the student's process has ended) or "broken" (there
        is no valid reply).
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def broken() -> NoAnswer:
    """The error to raise for a reply that is no answer to the question."""
    return NoAnswer("broken", "your kernel did not answer the question")


def of_type(kind: type[Kind], value: Any) -> Kind:
    """Return a value if it is of exactly this type; True is not a number here.

    Raises
    ------
    NoAnswer
        The value is of another type.
    """
    if type(value) is not kind:
        raise broken()
    of_kind: Kind = value
    return of_kind


def array_of(value: Any) -> np.ndarray:
    """Return a value if it is an array.

    Raises
    ------
    NoAnswer
        The value is something else.
    """
    if not isinstance(value, np.ndarray):
        raise NoAnswer("broken", "your kernel did not answer with numbers")
    return value
