"""The command ``grade``."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from .command import of_a_course
from .course import Course
from .execute.sandbox import bubblewrap
from .execute.store import Store
from .explain import explanation
from .marks import read_marks, table
from .record.penalties import update_penalties
from .temporary import alone
from .whole_class import Ended, Grading

# The exit code if a hand-in can't be graded, which is for its student to mend.
NOT_ALL_GRADED = 3


class _Commands(click.Group):
    """What is no other command is the name of an assignment: ``grade ex04``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["class", *args]
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, "[class] ASSIGNMENT [OPTIONS]")
        formatter.write_usage(ctx.command_path, "explain STUDENT TEST-ID [OPTIONS]")


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Grade a class, and say why a mark is what it is."""


@main.command("class")
@click.argument("assignment")
@click.option("--student", "chosen", multiple=True, help="Grade this student only; may be given several times.")
@click.option("--workers", type=click.IntRange(1), help="Hand-ins executed at one time; else one per processor.")
@click.option("--scheduler", help="Address of a Dask scheduler on whose workers to execute, such as tls://head:8786.")
@click.option("--force", is_flag=True, help="Execute and grade again what was graded before.")
@click.option("--from-transcripts", is_flag=True, help="When tests have changed: judge again, execute nothing.")
@click.option("--diff", is_flag=True, help="Show whose marks would change, and ask before they do.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--no-canary", is_flag=True, help="Don't grade the model solution and the release first.")
@click.option("--no-feedback", is_flag=True, help="Leave the feedback pages for later.")
@click.option("--json", "as_json", is_flag=True, help="Print the marks as JSON, for machines.")
@of_a_course
def grade(
    course: Course,
    assignment: str,
    chosen: tuple[str, ...],
    workers: int | None,
    scheduler: str | None,
    force: bool,
    from_transcripts: bool,
    diff: bool,
    dry_run: bool,
    no_canary: bool,
    no_feedback: bool,
    as_json: bool,
) -> None:
    """Grade everything handed in for ASSIGNMENT, write the feedback, and print the marks.

    What did not change since it was graded is left as it is, and what was executed is not executed again: after an
    interruption, the same command goes on. The exit code is 0 if every hand-in was graded, 3 if some can't be for
    reasons of their own, and 1 if something went wrong that is no student's doing.
    """
    console = Console(width=None if sys.stdout.isatty() else 140, stderr=as_json)
    if course.sandboxed:
        bubblewrap()
    students = _students(course, assignment, chosen)
    with alone(course.root):
        if dry_run:
            with course.for_rehearsal(assignment) as copy:
                for student in students:
                    console.print(f"{student}: {_plan(copy, assignment, student, force)}", markup=False)
            return
        if not diff:
            course.generate(assignment)
        with Grading(course, assignment, scheduler, workers, force, from_transcripts) as grading:
            if diff:
                with course.for_rehearsal(assignment) as copy, grading.rehearsal(copy):
                    _try(grading, no_canary, console)
                    rehearsed = _followed(grading.grade(students), len(students), "Comparing", console)
                if not _show_changes(rehearsed, console) or not _confirmed(as_json):
                    return
                course.generate(assignment)
            else:
                _try(grading, no_canary, console)
            ended = _followed(grading.grade(students), len(students), f"Grading {assignment}", console)
        problems = {student: end.problem for student, end in ended.items() if end.problem}
        failures = sum(end.failed for end in ended.values())
        update_penalties(course.db_url, assignment, course.api.config)
        if not no_feedback:
            unwritten = _write_feedback(course, assignment, students, console)
            problems, failures = unwritten | problems, failures + len(unwritten)
    _print_marks(course, assignment, students, problems, console, as_json)
    sys.exit(1 if failures else NOT_ALL_GRADED if problems else 0)


@main.command()
@click.argument("student")
@click.argument("test_id")
@of_a_course
def explain(course: Course, student: str, test_id: str) -> None:
    """Say why the mark of STUDENT for the test cell TEST-ID is what it is."""
    Console(width=None if sys.stdout.isatty() else 140).print(explanation(course, student, test_id))


def _students(course: Course, assignment: str, chosen: tuple[str, ...]) -> list[str]:
    submitted, students = course.root / "submitted", course.students(assignment)
    if not students:
        raise click.ClickException(f"nobody handed in anything: {submitted}/*/{assignment} is empty")
    if unknown := set(chosen) - set(students):
        raise click.ClickException(f"nothing in {submitted} from {', '.join(sorted(unknown))}")
    return [student for student in students if student in chosen or not chosen]


def _plan(course: Course, assignment: str, student: str, force: bool) -> str:
    """What would be done about a hand-in."""
    if broken := course.broken_hand_in(assignment, student):
        return f"problem: {broken}"
    if not force and course.is_current(assignment, student):
        return "nothing"
    kept, prepared = Store(course.root), course.preparer.prepare(assignment, student)
    executed = not force and all(job.digest() in kept for _, job in prepared.notebooks.values())
    return "record" if executed else "execute and record"


def _try(grading: Grading, no_canary: bool, console: Console) -> None:
    if not no_canary:
        with console.status("Grading the model solution and the untouched release first"):
            grading.canary()


def _followed(grading: Iterator[Ended], total: int, what: str, console: Console) -> dict[str, Ended]:
    """What became of each student, with a bar on the terminal meanwhile."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[running]} running, {task.fields[failed]} failed,"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    ended, failed = {}, 0
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(what, total=total, running=0, failed=0)
        for end in grading:
            ended[end.student] = end
            failed += bool(end.problem)
            progress.update(task, advance=1, running=end.running, failed=failed)
    return ended


def _show_changes(ended: dict[str, Ended], console: Console) -> bool:
    """Print whose marks would change; whether there are any."""
    for student, end in ended.items():
        if end.problem:
            console.print(f"{student}: problem: {end.problem}", markup=False)
        for cell, (before, now) in end.changes.items():
            console.print(f"{student}: {cell} {'-' if before is None else f'{before:g}'} -> {now:g}", markup=False)
    changed = [student for student, end in ended.items() if end.changes]
    console.print(f"The marks of {len(changed)} of {len(ended)} students would change.")
    return bool(changed)


def _confirmed(as_json: bool) -> bool:
    try:
        return click.confirm("Record these marks?", err=as_json)
    except click.Abort:  # the end of the input
        return False


def _write_feedback(course: Course, assignment: str, students: list[str], console: Console) -> dict[str, str]:
    """Write the feedback pages; what went wrong, by student."""
    problems = {}
    with Progress(console=console) as progress:
        for student in progress.track(students, description="Writing the feedback"):
            if problem := course.feedback(assignment, student):
                problems[student] = problem
    return problems


def _print_marks(
    course: Course, assignment: str, students: list[str], problems: dict[str, str], console: Console, as_json: bool
) -> None:
    marks, most = read_marks(course.db_url, assignment)
    remarks = {student: course.remarks(assignment, student) for student in students}
    if as_json:
        said = {"marks": [asdict(mark) | {"total": mark.total} for mark in marks], "most": asdict(most)}
        click.echo(json.dumps(said | {"problems": problems, "remarks": remarks}, indent=1))
        return
    console.print(table(marks, most, problems, remarks, f"Marks for {assignment} ({course.root.resolve().name})"))
    waiting = sum(mark.pending > 0 for mark in marks)
    if waiting:
        console.print(f"Waiting for a grader's eyes in formgrader ('jupyter lab'): {waiting}")
    if forgeable := course.forgeable(assignment):
        console.print(f"Tests without 'submission', which student code can forge: {', '.join(forgeable)}")


if __name__ == "__main__":
    main()
