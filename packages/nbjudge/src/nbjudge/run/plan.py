"""Plans which cell runs where. The instructor's notebook decides this, never the submitted notebook."""

import ast
import re
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from typing import Any

from nbformat import NotebookNode

from .names_used import bound, needed, parse

DOOR = "submission"  # the name of the object that test cells ask
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Apart:
    """How an ordinary test cell, which uses the student's names, is judged apart from the student's process.

    Attributes
    ----------
    operations : list of str or None
        What the student's objects may say of themselves, because the model solution's said it, too; None for anything.
    theirs : bool
        Whether data that locked cells have made is taken from the student's side.
    hands_over : list of str
        The names set by the test that code on the student's side uses: that of the model solution, and of the test
        cells that run there.
    """

    operations: list[str] | None = None
    theirs: bool = False
    hands_over: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ByName:
    """How the ordinary test cells of a notebook are judged.

    Attributes
    ----------
    apart : dict of str to Apart
        The test cells that are judged apart, by nbgrader id.
    imports : list of (str, str, str)
        What the instructor's cells import; see `names_used.imports_of`.
    """

    apart: dict[str, Apart] = field(default_factory=dict)
    imports: list[tuple[str, str, str]] = field(default_factory=list)


NOT_APART = ByName()


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
    apart : Apart or None
        How an ordinary test cell is judged apart; None for other cells.
    """

    source: str
    name: str = ""
    on_student_side: bool = False
    on_grader_side: bool = False
    points: float | None = None
    draws: bool = True
    apart: Apart | None = None

    @staticmethod
    def read(content: dict[str, Any]) -> "PlannedCell":
        """The cell from its attributes, as `dataclasses.asdict` gives them."""
        apart = content["apart"]
        return PlannedCell(**content | {"apart": None if apart is None else Apart(**apart)})

    def inside(self) -> "PlannedCell":
        """The cell for an execution in which all ordinary tests run in the student's process."""
        if self.apart is not None:
            return replace(self, apart=None, on_student_side=True, on_grader_side=False)
        return replace(self, on_grader_side=False) if self.on_student_side else self

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
    if (tree := parse(source)) is None:
        return name in _WORD.findall(source)
    fields = (vars(node).values() for node in ast.walk(tree) if not isinstance(node, ast.Constant))
    return any(name in _WORD.findall(field) for values in fields for field in values if isinstance(field, str))


def plan(
    notebook: NotebookNode,
    instructions: Instructions,
    grader_setup: list[str],
    released: NotebookNode | None = None,
    by_name: ByName = NOT_APART,
) -> list[PlannedCell]:
    """Plan the execution of a sanitized notebook.

    Test cells whose ids are in the instructor's notebook run in the grader kernel. The locked cells named in
    `grader_setup` run on both sides. But if the notebook does not declare that tests run apart
    (`Instructions.are_apart`), both kinds run on the student side, but for the test cells in `by_name`: these run in
    the grader kernel, and before them the locked cells that need nothing of the student's. The source of all these is
    always the instructor's. All other code runs on the student side.

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
    by_name : ByName
        The ordinary test cells that are judged apart.

    Returns
    -------
    list of PlannedCell
        One for each cell of the notebook.
    """
    apart = instructions.are_apart(grader_setup)
    given = {cell.get("id"): cell.source for cell in released.cells} if released else {}
    planned, seen, begun, ours = [], set(), False, set[str]()
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if cell.cell_type != "code" or name in seen:
            planned.append(PlannedCell(cell.source, name))
        elif name not in instructions.sources:
            begun = begun or bool(name) or given.get(cell.get("id")) != cell.source
            planned.append(PlannedCell(cell.source, name, on_student_side=True, draws=begun))
        else:
            points, source = instructions.points.get(name), instructions.sources[name]
            how = by_name.apart.get(name) if points is not None and not apart else None
            on_grader_side = (apart and (points is not None or _matches(name, grader_setup))) or how is not None
            if by_name.apart and not apart and points is None and _is_known(source, ours):
                on_grader_side = True
                ours |= bound(source)
            on_student_side = points is None or not on_grader_side
            planned.append(PlannedCell(source, name, on_student_side, on_grader_side, points, apart=how))
        if name:
            seen.add(name)
    return planned


def _is_known(source: str, names: set[str]) -> bool:
    """Whether a locked cell needs no names but these when it runs."""
    wanted = needed(source)
    return wanted is not None and wanted <= names


def _matches(name: str, patterns: list[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)
