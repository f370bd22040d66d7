"""Saves the instructor's cells in the gradebook, even after students have handed in the assignment."""

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import (
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    Notebook,
    SolutionCell,
    SourceCell,
    SubmittedNotebook,
    TaskCell,
)
from nbgrader.preprocessors import SaveCells as NbgradersSaveCells
from traitlets import Bool

from ...handin.cells import grade_ids
from ..gradebook import sqlite_file

KINDS = (GradeCell, SolutionCell, TaskCell, SourceCell)


class SettledMarksError(RuntimeError):
    """A change of the assignment would remove cells for which graders have given marks."""


class SaveCells(NbgradersSaveCells):
    """Do what nbgrader's SaveCells does; also add and remove cells when there are hand-ins, which nbgrader refuses.

    Marks for other cells, comments, extensions and the deadline stay. Each student who handed in gets an empty mark for
    each new cell. A cell whose id has changed counts as the same cell if its text has not changed.
    """

    discard_marks = Bool(
        False, help="Whether to take out cells that have settled marks given by hand, and these marks with them."
    ).tag(config=True)

    def _create_notebook(self, nb: NotebookNode) -> None:
        with suppress(MissingEntry):
            notebook = self.gradebook.find_notebook(self.notebook_id, self.assignment_id)
            if notebook.submissions:
                notebook.kernelspec = json.dumps(nb.metadata.get("kernelspec", {}))
                self._change_cells(notebook)
        super()._create_notebook(nb)  # nbgrader accepts it, because it finds the same cells now

    def _change_cells(self, notebook: Notebook) -> None:
        """Change the notebook's cells in the gradebook to those of the source."""
        session = self.gradebook.db
        of_kinds = (self.new_grade_cells, self.new_solution_cells, self.new_task_cells, self.new_source_cells)
        for old, new in self._renamed(notebook).items():
            self.log.warning("The cell %s is called %s now", old, new)
            for cell in [*notebook._base_cells, *notebook.source_cells]:
                if cell.name == old:
                    cell.name = new
        for kind, wanted in zip(KINDS, of_kinds, strict=True):
            there = {cell.name: cell for cell in session.query(kind).filter_by(notebook_id=notebook.id)}
            gone = [cell for name, cell in there.items() if name not in wanted]
            if kind is not SourceCell:
                grades = session.query(Grade).filter(Grade.cell_id.in_([cell.id for cell in gone])).all()
                comments = session.query(Comment).filter(Comment.cell_id.in_([cell.id for cell in gone])).all()
                refuse_to_discard(grades, self.discard_marks)
                gone = [*grades, *comments, *gone]
            for entry in gone:
                session.delete(entry)
            session.flush()
            for name in wanted.keys() - there.keys():
                cell = kind(name=name, notebook=notebook, **wanted[name])
                session.add(cell)
                session.flush()
                for submitted in notebook.submissions:
                    if kind in (GradeCell, TaskCell):
                        session.add(Grade(cell_id=cell.id, notebook=submitted))
                    if kind in (SolutionCell, TaskCell):
                        session.add(Comment(cell_id=cell.id, notebook=submitted))
        session.commit()
        session.expire_all()

    def _renamed(self, notebook: Notebook) -> dict[str, str]:
        """The new ids of cells whose ids have changed, by their old ids."""
        there = {cell.name: (cell.cell_type, cell.source) for cell in notebook.source_cells}
        wanted = {name: (cell["cell_type"], cell["source"]) for name, cell in self.new_source_cells.items()}
        old, new = (
            _only_of_their_kind({name: text for name, text in some.items() if name not in others})
            for some, others in ((there, wanted), (wanted, there))
        )
        return {old[text]: new[text] for text in old.keys() & new.keys()}


def change_notebooks(db_url: str, assignment: str, source: Path, discard_marks: bool) -> None:
    """Change an assignment's notebooks in the gradebook to those of the source, if somebody has handed it in.

    Nbgrader would refuse this before it calls `SaveCells`. A notebook whose name has changed counts as the same
    notebook if most of its cells are the same.

    Parameters
    ----------
    db_url : str
        The address of the gradebook.
    assignment : str
        The name of the assignment.
    source : Path
        The folder of the source.
    discard_marks : bool
        Whether settled marks given by hand may be lost.

    Raises
    ------
    SettledMarksError
        Settled marks would be lost.
    """
    if (file := sqlite_file(db_url)) and not file.exists():  # the gradebook must not be made here
        return
    with Gradebook(db_url) as gradebook:
        try:
            entry = gradebook.find_assignment(assignment)
        except MissingEntry:
            return
        if not entry.submissions:
            return
        there = {notebook.name: notebook for notebook in entry.notebooks}
        wanted = {path.stem: path for path in source.glob("[!.]*.ipynb")}
        gone, new = there.keys() - wanted.keys(), wanted.keys() - there.keys()
        for name in sorted(new):
            idents = grade_ids(nbformat.read(wanted[name], as_version=4))
            same = [old for old in gone if _are_alike(idents, {cell.name for cell in there[old].source_cells})]
            if len(same) == 1:
                there[same[0]].name = name
                gone.discard(same[0])
                continue
            notebook = Notebook(name=name, assignment=entry)
            gradebook.db.add(notebook)
            gradebook.db.add_all(
                SubmittedNotebook(notebook=notebook, assignment=submission) for submission in entry.submissions
            )
        grades = (grade for old in gone for submitted in there[old].submissions for grade in submitted.grades)
        refuse_to_discard(grades, discard_marks)
        gradebook.db.commit()
        for name in gone:
            gradebook.remove_notebook(name, assignment)


def refuse_to_discard(grades: Iterable[Grade], discard: bool) -> None:
    """Refuse to lose settled marks given by hand, unless this is wanted.

    Raises
    ------
    SettledMarksError
        Settled marks would be lost, and `discard` is not set.
    """
    given = [grade for grade in grades if grade.manual_score is not None and not grade.needs_manual_grade]
    if given and not discard:
        cells, students = ({getattr(each, key) for each in given} for key in ("name", "student"))
        whose = ", ".join(sorted(student.id for student in students))
        raise SettledMarksError(
            f"{len(given)} marks given by hand would be lost with {', '.join(sorted(cells))}, of {whose}; "
            "'nbjudge grade ASSIGNMENT --diff' shows all that would change, and does it if you say yes"
        )


def _are_alike(some: set[str], others: set[str]) -> bool:
    return 2 * len(some & others) > len(some | others)


def _only_of_their_kind(texts: dict[str, tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The names by text; only for texts that occur once."""
    every = list(texts.values())
    return {text: name for name, text in texts.items() if every.count(text) == 1}
