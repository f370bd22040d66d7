"""A class with ordinary tests: studied, judged apart, and explained."""

import sqlite3
import sys

import nbformat
import pytest
from nbformat.v4 import new_notebook
from nbjudge.commands.check import check as check_command
from nbjudge.commands.explain import explain as explain_command
from nbjudge.plugin.ordinary_tests import read_findings

from helpers.gradebooks import begin, totals
from helpers.in_process import run
from helpers.tiny_course import build, hand_in, marked

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),  # nbgrader's own
]

TESTS = {
    "squares-right": "assert squares(3) == [0, 1, 4] and squares(0) == []",
    "squares-errors": "import pytest\nwith pytest.raises(ValueError):\n    squares(-1)",
    "length": "assert len(Pile(1, 2)) == 2",
    "inside": "assert get_ipython().user_ns['squares'](1) == [0]",
}
RIGHT = {
    "squares": "def squares(n):\n    if n < 0:\n        raise ValueError(n)\n    return [k * k for k in range(n)]",
    "pile": "class Pile(list):\n    def __init__(self, *items):\n        super().__init__(items)",
}
POINTS = {"squares-right": 2, "squares-errors": 1, "length": 1, "inside": 1}


def notebook(solution=False, **answers):
    """The instructor's notebook, or a student's with these answers in the places of the right ones."""
    sources = {
        name: f"### BEGIN SOLUTION: write {name}\n{source}\n### END SOLUTION" if solution else answers.get(name, source)
        for name, source in RIGHT.items()
    }
    cells = [marked(name, source, solution=True) for name, source in sources.items()]
    cells += [marked(name, test, grade=True, locked=True, points=POINTS[name]) for name, test in TESTS.items()]
    python = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": python})


FORGED = """
class Anything:
    def __eq__(self, other):
        return True
    def __init__(self, n):
        if n < 0:
            raise ValueError(n)
    def __getitem__(self, k):
        return [0][k]
squares = Anything
"""
OWN_CLASS = """
class Numbers(list):
    pass
def squares(n):
    if n < 0:
        raise ValueError(n)
    return Numbers(k * k for k in range(n))
"""
STUDENTS = {
    "ada": {},
    "ben": {"squares": "def squares(n):\n    return [k * k for k in range(n)]"},
    "cleo": {"squares": FORGED},
    "dora": {"squares": OWN_CLASS},
    "eve": {"pile": "class Pile(list):\n    def __init__(self, *items):\n        pass"},
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The course, and what `check` and `grade` said."""
    course = tmp_path_factory.mktemp("apart") / "course"
    build(course, notebook=notebook(solution=True))
    begin(course)
    for student, answers in STUDENTS.items():
        hand_in(course, student, notebook(**answers))
    before = sorted(path.name for path in course.iterdir())
    checked = run(course, "ex1", command=check_command)
    assert {path.name for path in course.iterdir()} - {*before} == {".judged_apart", ".cache", ".course_secret"}
    return course, checked, run(course, "ex1")


def test_check_says_how_each_test_is_judged(graded):
    course, checked, _ = graded
    words = " ".join(checked.split())
    assert words.count("apart, as it is") == 3 and words.count("in the student's own process") >= 1
    assert "get_ipython" in words and "len" in words
    findings = read_findings(course, "ex1", "work")
    assert findings.by_name.apart.keys() == TESTS.keys() - {"inside"}
    assert "len" in findings.by_name.apart["length"].operations
    assert findings.by_name.apart["squares-right"].operations == ["name squares"]


def test_each_gets_what_is_earned(graded):
    course, *_ = graded
    assert totals(course) == {"ada": 5, "ben": 4, "cleo": 3, "dora": 3, "eve": 4}


def test_what_passes_only_in_the_students_process_waits_for_a_grader(graded):
    course, _, said = graded
    with sqlite3.connect(course / "gradebook.db") as gradebook:
        rows = gradebook.execute(
            "select student_id, name from grade join base_cell on base_cell.id = grade.cell_id"
            " join submitted_notebook on grade.notebook_id = submitted_notebook.id"
            " join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id"
            " where needs_manual_grade order by 1, 2"
        ).fetchall()
    assert rows == [("cleo", "squares-right"), ("dora", "squares-right")]
    assert "passes only in the student's own process" in " ".join(said.replace("│", " ").split())
    assert "Waiting for a grader's eyes" in said


def test_the_students_page_says_that_a_grader_will_look_and_accuses_nobody(graded):
    course, *_ = graded
    for student in ("cleo", "dora"):
        page = (course / "feedback" / student / "ex1" / "work.html").read_text()
        assert "A grader will look at this test." in page and "forge" not in page and "squares(0)" not in page


def test_explain_tells_what_was_called(graded):
    course, *_ = graded
    said = run(course, "ada", "squares-right", command=explain_command)
    assert "call" in said and "list(0, 1, 4)" in said
    words = " ".join(run(course, "dora", "squares-right", command=explain_command).split())
    assert "AssertionError" in words and "in the student's process it ran to its end" in words


def test_a_study_is_not_repeated_and_a_changed_test_is_studied(graded, monkeypatch):
    course, *_ = graded
    findings = course / ".judged_apart" / "ex1" / "work.json"
    before = findings.stat().st_mtime_ns
    run(course, "ex1", "--no-feedback")
    assert findings.stat().st_mtime_ns == before
    path = course / "source" / "ex1" / "work.ipynb"
    text = path.read_text()
    try:
        path.write_text(text.replace("squares(3) == [0, 1, 4]", "squares(2) == [0, 1]"))
        run(course, "ex1", "--no-feedback")
        assert findings.stat().st_mtime_ns != before
    finally:
        path.write_text(text)


def test_without_a_study_of_this_version_all_tests_run_inside_and_grade_says_so(graded):
    course, *_ = graded
    path = course / "source" / "ex1" / "work.ipynb"
    text = path.read_text()
    try:
        path.write_text(text.replace("squares(3) == [0, 1, 4]", "squares(1) == [0]"))
        said = " ".join(run(course, "ex1", "--no-canary", "--no-feedback").split())
        assert "which can forge them: work.ipynb (4 of 4)" in said
    finally:
        path.write_text(text)


def test_what_a_further_solution_needs_is_granted(graded):
    course, *_ = graded
    place = course / "solutions" / "ex1" / "own class"
    place.mkdir(parents=True)
    nbformat.write(notebook(squares=OWN_CLASS), place / "work.ipynb")
    run(course, "ex1", command=check_command)
    findings = read_findings(course, "ex1", "work")
    assert "eq data" in findings.by_name.apart["squares-right"].operations
    run(course, "ex1", "--no-feedback")
    assert totals(course)["dora"] == 5


def test_a_test_that_spoils_the_students_next_cells_is_judged_inside(tmp_path):
    """It passes apart; what it binds can't go to the student's side, where the next cell needs it."""
    cells = [
        marked(
            "lock",
            "### BEGIN SOLUTION: make\nimport threading\nlock = threading.Lock()\n### END SOLUTION",
            solution=True,
        ),
        marked(
            "lock-right", "import threading\nlock = threading.Lock()\nassert lock", grade=True, locked=True, points=1
        ),
        marked("use", "### BEGIN SOLUTION: use\nlock.acquire()\nu = 3\n### END SOLUTION", solution=True),
        marked("use-right", "assert u == 3", grade=True, locked=True, points=1),
        marked("last", "### BEGIN SOLUTION: last\nv = 4\n### END SOLUTION", solution=True),
        marked("last-right", "assert v == 4", grade=True, locked=True, points=1),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    build(tmp_path / "course", notebook=new_notebook(cells=cells, metadata={"kernelspec": kernel}))
    begin(tmp_path / "course")
    run(tmp_path / "course", "ex1", command=check_command)
    findings = read_findings(tmp_path / "course", "ex1", "work")
    assert findings.by_name.apart.keys() == {"last-right"} and findings.inside.keys() == {"lock-right", "use-right"}
