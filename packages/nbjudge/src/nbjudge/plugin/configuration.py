"""Checks a course's configuration."""

import logging
import traceback
from pathlib import Path
from urllib.parse import quote

from nbgrader.apps import NbGraderAPI
from nbgrader.converters import Autograde

from .gradebook import sqlite_file
from .plain_log import PlainLog

CONFIG = "nbgrader_config.py"
# Without these steps, students' notebooks would run as the grader's own user.
INDISPENSABLE = {"Rebuild", "ExecuteApart"}
LOG = Path(".cache", "grade.log")


class CourseError(RuntimeError):
    """An nbgrader command failed for a reason that has nothing to do with one submission."""


def why_no_config(error: Exception) -> str:
    """What is wrong in a configuration file that can't be executed, with its path and line."""
    place = f"{error.filename}, line {error.lineno}" if isinstance(error, SyntaxError) else ""
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.endswith(CONFIG):
            place = f"{frame.filename}, line {frame.lineno}"
    said = error.msg if isinstance(error, SyntaxError) else f"{type(error).__name__}: {error}"
    return f"nothing was done, for there is an error in {place or f'a {CONFIG}'}: {said}"


def check_steps(api: NbGraderAPI) -> None:
    """Refuse a configuration with which nbgrader would execute students' code itself.

    Raises
    ------
    CourseError
        The configuration lacks an indispensable step.
    """
    autograde = Autograde(coursedir=api.coursedir, config=api.config)
    steps = [*autograde.sanitize_preprocessors, *autograde.autograde_preprocessors]
    names = {step.rpartition(".")[2] if isinstance(step, str) else step.__name__ for step in steps}
    if missing := INDISPENSABLE - names:
        where = " or in ".join(dict.fromkeys([str(api.coursedir.root), str(Path.cwd())]))
        raise CourseError(
            f"nothing was graded, for students' code would run without a sandbox: {', '.join(sorted(missing))} is not "
            f"in c.Autograde's preprocessors. Is there a {CONFIG} in {where}? It needs the line nbjudge.configure(c), "
            "which 'nbjudge init' adds"
        )


def check_url(db_url: str, file: Path) -> None:
    """Refuse a course path with ? or %: nbgrader puts it into a URL, so that the gradebook would be elsewhere."""
    if db_url == f"sqlite:///{file}" and sqlite_file(db_url) != file:
        raise CourseError(
            f"nbgrader would keep the gradebook in {sqlite_file(db_url)}, for there is a ? or % in the path of the "
            "course folder; give it another name, or write into nbgrader_config.py: "
            f"c.CourseDirectory.db_url = 'sqlite:///{quote(str(file))}'"
        )


def log_to(path: Path) -> logging.Logger:
    """A logger that writes plain lines into a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    log = logging.getLogger(f"nbjudge.{path}")
    log.propagate = False
    log.setLevel(logging.INFO)
    if not log.handlers:
        handler = logging.FileHandler(path, delay=True)
        handler.addFilter(PlainLog())
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(handler)
    return log
