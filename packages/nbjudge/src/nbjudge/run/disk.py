"""Temporary files of a grading run, all in one folder. If the run is killed, the next run deletes them."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TEMPORARY = Path(".cache", "temporary")
LOCK = Path(".cache", "lock")
UNFINISHED = ".unfinished-"  # prefix of files that are being written


class BusyError(RuntimeError):
    """Another process grades in this course folder."""


@contextmanager
def course_lock(course: Path) -> Iterator[None]:
    """Lock a course folder for this process and keep all temporary files in it.

    Temporary files that a killed process left there are removed.

    Parameters
    ----------
    course : Path
        The course folder.

    Raises
    ------
    BusyError
        Another process holds the lock.
    OSError
        The folder can't be written to.
    """
    (course / LOCK).parent.mkdir(exist_ok=True)
    with open(course / LOCK, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # held until this process ends, also if it is killed
        except BlockingIOError as error:
            raise BusyError(
                f"another 'nbjudge grade' is at work in {course.resolve()}; wait until it has ended"
            ) from error
        folder, before = (course / TEMPORARY).resolve(), tempfile.tempdir
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(exist_ok=True)
        tempfile.tempdir = str(folder)
        try:
            yield
        finally:
            tempfile.tempdir = before
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def new_folder(course: Path) -> Iterator[Path]:
    """A temporary folder on the same disk as the course, so that files can be moved from it to their final places."""
    (course / TEMPORARY).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=course / TEMPORARY, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def write_whole(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file atomically: even if the process is killed, the file is complete or unchanged.

    Raises
    ------
    OSError
        The file can't be written, for example because the disk is full.
    """
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=UNFINISHED, delete=False) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            os.chmod(file.name, mode)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
