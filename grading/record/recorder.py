"""One hand-in after another into the gradebook and ``autograded/``, as ``nbgrader autograde`` would leave them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry, Student
from nbgrader.converters import Autograde
from nbgrader.preprocessors import AssignLatePenalties, SaveAutoGrades
from nbgrader.utils import rmtree, setenv

from ..execute.preprocessor import ExecuteApart, Executed
from ..execute.result import Result
from ..gradebook import Names
from ..prepare import Prepared, stage, steps_of
from ..temporary import new_folder
from .grades import SaveGrades
from .penalties import AssignPenalties
from .points import automatic_points

# Nbgrader's own open the gradebook for themselves, in which they could not write as long as we do.
OURS = {SaveAutoGrades: SaveGrades, AssignLatePenalties: AssignPenalties}


class Recorder:
    """Writes marks and graded notebooks, one hand-in at a time; all marks of one, or none.

    It runs the steps that nbgrader's configuration names, and nbgrader's own code where that can be called; what it
    saves is to start all of that anew for each hand-in.

    Parameters
    ----------
    autograde : Autograde
        Nbgrader's converter, configured.
    """

    def __init__(self, autograde: Autograde) -> None:
        self._autograde = autograde
        self._course = autograde.coursedir
        self._steps = steps_of(autograde, autograde.autograde_preprocessors, OURS)

    def record(self, prepared: Prepared, results: dict[str, Result]) -> None:
        """Record one hand-in.

        Parameters
        ----------
        prepared : Prepared
            The hand-in.
        results : dict of str to Result
            What was executed, by the names of the notebooks.

        Raises
        ------
        sqlalchemy.exc.DBAPIError
            The gradebook is locked, damaged, or the disk is full. What was recorded before is as it was.
        Exception
            Whatever a step raises.
        """
        course = self._course
        graded = Path(course.format_path(course.autograded_directory, prepared.student, prepared.assignment))
        self._autograde.notebooks = [str(graded / f"{name}.ipynb") for name in prepared.notebooks]
        self._autograde.run_pre_convert_hook()
        with new_folder(Path(course.root)) as temporary:
            folder = temporary / prepared.assignment
            folder.mkdir()
            stage(self._autograde, prepared.assignment, prepared.student, folder)
            with self._transaction() as gradebook:
                self._begin(gradebook, prepared)
                for name, (notebook, job) in prepared.notebooks.items():
                    names = {"student": prepared.student, "assignment": prepared.assignment, "notebook": name}
                    names |= {"db_url": course.db_url, "gradebook": gradebook}
                    names["executed"] = Executed(job, results[name], prepared.remarks)
                    (folder / f"{name}.ipynb").write_text(self._graded(notebook, names, folder), "utf-8")
            if graded.exists():
                rmtree(str(graded))
            graded.parent.mkdir(parents=True, exist_ok=True)
            os.rename(folder, graded)
            self._autograde.set_permissions(prepared.assignment, prepared.student)
        self._autograde.run_post_convert_hook()

    def changes(self, prepared: Prepared, results: dict[str, Result]) -> dict[str, tuple[float | None, float]]:
        """What `record` would change in the points of the test cells.

        Returns
        -------
        dict of str to (float or None, float)
            By the test cells' ids, behind their notebook's name if there are several: the points in the gradebook, None
            if there are none, and those to be.
        """
        changes, student, assignment = {}, prepared.student, prepared.assignment
        execute = ExecuteApart(parent=self._autograde)
        with self._transaction() as gradebook:
            graded = {}
            with suppress(MissingEntry):
                submission = gradebook.find_submission(assignment, student)
                graded = {entry.name: entry.grades for entry in submission.notebooks}
            names = sorted(graded.keys() | prepared.notebooks.keys())
            for name in names:
                label = f"{name}: " if len(names) > 1 else ""
                before = {grade.cell.name: grade.auto_score for grade in graded.get(name, [])}
                if name in prepared.notebooks:
                    notebook, job = prepared.notebooks[name]
                    execute.apply(notebook, Executed(job, results[name]))
                    now = {cell: earned for cell, (earned, _) in automatic_points(notebook).items()}
                else:  # it was not handed in
                    now = {cell: 0.0 for cell, points in before.items() if points is not None}
                changes |= {
                    label + cell: (before.get(cell), to_be) for cell, to_be in now.items() if before.get(cell) != to_be
                }
        return changes

    @cached_property
    def _gradebook(self) -> Gradebook:
        return Gradebook(self._course.db_url, self._course.course_id)

    @contextmanager
    def _transaction(self) -> Iterator[Gradebook]:
        """What is changed in the gradebook in this block is changed wholly or not at all."""
        try:
            yield self._gradebook
            self._gradebook.db.commit()
        finally:
            self._gradebook.db.rollback()

    def _begin(self, gradebook: Gradebook, prepared: Prepared) -> None:
        """Enter the student and the submission; new ones nbgrader commits at once, without marks."""
        student, assignment = prepared.student, prepared.assignment
        if self._autograde.create_student and gradebook.db.get(Student, student) is None:
            gradebook.add_student(student)
        gradebook.find_student(student)
        handed_in = self._course.format_path(self._course.submitted_directory, student, assignment)
        time = self._course.get_existing_timestamp(handed_in)
        try:
            submission = gradebook.find_submission(assignment, student)
        except MissingEntry:
            submission = gradebook.add_submission(assignment, student)
        if time:
            submission.timestamp = time
        for notebook in submission.notebooks:
            if notebook.name not in prepared.notebooks:  # it was not handed in
                for grade in notebook.grades:
                    grade.auto_score, grade.needs_manual_grade = 0, False

    def _graded(self, notebook: nbformat.NotebookNode, names: Names, folder: Path) -> str:
        resources = {"nbgrader": names, "metadata": {"path": str(folder)}, "unique_key": names["notebook"]}
        with setenv(NBGRADER_EXECUTION="autograde"):
            for step in self._steps:
                notebook, resources = step(notebook, resources)
        text = nbformat.writes(notebook, version=4)
        return text if text.endswith("\n") else text + "\n"
