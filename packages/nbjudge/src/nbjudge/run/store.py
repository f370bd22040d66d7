"""Stores the result of each job under the job's digest, so that nothing is executed twice."""

import os
from contextlib import suppress
from pathlib import Path

from ..judge import archive
from ..judge.transcript import Transcript
from .disk import new_folder
from .job import installed_versions

FOLDER = Path(".cache", "results")


class OtherEnvironmentError(RuntimeError):
    """A worker has other packages than this machine, so marks might differ."""


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
        self._put: set[str] = set()

    def get(self, digest: str, anew: bool = False) -> Transcript | None:
        """The result of a job; None if there is no readable one.

        Parameters
        ----------
        digest : str
            The job's `cache_key`.
        anew : bool
            Whether to return only a result that was put here since this store was opened.
        """
        if anew and digest not in self._put:
            return None
        with suppress(FileNotFoundError, archive.ArchiveError):
            return Transcript.read(self._path(digest).read_bytes())
        return None

    def keep(self, digest: str, packed: bytes) -> Transcript:
        """Read the packed result of a job, and store it unless the judging side has failed in it.

        Raises
        ------
        ArchiveError
            The result can't be read.
        OtherEnvironmentError
            The job was executed with other packages than those with which it was made.
        OSError
            The result can't be written, for example because the disk is full.
        """
        result = Transcript.read(packed)
        if result.content["digest"] != digest:
            raise OtherEnvironmentError(_other_versions(result.content["environment"]))
        if not result.is_doubtful:
            self.put(digest, result)
        return result

    def put(self, digest: str, result: Transcript) -> None:
        """Store a result atomically: even if this process is killed, there is never half a file.

        Raises
        ------
        OSError
            The result can't be written, for example because the disk is full.
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
        self._put.add(digest)

    def __contains__(self, digest: str) -> bool:
        return self.get(digest) is not None

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}.zip"


def _other_versions(there: dict[str, str]) -> str:
    """A message that lists the packages in which a worker differs from this machine."""
    here = installed_versions()
    other = [
        f"{name} {there.get(name, 'none')} instead of {here.get(name, 'none')}"
        for name in sorted(there.keys() | here.keys())
        if there.get(name) != here.get(name)
    ]
    return f"a worker has {', '.join(other)}; install on all of them what is installed here"
