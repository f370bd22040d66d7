"""``nbjudge grade``: grades everything handed in for an assignment."""

import json
import sys
from dataclasses import asdict
from typing import Any

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from ..handin.files import printable
from ..handin.hand_in import SubmissionKey
from ..plugin.copies import keep_copy
from ..plugin.course import Course
from ..plugin.folders import NotAcceptedError
from ..plugin.marks import Points, changes, read_again, read_marks, read_points
from ..plugin.record.penalties import update_penalties
from ..run.disk import course_lock
from ..run.store import Store
from ..sandbox.bubblewrap import bubblewrap
from .canary import CanaryError
from .class_grading import Grading
from .common import course_command
from .marks_table import as_text, table, terminal
from .rehearsal import rehearsal
from .status import HandInStatus, concerns_all, what_happened
from .study import forgeable

# The exit code if a hand-in can't be graded and its student must correct it.
NOT_ALL_GRADED = 3


@click.command()
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
@click.option("--begin-anew", is_flag=True, help="The gradebook or the secret is lost for good: make a new one.")
@click.option("--json", "as_json", is_flag=True, help="Print the marks as JSON, for machines.")
@course_command
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
    begin_anew: bool,
    as_json: bool,
) -> None:
    """Grade everything handed in for ASSIGNMENT, write the feedback, and print the marks.

    What did not change since it was graded is left as it is, and what was executed is not executed again: after an
    interruption, the same command goes on. The exit code is 0 if every hand-in was graded, 3 if some can't be for
    reasons of their own, and 1 if something went wrong that is no student's doing.
    """
    if begin_anew and (diff or dry_run):
        raise click.UsageError("--begin-anew makes a gradebook, which --diff and --dry-run must not")
    console, assignment = terminal(stderr=as_json), course.assignment(assignment)
    if course.sandboxed:
        bubblewrap()
    students = _students(course, assignment, chosen)
    with course_lock(course.root):
        if dry_run:
            _say_plan(course, assignment, students, force, as_json)
            return
        with Grading(course, assignment, scheduler, workers, force, from_transcripts) as grading:
            confirmed = True
            if diff:
                ended, before, after = _rehearsed(grading, course, assignment, students, no_canary, console)
                _show_changes(ended, before, after, console)
                confirmed = bool(changes(before, after)) and _confirmed(as_json)
            if confirmed:
                keep_copy(course.api.coursedir)
                course.generate(assignment, discard_marks=diff)
                if not diff:
                    _try(grading, no_canary, console)
                ended = _followed(grading, students, f"Grading {assignment}", console)
        if not confirmed:
            if as_json:
                _print_json(ended, changes=changes(before, after), read_again=read_again(before, after))
            sys.exit(_exit_code(ended))
        update_penalties(course.db_url, assignment, course.api.config)
        if not no_feedback:
            ended |= _write_feedback(course, assignment, ended, console)
    _print_marks(course, assignment, ended, console, as_json)
    sys.exit(_exit_code(ended))


def _students(course: Course, assignment: str, chosen: tuple[str, ...]) -> list[str]:
    submitted, students = course.folder("submitted", assignment, "*"), course.students(assignment)
    if not students:
        raise click.ClickException(f"nobody handed in anything: {submitted} is empty")
    if unknown := set(chosen) - set(students):
        raise click.ClickException(f"nothing in {submitted} from {', '.join(sorted(unknown))}")
    return [student for student in students if student in chosen or not chosen]


def _say_plan(course: Course, assignment: str, students: list[str], force: bool, as_json: bool) -> None:
    with rehearsal(course, assignment) as copy:
        copy.generate(assignment, discard_marks=True)
        plan = {student: _plan(copy, assignment, student, force) for student in students}
    if as_json:
        _echo_json({"plan": plan})
        return
    for student, what in plan.items():
        click.echo(printable(f"{student}: {what}"))


def _plan(course: Course, assignment: str, student: str, force: bool) -> str:
    """What a run without ``--dry-run`` would do with a hand-in."""
    try:
        prepared = course.prepare(SubmissionKey(assignment, student), force)
    except NotAcceptedError as error:
        return f"problem: {error}"
    except Exception as error:
        if concerns_all(error):
            raise
        return f"problem: {what_happened(error)}"
    if prepared is None:
        return "nothing"
    kept = Store(course.root)
    executed = not force and all(job.cache_key() in kept for _, job in prepared.notebooks.values())
    return "record" if executed else "execute and record"


def _rehearsed(
    grading: Grading, course: Course, assignment: str, students: list[str], no_canary: bool, console: Console
) -> tuple[dict[str, HandInStatus], dict[str, Points], dict[str, Points]]:
    """Grade in a copy of the course: each hand-in's status there, and the points before and after."""
    with rehearsal(course, assignment) as copy:
        before = read_points(copy.db_url, assignment)
        copy.generate(assignment, discard_marks=True)
        with grading.instead(copy):
            _try(grading, no_canary, console)
            ended = _followed(grading, students, "Comparing", console)
        update_penalties(copy.db_url, assignment, copy.api.config)
        return ended, before, read_points(copy.db_url, assignment)


def _try(grading: Grading, no_canary: bool, console: Console) -> None:
    if not no_canary:
        with console.status("Grading the model solution and the untouched release first"):
            grading.study()
            complaint = grading.canary()
        if complaint:
            raise CanaryError(f"nobody was graded, for {complaint} With --no-canary the class is graded all the same.")


class _RunningColumn(ProgressColumn):
    """A column that shows how many hand-ins are being executed, and how many have failed."""

    def __init__(self, grading: Grading) -> None:
        super().__init__()
        self._grading = grading

    def render(self, task: Task) -> Text:
        """The current text of the column."""
        return Text(f"{self._grading.running} running, {task.fields['failed']} failed,")


def _followed(grading: Grading, students: list[str], what: str, console: Console) -> dict[str, HandInStatus]:
    """Grade with a progress bar on the terminal. Return the status of each student's hand-in."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        _RunningColumn(grading),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    ended, failed = {}, 0
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(what, total=len(students), failed=0)
        for end in grading.grade(students):
            ended[end.student] = end
            failed += bool(end.problem)
            progress.update(task, advance=1, failed=failed)
    return ended


def _show_changes(
    ended: dict[str, HandInStatus], before: dict[str, Points], after: dict[str, Points], console: Console
) -> None:
    """Print the students whose marks would change."""
    would_change, again = changes(before, after), read_again(before, after)
    for student, problem in _problems(ended).items():
        console.print(as_text(f"{student}: problem: {problem}"))
    for student, of_one in would_change.items():
        for cell, points in of_one.items():
            then, now = ("-" if value is None else f"{value:g}" for value in points)
            now = "pending" if cell in again.get(student, []) else now
            console.print(as_text(f"{student}: {cell} {then} -> {now}"))
    everybody = ended.keys() | would_change.keys()
    console.print(f"The marks of {len(would_change)} of {len(everybody)} students would change.")
    if again:
        number = sum(map(len, again.values()))
        console.print(
            as_text(f"Marks given by hand that would have to be looked at again: {number}, of {', '.join(again)}")
        )


def _confirmed(as_json: bool) -> bool:
    try:
        return click.confirm("Record these marks?", err=as_json)
    except click.Abort:  # the end of the input
        return False


def _write_feedback(
    course: Course, assignment: str, ended: dict[str, HandInStatus], console: Console
) -> dict[str, HandInStatus]:
    """Write the feedback pages. Return the status of each student for whom this failed."""
    failed = {}
    with Progress(console=console) as progress:
        for student in progress.track(ended, description="Writing the feedback"):
            if problem := course.feedback(SubmissionKey(assignment, student)):
                failed[student] = HandInStatus(student, ended[student].problem or problem, failed=True)
    return failed


def _problems(ended: dict[str, HandInStatus]) -> dict[str, str]:
    return {student: end.problem for student, end in ended.items() if end.problem}


def _exit_code(ended: dict[str, HandInStatus]) -> int:
    if any(end.failed for end in ended.values()):
        return 1
    return NOT_ALL_GRADED if _problems(ended) else 0


def _print_json(ended: dict[str, HandInStatus], **more: Any) -> None:
    failed = [student for student, end in ended.items() if end.failed]
    _echo_json(more | {"problems": _problems(ended), "failed": failed})


def _echo_json(content: dict[str, Any]) -> None:
    """Print JSON that strict parsers accept, too: names of files may contain bytes that are not UTF-8."""
    text = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
    click.echo(json.dumps(json.loads(text), indent=1))


def _print_marks(
    course: Course, assignment: str, ended: dict[str, HandInStatus], console: Console, as_json: bool
) -> None:
    marks, most = read_marks(course.db_url, assignment)
    everybody = ended.keys() | {mark.student for mark in marks}
    remarks = {student: course.remarks(SubmissionKey(assignment, student)) for student in sorted(everybody)}
    for student in sorted({mark.student for mark in marks} - {*course.students(assignment)}):
        folder = course.folder("submitted", assignment, student)
        remarks[student] = [f"{folder} is not there any more; these marks are of what was in it"]
    if as_json:
        _print_json(ended, marks=[mark.as_json() for mark in marks], most=asdict(most), remarks=remarks)
        return
    title = f"Marks for {assignment} ({course.api.coursedir.course_id or course.root.resolve().name})"
    console.print(table(marks, most, _problems(ended), remarks, title))
    if waiting := sum(mark.pending > 0 for mark in marks):
        console.print(f"Hand-ins that wait for a grader in formgrader ('jupyter lab'): {waiting}")
    if first := next((mark for mark in marks if mark.waiting), None):
        test = first.waiting[0].rpartition("/")[2]
        console.print(
            as_text(
                "A test that waits passes only in the student's own process: a forgery, or something that can't be "
                f"carried across. See 'nbjudge explain {first.student} {test}', look at the student's code, and give "
                "the points."
            )
        )
    if found := forgeable(course, assignment):
        where = ", ".join(f"{name} ({len(cells)} of {of})" for name, (cells, of, _) in found.items())
        console.print(as_text(f"Tests in the student's process, which can forge them: {where}; see 'nbjudge check'"))
        for name, (*_, doubt) in found.items():
            if doubt:
                console.print(as_text(f"{name}: is that meant? {doubt}."))
