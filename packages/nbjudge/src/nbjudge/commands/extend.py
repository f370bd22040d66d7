"""``nbjudge extend``: gives one student more time."""

import os
from datetime import datetime

import click

from ..handin.files import printable
from ..handin.hand_in import SubmissionKey
from ..plugin.course import Course
from ..plugin.extensions import TIME, grant, take_back
from ..plugin.record.penalties import update_penalties
from .common import course_command


@click.command()
@click.argument("assignment")
@click.argument("student")
@click.option("--days", type=click.IntRange(1, 3650), help="So many days after the deadline.")
@click.option("--until", type=click.DateTime([TIME]), help='Until this time, such as "2027-02-03 23:59 UTC".')
@click.option("--remove", is_flag=True, help="Take the extension back.")
@course_command
def extend(
    course: Course, assignment: str, student: str, days: int | None, until: datetime | None, remove: bool
) -> None:
    """Give STUDENT more time for ASSIGNMENT, and work out the late penalties again.

    Extensions do not add up: the last one counts. Nothing is executed.
    """
    if (days is not None) + (until is not None) + remove != 1:
        raise click.UsageError("say either --days, --until or --remove")
    key = SubmissionKey(os.path.normpath(assignment), student)
    deadline = take_back(course, key) if remove else grant(course, key, days, until)
    click.echo(f"{student} has until {deadline} for {key.assignment}.")
    if changed := update_penalties(course.db_url, key.assignment, course.api.config):
        click.echo(f"The late penalty has changed for: {', '.join(map(printable, changed))}.")
        click.echo(f"'nbjudge grade {key.assignment}' writes their feedback anew.")
