"""What is on a disk only while a class is graded: in one folder, so that who is killed leaves nothing for long."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TEMPORARY = Path(".cache", "temporary")
LOCK = Path(".cache", "lock")
UNFINISHED = ".unfinished-"  # so begin the names of files that are being written


class BusyError(RuntimeError):
    """Another process grades in this course folder."""


@contextmanager
def course_lock(course: Path) -> Iterator[None]:
    """Keep a course folder to this process, whose temporary files are all in there, and remove those of a killed one.

    Parameters
    ----------
    course : Path
        The course folder.

    Raises
    ------
    BusyError
        Another process does the same.
    OSError
        Nothing can be written there.
    """
    (course / LOCK).parent.mkdir(exist_ok=True)
    with open(course / LOCK, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until this process ends, however it does
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
    """A new folder on the disk of a course, from which things can be moved into their places."""
    (course / TEMPORARY).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=course / TEMPORARY, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def write_whole(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file, wholly or not at all, whatever dies in between.

    Raises
    ------
    OSError
        It can't be written, such as on a full disk.
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
