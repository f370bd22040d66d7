"""Marks given by hand: they count as long as what the grader saw has not changed."""

import hashlib
import json
from itertools import takewhile
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Grade, Gradebook, SubmittedNotebook
from nbgrader.utils import is_grade, is_solution, is_task
from sqlalchemy import Column, MetaData, String, Table, delete, insert, select

from ...handin.cells import STUDENT_CELL_PREFIX

# nbgrader has no place for these digests. They can't be kept in the graded notebook, because nbgrader's command removes
# the notebook before it records the next one. The ids are those of nbgrader's rows.
_SEEN = Table(
    "seen_by_graders",
    MetaData(),
    Column("notebook_id", String(32), primary_key=True),
    Column("cell_id", String(32), primary_key=True),
    Column("digests", String(2 * 64 + 1), nullable=False),
)


class Seen:
    """What graders see in a submitted notebook, as digests in the gradebook.

    Parameters
    ----------
    gradebook : Gradebook
        The open gradebook; the caller who opened it commits.
    notebook : SubmittedNotebook
        The submitted notebook.
    """

    def __init__(self, gradebook: Gradebook, notebook: SubmittedNotebook) -> None:
        self._session = gradebook.db
        self._notebook = notebook.id
        _SEEN.create(self._session.connection(), checkfirst=True)
        rows = self._session.execute(
            select(_SEEN.c.cell_id, _SEEN.c.digests).where(_SEEN.c.notebook_id == self._notebook)
        )
        self._before = {cell: digests for cell, digests in rows}

    def changes(self, grade: Grade, digests: list[str]) -> bool:
        """Store the digests of what a mark is given for. Return whether none of them was stored before."""
        before, now = self._before.get(grade.cell_id, ""), " ".join(digests)
        if before != now:
            here = {"notebook_id": self._notebook, "cell_id": grade.cell_id}
            if before:
                self._session.execute(delete(_SEEN).filter_by(**here))
            self._session.execute(insert(_SEEN).values(**here, digests=now))
        return not set(before.split()) & set(digests)


def digests_of(nb: NotebookNode, index: int, automatic: float | None) -> list[str]:
    """SHA-256 digests of what a grader judges when a cell gets a mark by hand. If one is equal, the mark still counts.

    An answer has one digest: of the student's words in it, and in the student's own cells next to it.

    A task, or a test cell whose points a grader corrects, has two: of the whole hand-in, and of the student's words in
    this notebook; each together with the automatic points. If the instructor edits a text, the first stays the same. If
    another notebook is added or removed, the second stays the same.

    Parameters
    ----------
    nb : NotebookNode
        The notebook that graders see: rebuilt, and executed.
    index : int
        The index of the cell.
    automatic : float or None
        The points that a test cell gives.
    """
    cell = nb.cells[index]
    if is_solution(cell):
        before, behind = reversed(nb.cells[:index]), nb.cells[index + 1 :]
        judged: list[list[Any]] = [_words([*takewhile(_is_own, before), cell, *takewhile(_is_own, behind)])]
    else:
        students = [each for each in nb.cells if is_solution(each) or not each.metadata.get("nbgrader")]
        judged = [[what, automatic] for what in (nb.metadata["grading"]["inputs"]["hand_in"], _words(students))]
    most = float(cell.metadata.nbgrader["points"])
    return [hashlib.sha256(json.dumps([what, most], sort_keys=True).encode()).hexdigest() for what in judged]


def _words(cells: list[NotebookNode]) -> list[list[Any]]:
    return [[cell.cell_type, cell.source, cell.get("attachments")] for cell in cells]


def is_for_graders(cell: NotebookNode) -> bool:
    """Whether only a grader, not a test, can give the points of a cell."""
    return bool(is_task(cell) or (is_grade(cell) and (is_solution(cell) or cell.cell_type != "code")))


def _is_own(cell: NotebookNode) -> bool:
    return bool(cell.id.startswith(STUDENT_CELL_PREFIX))
