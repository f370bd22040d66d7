"""The marks of one notebook, into the gradebook."""

from pathlib import Path

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import SaveAutoGrades

from ..gradebook import gradebook
from ..sanitize.accept import handed_in
from .follow import follow_hand_in
from .submitted import SubmittedCells


class SaveGrades(SaveAutoGrades):
    """Do what nbgrader's SaveAutoGrades does, with a few queries and one transaction, after `follow_hand_in`."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Save the marks of one notebook."""
        names = resources["nbgrader"]
        self.notebook_id, self.assignment_id, self.student_id = (
            names[kind] for kind in ("notebook", "assignment", "student")
        )
        with gradebook(names) as opened:
            if "gradebook" not in names:  # nbgrader has opened the submission, and forgets nothing
                self._follow(opened)
            self.gradebook = SubmittedCells(opened, names)
            for index, cell in enumerate(nb.cells):
                nb.cells[index], resources = self.preprocess_cell(cell, resources, index)
        return nb, resources

    def _follow(self, opened: Gradebook) -> None:
        course = CourseDirectory(config=self.config, parent=self.parent)
        submission = opened.find_submission(self.assignment_id, self.student_id)
        folder = course.format_path(course.submitted_directory, self.student_id, self.assignment_id)
        there = {Path(name).stem for name in handed_in(course, self.student_id, self.assignment_id)}
        follow_hand_in(submission, course.get_existing_timestamp(folder), there)
