"""The command ``grade``."""

import json
import sys
import warnings
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track
from sqlalchemy.exc import SAWarning

from .course import Course
from .execute.sandbox import bubblewrap
from .execute.store import Store
from .marks import read_marks, table
from .whole_class import grade_class


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("assignment")
@click.option(
    "--course-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("."),
    help="The course folder, if it is not this one.",
)
@click.option("--student", "chosen", multiple=True, help="Grade this student only; may be given several times.")
@click.option("--workers", type=click.IntRange(1), help="Hand-ins executed at one time; else one per processor.")
@click.option("--scheduler", help="Address of a Dask scheduler on whose workers to execute, such as tls://head:8786.")
@click.option("--force", is_flag=True, help="Execute and grade again what was graded before.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the marks as JSON, for machines.")
def main(
    assignment: str,
    course_dir: Path,
    chosen: tuple[str, ...],
    workers: int | None,
    scheduler: str | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Grade everything handed in for ASSIGNMENT, write the feedback, and print the marks.

    What did not change since it was graded is left as it is, and what was executed is not executed again: after an
    interruption, the same command goes on. The exit code is 1 if something went wrong that is no student's doing.
    """
    # nbgrader's own queries trip these; they say nothing to whoever grades.
    warnings.filterwarnings("ignore", category=SAWarning)
    console = Console(width=None if sys.stdout.isatty() else 140, stderr=as_json)
    course = Course(course_dir)
    try:
        if course.sandboxed:
            bubblewrap()
        course.generate(assignment)
    except (RuntimeError, OSError) as error:
        raise click.ClickException(str(error)) from error
    students = course.students(assignment)
    if not students:
        raise click.ClickException(f"nobody handed in anything: {course_dir / 'submitted'}/*/{assignment} is empty")
    if unknown := set(chosen) - set(students):
        raise click.ClickException(f"nothing in {course_dir / 'submitted'} from {', '.join(sorted(unknown))}")
    students = [student for student in students if student in chosen or not chosen]
    if dry_run:
        for student in students:
            console.print(f"{student}: {_plan(course, assignment, student, force)}", markup=False)
        return
    problems, failures = {}, 0
    grading = grade_class(course, assignment, students, scheduler, workers, force)
    try:
        for ended in track(grading, total=len(students), description=f"Grading {assignment}", console=console):
            failures += ended.failed
            if ended.problem:
                problems[ended.student] = ended.problem
    except KeyboardInterrupt:
        click.echo("Interrupted. What is graded stays; run the same command again to go on.", err=True)
        sys.exit(130)
    except OSError as error:
        raise click.ClickException(f"grading stopped: {error}; run the same command again to go on") from error
    for student in track(students, description="Writing the feedback", console=console):
        if problem := course.feedback(assignment, student):
            failures += 1
            problems.setdefault(student, problem)
    marks, most = read_marks(course.db_url, assignment)
    remarks = {student: course.remarks(assignment, student) for student in students}
    if as_json:
        said = {"marks": [asdict(mark) | {"total": mark.total} for mark in marks], "most": asdict(most)}
        click.echo(json.dumps(said | {"problems": problems, "remarks": remarks}, indent=1))
        sys.exit(1 if failures else 0)
    console.print(table(marks, most, problems, remarks, f"Marks for {assignment} ({course.root.resolve().name})"))
    waiting = sum(mark.pending > 0 for mark in marks)
    if waiting:
        console.print(f"Waiting for a grader's eyes in formgrader ('jupyter lab'): {waiting}")
    if forgeable := course.forgeable(assignment):
        console.print(f"Tests without 'submission', which student code can forge: {', '.join(forgeable)}")
    sys.exit(1 if failures else 0)


def _plan(course: Course, assignment: str, student: str, force: bool) -> str:
    """What would be done about a hand-in."""
    if broken := course.broken_hand_in(assignment, student):
        return f"problem: {broken}"
    if not force and course.is_current(assignment, student):
        return "nothing"
    kept = Store(course.root)
    executed = not force and all(job.digest() in kept for job in course.jobs(assignment, student))
    return "record" if executed else "execute and record"


if __name__ == "__main__":
    main()
