"""Nbgrader's gradebook: opened once for a whole class, for to open it takes longer than to read it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

from nbgrader.api import Gradebook

# What nbgrader tells its preprocessors: names of the ``student``, ``assignment`` and ``notebook``, and the ``db_url``.
# A command that grades a class adds the open ``gradebook``, and a dictionary of ``masters`` that were read already.
Names: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class MasterCell:
    """A cell of the instructor's that nbgrader knows.

    Attributes
    ----------
    name, cell_type, source, checksum : str
        As nbgrader has them.
    locked, solution : bool
        Whether students can't change it, and whether they write in it.
    max_score : float or None
        The most points, if it is graded.
    """

    name: str
    cell_type: str
    source: str
    checksum: str
    locked: bool
    solution: bool
    max_score: float | None


@dataclass(frozen=True)
class Master:
    """The instructor's notebook, as the gradebook has it.

    Attributes
    ----------
    kernelspec : str or None
        JSON.
    cells : dict of str to MasterCell
        By their names.
    """

    kernelspec: str | None
    cells: dict[str, MasterCell]


@contextmanager
def gradebook(names: Names) -> Iterator[Gradebook]:
    """The gradebook that is open, whose owner commits; or one that is opened, committed and closed."""
    if "gradebook" in names:
        yield names["gradebook"]
        return
    with Gradebook(names["db_url"]) as opened:
        yield opened
        opened.db.commit()


def master_of(names: Names) -> Master:
    """The instructor's notebook.

    Raises
    ------
    nbgrader.api.MissingEntry
        There is none of this name.
    """
    which = names["assignment"], names["notebook"]
    masters = names.get("masters", {})
    if which not in masters:
        with gradebook(names) as opened:
            masters[which] = _read(opened, names)
    return masters[which]


def _read(opened: Gradebook, names: Names) -> Master:
    entry = opened.find_notebook(names["notebook"], names["assignment"])
    solutions = {cell.name for cell in entry.solution_cells}
    most = {cell.name: cell.max_score for cell in [*entry.grade_cells, *entry.task_cells]}
    cells = {
        cell.name: MasterCell(
            name=cell.name,
            cell_type=cell.cell_type,
            source=cell.source,
            checksum=cell.checksum,
            locked=cell.locked,
            solution=cell.name in solutions,
            max_score=most.get(cell.name),
        )
        for cell in entry.source_cells
    }
    return Master(entry.kernelspec, cells)
