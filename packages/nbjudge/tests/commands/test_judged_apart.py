"""A class with ordinary tests: studied, judged apart, and explained."""

import shutil
import sqlite3
import sys

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_notebook
from nbjudge.commands.check import check as check_command
from nbjudge.commands.explain import explain as explain_command
from nbjudge.plugin.ordinary_tests import read_findings

from helpers.by_hand import put
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
    with (course / "nbgrader_config.py").open("a") as config:
        config.write("\nc.CourseDirectory.ignore = ['*.pyc']\n")  # without our own patterns
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
    assert "Hand-ins that wait for a grader in formgrader ('jupyter lab'): 2" in said
    assert said.count("waits for you: squares-right") == 2
    assert "See 'nbjudge explain cleo squares-right'" in " ".join(said.split())


def test_a_later_run_for_one_student_shows_what_waits_of_the_others(graded):
    course, *_ = graded
    said = run(course, "ex1", "--student", "ada", "--no-canary", "--no-feedback")
    assert said.count("waits for you: squares-right") == 2


def lines_of(page):
    """The lines with marks on top of a feedback page."""
    return [" ".join(line.get_text(" ").split()) for line in BeautifulSoup(page, "html.parser").select("div.said")]


def test_each_line_of_the_students_page_names_the_test_and_its_points(graded):
    course, *_ = graded
    pages = {student: (course / "feedback" / student / "ex1" / "work.html").read_text() for student in STUDENTS}
    assert lines_of(pages["ada"])[:2] == ["squares-right · 2 of 2 points show", "squares-errors · 1 of 1 points show"]
    assert "squares-right · not graded yet (2 points) A grader will look at this test. show" in lines_of(pages["cleo"])
    assert lines_of(pages["ben"])[1].startswith("squares-errors · 0 of 1 points")
    assert not list((course / "feedback").rglob("*.transcript.zip"))


def test_what_a_grader_has_given_stands_on_the_page(graded, tmp_path):
    course = shutil.copytree(graded[0], tmp_path / "course")
    put(course, "cleo", "squares-right", 1)
    said = run(course, "ex1", "--no-canary")
    assert said.count("waits for you: squares-right") == 1
    page = (course / "feedback" / "cleo" / "ex1" / "work.html").read_text()
    assert "squares-right · 1 of 2 points, given by a grader show" in lines_of(page)
    assert "A grader will look" not in page and page.count("given by a grader") == 2


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
    assert "waits for a grader" in words and "why it waits it earns more in the student's own process" in words
    assert "not asked: the model solution does not need it" in " ".join(words.replace("│", " ").split())


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
    # The release gets the point of "lock-right", for that test makes a lock itself.
    run(tmp_path / "course", "ex1", command=check_command, code=1)
    findings = read_findings(tmp_path / "course", "ex1", "work")
    assert findings.by_name.apart.keys() == {"last-right"} and findings.inside.keys() == {"lock-right", "use-right"}


def test_check_names_broken_tests_and_says_that_nobody_would_be_graded(tmp_path):
    course = tmp_path / "course"
    cells = notebook(solution=True)
    for cell in cells.cells:
        if cell.metadata.nbgrader.grade_id == "length":
            cell.source = "assert len(Pile(1, 2)) == 3"
        if cell.metadata.nbgrader.grade_id == "squares-errors":
            cell.source = "assert True"
    build(course, notebook=cells)
    begin(course)
    said = " ".join(run(course, "ex1", command=check_command, code=1).replace("│", " ").split())
    assert "the model solution does not earn its points" in said
    assert "would grade nobody, for here the model solution of work.ipynb loses points in length (0 of 1)" in said
    assert "the untouched release of work.ipynb gets points in squares-errors (1 of 1)" in said
    assert "'nbgrader validate source/ex1/*.ipynb'" in said.replace(f"{course.resolve()}/", "")
    assert said.count("run in the student's own process, as with nbgrader itself") == 1 and " 1 run in" in said


@pytest.mark.parametrize(
    ("line", "words"),
    [("c.X = [", "'[' was never closed"), ("import no_such_thing", "line 9: ModuleNotFoundError: No module named")],
)
def test_an_error_in_the_configuration_is_one_line_with_its_place(tmp_path, line, words):
    course = tmp_path / "course"
    build(course, notebook=notebook(solution=True))
    path = course / "nbgrader_config.py"
    lines = path.read_text().splitlines()[:8]
    path.write_text("\n".join([*lines, *[""] * (8 - len(lines)), line]))
    said = " ".join(run(course, "ex1", command=check_command, code=1).split())
    assert words in said and "nbgrader_config.py, line 9" in said and "Traceback" not in said
