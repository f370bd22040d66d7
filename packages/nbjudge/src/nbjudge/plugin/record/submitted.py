"""Reads all cells of a submitted notebook from the gradebook at once."""

from typing import Any

from nbgrader.api import BaseCell, Comment, Grade, Gradebook

from ..gradebook import NbgraderContext


class SubmittedCells:
    """The part of `Gradebook` that SaveAutoGrades uses, without a query for each cell.

    Parameters
    ----------
    gradebook : Gradebook
        The open gradebook; the caller who opened it commits.
    names : dict
        Says which notebook of which student; see `NbgraderContext`.

    Attributes
    ----------
    notebook : SubmittedNotebook
        The submitted notebook.
    """

    def __init__(self, gradebook: Gradebook, names: NbgraderContext) -> None:
        self.notebook = gradebook.find_submission_notebook(names["notebook"], names["assignment"], names["student"])
        self._grades, self._comments = (
            {
                name: found
                for found, name in gradebook.db.query(kind, BaseCell.name)
                .join(BaseCell, BaseCell.id == kind.cell_id)
                .filter(kind.notebook_id == self.notebook.id)
            }
            for kind in (Grade, Comment)
        )
        self.db = self

    def find_grade(self, cell: str, *_: Any) -> Grade:
        """The mark of a cell."""
        return self._grades[cell]

    def find_comment(self, cell: str, *_: Any) -> Comment:
        """The comment on a cell."""
        return self._comments[cell]

    def commit(self) -> None:
        """Do nothing: the caller who opened the gradebook commits."""
