"""The common part of all commands on a course folder."""

import sys
import warnings
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from ..handin.files import printable_lines
from ..plugin.configuration import CourseError
from ..plugin.copies import LostError, what_is_lost
from ..plugin.course import Course
from ..plugin.extensions import ExtensionError
from ..plugin.gradebook import translate_database_errors
from ..run.disk import BusyError
from ..sandbox.bubblewrap import SandboxError
from .canary import CanaryError


class NotGradedError(LookupError):
    """There is no transcript of this test cell."""


def course_command(command: Callable[..., None]) -> Callable[..., None]:
    """Call a command with its `Course`, given by ``--course-dir``; an error that stops it becomes one line."""

    @click.option(
        "--course-dir",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        default=Path("."),
        help="The course folder, if it is not this one.",
    )
    @wraps(command)
    def run(course_dir: Path, **options: Any) -> None:
        # nbgrader's own queries cause these warnings; they are of no use to the person who grades.
        warnings.filterwarnings("ignore", category=SAWarning)
        begin_anew = options.get("begin_anew", False)
        course = Course(course_dir, Config({"CopiesFirst": {"begin_anew": begin_anew}}))
        try:
            with translate_database_errors(course.db_url):
                lost = what_is_lost(course.api.coursedir)
                if lost and not begin_anew:
                    raise LostError(lost)
                if begin_anew and not lost:
                    raise click.UsageError("--begin-anew is for a gradebook or a secret that is lost; both are there")
                command(course, **options)
        except click.ClickException as error:
            error.message = printable_lines(error.message)  # type: ignore[misc]  # final for click's own subclasses
            raise
        except KeyboardInterrupt:
            click.echo("Interrupted. What is graded stays; run the same command again to go on.", err=True)
            sys.exit(130)
        except OSError as error:
            message = f"stopped in {course.root.resolve()}: {error}. What is graded stays; mend this, and run the same"
            raise click.ClickException(printable_lines(f"{message} command again to go on.")) from error
        except (BusyError, CanaryError, CourseError, ExtensionError, LostError, NotGradedError, SandboxError) as error:
            raise click.ClickException(printable_lines(str(error))) from error

    return run
