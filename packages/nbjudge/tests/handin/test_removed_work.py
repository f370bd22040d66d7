"""What disappears from the inputs disappears from the marks, or the table says that it has."""

import contextlib
import json
import shutil
import sys
from datetime import datetime

import nbformat
import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook, MissingEntry
from nbjudge.commands.extend import extend as extend_command
from nbjudge.commands.grade import grade as grade_command
from nbjudge.plugin.course import Course
from nbjudge.plugin.marks import read_marks

from helpers.tiny_class import build, hand_in, ordinary

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),  # nbgrader's own
]

DEADLINE = datetime(2027, 1, 31, 12)


def invoke(course, *words, command=grade_command, code=0):
    with contextlib.chdir(course):
        done = CliRunner().invoke(command, words)
    assert done.exit_code == code and (done.exception is None or isinstance(done.exception, SystemExit)), (
        done.output + repr(done.exception)
    )
    return done.output


def by_grade(course):
    return invoke(course, "ex1", "--no-canary")


def by_nbgrader(course):
    with contextlib.chdir(course):
        done = Course(course).api.autograde("ex1", "ada", force=True)
    assert done["success"], done["log"]


GRADED = pytest.mark.parametrize("graded", [by_grade, by_nbgrader])


@contextlib.contextmanager
def opened(course):
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        yield gradebook
        gradebook.db.commit()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A course with two notebooks and a deadline, in which ada was late and bob was not."""
    course = tmp_path_factory.mktemp("disappears") / "course"
    build(course, {"ada": "1", "bob": "1"})
    also = ordinary()
    for cell in also.cells[:2]:
        cell.metadata.nbgrader.grade_id += "-also"
    nbformat.write(also, course / "source" / "ex1" / "also.ipynb")
    (course / "source" / "ex1" / "data.csv").write_text("1,2")
    for student in ("ada", "bob"):
        nbformat.write(also, course / "submitted" / student / "ex1" / "also.ipynb")
    (course / "submitted" / "ada" / "ex1" / "timestamp.txt").write_text("2027-02-01 10:00:00 UTC")
    by_grade(course)
    with opened(course) as gradebook:
        gradebook.find_assignment("ex1").duedate = DEADLINE
    by_grade(course)
    return course


@pytest.fixture
def course(made, tmp_path):
    return shutil.copytree(made, tmp_path / "course")


def mark(course, student="ada"):
    of_all, _ = read_marks(f"sqlite:///{course}/gradebook.db", "ex1")
    return next((mark for mark in of_all if mark.student == student), None)


@GRADED
@pytest.mark.parametrize("how", ["removed", "emptied"])
def test_a_time_that_is_not_there_any_more_costs_nothing(course, graded, how):
    assert mark(course).penalty == pytest.approx(0.4)
    path = course / "submitted" / "ada" / "ex1" / "timestamp.txt"
    path.unlink() if how == "removed" else path.write_text("")
    graded(course)
    assert mark(course).penalty == 0 and mark(course).total == 4
    with opened(course) as gradebook:
        assert gradebook.find_submission("ex1", "ada").timestamp is None


@GRADED
def test_a_notebook_that_is_not_there_any_more_has_no_marks_given_by_hand_either(course, graded):
    with opened(course) as gradebook:
        grade = gradebook.find_grade("first-right-also", "also", "ex1", "ada")
        grade.manual_score, grade.extra_credit = 1.5, 3
    (course / "submitted" / "ada" / "ex1" / "also.ipynb").unlink()
    graded(course)
    with opened(course) as gradebook:
        grade = gradebook.find_grade("first-right-also", "also", "ex1", "ada")
        assert grade.score == 0 and not grade.needs_manual_grade
        penalties = {
            book.name: book.late_submission_penalty for book in gradebook.find_submission("ex1", "ada").notebooks
        }
    assert mark(course).automatic == 2 and not penalties["also"] and penalties["work"] == pytest.approx(0.2)


def test_a_hand_in_that_is_not_there_any_more_is_named(course):
    shutil.rmtree(course / "submitted" / "ada")
    said = " ".join(by_grade(course).split())
    assert "submitted/ada/ex1 is not there any more; these marks are of what was in it" in said
    with contextlib.chdir(course):
        done = CliRunner().invoke(grade_command, ["ex1", "--no-canary", "--json"])
    remarks = json.loads(done.stdout)["remarks"]
    assert remarks == {"ada": ["submitted/ada/ex1 is not there any more; these marks are of what was in it"], "bob": []}
    assert mark(course).total == pytest.approx(3.6)  # whoever removed it may have meant another one


def test_who_has_more_time_and_handed_in_nothing_is_not_named(course):
    with opened(course) as gradebook:
        gradebook.add_student("kim")
    invoke(course, "ex1", "kim", "--days=3", command=extend_command)
    assert "kim" not in by_grade(course)


def test_an_extension_that_is_taken_back_leaves_no_submission(course):
    with opened(course) as gradebook:
        gradebook.add_student("kim")
    for student in ("kim", "ada"):
        invoke(course, "ex1", student, "--days=3", command=extend_command)
        said = invoke(course, "ex1", student, "--remove", command=extend_command)
        assert f"{student} has until 2027-01-31 12:00 UTC for ex1." in said
    with opened(course) as gradebook:
        with pytest.raises(MissingEntry):
            gradebook.find_submission("ex1", "kim")
        assert gradebook.find_student("kim") and gradebook.find_submission("ex1", "ada").extension is None
    assert mark(course).penalty == pytest.approx(0.4)


def test_an_extension_that_is_taken_back_leaves_what_was_handed_in(course):
    hand_in(course, "lee", "1")
    for words in (["--days=3"], ["--remove"]):
        invoke(course, "ex1", "lee", *words, command=extend_command)
    with opened(course) as gradebook:
        assert gradebook.find_submission("ex1", "lee").extension is None


def test_a_file_that_is_not_in_the_source_any_more_is_not_in_the_release(course):
    by_grade(course)  # a copy is new
    assert (course / "release" / "ex1" / "data.csv").exists()
    (course / "source" / "ex1" / "data.csv").unlink()
    by_grade(course)
    assert not (course / "release" / "ex1" / "data.csv").exists()
    assert not (course / "autograded" / "ada" / "ex1" / "data.csv").exists()


def test_a_file_that_is_not_handed_in_any_more(course):
    path = course / "submitted" / "bob" / "ex1" / "helper.py"
    path.write_text("x = 1")
    by_grade(course)
    copy = course / "autograded" / "bob" / "ex1" / "helper.py"
    assert copy.exists()
    path.unlink()
    by_grade(course)
    assert not copy.exists() and mark(course, "bob").total == 4


@pytest.mark.parametrize("what", ["deadline", "extension"])
def test_a_deadline_or_an_extension_that_is_not_in_the_gradebook_any_more(course, what):
    with opened(course) as gradebook:
        if what == "deadline":
            gradebook.find_assignment("ex1").duedate = None
        else:
            gradebook.grant_extension("ex1", "ada", days=3)
    by_grade(course)
    assert mark(course).penalty == 0
    if what == "extension":
        with opened(course) as gradebook:
            gradebook.grant_extension("ex1", "ada")
        by_grade(course)
        assert mark(course).penalty == pytest.approx(0.4)
