"""The command ``grade``."""

import sys
import warnings
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track
from sqlalchemy.exc import SAWarning

from .course import Course
from .execute.sandbox import bubblewrap
from .marks import read_marks, table


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("assignment")
@click.option(
    "--course-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("."),
    help="The course folder, if it is not this one.",
)
def main(assignment: str, course_dir: Path) -> None:
    """Grade everything handed in for ASSIGNMENT, write the feedback, and print the marks.

    What did not change since it was graded is left as it is. The exit code is 1 if something went wrong that is no
    student's doing.
    """
    # nbgrader's own queries trip these; they say nothing to whoever grades.
    warnings.filterwarnings("ignore", category=SAWarning)
    console = Console(width=None if sys.stdout.isatty() else 140)
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
    problems, failures = {}, 0
    for student in track(students, description=f"Grading {assignment}", console=console):
        broken = course.broken_hand_in(assignment, student)
        problem = broken or course.autograde(assignment, student)
        failures += bool(problem and not broken)
        if problem:
            problems[student] = problem
    for student in track(students, description="Writing the feedback", console=console):
        if problem := course.feedback(assignment, student):
            failures += 1
            problems.setdefault(student, problem)
    marks, most = read_marks(course.db_url, assignment)
    remarks = {student: course.remarks(assignment, student) for student in students}
    console.print(table(marks, most, problems, remarks, f"Marks for {assignment} ({course.root.resolve().name})"))
    waiting = sum(mark.pending > 0 for mark in marks)
    if waiting:
        console.print(f"Waiting for a grader's eyes in formgrader ('jupyter lab'): {waiting}")
    if forgeable := course.forgeable(assignment):
        console.print(f"Tests without 'submission', which student code can forge: {', '.join(forgeable)}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
