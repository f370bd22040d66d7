"""Which cell runs where, by the gradebook's word and never by the submitted notebook's."""

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


def plan(
    notebook: NotebookNode, notebook_id: str, assignment_id: str, db_url: str, grader_setup: list[str]
) -> list[PlannedCell]:
    """Plan the execution of a sanitized notebook.

    Test cells run in the grader kernel, if the gradebook knows them by id; their source is the gradebook's. Locked
    cells named in `grader_setup` run on both sides. All other code runs on the student side.

    Parameters
    ----------
    notebook : NotebookNode
        As it comes from nbgrader's sanitizing.
    notebook_id, assignment_id : str
        Its names in the gradebook.
    db_url : str
        The gradebook.
    grader_setup : list of str
        Patterns (as in a shell) of the ids of locked cells that the grader kernel needs too.

    Returns
    -------
    list of PlannedCell
        One for each cell of the notebook.
    """
    with Gradebook(db_url) as gradebook:
        entry = gradebook.find_notebook(notebook_id, assignment_id)
        sources = {cell.name: cell for cell in entry.source_cells}
        points = {cell.name: cell.max_score for cell in entry.grade_cells}
        written = {cell.name for cell in entry.solution_cells}
        planned, seen = [], set()
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            known = sources.get(name)
            if cell.cell_type != "code" or name in seen:
                planned.append(PlannedCell(cell.source, name))
            elif known is None or name in written:
                planned.append(PlannedCell(cell.source, name, on_student_side=True))
            elif name in points:
                planned.append(PlannedCell(known.source, name, on_grader_side=True, points=points[name]))
            else:
                shared = any(fnmatch(name, pattern) for pattern in grader_setup)
                source = known.source if known.locked else cell.source
                planned.append(PlannedCell(source, name, on_student_side=True, on_grader_side=shared and known.locked))
            if name:
                seen.add(name)
        return planned
