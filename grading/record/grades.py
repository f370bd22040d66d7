"""The marks of one notebook, into the gradebook."""

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import SaveAutoGrades

from ..gradebook import gradebook
from .submitted import SubmittedCells


class SaveGrades(SaveAutoGrades):
    """Do what nbgrader's SaveAutoGrades does, with a few queries and one transaction for all cells."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Save the marks of one notebook."""
        names = resources["nbgrader"]
        self.notebook_id, self.assignment_id, self.student_id = (
            names[kind] for kind in ("notebook", "assignment", "student")
        )
        with gradebook(names) as opened:
            self.gradebook = SubmittedCells(opened, names)
            for index, cell in enumerate(nb.cells):
                nb.cells[index], resources = self.preprocess_cell(cell, resources, index)
        return nb, resources
