"""An assignment that changes after it was handed in and graded: marks, comments, extensions and the deadline stay."""

import contextlib
import shutil
import sys
from datetime import datetime, timedelta

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell
from nbgrader.api import Gradebook
from nbjudge.plugin import course_files
from nbjudge.plugin.course import Course

from helpers.by_hand import BY_HAND, assignment, put, told, work
from helpers.gradebooks import dump, totals
from helpers.in_process import differences, grade
from helpers.tiny_course import build_light, cell, check, hand_in, marked

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),  # nbgrader's own
]

DEADLINE = datetime(2027, 1, 31, 12)
SETTLED = (1, None, True)
HIDDEN = f"### BEGIN HIDDEN TESTS\n{check('second', 2).replace('right_second', 'hidden_second')}\n### END HIDDEN TESTS"


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Ada and bob have all their marks by hand, and ada a comment; kim has more time."""
    course = tmp_path_factory.mktemp("changed") / "course"
    build_light(course, notebook=assignment())
    for student, second in {"ada": 2, "bob": 3}.items():
        hand_in(course, student, work(f"It works for {student}.", second=f"second = {second}"))
    grade(course, "--no-feedback")
    for student in ("ada", "bob"):
        for ident in BY_HAND:
            put(course, student, ident, 1)
    with opened(course) as gradebook:
        gradebook.update_or_create_assignment("ex1", duedate=DEADLINE)
        gradebook.find_comment("essay", "work", "ex1", "ada").manual_comment = "Well said."
        gradebook.add_student("kim")
        gradebook.add_submission("ex1", "kim")
        for student in ("ada", "kim"):
            gradebook.grant_extension("ex1", student, days=2)
    return course


@pytest.fixture
def course(graded, tmp_path):
    return shutil.copytree(graded, tmp_path / "course")


@contextlib.contextmanager
def opened(course):
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        yield gradebook
        gradebook.db.commit()


@contextlib.contextmanager
def source(course, name="work"):
    """The source notebook, to be changed as an instructor does."""
    path = course / "source" / "ex1" / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    yield notebook
    nbformat.write(notebook, path)


def add_test(course):
    with source(course) as notebook:
        place = notebook.cells.index(cell(notebook, "second-right"))
        notebook.cells.insert(place, marked("second-hidden", HIDDEN, grade=True, locked=True, points=2))


def generate(course):
    """Do what ``nbgrader generate_assignment ex1 --force`` does."""
    with contextlib.chdir(course):
        done = Course(course).api.generate_assignment("ex1", force=True)
    assert done["success"], done["log"]


def everything_else_stays(course, notebook="work", settled=BY_HAND):
    for student in ("ada", "bob"):
        assert [told(course, student, ident, notebook) for ident in settled] == [SETTLED] * len(settled)
    with opened(course) as gradebook:
        assert gradebook.find_assignment("ex1").duedate == DEADLINE
        assert {s.student.id: s.extension for s in gradebook.assignment_submissions("ex1")} == {
            "ada": timedelta(days=2),
            "bob": None,
            "kim": timedelta(days=2),
        }
        if "essay" in settled:
            assert gradebook.find_comment("essay", notebook, "ex1", "ada").manual_comment == "Well said."
            assert gradebook.find_comment("essay", notebook, "ex1", "bob").manual_comment is None
    return True


def test_a_hidden_test_is_added(course):
    add_test(course)
    before = dump(course)
    said = grade(course, "--diff", answer="n\n")
    assert differences(said) == ["ada: second-hidden - -> 2", "bob: second-hidden - -> 0"] and "again" not in said
    assert dump(course) == before
    grade(course, "--diff", answer="y\n")
    assert totals(course) == {"ada": 6, "bob": 2, "kim": None} and everything_else_stays(course)
    assert "hidden_second" not in (course / "release" / "ex1" / "work.ipynb").read_text()
    assert differences(grade(course, "--diff")) == []


@pytest.mark.parametrize("how", [(), ("--from-transcripts",)], ids=["executed", "judged"])
def test_it_is_added_without_being_asked_too_and_by_nbgraders_own_command(course, tmp_path, how):
    add_test(course)
    other = shutil.copytree(course, tmp_path / "other")
    grade(course, "--no-feedback", *how)
    generate(other)
    grade(other, "--no-feedback", *how)
    assert totals(course) == {"ada": 6, "bob": 2, "kim": None} and everything_else_stays(course)
    assert dump(course) == dump(other)


def test_who_hands_in_the_older_release_is_asked_the_same(course):
    add_test(course)
    hand_in(course, "cy", work("It works for cy."))
    grade(course, "--no-feedback")
    assert totals(course)["cy"] == 6 and told(course, "cy", "second-hidden") == (None, 2, True)


def test_a_test_is_moved_renamed_and_worth_more(course):
    with source(course) as notebook:
        moved, test = cell(notebook, "first-right"), cell(notebook, "second-right")
        notebook.cells.remove(moved)
        notebook.cells.insert(notebook.cells.index(test) + 1, moved)
        test.metadata.nbgrader |= {"grade_id": "second-holds", "points": 3}
        test.source = test.source.replace("points=2", "points=3")
    put(course, "ada", "first-right", 0.5)
    said = grade(course, "--diff", answer="y\n")
    assert differences(said) == [
        "ada: second-holds - -> 3",
        "ada: second-right 2 -> -",
        "bob: second-holds - -> 0",
        "bob: second-right 0 -> -",
    ]
    assert totals(course) == {"ada": 5, "bob": 2, "kim": None} and everything_else_stays(course)
    assert told(course, "ada", "first-right") == (0.5, 2, True)


def test_a_test_with_another_id_keeps_what_a_grader_corrected(course):
    put(course, "bob", "second-right", 1.5)
    with source(course) as notebook:
        cell(notebook, "second-right").metadata.nbgrader.grade_id = "second-holds"
    grade(course, "--no-feedback")
    assert told(course, "bob", "second-holds") == (1.5, 0, True) and everything_else_stays(course)


def test_an_answer_with_another_id_keeps_its_mark_and_its_comment(course):
    with source(course) as notebook:
        cell(notebook, "essay").metadata.nbgrader.grade_id = "discussion"
        cell(notebook, "second").metadata.nbgrader.grade_id = "two"
    grade(course, "--no-feedback")
    assert [told(course, student, "discussion") for student in ("ada", "bob")] == [SETTLED] * 2
    assert totals(course) == {"ada": 4, "bob": 2, "kim": None} and everything_else_stays(
        course, settled=("use", "task")
    )
    with opened(course) as gradebook:
        assert gradebook.find_comment("discussion", "work", "ex1", "ada").manual_comment == "Well said."


def test_what_macos_leaves_beside_the_source_is_no_notebook(course):
    (course / "source" / "ex1" / "._work.ipynb").write_bytes(b"\0")
    add_test(course)
    grade(course, "--no-feedback")
    with opened(course) as gradebook:
        assert [notebook.name for notebook in gradebook.find_assignment("ex1").notebooks] == ["work"]


def test_a_test_is_taken_out(course):
    """Nor does it run as a cell of the student's own, who still has it."""
    with source(course) as notebook:
        notebook.cells.remove(cell(notebook, "second-right"))
    said = grade(course, "--diff", answer="y\n")
    assert differences(said) == ["ada: second-right 2 -> -", "bob: second-right 0 -> -"]
    assert totals(course) == {"ada": 2, "bob": 2, "kim": None} and everything_else_stays(course)
    assert "right_second" not in (course / "autograded" / "ada" / "ex1" / "work.ipynb").read_text()


@pytest.mark.parametrize("ident", BY_HAND)
def test_what_graders_have_read_is_taken_out_only_when_they_say_so(course, ident):
    with source(course) as notebook:
        notebook.cells.remove(cell(notebook, ident))
    before, release = dump(course), (course / "release" / "ex1" / "work.ipynb").read_bytes()
    said = grade(course, "--no-feedback", code=1)
    assert said.startswith(f"Error: 2 marks given by hand would be lost with {ident}, of ada, bob; 'nbjudge grade")
    assert said.count("\n") == 1
    assert dump(course) == before and (course / "release" / "ex1" / "work.ipynb").read_bytes() == release
    said = grade(course, "--diff", answer="y\n")
    gone = {f"{student}: {ident} 1 -> -" for student in ("ada", "bob")}
    assert gone == {line for line in differences(said) if line.endswith("-> -")}
    # An answer that nobody asks for any more is a cell of the student's own, beside the other answer.
    left = {"essay": ["task"], "use": ["task"], "task": ["essay", "use"]}
    assert everything_else_stays(course, settled=left[ident])


def test_cells_for_graders_are_added(course):
    with source(course) as notebook:
        notebook.cells += [
            marked("more", "Another answer.", new_markdown_cell, grade=True, solution=True, points=1),
            marked("try", "## Task\n\nTry more.", new_markdown_cell, task=True, locked=True, points=2),
            marked("free", "### BEGIN SOLUTION\n1\n### END SOLUTION", solution=True),
        ]
    grade(course)
    # There is nothing in the cell that they never saw, but a task is for somebody to read.
    assert [told(course, "ada", ident) for ident in ("more", "try")] == [(None, 0, True), (None, None, False)]
    assert everything_else_stays(course)
    put(course, "ada", "try", 2)
    hand_in(course, "ada", work("It works for ada."))
    grade(course)
    assert told(course, "ada", "try") == (2, None, True)


def test_a_cell_that_is_graded_in_another_way(course):
    with source(course) as notebook:
        cell(notebook, "use").metadata.nbgrader |= {"grade": False}
        del cell(notebook, "use").metadata.nbgrader["points"]
    assert "2 marks given by hand would be lost with use" in grade(course, code=1)
    grade(course, "--diff", answer="y\n")
    assert everything_else_stays(course, settled=("essay", "task"))


def second_notebook():
    notebook = work()
    notebook.cells = [cell(notebook, ident) for ident in ("setup-checks", "first", "first-right", "essay")]
    for each in notebook.cells[1:]:
        each.metadata.nbgrader.grade_id += "-also"
        each.id += "-also"
    return notebook


@pytest.mark.slow
def test_a_notebook_is_added_and_taken_out(course):
    nbformat.write(second_notebook(), course / "source" / "ex1" / "also.ipynb")
    said = grade(course, "--diff", answer="y\n")
    assert "The marks of 2 of 2" in said and everything_else_stays(course)
    hand_in(course, "ada", second_notebook(), "also.ipynb")
    said = grade(course, "--diff", answer="y\n")
    assert differences(said)[:2] == ["ada: also: essay-also 0 -> -", "ada: also: first-right-also 0 -> 2"]
    assert "again" not in said
    put(course, "ada", "essay-also", 1, "also")
    (course / "source" / "ex1" / "also.ipynb").unlink()
    assert "1 marks given by hand would be lost with essay-also, of ada" in grade(course, code=1)
    said = grade(course, "--diff", answer="y\n")
    assert totals(course) == {"ada": 4, "bob": 2, "kim": None} and everything_else_stays(course)


def test_a_notebook_gets_another_name(course):
    path = course / "source" / "ex1" / "work.ipynb"
    path.rename(path.with_name("task.ipynb"))
    grade(course)
    assert everything_else_stays(course, "task")
    with source(course, "task") as notebook:
        notebook.cells.insert(0, new_markdown_cell("More text."))
    grade(course)
    assert everything_else_stays(course, "task")
    assert [told(course, "ada", ident, "task") for ident in ("first-right", "second-right")] == [(None, 2, True)] * 2


def test_a_newer_engine_makes_a_newer_release(tmp_path, monkeypatch):
    """What is asked and what answers must be of one version: the one installed here, the other in the release."""
    course, engine = tmp_path / "course", tmp_path / "ask"
    build_light(course)
    Course(course).generate("ex1")
    engine.mkdir()
    monkeypatch.setattr(course_files, "ASK", engine)
    assert Course(course).is_generated("ex1") and (course / "release" / "ex1" / "nbjudge" / "ask").is_dir()
    (engine / "questions.py").touch()
    assert not Course(course).is_generated("ex1")
