"""Commands, run in this process, which saves starting one."""

import contextlib

import nbformat
from click.testing import CliRunner
from nbjudge.commands.grade import grade as grade_command
from nbjudge.plugin.course import Course

from helpers.tiny_course import cell


def run(course, *words, command=grade_command, answer=None, code=0):
    """Run a command in the course folder; what it says, in one piece."""
    with contextlib.chdir(course):
        done = CliRunner().invoke(command, words, input=answer)
    assert code in (None, done.exit_code) and (done.exception is None or isinstance(done.exception, SystemExit)), (
        done.output + repr(done.exception)
    )
    return done.output


def grade(course, *words, **keywords):
    return run(course, "ex1", "--no-canary", *words, **keywords)


def autograde(course):
    """Do what ``nbgrader generate_assignment ex1`` and ``nbgrader autograde ex1`` do."""
    with contextlib.chdir(course):
        api = Course(course).api
        (student,) = api.get_submitted_students("ex1")
        for done in (api.generate_assignment("ex1"), api.autograde("ex1", student)):
            assert done["success"], done
    return course / "autograded" / student / "ex1"


def change(course, ident, source, points=None):
    """Change a test as an instructor does."""
    path = course / "source" / "ex1" / "work.ipynb"
    notebook = nbformat.read(path, as_version=4)
    test = cell(notebook, ident)
    test.source = source
    if points is not None:
        test.metadata.nbgrader.points = points
    nbformat.write(notebook, path)


def differences(said):
    return sorted(line for line in said.splitlines() if " -> " in line)
