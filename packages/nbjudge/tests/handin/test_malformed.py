"""A malformed notebook is graded for the honest text in it, or refused in a clear line, and earlier results stay."""

import json
import shutil
import sys

import pytest

from helpers import commands
from helpers.malformed import MALFORMED, UNREADABLE, malformed
from helpers.tiny_class import build, grade, marks, notebooks, ordinary

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

STUDENTS = {name.replace(" ", "-"): do for name, do in MALFORMED.items()}
REFUSED = {name.replace(" ", "-") for name in UNREADABLE}
# What is left of it is no right answer.
EMPTY = {"no-cells", "cells-that-are-none", "cells-of-another-kind"}
EMPTY |= {"a-source-that-is-none", "a-null-character", "half-a-character"}


class Class:
    """All had right answers, and handed in something else."""

    def __init__(self, course):
        self.course = course
        build(course, dict.fromkeys(STUDENTS, "3"))
        first, *others = course.glob("submitted/*/ex1/work.ipynb")
        for path in others:  # the same is executed once
            shutil.copy(first, path)
        grade(course, "--no-feedback")
        self.before = notebooks(course)
        for student, do in STUDENTS.items():
            path = course / "submitted" / student / "ex1" / "work.ipynb"
            path.write_bytes(malformed(ordinary("1"), do))


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    return Class(tmp_path_factory.mktemp("malformed") / "course")


def by_grade(course):
    said = json.loads(grade(course, "--no-canary", "--json", code=3).stdout)
    assert said["failed"] == []
    return said["problems"]


def by_nbgrader(course):
    done = commands.run("nbgrader", "autograde", "ex1", "--force", cwd=course)
    assert done.returncode == 1 and "\x1b" not in done.stderr and "Removing failed" not in done.stderr
    assert "Traceback" not in done.stderr and "JSON is invalid" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if " is not graded: " in line]
    return {line.split("/submitted/")[1].split("/")[0]: line for line in lines}


@pytest.fixture(scope="module", params=[by_grade, by_nbgrader])
def graded(request, handed_in, tmp_path_factory):
    course = shutil.copytree(handed_in.course, tmp_path_factory.mktemp("graded") / "course")
    return course, request.param(course), notebooks(course)


def test_what_can_be_read_is_graded(graded):
    scores = marks(graded[0])
    assert {student for student, score in scores.items() if score != 2} == EMPTY | REFUSED


def test_what_cant_be_read_is_refused_and_earlier_results_stay(graded, handed_in):
    _, problems, notebooks = graded
    assert problems.keys() == REFUSED
    assert all("work.ipynb is not a readable notebook (" in problem for problem in problems.values())
    assert {student: notebooks[student] for student in REFUSED} == {s: handed_in.before[s] for s in REFUSED}
