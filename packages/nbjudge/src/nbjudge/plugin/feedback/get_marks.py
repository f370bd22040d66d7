"""Copies the marks of a notebook from the gradebook into its cells."""

from typing import Any

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import GetGrades

from ...handin.cells import WAITING
from ..record.by_hand import is_for_graders


class GetMarks(GetGrades):
    """Like nbgrader's GetGrades, but points that nobody has given yet are None, not 0.

    A cell's metadata gets ``by_hand``: whether a grader has corrected a test. What a test cell says that waited for a
    grader follows the grader's points.

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
        for ident in nb.metadata.get("grading", {}).get(WAITING, []):
            _say_what_was_given(nb, ident)
        return nb, resources

    def _get_score(self, cell: NotebookNode, resources: dict[str, Any]) -> None:
        says = cell.metadata.nbgrader
        grade = self.gradebook.find_grade(says["grade_id"], self.notebook_id, self.assignment_id, self.student_id)
        says["score"] = None if grade.needs_manual_grade else grade.score
        says["by_hand"] = grade.manual_score is not None and not is_for_graders(cell)
        says["points"] = grade.max_score


def _say_what_was_given(nb: NotebookNode, ident: str) -> None:
    """Replace "a grader will look at this" in a test cell by what the grader gave."""
    for cell in nb.cells:
        says = cell.metadata.get("nbgrader", {})
        if says.get("grade_id") == ident and says.get("by_hand") and says["score"] is not None:
            told = f"{says['score']:g} of {says['points']:g} points, given by a grader"
            cell.outputs = [
                new_output("execute_result", data={"text/plain": told}, execution_count=cell.execution_count)
            ]
