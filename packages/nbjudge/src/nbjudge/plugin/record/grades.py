"""Saves the marks of one notebook in the gradebook."""

from pathlib import Path

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import SaveAutoGrades
from nbgrader.utils import is_grade, is_task

from ...handin.cells import WAITING
from ...handin.hand_in import SubmissionKey
from ..folders import hand_in_of
from ..gradebook import NbgraderContext, gradebook
from .by_hand import Seen, digests_of, is_for_graders
from .follow import follow_hand_in
from .submitted import SubmittedCells


class SaveGrades(SaveAutoGrades):
    """Do what nbgrader's SaveAutoGrades does, with a few queries and one transaction, after `follow_hand_in`.

    nbgrader asks graders to look again at all marks that they gave. This step asks only if what they judged has
    changed. Then formgrader shows the previous mark in grey in the field, and the field itself is empty. It must be
    empty, because formgrader's page sends nothing if a number is replaced by the same number.
    """

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Save the marks of one notebook."""
        names: NbgraderContext = resources["nbgrader"]
        self.notebook_id, self.assignment_id, self.student_id = (
            names[kind] for kind in ("notebook", "assignment", "student")
        )
        with gradebook(names) as opened:
            if "gradebook" not in names:  # nbgrader has made the submission, and keeps old values
                self._follow(opened)
            self.gradebook = SubmittedCells(opened, names)
            seen = Seen(opened, self.gradebook.notebook)
            for index, cell in enumerate(nb.cells):
                if is_grade(cell) or is_task(cell):
                    self._save(nb, index, resources, seen)
                else:
                    nb.cells[index], resources = self.preprocess_cell(cell, resources, index)
        return nb, resources

    def _follow(self, opened: Gradebook) -> None:
        course = CourseDirectory(config=self.config, parent=self.parent)
        submission = opened.find_submission(self.assignment_id, self.student_id)
        hand_in = hand_in_of(course, SubmissionKey(self.assignment_id, self.student_id))
        there = {Path(name).stem for name in hand_in.notebooks}
        follow_hand_in(submission, course.get_existing_timestamp(str(hand_in.folder)), there)

    def _save(self, nb: NotebookNode, index: int, resources: ResourcesDict, seen: Seen) -> None:
        """Save the mark of one cell."""
        cell = nb.cells[index]
        grade = self.gradebook.find_grade(cell.metadata.nbgrader["grade_id"])
        waited, before = grade.needs_manual_grade, grade.auto_score
        self.preprocess_cell(cell, resources, index)
        changed = seen.changes(grade, digests_of(nb, index, grade.auto_score))
        if grade.manual_score is None:
            if is_for_graders(cell) and waited and before is not None:
                grade.auto_score, grade.needs_manual_grade = before, True  # still waits; previous mark in grey
            elif grade.cell.name in nb.metadata.get("grading", {}).get(WAITING, []):
                grade.needs_manual_grade = True
        elif not changed:
            grade.needs_manual_grade = waited
        else:
            grade.needs_manual_grade = True
            if is_for_graders(cell):
                grade.auto_score, grade.manual_score = grade.manual_score, None
