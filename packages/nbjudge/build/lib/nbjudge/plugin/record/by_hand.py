"""Marks given by hand: they count as long as what the grader saw is the same."""

import hashlib
import json
from itertools import takewhile
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Grade, Gradebook, SubmittedNotebook
from nbgrader.utils import is_grade, is_solution, is_task
from sqlalchemy import Column, MetaData, String, Table, delete, insert, select

from ...handin.cells import STUDENT_CELL_PREFIX

# Nbgrader has no place for this, and its own command removes the graded notebook before it records the next one.
# The ids are those of nbgrader's rows.
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
        Open; whoever opened it commits.
    notebook : SubmittedNotebook
        Whose.
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
        """Keep the digests of what a mark is given for from now on; whether all of them were others."""
        before, now = self._before.get(grade.cell_id, ""), " ".join(digests)
        if before != now:
            here = {"notebook_id": self._notebook, "cell_id": grade.cell_id}
            if before:
                self._session.execute(delete(_SEEN).filter_by(**here))
            self._session.execute(insert(_SEEN).values(**here, digests=now))
        return not set(before.split()) & set(digests)


def digests_of(nb: NotebookNode, index: int, automatic: float | None) -> list[str]:
    """SHA-256 of what a grader judges when a cell gets a mark by hand; it is the same if one of these is.

    Of an answer, these are the student's words in it and in the student's own cells beside it. A task, or a test cell
    whose points a grader corrects, is judged by everything that was handed in, and by the points that are corrected.
    For these there are two: if the instructor edits a text, the same was handed in; if another notebook comes or goes,
    what is in this one is the same.

    Parameters
    ----------
    nb : NotebookNode
        As graders see it: rebuilt, and executed.
    index : int
        Where the cell is.
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
    """Whether no machine gives points for a cell that has some."""
    return bool(is_task(cell) or (is_grade(cell) and (is_solution(cell) or cell.cell_type != "code")))


def _is_own(cell: NotebookNode) -> bool:
    return bool(cell.id.startswith(STUDENT_CELL_PREFIX))
