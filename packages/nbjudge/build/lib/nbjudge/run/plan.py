"""Which cell runs where, by the instructor's word and never by the submitted notebook's."""

import ast
import re
from dataclasses import dataclass
from fnmatch import fnmatch

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

DOOR = "submission"  # what test cells ask
_CELL_MAGIC = re.compile(r"\A\s*%%.*\n?")
_WORD = re.compile(r"\w+")


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
        The most it can earn; None unless it is a test cell. One on the student side is scored by what it puts out.
    draws : bool
        Whether its pictures are kept.
    """

    source: str
    name: str = ""
    on_student_side: bool = False
    on_grader_side: bool = False
    points: float | None = None
    draws: bool = True

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

    def are_apart(self, grader_setup: list[str]) -> bool:
        """Whether the instructor has declared that test cells run apart from student code.

        A locked cell that `grader_setup` names is the declaration: it connects the test cells with the student's work.
        Without one, the test cells use the student's functions and variables by their names, as nbgrader's always did.
        """
        return any(_matches(name, grader_setup) for name in self.sources)

    def doubt(self, grader_setup: list[str]) -> str | None:
        """Why the declaration may be forgotten, in words for the instructor; None if nothing hints at it."""
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
    """Whether a cell's code has a name in it, if only as a part of a module's; if it is not Python, the word."""
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

    Test cells run in the grader kernel, if the instructor's notebook knows them by id, and the locked cells named in
    `grader_setup` run on both sides; but in a notebook that does not declare it (`Instructions.are_apart`), they run
    on the student side. Their source is the instructor's. All other code runs on the student side.

    What stands before the first cell with anything of the student's shows the same pictures in every submission. They
    are not drawn.

    Parameters
    ----------
    notebook : NotebookNode
        As it comes from sanitizing.
    instructions : Instructions
        The instructor's word.
    grader_setup : list of str
        Patterns (as in a shell) of the ids of locked cells that the grader kernel needs too.
    released : NotebookNode, optional
        The notebook as students got it; without it all pictures are drawn.

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
