"""Nbgrader's gradebook. It is opened once for a whole class, because opening takes longer than reading."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from nbgrader.api import Gradebook
from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.exc import DBAPIError

PATIENCE = 10.0  # seconds to wait for other programs that use the gradebook


@dataclass(frozen=True)
class MasterCell:
    """An instructor's cell in the gradebook.

    Attributes
    ----------
    name, cell_type, source, checksum : str
        The values in the gradebook.
    locked, solution, task : bool
        Whether students can't change it, whether they write in it, and whether it only sets a task.
    max_score : float or None
        The most points, if it is graded.
    """

    name: str
    cell_type: str
    source: str
    checksum: str
    locked: bool
    solution: bool
    task: bool
    max_score: float | None


@dataclass(frozen=True)
class Master:
    """The instructor's notebook in the gradebook.

    Attributes
    ----------
    kernelspec : str or None
        The kernelspec, as JSON.
    cells : dict of str to MasterCell
        The cells, by name.
    """

    kernelspec: str | None
    cells: dict[str, MasterCell]


class NbgraderContext(TypedDict, total=False):
    """The context that nbgrader passes to its preprocessors, in ``resources["nbgrader"]``.

    Attributes
    ----------
    student, assignment, notebook, db_url : str
        Names, and the address of the gradebook.
    gradebook : Gradebook
        The open gradebook; only from a command that grades a class.
    masters : dict of (str, str) to Master
        Instructors' notebooks that were already read, by assignment and notebook; only from such a command.
    executed : Execution
        The execution of the notebook; only from such a command.
    arranged : list of str
        Remarks for the instructor on how the hand-in was arranged.
    """

    student: str
    assignment: str
    notebook: str
    db_url: str
    gradebook: Gradebook
    masters: dict[tuple[str, str], Master]
    executed: Any  # an Execution; to import this class here would be an import circle
    arranged: list[str]


class GradebookError(OSError):
    """The gradebook can't be read or written; this is not a student's fault.

    Parameters
    ----------
    db_url : str
        The address of the gradebook.
    why : str
        SQLite's error message.
    """

    def __init__(self, db_url: str, why: str) -> None:
        what_to_do = {
            "database is locked": "another program is writing to it; close formgrader and other nbgrader commands",
            "database or disk is full": "make room on its disk",
            "attempt to write a readonly database": "you may not write to it",
        }.get(why, "if it is damaged, put a copy of yours in its place, such as the newest in gradebook_copies/")
        super().__init__(f"the gradebook {make_url(db_url).database}: {why}; {what_to_do}")


def sqlite_file(db_url: str | URL) -> Path | None:
    """The file of a gradebook; None if the gradebook is on a server or in memory."""
    url = make_url(db_url)
    return Path(url.database) if url.database and url.get_backend_name() == "sqlite" else None


def read_gradebook(db_url: str) -> bytes:
    """The contents of a gradebook that is a file, in a consistent state.

    Raises
    ------
    GradebookError
        The gradebook is not a file, can't be read, or another program keeps it locked.
    """
    if (file := sqlite_file(db_url)) is None:
        raise GradebookError(db_url, "it is no file")
    try:
        with (
            closing(sqlite3.connect(file, PATIENCE, isolation_level=None)) as real,
            closing(sqlite3.connect(":memory:")) as copy,
        ):
            # Python's backup waits without limit while others write. A read transaction before it waits at most
            # PATIENCE seconds; inside it, the backup does not wait.
            real.execute("BEGIN")
            real.execute("SELECT count(*) FROM sqlite_master")
            real.backup(copy)
            return copy.serialize()
    except sqlite3.Error as error:
        raise GradebookError(db_url, str(error)) from error


@contextmanager
def translate_database_errors(db_url: str) -> Iterator[None]:
    """Turn errors of the gradebook's database in the block into a `GradebookError`."""
    try:
        yield
    except DBAPIError as error:
        raise GradebookError(db_url, str(error.orig)) from error


def check_gradebook(db_url: str) -> None:
    """Check that a gradebook, if there is one, can be written and is not damaged, before anything is done to it.

    Raises
    ------
    sqlalchemy.exc.DBAPIError
        The gradebook can't be read or written.
    GradebookError
        The gradebook is damaged.
    """
    file = sqlite_file(db_url)
    if file is None or not file.exists():
        return
    engine = create_engine(db_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        # BEGIN IMMEDIATE also succeeds on a read-only file. Only a write fails; it is undone when the connection ends.
        version = connection.exec_driver_sql("PRAGMA user_version").scalar()
        connection.exec_driver_sql(f"PRAGMA user_version = {version}")
        found = connection.exec_driver_sql("PRAGMA quick_check").scalar()
    engine.dispose()
    if found != "ok":
        raise GradebookError(db_url, " ".join(str(found).split()))


@contextmanager
def gradebook(names: NbgraderContext) -> Iterator[Gradebook]:
    """The gradebook that is already open, which its owner commits. Otherwise open, commit and close one."""
    if "gradebook" in names:
        yield names["gradebook"]
        return
    with Gradebook(names["db_url"]) as opened:
        yield opened
        opened.db.commit()


def master_of(names: NbgraderContext) -> Master:
    """The instructor's notebook.

    Raises
    ------
    nbgrader.api.MissingEntry
        The gradebook has no notebook of this name.
    """
    which = names["assignment"], names["notebook"]
    masters = names.get("masters", {})
    if which not in masters:
        with gradebook(names) as opened:
            masters[which] = _read(opened, names)
    return masters[which]


def _read(opened: Gradebook, names: NbgraderContext) -> Master:
    entry = opened.find_notebook(names["notebook"], names["assignment"])
    solutions = {cell.name for cell in entry.solution_cells}
    tasks = {cell.name for cell in entry.task_cells}
    most = {cell.name: cell.max_score for cell in [*entry.grade_cells, *entry.task_cells]}
    cells = {
        cell.name: MasterCell(
            name=cell.name,
            cell_type=cell.cell_type,
            source=cell.source,
            checksum=cell.checksum,
            locked=cell.locked,
            solution=cell.name in solutions,
            task=cell.name in tasks,
            max_score=most.get(cell.name),
        )
        for cell in entry.source_cells
    }
    return Master(entry.kernelspec, cells)
