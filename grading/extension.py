"""The command ``extend``: more time for one student."""

import os
from datetime import datetime, timedelta
from difflib import get_close_matches

import click
from nbgrader.api import Assignment, Gradebook, MissingEntry

from .command import of_a_course
from .copies import keep_copy
from .course import Course
from .record.penalties import update_penalties
from .sanitize.hand_in import printable

TIME = "%Y-%m-%d %H:%M UTC"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("assignment")
@click.argument("student")
@click.option("--days", type=click.IntRange(1, 3650), help="So many days after the deadline.")
@click.option("--until", type=click.DateTime([TIME]), help='Until this time, such as "2027-02-03 23:59 UTC".')
@click.option("--remove", is_flag=True, help="Take the extension back.")
@of_a_course
def main(course: Course, assignment: str, student: str, days: int | None, until: datetime | None, remove: bool) -> None:
    """Give STUDENT more time for ASSIGNMENT, and work out the late penalties again.

    Extensions do not add up: the last one counts. Nothing is executed.
    """
    if (days is not None) + (until is not None) + remove != 1:
        raise click.UsageError("say either --days, --until or --remove")
    assignment = os.path.normpath(assignment)
    with Gradebook(course.db_url) as gradebook:
        entry = _find_assignment(gradebook, assignment)
        _refuse_a_stranger(gradebook, course, assignment, student)
        extension = timedelta(0) if remove else _extension(entry, days, until)
        keep_copy(course.api.coursedir)
        if not remove:
            gradebook.update_or_create_student(student)
            gradebook.update_or_create_submission(assignment, student)
        try:
            gradebook.grant_extension(assignment, student, minutes=extension / timedelta(minutes=1))
        except MissingEntry:
            raise click.ClickException(f"{student} has no extension for {assignment}") from None
        deadline = f"{gradebook.find_submission(assignment, student).duedate:{TIME}}" if entry.duedate else "any time"
        if remove:
            _remove_unless_used(gradebook, course, assignment, student)
    click.echo(f"{student} has until {deadline} for {assignment}.")
    if changed := update_penalties(course.db_url, assignment, course.api.config):
        click.echo(f"The late penalty has changed for: {', '.join(map(printable, changed))}.")
        click.echo(f"'grade {assignment}' writes their feedback anew.")


def _find_assignment(gradebook: Gradebook, assignment: str) -> Assignment:
    try:
        entry = gradebook.find_assignment(assignment)
    except MissingEntry:
        known = [entry.name for entry in gradebook.assignments]
        raise click.ClickException(
            f"there is no assignment {assignment} in the gradebook{_instead(assignment, known)}"
        ) from None
    if not entry.notebooks:
        # With a student's name in it, nbgrader would not take the notebooks into the gradebook any more.
        raise click.ClickException(
            f"the gradebook does not know the notebooks of {assignment} yet; generate the release first: "
            f"nbgrader generate_assignment {assignment}"
        )
    return entry


def _refuse_a_stranger(gradebook: Gradebook, course: Course, assignment: str, student: str) -> None:
    """Refuse a student who is not in the gradebook and has not handed in anything."""
    known = {entry.id for entry in gradebook.students} | set(course.students(assignment))
    if student not in known:
        raise click.ClickException(
            f"nobody knows a student {student}{_instead(student, sorted(known))} "
            f"Who has handed in nothing yet is made known by: nbgrader db student add {student}"
        )


def _extension(entry: Assignment, days: int | None, until: datetime | None) -> timedelta:
    if entry.duedate is None:
        raise click.ClickException(
            f"{entry.name} has no deadline, so nobody is late; set one first: "
            f'nbgrader db assignment add {entry.name} --duedate="2027-01-31 23:59:00 UTC"'
        )
    if days is not None:
        return timedelta(days=days)
    if until <= entry.duedate:
        raise click.ClickException(f"--until is not after the deadline of everybody, {entry.duedate:{TIME}}")
    return until - entry.duedate


def _remove_unless_used(gradebook: Gradebook, course: Course, assignment: str, student: str) -> None:
    """Remove a submission that is there for the extension alone: with it, nbgrader refuses to add or remove tests."""
    submission = gradebook.find_submission(assignment, student)
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
    is_graded = any(grade.auto_score is not None or grade.manual_score is not None for grade in grades)
    if not is_graded and student not in course.students(assignment):
        gradebook.remove_submission(assignment, student)


def _instead(name: str, known: list[str]) -> str:
    """What somebody may have meant who wrote a name that nobody knows."""
    meant = get_close_matches(name, known)
    return f"; did you mean {' or '.join(map(printable, meant))}?" if meant else "."


if __name__ == "__main__":
    main()
