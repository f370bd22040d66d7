"""The transcript of an execution: each cell's report, digests of what was executed, versions and limits."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from . import archive
from .archive import ArchiveError
from .report import CellReport, ReportError


@dataclass(frozen=True)
class Transcript:
    """The transcript of an execution, packed and unpacked.

    Attributes
    ----------
    packed : bytes
        The bytes that `nbjudge.run.job.execute` returned.
    """

    packed: bytes

    @staticmethod
    def read(packed: bytes) -> "Transcript":
        """Make a transcript, and check that all of it can be read.

        Raises
        ------
        ArchiveError
            The bytes are not a transcript, or one of its reports is not valid.
        """
        transcript = Transcript(packed)
        transcript.by_cell()
        return transcript

    @cached_property
    def content(self) -> dict[str, Any]:
        """What `Job.run` returned.

        Raises
        ------
        ArchiveError
            The bytes are not a transcript.
        """
        content = archive.unpack(self.packed)
        if not isinstance(content, dict):
            raise ArchiveError("this is no transcript")
        reports, cells = content.get("reports"), content.get("cells")
        if not isinstance(reports, list) or not isinstance(cells, list):
            raise ArchiveError("this is no transcript")
        if len(reports) != len(cells):
            raise ArchiveError("the judging process said something that is no report on these cells")
        return content

    @cached_property
    def reports(self) -> list[CellReport]:
        """The reports on the cells, in the order of the notebook.

        Raises
        ------
        ArchiveError
            The bytes are not a transcript, or one of its reports is not valid.
        """
        try:
            return [CellReport.read(raw) for raw in self.raw]
        except ReportError as error:
            raise ArchiveError(str(error)) from error

    @property
    def raw(self) -> list[dict[str, Any]]:
        """The reports as the grader kernel sent them."""
        reports: list[dict[str, Any]] = self.content["reports"]
        return reports

    def by_cell(self) -> list[tuple[dict[str, Any], CellReport]]:
        """For each cell, its name and the sides where it ran (see `Job.about`), with the report on it."""
        return list(zip(self.content["cells"], self.reports, strict=True))

    @property
    def is_doubtful(self) -> bool:
        """Whether the judging side failed; the machine may be the cause."""
        return any(report.lost is not None for report in self.reports)
