"""What the grader kernel reports on one cell."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, TypeAlias

import numpy as np

# Keys and the types of their values.
Kinds: TypeAlias = Mapping[str, type | UnionType]

# What a grader kernel may report. It is checked, because a grader kernel reads the replies of a student's process.
REPORT: Kinds = {
    "outputs": list,
    "refused": list,
    "asked": list,
    "operations": list,
    "inside": list,
    "seeds": dict,
    "passed": bool,
    "fraction": int | float,
    "points": int | float,
    **dict.fromkeys(("lost", "died", "text"), str),
    "html": str | None,
}
OUTPUT: dict[str, Kinds] = {
    "stream": {"name": str, "text": str},
    "error": {"name": str, "value": str, "traceback": list},
    "display": {"text": str},
    "result": {"text": str},
}
ASKED: Kinds = {"question": str, "key": str, "arguments": dict}
FAILURE: Kinds = {"kind": str, "message": str}


class ReportError(ValueError):
    """The grader kernel sent something that is not a report."""


@dataclass(frozen=True)
class CellReport:
    """The report on one cell.

    Attributes
    ----------
    outputs : list of dict or None
        The cell's outputs on the student side, each with a ``type`` of `OUTPUT`; None if it did not run there.
    refused : list of str
        What the sandbox refused to the student's code while the cell ran.
    asked : list of dict
        What a test cell asked, with the answers; see `QuestionLog`.
    seeds : dict of str to str
        The seeds that a test cell got, by purpose.
    passed : bool or None
        Whether the cell ran to its end on the judging side; None if it did not run there.
    fraction, points : float or None
        What a test cell earned, as a share of its points or in points.
    lost : str or None
        Why there is no report; the machine may be the cause.
    died : str or None
        Why the student side died or was ended in this cell.
    text, html : str or None
        The message of a cell of the judging side.
    operations : list of str
        What the student's objects said of themselves in an ordinary test cell that was judged apart.
    inside : list of dict or None
        The outputs of such a test cell in the student's own process; None if it did not run there.
    """

    outputs: list[dict[str, Any]] | None = None
    refused: list[str] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    seeds: dict[str, str] = field(default_factory=dict)
    passed: bool | None = None
    fraction: float | None = None
    points: float | None = None
    lost: str | None = None
    died: str | None = None
    text: str | None = None
    html: str | None = None
    operations: list[str] = field(default_factory=list)
    inside: list[dict[str, Any]] | None = None

    @staticmethod
    def read(raw: Any) -> "CellReport":
        """Check and read what a grader kernel sent.

        Raises
        ------
        ReportError
            This is not a report.
        """
        if not _is_report(raw):
            raise ReportError("the judging process said something that is no report on this cell")
        return CellReport(**raw)

    def earned(self, most: float) -> float:
        """The points that a test cell earned; at most `most`."""
        return min((self.fraction or 0.0) * most if self.points is None else self.points, most)

    def fatal_question(self) -> str | None:
        """The key of the question in which the student side died."""
        fatal = (entry["key"] for entry in self.asked if entry.get("failure", {}).get("kind") == "died")
        return next(fatal, None)


def _is_report(report: Any) -> bool:
    return (
        isinstance(report, dict)
        and all(name in REPORT and isinstance(value, REPORT[name]) for name, value in report.items())
        and 0 <= report.get("fraction", 0) <= 1
        and 0 <= report.get("points", 0) < math.inf
        and all(map(_is_output, [*report.get("outputs", []), *report.get("inside", [])]))
        and _are_texts([*report.get("refused", []), *report.get("operations", [])])
        and _are_texts(report.get("seeds", {}).values())
        and all(map(_is_answer, report.get("asked", [])))
    )


def _is_output(output: Any) -> bool:
    kind = output.get("type") if isinstance(output, dict) else None
    return (
        isinstance(kind, str)
        and kind in OUTPUT
        and _has(output, OUTPUT[kind])
        and _are_texts(output.get("traceback", []))
        and all(isinstance(output[key], np.ndarray) for key in ("png", "jpeg") if key in output)
    )


def _is_answer(entry: Any) -> bool:
    return _has(entry, ASKED) and ("failure" not in entry or _has(entry["failure"], FAILURE))


def _has(value: Any, kinds: Kinds) -> bool:
    """Whether a value is a dict that has all these keys with values of these types."""
    return isinstance(value, dict) and all(isinstance(value.get(name), kind) for name, kind in kinds.items())


def _are_texts(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)
