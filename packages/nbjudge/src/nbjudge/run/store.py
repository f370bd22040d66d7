"""What was executed, kept by the digest of its job, so that nothing is executed twice."""

import os
from contextlib import suppress
from pathlib import Path

from ..judge import archive
from ..judge.transcript import Transcript
from .disk import new_folder

FOLDER = Path(".cache", "results")


class Store:
    """The results of a course's jobs, in files.

    Parameters
    ----------
    course : Path
        The course folder.
    """

    def __init__(self, course: Path) -> None:
        self._course = course
        self._folder = course / FOLDER

    def get(self, digest: str) -> Transcript | None:
        """The result of a job; None if there is none that can be read."""
        with suppress(FileNotFoundError, archive.ArchiveError):
            return Transcript.read(self._path(digest).read_bytes())
        return None

    def put(self, digest: str, result: Transcript) -> None:
        """Keep a result: wholly or not at all, whatever dies in between.

        Raises
        ------
        OSError
            It can't be written, such as on a full disk.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)  # it holds students' work
        with new_folder(self._course) as folder:
            path = folder / digest
            with path.open("wb") as file:
                file.write(result.packed)
                file.flush()
                os.fsync(file.fileno())
            path.replace(self._path(digest))

    def __contains__(self, digest: str) -> bool:
        return self.get(digest) is not None

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}.zip"
