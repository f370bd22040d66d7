"""Copies the gradebook and the course's secret before a command writes to them, and stops if they are lost."""

import os
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbgrader.converters import NbGraderException
from nbgrader.converters.base import BaseConverter
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import URL, create_engine, inspect, make_url
from sqlalchemy.exc import DBAPIError
from traitlets import Bool

from ..judge.question_log import TRANSCRIPT
from ..run.disk import UNFINISHED, write_whole
from ..run.secret import SECRET_FILE
from ..run.store import FOLDER as EXECUTED
from .gradebook import check_gradebook, read_gradebook, sqlite_file, translate_database_errors

FOLDER = "gradebook_copies"
DATE = "%Y-%m-%d_%H-%M-%S_UTC"
KEPT = 10  # how many copies are kept; also for how many days the first copy is kept
ABANDONED = 3600  # seconds after which an unfinished file is taken for abandoned


class LostError(RuntimeError):
    """The gradebook or the course's secret is lost, although there is graded work."""


class CopyError(OSError):
    """The gradebook can't be copied."""


class CopiesFirst(NotebookExporter):
    """Copy the gradebook before nbgrader writes to it; for ``c.GenerateAssignment.exporter_class``.

    It is an exporter because a course can configure the exporter, and nbgrader makes it before it opens the gradebook.
    """

    begin_anew = Bool(False, help="Make a new gradebook although one is lost.").tag(config=True)

    def __init__(self, parent: BaseConverter, **settings: Any) -> None:
        super().__init__(parent=parent, **settings)
        course = parent.coursedir
        try:
            with translate_database_errors(course.db_url):
                if not self.begin_anew and (lost := what_is_lost(course)):
                    raise LostError(lost)
                keep_copy(course)
        except (LostError, OSError) as error:
            self.log.error("%s", error)
            raise NbGraderException(str(error)) from error


def keep_copy(course: CourseDirectory) -> None:
    """Copy the gradebook and the secret, if they have changed since the last copy. Not for a gradebook on a server.

    Raises
    ------
    CopyError
        A copy can't be written.
    sqlalchemy.exc.DBAPIError, GradebookError
        The gradebook can't be read or written, or it is damaged. A damaged gradebook is not copied.
    """
    file, secret = sqlite_file(course.db_url), Path(course.root, SECRET_FILE)
    if file is None or not file.exists():
        return
    check_gradebook(course.db_url)
    content, folder = read_gradebook(course.db_url), Path(course.root, FOLDER)
    try:
        if not folder.is_dir():
            folder.mkdir()
            if course.groupshared:
                folder.chmod(0o2775)
        _write(folder, ".db", content, file)
        if os.access(secret, os.R_OK):
            _write(folder, SECRET_FILE, secret.read_bytes(), secret)
        _remove_old(folder)
    except OSError as error:
        raise CopyError(f"the gradebook can't be copied into {FOLDER}/, so nothing was done: {error}") from error


def what_is_lost(course: CourseDirectory) -> str | None:
    """A message if the gradebook or the secret is missing although there is graded work; it says what to do.

    Raises
    ------
    sqlalchemy.exc.DBAPIError
        The gradebook can't be read.
    """
    found = []
    copy, secret_copy = (_newest(course, ending) for ending in (".db", SECRET_FILE))
    graded = _first(course, "autograded", "*.ipynb") or _first(course, "feedback", "*.html")
    with suppress(DBAPIError):  # a damaged copy shows nothing
        if copy and not _knows_nobody(URL.create("sqlite", database=str(copy))):
            graded = graded or copy
    if graded and _knows_nobody(course.db_url):
        what = f"the gradebook {sqlite_file(course.db_url) or make_url(course.db_url)} is not there or knows no student"
        found.append(_what_to_do(what, graded, copy, "deadlines, extensions and marks given by hand are lost"))
    secret, executed = Path(course.root, SECRET_FILE), Path(course.root, EXECUTED).glob("*.zip")
    asked = _first(course, "autograded", f"*{TRANSCRIPT}") or next(executed, None) or secret_copy
    if asked and not secret.exists():
        what = f"the secret {secret} is not there"
        found.append(_what_to_do(what, asked, secret_copy, "whoever is executed again is asked other questions"))
    return ". ".join(found) or None


def _what_to_do(what: str, work: Path, copy: Path | None, lost: str) -> str:
    place = f"the newest copy in its place, {copy}" if copy else "a copy of yours in its place"
    return (
        f"{what}, but it was there when {work} was made. Put {place} (docs/instructors.md tells how). To make a new "
        f"one instead, by which {lost}: nbjudge grade ASSIGNMENT --begin-anew"
    )


def _first(course: CourseDirectory, step: str, pattern: str) -> Path | None:
    """Any file that matches a pattern in one of nbgrader's steps; None if there is none."""
    folders = Path(course.format_path(getattr(course, f"{step}_directory"), "*", "*"))
    root = Path(course.root) if folders.is_relative_to(course.root) else Path(folders.anchor)
    return next(root.glob(str(folders.relative_to(root) / pattern)), None)


def _knows_nobody(db_url: str | URL) -> bool:
    """Whether there is no gradebook, or a gradebook without students; formgrader makes one when it is opened."""
    file = sqlite_file(db_url)
    if file is not None and not (file.exists() and file.stat().st_size):
        return True
    engine = create_engine(db_url)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("student"):
                return True
            return connection.exec_driver_sql("SELECT id FROM student LIMIT 1").first() is None
    finally:
        engine.dispose()


def _write(folder: Path, ending: str, content: bytes, original: Path) -> None:
    """Write a copy atomically, unless the newest copy is the same."""
    newest = _copies(folder, ending)[-1:]
    if newest and newest[0].read_bytes() == content:
        return
    mode = original.stat().st_mode & 0o666
    write_whole(folder / f"{datetime.now(UTC):{DATE}}{ending}", content, mode)


def _remove_old(folder: Path) -> None:
    """Keep the last copies of the gradebook, and the first copy of each of the last days; remove the others.

    Many commands on one day can't push out the first copies of earlier days.
    """
    copies = _copies(folder, ".db")
    first_of_day = {path.name[:10]: path for path in reversed(copies)}
    kept = {*copies[-KEPT:], *sorted(first_of_day.values())[-KEPT:]}
    for path in set(copies) - kept:
        path.unlink(missing_ok=True)
    for path in folder.glob(f"{UNFINISHED}*"):  # left over by a command that was killed
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - ABANDONED:
                path.unlink()


def _newest(course: CourseDirectory, ending: str) -> Path | None:
    return next(reversed(_copies(Path(course.root, FOLDER), ending)), None)


def _copies(folder: Path, ending: str) -> list[Path]:
    """Copies with this ending, the oldest first."""
    return sorted(folder.glob(f"[0-9]*{ending}"))
