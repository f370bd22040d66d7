"""``nbjudge check``: says of each test cell how it is judged, and why."""

import shutil

import click
from rich.table import Table

from ..plugin.course import Course
from ..plugin.folders import by_assignment
from ..plugin.ordinary_tests import FOLDER as FINDINGS
from ..plugin.ordinary_tests import SOLUTIONS, holding_findings
from ..run.disk import course_lock
from ..sandbox.bubblewrap import bubblewrap
from .class_grading import Grading
from .common import course_command
from .marks_table import as_text, terminal
from .rehearsal import rehearsal
from .study import BROKEN

DECLARED = "apart: it asks 'submission'"
APART = "apart, as it is"
INSIDE = "in the student's own process"


@click.command()
@click.argument("assignments", nargs=-1)
@course_command
def check(course: Course, assignments: tuple[str, ...]) -> None:
    """Say of each test cell of the ASSIGNMENTS (all by default) how it is judged, and why.

    The model solution and the untouched release are executed, with each test judged both apart from the student's
    process and in it. Nothing of the course is changed but what is remembered of this for 'nbjudge grade'. The exit
    code is 1 if the model solution loses points, or the untouched release gets some.
    """
    console = terminal()
    complaints: list[str] = []
    if course.sandboxed:
        bubblewrap()
    known = [name for name in by_assignment(course.api.coursedir, "source") if course.notebooks(name)]
    chosen = [course.assignment(each) for each in assignments] or known
    if not chosen:
        raise click.ClickException(f"there is no assignment with a notebook in {course.folder('source', '')}")
    for assignment in chosen:
        with course_lock(course.root), rehearsal(course, assignment) as copy:
            copy.generate(assignment, discard_marks=True)
            with (
                Grading(course, assignment) as grading,
                grading.instead(copy),
                console.status(f"Studying {assignment}"),
            ):
                grading.study()
                complaints += filter(None, [grading.canary()])
            if (copy.root / FINDINGS).is_dir():
                shutil.copytree(copy.root / FINDINGS, course.root / FINDINGS, dirs_exist_ok=True)
            table, inside = _table(copy, assignment)
        console.print(table)
        if inside:
            console.print(
                as_text(
                    f"{inside} run {INSIDE}, as with nbgrader itself, and can be forged there. To have them judged "
                    "apart, let them use plain data (numbers, texts, lists, arrays) and call the student's functions, "
                    f"or ask 'submission'. Further solutions in {SOLUTIONS}/{assignment}/ANY NAME/ are studied, too."
                )
            )
    if complaints:
        raise click.ClickException(f"'nbjudge grade' would grade nobody, for {' '.join(complaints)}")


def _table(course: Course, assignment: str) -> tuple[Table, int]:
    """The table of an assignment, and how many of its test cells run in the student's process."""
    table = Table(title=f"Test cells of {assignment}", title_justify="left")
    for column in ("notebook", "test cell", "judged", "why"):
        table.add_column(column, overflow="fold")
    number = 0
    for notebook in course.notebooks(assignment):
        instructions = course.instructions(assignment, notebook)
        files = course.preparer.assignment(assignment)
        findings = holding_findings(course.root, files, notebook.removesuffix(".ipynb"), instructions)
        apart = findings.by_name.apart if findings else {}
        for test in (name for name in instructions.sources if name in instructions.points):
            if course.is_declared_apart(instructions):
                row = DECLARED, ""
            elif test in apart:
                row = APART, _claims(apart[test].operations or [])
            else:
                row = INSIDE, (findings.inside.get(test) if findings else None) or "it was not studied"
                number += row[1] != BROKEN
            table.add_row(*map(as_text, (notebook, test, *row)))
    return table, number


def _claims(operations: list[str]) -> str:
    # That a test uses variables of the student's is no claim of theirs.
    operations = [each for each in operations if not each.startswith(("name ", "set "))]
    if not operations:
        return "it gives the same marks both ways"
    return f"it gives the same marks both ways; the student's objects are believed: {', '.join(operations)}"
