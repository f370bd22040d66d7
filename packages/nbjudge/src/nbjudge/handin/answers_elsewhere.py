"""Finds written answers (graded by a human) that the student may have put into another cell than the one for them."""

from collections.abc import Iterator
from itertools import takewhile

from nbformat import NotebookNode

from .cells import STUDENT_CELL_PREFIX, grade_id, says
from .remarks import and_others


def point_to_answers(cells: list[NotebookNode], stub_of: dict[str, str], stubs: set[str]) -> list[str]:
    """Add a note to each unchanged cell that a human grades. The note says in which other cells the student wrote.

    With the note, the cell differs from the release, so that nbgrader does not automatically give it 0.

    Returns
    -------
    list of str
        Remarks.
    """
    texts = {number for number, cell in enumerate(cells) if cell.id not in stubs and _is_own_text(cell, stub_of)}
    remarks = []
    for number, cell in enumerate(cells):
        if not (says(cell, "grade") and says(cell, "solution") and cell.source == stub_of.get(cell.id)):
            continue
        if elsewhere := sorted(texts | set(_own_code_beside(number, cells)), key=lambda other: abs(other - number)):
            remarks.append(refer(cell, and_others([_distance(other - number) for other in elsewhere])))
    return remarks


def refer(cell: NotebookNode, where: str) -> str:
    """Add a note to an unchanged cell that says where else the answer may be. Return a remark on that."""
    note = f"This cell is as it was handed out. The student wrote something elsewhere: {where}."
    cell.source += f"\n\n# {note}" if cell.cell_type == "code" else f"\n\n*{note}*"
    return f"{grade_id(cell)} is as it was handed out; the answer may be elsewhere: {where}"


def _is_own_text(cell: NotebookNode, stub_of: dict[str, str]) -> bool:
    changed = cell.source != stub_of.get(cell.id, "") and not says(cell, "solution")
    return cell.cell_type != "code" and changed and bool(cell.source.strip())


def _own_code_beside(number: int, cells: list[NotebookNode]) -> Iterator[int]:
    """The student's own code cells next to a cell: front ends make new cells code cells, even if they hold text."""
    for others in (range(number - 1, -1, -1), range(number + 1, len(cells))):
        for other in takewhile(lambda other: cells[other].id.startswith(STUDENT_CELL_PREFIX), others):
            if cells[other].cell_type == "code" and cells[other].source.strip():
                yield other


def _distance(cells: int) -> str:
    count, where = abs(cells), "above" if cells < 0 else "below"
    return f"in the cell {where}" if count == 1 else f"{count} cells {where}"
