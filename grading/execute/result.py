"""What came of a job, as bytes and as what they hold."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from . import archive
from .archive import ArchiveError

# What a grader kernel may report on a cell. It reads what a student's process says: it is not believed either.
REPORT = {
    "outputs": list,
    "refused": list,
    "asked": list,
    "seeds": dict,
    "passed": bool,
    "fraction": int | float,
    "points": int | float,
    **dict.fromkeys(("lost", "died", "text"), str),
    "html": str | None,
}
OUTPUT = {
    "stream": {"name": str, "text": str},
    "error": {"name": str, "value": str, "traceback": list},
    "display": {"text": str},
    "result": {"text": str},
}
ASKED = {"question": str, "key": str, "arguments": dict}
FAILURE = {"kind": str, "message": str}


@dataclass(frozen=True)
class Result:
    """The transcript of an execution.

    Attributes
    ----------
    packed : bytes
        As `grading.execute.job.execute` returned it.
    """

    packed: bytes

    @cached_property
    def content(self) -> dict[str, Any]:
        """What `Job.run` returned.

        Raises
        ------
        ArchiveError
            These are other bytes, or the grader kernel said something that is no report.
        """
        content = archive.unpack(self.packed)
        reports = content.get("reports") if isinstance(content, dict) else None
        if not isinstance(reports, list) or not isinstance(content.get("cells"), list):
            raise ArchiveError("this is no transcript")
        if len(reports) != len(content["cells"]) or not all(map(is_report, reports)):
            raise ArchiveError("the judging process said something that is no report on these cells")
        return content

    @property
    def is_doubtful(self) -> bool:
        """Whether the judging side failed, which may be the doing of the machine."""
        return any("lost" in report for report in self.content["reports"])


def is_report(report: Any) -> bool:
    """Whether this can be a report on a cell, see `Session.run`."""
    return (
        isinstance(report, dict)
        and all(name in REPORT and isinstance(value, REPORT[name]) for name, value in report.items())
        and 0 <= report.get("fraction", 0) <= 1
        and 0 <= report.get("points", 0) < math.inf
        and all(map(_is_output, report.get("outputs", [])))
        and _are_texts(report.get("refused", []))
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


def _has(value: Any, kinds: dict[str, type]) -> bool:
    """Whether a value is an object with all these keys, with values of these kinds."""
    return isinstance(value, dict) and all(isinstance(value.get(name), kind) for name, kind in kinds.items())


def _are_texts(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)
