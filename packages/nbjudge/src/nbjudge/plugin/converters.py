"""Nbgrader's converters for paths with ``[``, ``*`` or ``?``, which nbgrader would take for patterns."""

import shutil
from pathlib import Path
from typing import Any

from nbgrader.converters import GenerateAssignment, GenerateFeedback, NbGraderException
from nbgrader.converters.base import BaseConverter

from ..handin.files import find_files
from ..judge.question_log import TRANSCRIPT
from .folders import find_notebooks


class _ByName(BaseConverter):
    """Finds notebooks, and the files beside them, by literal names, not patterns."""

    step: str  # the step whose folder it reads
    left_out: tuple[str, ...] = ()  # more patterns of files that are not copied

    def init_notebooks(self) -> None:
        """Find the notebooks.

        Raises
        ------
        NbGraderException
            There is no notebook.
        """
        self.notebooks: list[str] = []
        self.assignments = find_notebooks(self, self.step)
        if not self.assignments:
            raise NbGraderException(f"there is no notebook of {self.coursedir.assignment_id} in {self.step}")

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Copy the files beside the notebooks."""
        source, to = (Path(path(assignment_id, student_id)) for path in (self._format_source, self._format_dest))
        for name in find_files(source, [*self.coursedir.ignore, "*.ipynb", *self.left_out]):
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            (to / name).unlink(missing_ok=True)  # the old file may be read-only
            shutil.copy(source / name, to / name)


class GenerateNamedAssignment(GenerateAssignment, _ByName):
    """Generates the release."""

    step = "source"


class GenerateNamedFeedback(GenerateFeedback, _ByName):
    """Generates feedback."""

    step = "autograded"
    left_out = (f"*{TRANSCRIPT}",)  # a transcript holds what hidden tests ask


def why_it_failed(result: dict[str, Any]) -> str:
    """The most helpful line of nbgrader's log: the exception itself."""
    lines = [line.strip() for line in (result.get("log") or result.get("error") or "").splitlines() if line.strip()]
    told = [line for line in lines if "Error" in line and not line.startswith(("File", "["))]
    return (told or lines or ["failed without a word"])[-1][:300]
