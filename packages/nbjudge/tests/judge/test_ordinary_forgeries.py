"""Who solves no task gets no points in ordinary tests that are judged apart, sees nothing of them, and harms nobody."""

import os
import sys
import time

import psutil
import pytest

from helpers.ordinary_course import MARKERS, SOLUTIONS, Course, notebook
from helpers.ordinary_forgeries import ALONE, TASKS, TURNS, numbered, sheet
from helpers.ordinary_user import run_as_ordinary_user

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

MOST_SECONDS = 90  # for both executions of one hand-in, whose limits are 25 s each; other tests use the processors, too
FORGERIES = {
    **{f"values-{turn}": sheet(turn) for turn in range(TURNS)},
    **{name: numbered(name) for name in TASKS},
    **ALONE,
}
# What runs in the quick suite: it must not take long.
QUICK = [
    "values-0",
    "counts-the-calls",
    "shadows-of-builtins",
    "names-of-the-answers",
    "states-of-zeros",
]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return Course(tmp_path_factory.mktemp("course"))


def gains_nothing(course, forgery):
    begun = time.monotonic()
    marks = course.marks(notebook(forgery.cells, forgery.first, forgery.last))
    assert time.monotonic() - begun < MOST_SECONDS
    assert marks.points == dict.fromkeys(SOLUTIONS, 0.0)
    assert {name: report.lost for name, report in marks.reports.items() if report.lost} == {}
    assert [marker for marker in MARKERS if marker in marks.seen] == []
    return marks


def test_the_model_solution_earns_all_points(course):
    assert course.wrong == {}
    marks = course.marks(notebook(SOLUTIONS))
    assert marks.points == dict.fromkeys(SOLUTIONS, 3.0) and marks.waiting == []


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in FORGERIES]
)
def test_a_forgery_gains_nothing(course, name):
    gains_nothing(course, FORGERIES[name])


@pytest.mark.slow
def test_the_next_student_is_not_harmed(course):
    for name in ("hangs-the-judge", "states-out-of-bounds", "takes-all-memory", "forks", "stops-its-process"):
        before = set(psutil.pids())
        gains_nothing(course, FORGERIES[name])
        left = [pid for pid in set(psutil.pids()) - before if _is_ours(pid)]
        assert left == [], name
        assert course.marks(notebook(SOLUTIONS)).points == dict.fromkeys(SOLUTIONS, 3.0), name


def _is_ours(pid):
    """Whether a process is a sandbox's or a grader kernel's of this test; the fork server stays."""
    try:
        process = psutil.Process(pid)
        words = " ".join(process.cmdline())
        return "nbjudge.student" in words and os.getpid() in {parent.pid for parent in process.parents()}
    except psutil.NoSuchProcess:
        return False


@pytest.mark.slow
def test_all_of_this_holds_for_an_ordinary_user():
    run_as_ordinary_user(__file__, "-k", "not ordinary_user")
