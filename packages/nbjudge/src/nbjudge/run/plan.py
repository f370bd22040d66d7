"""Plans which cell runs where. The instructor's notebook decides this, never the submitted notebook."""

import ast
import re
from dataclasses import dataclass
from fnmatch import fnmatch

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

DOOR = "submission"  # the name of the object that test cells ask
_CELL_MAGIC = re.compile(r"\A\s*%%.*\n?")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class PlannedCell:
    """One cell of a submission.

    Attributes
    ----------
    source : str
        The cell's code; for an instructor's cell, the code in the gradebook.
    name : str
        Its nbgrader id; empty for the student's own cells.
    on_student_side, on_grader_side : bool
        Where it runs: in the sandbox, in the grader kernel, in both, or nowhere.
    points : float or None
        The most it can earn; None unless it is a test cell. A test cell on the student side is scored by its outputs.
    draws : bool
        Whether the cell's pictures are kept.
    """

    source: str
    name: str = ""
    on_student_side: bool = False
    on_grader_side: bool = False
    points: float | None = None
    draws: bool = True

    @property
    def runs(self) -> bool:
        """Whether the cell runs at all."""
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

    def are_apart(self, grader_setup: list[str]) -> bool:
        """Whether the instructor has declared that test cells run apart from student code.

        A locked cell that `grader_setup` names is the declaration: it connects the test cells with the student's work.
        Without one, the test cells use the student's functions and variables by their names, as nbgrader's always did.
        """
        return any(_matches(name, grader_setup) for name in self.sources)

    def doubt(self, grader_setup: list[str]) -> str | None:
        """A message to the instructor if the declaration seems to be forgotten; None otherwise."""
        asking = sorted(name for name in self.points.keys() & self.sources.keys() if self._speaks(name))
        if asking and not self.are_apart(grader_setup):
            return (
                f"{', '.join(asking)} speak of '{DOOR}', but no locked cell {' or '.join(grader_setup)} declares that "
                "tests run apart from student code"
            )
        return None

    def _speaks(self, name: str) -> bool:
        return speaks_of(DOOR, self.sources[name])


def speaks_of(name: str, source: str) -> bool:
    """Whether a cell's code contains a name, also within a dotted name. Code that is not Python is split into words."""
    try:
        tree = ast.parse(TransformerManager().transform_cell(_CELL_MAGIC.sub("", source)))
    except (SyntaxError, ValueError):
        return name in _WORD.findall(source)
    fields = (vars(node).values() for node in ast.walk(tree) if not isinstance(node, ast.Constant))
    return any(name in _WORD.findall(field) for values in fields for field in values if isinstance(field, str))


def plan(
    notebook: NotebookNode, instructions: Instructions, grader_setup: list[str], released: NotebookNode | None = None
) -> list[PlannedCell]:
    """Plan the execution of a sanitized notebook.

    Test cells whose ids are in the instructor's notebook run in the grader kernel. The locked cells named in
    `grader_setup` run on both sides. But if the notebook does not declare that tests run apart
    (`Instructions.are_apart`), both kinds run on the student side. Their source is always the instructor's. All other
    code runs on the student side.

    Cells before the first one with the student's code show the same pictures in every submission. These pictures are
    not drawn.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook after sanitizing.
    instructions : Instructions
        What the instructor's notebook says about its cells.
    grader_setup : list of str
        Patterns (as in a shell) of the ids of locked cells that the grader kernel needs too.
    released : NotebookNode, optional
        The notebook as students got it; without it, all pictures are drawn.

    Returns
    -------
    list of PlannedCell
        One for each cell of the notebook.
    """
    apart = instructions.are_apart(grader_setup)
    given = {cell.get("id"): cell.source for cell in released.cells} if released else {}
    planned, seen, begun = [], set(), False
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if cell.cell_type != "code" or name in seen:
            planned.append(PlannedCell(cell.source, name))
        elif name not in instructions.sources:
            begun = begun or bool(name) or given.get(cell.get("id")) != cell.source
            planned.append(PlannedCell(cell.source, name, on_student_side=True, draws=begun))
        else:
            points = instructions.points.get(name)
            on_grader_side = apart and (points is not None or _matches(name, grader_setup))
            on_student_side = points is None or not apart
            planned.append(PlannedCell(instructions.sources[name], name, on_student_side, on_grader_side, points))
        if name:
            seen.add(name)
    return planned


def _matches(name: str, patterns: list[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)
