"""Reads what the instructor's notebook says about its cells."""

from nbformat import NotebookNode
from nbgrader.utils import is_locked

from ..run.plan import Instructions
from .gradebook import NbgraderContext, master_of


def from_gradebook(names: NbgraderContext) -> Instructions:
    """Read the instructions for a notebook from the gradebook."""
    cells = master_of(names).cells.values()
    return Instructions(
        sources={cell.name: cell.source for cell in cells if cell.locked and not cell.solution},
        points={cell.name: cell.max_score for cell in cells if cell.max_score is not None and not cell.task},
        written=frozenset(cell.name for cell in cells if cell.solution),
    )


def from_source(notebook: NotebookNode) -> Instructions:
    """Read the instructions from the instructor's own notebook."""
    cells = [(cell, cell.metadata["nbgrader"]) for cell in notebook.cells if cell.metadata.get("nbgrader")]
    return Instructions(
        sources={says["grade_id"]: cell.source for cell, says in cells if is_locked(cell)},
        points={says["grade_id"]: says["points"] for _, says in cells if says["grade"]},
        written=frozenset(says["grade_id"] for _, says in cells if says["solution"]),
    )
