"""What was executed, kept by the digest of its job, so that nothing is executed twice."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from . import archive
from .result import Result

FOLDER = Path(".cache", "executed")


class Store:
    """The results of a course's jobs, in files.

    Parameters
    ----------
    course : Path
        The course folder.
    """

    def __init__(self, course: Path) -> None:
        self._folder = course / FOLDER

    def get(self, digest: str) -> Result | None:
        """The result of a job; None if there is none that can be read."""
        with suppress(FileNotFoundError, archive.ArchiveError):
            result = Result(self._path(digest).read_bytes())
            if result.content:
                return result
        return None

    def put(self, digest: str, result: Result) -> None:
        """Keep a result: wholly or not at all, whatever dies in between.

        Raises
        ------
        OSError
            It can't be written, such as on a full disk.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)  # it holds students' work
        fd, name = tempfile.mkstemp(dir=self._folder)
        try:
            with open(fd, "wb") as file:
                file.write(result.packed)
                file.flush()
                os.fsync(fd)
            os.replace(name, self._path(digest))
        except BaseException:
            os.unlink(name)
            raise

    def remove(self, digest: str) -> None:
        """Forget the result of a job."""
        self._path(digest).unlink(missing_ok=True)

    def __contains__(self, digest: str) -> bool:
        return self.get(digest) is not None

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}.zip"
