"""The transcript of an execution: each cell's report, and what was executed, with what, and where."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from . import archive
from .archive import ArchiveError
from .report import CellReport, ReportError


@dataclass(frozen=True)
class Transcript:
    """The transcript of an execution, as bytes and as what they hold.

    Attributes
    ----------
    packed : bytes
        As `nbjudge.run.job.execute` returned it.
    """

    packed: bytes

    @staticmethod
    def read(packed: bytes) -> "Transcript":
        """A transcript all of which can be read.

        Raises
        ------
        ArchiveError
            These are other bytes, or the grader kernel said something that is no report.
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
            These are other bytes.
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
            These are other bytes, or the grader kernel said something that is no report.
        """
        try:
            return [CellReport.read(raw) for raw in self.raw]
        except ReportError as error:
            raise ArchiveError(str(error)) from error

    @property
    def raw(self) -> list[dict[str, Any]]:
        """The reports as they were sent, for those who pass them on."""
        reports: list[dict[str, Any]] = self.content["reports"]
        return reports

    def by_cell(self) -> list[tuple[dict[str, Any], CellReport]]:
        """Each cell's name, and the sides where it ran, with the report on it; see `Job.about`."""
        return list(zip(self.content["cells"], self.reports, strict=True))

    @property
    def is_doubtful(self) -> bool:
        """Whether the judging side failed, which may be the doing of the machine."""
        return any(report.lost is not None for report in self.reports)
