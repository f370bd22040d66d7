"""What came of a job, as bytes and as what they hold."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from . import archive


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
            These are other bytes.
        """
        return archive.unpack(self.packed)

    @property
    def is_doubtful(self) -> bool:
        """Whether the judging side failed, which may be the doing of the machine."""
        return any("lost" in report for report in self.content["reports"])
