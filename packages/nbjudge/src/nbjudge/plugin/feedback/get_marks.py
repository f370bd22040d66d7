"""Copies the marks of a notebook from the gradebook into its cells."""

from typing import Any

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import GetGrades


class GetMarks(GetGrades):
    """Like nbgrader's GetGrades, but points that nobody has given yet are None, not 0.

    For the page, ``resources["nbgrader"]`` gets two more entries: ``unread``, how many points a grader has not decided
    yet; and ``read``, for each cell with points, whether they are decided. Its ``score`` contains only decided points.
    """

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Get the marks of one notebook."""
        nb, resources = super().preprocess(nb, resources)
        marks = [cell.metadata.nbgrader for cell in nb.cells if "score" in cell.metadata.get("nbgrader", {})]
        names = resources["nbgrader"]
        names["score"] = sum(mark["score"] or 0.0 for mark in marks) - names["late_penalty"]
        names["read"] = [mark["score"] is not None for mark in marks]
        names["unread"] = sum(mark["points"] for mark in marks if mark["score"] is None)
        return nb, resources

    def _get_score(self, cell: NotebookNode, resources: dict[str, Any]) -> None:
        says = cell.metadata.nbgrader
        grade = self.gradebook.find_grade(says["grade_id"], self.notebook_id, self.assignment_id, self.student_id)
        says["score"] = None if grade.needs_manual_grade else grade.score
        says["points"] = grade.max_score
