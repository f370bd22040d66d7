"""Marks given by hand count as long as what the grader saw is the same."""

import json
import shutil
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook
from nbjudge.plugin.export import MoodleMarks

from helpers.by_hand import BY_HAND, assignment, put, told, work
from helpers.gradebooks import dump
from helpers.in_process import autograde, change, grade
from helpers.tiny_course import build_light, cell, check, hand_in

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),  # nbgrader's own
]

NEW_WORDS = check("second", 2).replace("== 2", '== 2, "new words"')


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Ada and bob have all their marks by hand, cy none."""
    course = tmp_path_factory.mktemp("by_hand") / "course"
    build_light(course, notebook=assignment())
    for student in ("ada", "bob", "cy"):
        hand_in(course, student, work(f"It works for {student}."))
    grade(course, "--no-feedback")
    for student in ("ada", "bob"):
        for ident in BY_HAND:
            put(course, student, ident, 1)
    return course


@pytest.fixture
def course(graded, tmp_path):
    return shutil.copytree(graded, tmp_path / "course")


SETTLED = (1, None, True)
GREY = (None, 1, False)


@pytest.mark.parametrize("how", [(), ("--from-transcripts",), ("--force",)], ids=["executed", "judged", "forced"])
def test_the_same_words_for_the_same_points_stay_settled(course, how):
    change(course, "second-right", NEW_WORDS)
    grade(course, "--no-feedback", *how)
    for student in ("ada", "bob"):
        assert [told(course, student, ident) for ident in BY_HAND] == [SETTLED] * 3
    assert told(course, "cy", "essay") == (None, None, False)
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        MoodleMarks(to=str(course / "marks.csv")).export(gradebook)
    assert len((course / "marks.csv").read_text().splitlines()) == 3


def test_nbgraders_own_command_keeps_them_settled_too(course):
    for student in ("bob", "cy"):
        shutil.rmtree(course / "submitted" / student)
    change(course, "second-right", NEW_WORDS)
    same = shutil.copytree(course, course.with_name("same"))
    autograde(course)
    assert [told(course, "ada", ident) for ident in BY_HAND] == [SETTLED] * 3
    grade(same, "--no-feedback", "--force")
    assert dump(course) == dump(same)


def test_diff_says_how_many_would_not_stay_settled(course):
    change(course, "second-right", NEW_WORDS)
    assert "would change.\n" in (said := grade(course, "--diff")) and "again" not in said
    change(course, "essay", "A model answer.", points=6)
    said = grade(course, "--diff", answer="n\n")
    assert "ada: essay 1 -> pending\nbob: essay 1 -> pending\nThe marks of 2 of 3 students would change.\n" in said
    assert "Marks given by hand that would have to be looked at again: 2, of ada, bob\n" in said
    assert told(course, "ada", "essay") == SETTLED
    said = json.loads(grade(course, "--diff", "--json", answer="n\n").partition("]: ")[2].partition("\n")[2])
    assert said["read_again"] == {"ada": ["essay"], "bob": ["essay"]}
    assert said["changes"]["ada"] == {"essay": [1, None]}


def test_other_words_are_read_again_with_the_mark_before_in_grey(course):
    hand_in(course, "ada", work("It works for all."))
    grade(course, "--no-feedback")
    assert told(course, "ada", "essay") == GREY
    assert told(course, "ada", "use") == SETTLED, "these are the same words"
    assert told(course, "ada", "task") == GREY, "a task is judged by everything"
    assert told(course, "bob", "essay") == SETTLED
    grade(course, "--no-feedback", "--force")
    assert told(course, "ada", "essay") == GREY, "nobody has read them yet"
    # In the empty field the same number is a change, and formgrader's page sends it.
    put(course, "ada", "essay", 1)
    assert told(course, "ada", "essay") == (1, 1, True)
    grade(course, "--no-feedback", "--force")
    assert told(course, "ada", "essay") == SETTLED


@pytest.mark.parametrize(
    "beside",
    [new_markdown_cell("And why.", id="mine"), new_code_cell("'and why'", id="mine")],
    ids=["text", "code"],
)
def test_an_own_cell_beside_an_answer_is_a_part_of_it(course, beside):
    notebook = work("It works for ada.")
    notebook.cells.insert(notebook.cells.index(cell(notebook, "essay")) + 1, beside)
    hand_in(course, "ada", notebook)
    grade(course, "--no-feedback")
    assert told(course, "ada", "essay") == GREY
    hand_in(course, "ada", work("It works for ada."))
    grade(course, "--no-feedback")
    assert told(course, "ada", "essay") == GREY, "nobody knows which of them was read"


def test_another_picture_is_another_answer(course):
    first, second = (work("![](attachment:a.png)") for _ in range(2))
    for notebook, picture in ((first, PICTURE), (second, OTHER_PICTURE)):
        cell(notebook, "essay").attachments = {"a.png": {"image/png": picture}}
    hand_in(course, "ada", first)
    grade(course, "--no-feedback")
    put(course, "ada", "essay", 1)
    grade(course, "--no-feedback", "--force")
    assert told(course, "ada", "essay")[2]
    hand_in(course, "ada", second)
    grade(course, "--no-feedback")
    assert told(course, "ada", "essay") == GREY


PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
OTHER_PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="


def test_an_answer_that_is_taken_back_is_looked_at(course):
    notebook = work()
    release = nbformat.read(course / "release" / "ex1" / "work.ipynb", as_version=4)
    for ident in ("essay", "use"):
        cell(notebook, ident).source = cell(release, ident).source
    hand_in(course, "ada", notebook)
    grade(course, "--no-feedback")
    assert [told(course, "ada", ident) for ident in BY_HAND] == [GREY] * 3


def test_other_points_are_given_anew(course):
    change(course, "essay", "A model answer.", points=6)
    grade(course, "--no-feedback")
    assert [told(course, "ada", ident) for ident in BY_HAND] == [GREY, SETTLED, SETTLED]


def test_a_corrected_test_stays_corrected_as_long_as_it_gives_the_same(course):
    put(course, "ada", "second-right", 1.5, extra=0.5)
    put(course, "bob", "second-right", 1.5)
    change(course, "second-right", NEW_WORDS)
    grade(course, "--no-feedback")
    assert told(course, "ada", "second-right") == told(course, "bob", "second-right") == (1.5, 2, True)
    hand_in(course, "ada", work("It works for ada.", second="second = 1 + 1"))
    change(course, "first-right", check("first", 9))
    grade(course, "--no-feedback")
    assert told(course, "ada", "second-right") == (1.5, 2, False)
    assert told(course, "bob", "second-right") == (1.5, 2, True)
    change(course, "second-right", check("second", 7))
    grade(course, "--no-feedback")
    assert told(course, "bob", "second-right") == (1.5, 0, False)


def test_extra_credit_stays(course):
    put(course, "ada", "essay", 1, extra=2)
    hand_in(course, "ada", work("It works for all."))
    grade(course, "--no-feedback")
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        found = gradebook.find_grade("essay", "work", "ex1", "ada")
        assert (found.extra_credit, found.score) == (2, 3)


def test_what_was_graded_before_this_was_kept_is_read_again(course):
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        gradebook.db.connection().exec_driver_sql("drop table seen_by_graders")
        gradebook.db.commit()
    grade(course, "--no-feedback", "--force")
    assert told(course, "ada", "essay") == GREY
