"""Sends questions: in grading through the door to the student's process, otherwise to the notebook's own kernel."""

import hashlib
import importlib
from typing import Any, Protocol

import numpy as np

from .answers import Answers
from .freshness import Freshness
from .settings import in_grading
from .summary import Ready

GENERAL_ANSWERS = f"{__package__}.answers"


class Side(Protocol):
    """Receives questions and returns answers."""

    def ask(self, question: str, arguments: dict[str, Any], needed: bool = True) -> dict[str, Any]:
        """Return ``{"answer": ...}`` or ``{"failure": {"kind": ..., "message": ...}}``.

        A question that only helps to word a message is not `needed`: if no code can be executed, it may get no answer.
        """

    def seed(self, purpose: str) -> int:
        """Return a 128-bit seed."""


class SameKernel:
    """Answers questions in the student's own notebook; seeds are not secret there.

    Parameters
    ----------
    namespace : dict
        The notebook's globals.
    answers : str
        Name of the module whose ``ANSWERS`` answers.
    """

    def __init__(self, namespace: dict[str, Any], answers: str = GENERAL_ANSWERS) -> None:
        self._namespace = namespace
        # Imported here, because the judging side of a grading run may lack packages that a course's answers need.
        self._answers: Answers = importlib.import_module(answers).ANSWERS
        self._freshness: Freshness | None = None
        if "get_ipython" in namespace:
            shell = namespace["get_ipython"]()
            # In grading, each cell is run once and in order, so nothing gets out of date.
            if in_grading():
                self._answers.follow(shell)
            else:
                self._freshness = Freshness(shell, self._answers)

    def ask(self, question: str, arguments: dict[str, Any], needed: bool = True) -> dict[str, Any]:
        """Answer from the namespace."""
        # Arrays are copied, as they would be on their way through a door: the student's code may write into them.
        own = {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in arguments.items()}
        return self._answers.answer(self._namespace, question, own)

    def seed(self, purpose: str) -> int:
        """Return the same 128-bit seed on every machine."""
        return int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:16], "big")

    def out_of_date(self, names: set[str]) -> tuple[str, ...]:
        """Say which of the names that a check asks about are out of date, and why."""
        return self._freshness.out_of_date(sorted(names)) if self._freshness else ()

    def readiness(self, written: str) -> list[Ready]:
        """Say what is left to do before the notebook is handed in."""
        return self._answers.readiness(self._namespace, written)
