"""What comes back from the student's side: nothing of it is believed before its type is known."""

from typing import Any, TypeVar

import numpy as np

Kind = TypeVar("Kind")


class NoAnswer(Exception):
    """The student's work gives no answer to a question.

    Attributes
    ----------
    kind : str
        "not attempted" (the cell is as it was handed out), "contract" (not what the task asks for), "error" (the
        student's code raised), "died" or "broken" (there is nobody to ask any more).
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def broken() -> NoAnswer:
    """For a reply that is no answer to the question."""
    return NoAnswer("broken", "your kernel did not answer the question")


def of_type(kind: type[Kind], value: Any) -> Kind:
    """What is of that very type: True is no number here.

    Raises
    ------
    NoAnswer
        It is of another type.
    """
    if type(value) is not kind:
        raise broken()
    of_kind: Kind = value
    return of_kind


def array_of(value: Any) -> np.ndarray:
    """What is an array.

    Raises
    ------
    NoAnswer
        It is something else.
    """
    if not isinstance(value, np.ndarray):
        raise NoAnswer("broken", "your kernel did not answer with numbers")
    return value
