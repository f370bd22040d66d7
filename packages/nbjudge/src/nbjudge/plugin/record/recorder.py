"""Records one hand-in after another in the gradebook and ``autograded/``, as ``nbgrader autograde`` would."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import BaseCell, Grade, Gradebook, MissingEntry, Student
from nbgrader.converters import Autograde
from nbgrader.preprocessors import AssignLatePenalties, SaveAutoGrades
from nbgrader.utils import setenv
from sqlalchemy.orm import Session, scoped_session

from ...handin.hand_in import HandIn, SubmissionKey
from ...judge.transcript import Transcript
from ...run.disk import new_folder
from ..autograde.execute_apart import Execution
from ..course_files import read_notebook
from ..fingerprint import Fingerprint
from ..folders import folder_of, hand_in_of
from ..gradebook import NbgraderContext
from ..other_notebooks import handed_in
from ..prepare import Prepared, stage, steps_of
from .follow import follow_hand_in
from .grades import SaveGrades
from .penalties import AssignPenalties
from .points import automatic_points

# nbgrader's own steps open the gradebook a second time, and could not write to it during our transaction.
REPLACEMENTS: dict[type, type] = {SaveAutoGrades: SaveGrades, AssignLatePenalties: AssignPenalties}


class ChangedError(RuntimeError):
    """The hand-in has changed since it was prepared and executed."""


class Recorder:
    """Writes marks and graded notebooks, one hand-in at a time: all marks of a hand-in, or none.

    It runs the steps that nbgrader's configuration names, and nbgrader's own code where possible. It is faster than
    nbgrader because it does not start all of this again for each hand-in.

    Parameters
    ----------
    autograde : Autograde
        Nbgrader's converter, configured.
    """

    def __init__(self, autograde: Autograde) -> None:
        self._autograde = autograde
        self._course = autograde.coursedir
        self._steps = steps_of(autograde, autograde.autograde_preprocessors, REPLACEMENTS)

    def record(self, prepared: Prepared, results: dict[str, Transcript]) -> None:
        """Record one hand-in.

        Parameters
        ----------
        prepared : Prepared
            The prepared hand-in.
        results : dict of str to Transcript
            The transcripts, by the names of the notebooks.

        Raises
        ------
        ChangedError
            The hand-in has changed since it was prepared; nothing was recorded.
        sqlalchemy.exc.DBAPIError
            The gradebook is locked, damaged, or the disk is full. Earlier records are unchanged.
        Exception
            Any error of a step.
        """
        course, key = self._course, prepared.key
        graded = folder_of(course, "autograded", key)
        students_own = self._autograde.exclude_overwriting.get(key.assignment, [])
        hand_in = hand_in_of(course, key, students_own)  # as it is now
        self._autograde.notebooks = [str(graded / f"{name}.ipynb") for name in prepared.notebooks]
        self._autograde.run_pre_convert_hook()
        with new_folder(Path(course.root)) as temporary:
            folder = temporary / key.assignment
            folder.mkdir()
            stage(hand_in, folder)
            time = course.get_existing_timestamp(str(hand_in.folder))
            if hand_in.digest != prepared.fingerprint.hand_in:
                raise ChangedError(f"{hand_in.folder} has changed while it was graded")
            with self._transaction() as gradebook:
                self._begin(gradebook, prepared, time)
                for name, (notebook, job) in prepared.notebooks.items():
                    names: NbgraderContext = {
                        "student": key.student,
                        "assignment": key.assignment,
                        "notebook": name,
                        "db_url": course.db_url,
                        "gradebook": gradebook,
                    }
                    names["executed"] = Execution(job, results[name], prepared.fingerprint, prepared.remarks)
                    (folder / f"{name}.ipynb").write_text(self._graded(notebook, names, folder), "utf-8")
                for path in filter(Path.is_file, folder.rglob("*")):
                    path.chmod(int(str(self._autograde.permissions), 8))
                with _put_into_place(folder, graded, temporary / "before"):
                    gradebook.db.settle()
            self._autograde.set_permissions(key.assignment, key.student)  # of folders shared by a group
        self._autograde.run_post_convert_hook()

    def holds(self, hand_in: HandIn, names: list[str], fingerprint: Fingerprint) -> bool:
        """Whether the marks of a hand-in are recorded, and up to date.

        Parameters
        ----------
        hand_in : HandIn
            The current hand-in.
        names : list of str
            File names of the assignment's notebooks.
        fingerprint : Fingerprint
            The current fingerprint of the inputs of its marks.
        """
        folder = folder_of(self._course, "autograded", hand_in.key)
        written = [name for name in names if (folder / name).exists()]
        if written != handed_in(hand_in, names):
            return False
        return all(
            (graded := read_notebook(folder / name)) is not None
            # If this is missing, nbgrader did not finish.
            and graded.metadata.get("grading", {}).get("inputs") == asdict(fingerprint)
            and self._has_points(hand_in.key, Path(name).stem, graded)
            for name in written
        )

    def _has_points(self, key: SubmissionKey, name: str, graded: NotebookNode) -> bool:
        """Whether the gradebook has the points of a graded notebook: the gradebook may be new, or an older copy."""
        with self._transaction() as gradebook:
            try:
                entry = gradebook.find_submission_notebook(name, key.assignment, key.student)
            except MissingEntry:
                return False
            there = dict(
                gradebook.db.query(BaseCell.name, Grade.auto_score)
                .join(BaseCell, BaseCell.id == Grade.cell_id)
                .filter(Grade.notebook_id == entry.id)
                .all()
            )
        return all(there.get(cell) == earned for cell, (earned, _) in automatic_points(graded).items())

    @cached_property
    def _gradebook(self) -> Gradebook:
        opened = Gradebook(self._course.db_url, self._course.course_id)
        opened.db = _Uncommitted(opened.db)
        return opened

    @contextmanager
    def _transaction(self) -> Iterator[Gradebook]:
        """Undo all changes to the gradebook in the block that were not committed with `settle`."""
        try:
            yield self._gradebook
        finally:
            self._gradebook.db.rollback()

    def _begin(self, gradebook: Gradebook, prepared: Prepared, time: datetime | None) -> None:
        """Add the student and the submission to the gradebook."""
        student, assignment = prepared.key.student, prepared.key.assignment
        if self._autograde.create_student and gradebook.db.get(Student, student) is None:
            gradebook.add_student(student)
        gradebook.find_student(student)
        try:
            submission = gradebook.find_submission(assignment, student)
        except MissingEntry:
            submission = gradebook.add_submission(assignment, student)
        follow_hand_in(submission, time, prepared.notebooks.keys())

    def _graded(self, notebook: NotebookNode, names: NbgraderContext, folder: Path) -> str:
        resources = {"nbgrader": names, "metadata": {"path": str(folder)}, "unique_key": names["notebook"]}
        with setenv(NBGRADER_EXECUTION="autograde"):
            for step in self._steps:
                notebook, resources = step(notebook, resources)
        text: str = nbformat.writes(notebook, version=4)
        return text if text.endswith("\n") else text + "\n"


class _Uncommitted:
    """A session of a gradebook in which nbgrader's calls of ``commit`` don't commit.

    Parameters
    ----------
    session : sqlalchemy.orm.scoped_session
        nbgrader's own session.
    """

    def __init__(self, session: scoped_session[Session]) -> None:
        self._session = session

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def commit(self) -> None:
        """Only flush: send the changes to the database without committing them."""
        self._session.flush()

    def settle(self) -> None:
        """Commit all changes."""
        self._session.commit()


@contextmanager
def _put_into_place(folder: Path, graded: Path, before: Path) -> Iterator[None]:
    """Replace the folder `graded` by `folder` if the block succeeds; keep the old folder if the block fails.

    In between, there is no such folder. If this process is killed then, the next run records the hand-in again.
    """
    replaces = graded.exists()
    if replaces:
        os.rename(graded, before)
    try:
        yield
    except BaseException:
        if replaces:
            os.rename(before, graded)
        raise
    graded.parent.mkdir(parents=True, exist_ok=True)
    os.rename(folder, graded)
