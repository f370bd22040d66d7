"""Which cell runs where, by the instructor's word and never by the submitted notebook's."""

from dataclasses import dataclass
from fnmatch import fnmatch

from nbformat import NotebookNode
from nbgrader.api import Gradebook


@dataclass(frozen=True)
class PlannedCell:
    """One cell of a submission.

    Attributes
    ----------
    source : str
        For a cell of the instructor's: as the gradebook has it.
    name : str
        Its nbgrader id; empty for the student's own cells.
    on_student_side, on_grader_side : bool
        Where it runs: in the sandbox, in the grader kernel, in both, or nowhere.
    points : float or None
        The most it can earn; None unless it is a test cell.
    """

    source: str
    name: str = ""
    on_student_side: bool = False
    on_grader_side: bool = False
    points: float | None = None

    @property
    def runs(self) -> bool:
        """Whether it runs at all."""
        return self.on_student_side or self.on_grader_side


@dataclass(frozen=True)
class Instructions:
    """What the instructor's notebook says about its cells, by their nbgrader ids.

    Attributes
    ----------
    sources : dict of str to str
        Sources of the cells that students can't change.
    points : dict of str to float
        The most that each graded cell can earn.
    written : frozenset of str
        The cells that students fill in.
    """

    sources: dict[str, str]
    points: dict[str, float]
    written: frozenset[str]


def from_gradebook(notebook_id: str, assignment_id: str, db_url: str) -> Instructions:
    """Read the instructions from the gradebook.

    Parameters
    ----------
    notebook_id, assignment_id : str
        Names in the gradebook.
    db_url : str
        The gradebook.
    """
    with Gradebook(db_url) as gradebook:
        entry = gradebook.find_notebook(notebook_id, assignment_id)
        written = frozenset(cell.name for cell in entry.solution_cells)
        return Instructions(
            sources={c.name: c.source for c in entry.source_cells if c.locked and c.name not in written},
            points={cell.name: cell.max_score for cell in entry.grade_cells},
            written=written,
        )


def from_source(notebook: NotebookNode) -> Instructions:
    """Read the instructions from the instructor's own notebook."""
    cells = [(cell, cell.metadata["nbgrader"]) for cell in notebook.cells if cell.metadata.get("nbgrader")]
    return Instructions(
        sources={says["grade_id"]: cell.source for cell, says in cells if says["locked"]},
        points={says["grade_id"]: says["points"] for _, says in cells if says["grade"]},
        written=frozenset(says["grade_id"] for _, says in cells if says["solution"]),
    )


def plan(notebook: NotebookNode, instructions: Instructions, grader_setup: list[str]) -> list[PlannedCell]:
    """Plan the execution of a sanitized notebook.

    Test cells run in the grader kernel, if the instructor's notebook knows them by id; their source is the
    instructor's. Locked cells named in `grader_setup` run on both sides. All other code runs on the student side.

    Parameters
    ----------
    notebook : NotebookNode
        As it comes from sanitizing.
    instructions : Instructions
        The instructor's word.
    grader_setup : list of str
        Patterns (as in a shell) of the ids of locked cells that the grader kernel needs too.

    Returns
    -------
    list of PlannedCell
        One for each cell of the notebook.
    """
    planned, seen = [], set()
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if cell.cell_type != "code" or name in seen:
            planned.append(PlannedCell(cell.source, name))
        elif name not in instructions.sources:
            planned.append(PlannedCell(cell.source, name, on_student_side=True))
        elif name in instructions.points:
            source, points = instructions.sources[name], instructions.points[name]
            planned.append(PlannedCell(source, name, on_grader_side=True, points=points))
        else:
            shared = any(fnmatch(name, pattern) for pattern in grader_setup)
            planned.append(PlannedCell(instructions.sources[name], name, on_student_side=True, on_grader_side=shared))
        if name:
            seen.add(name)
    return planned
