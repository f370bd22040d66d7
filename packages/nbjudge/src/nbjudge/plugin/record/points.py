"""Computes the points that nbgrader would give for a notebook."""

from nbformat import NotebookNode
from nbgrader.utils import determine_grade, is_grade, is_solution


def automatic_points(notebook: NotebookNode) -> dict[str, tuple[float, float]]:
    """For each test cell of an executed notebook, the points earned and the most points."""
    return {
        cell.metadata.nbgrader.grade_id: determine_grade(cell)
        for cell in notebook.cells
        if is_grade(cell) and not is_solution(cell) and cell.cell_type == "code"
    }
