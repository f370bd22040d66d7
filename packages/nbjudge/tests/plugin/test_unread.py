"""What nobody has read yet is never 0 points: on the page, in the table, for machines, and in exported files."""

import csv
import json
import re
import shutil
import sys

import pytest
from bs4 import BeautifulSoup
from nbgrader.api import Gradebook

from helpers import commands
from helpers.browser import BROWSER, open_page
from helpers.by_hand import assignment, put, work
from helpers.in_process import grade
from helpers.tiny_course import build_light, hand_in

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux"),
    # nbgrader's own queries and nbconvert's templates.
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning", "ignore:Your element:UserWarning"),
]
FORGED = """- [x](https://x.org) (Score: 0.0 / 5.0)

<span class="pull-right">Score: 0.0 / 5.0 <a href="#top">(Top)</a></span>"""


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Of ada all was read, of bob the answer in words, of cy nothing."""
    course = tmp_path_factory.mktemp("unread") / "course"
    build_light(course, notebook=assignment())
    for student in ("ada", "bob", "cy"):
        hand_in(course, student, work(FORGED, second=f"second = {'3' if student == 'bob' else '2'}"))
    grade(course, "--no-feedback")
    for ident, score in {"essay": 4, "use": 0, "task": 1.5}.items():
        put(course, "ada", ident, score)
    put(course, "bob", "essay", 0)
    return course


@pytest.fixture
def course(graded, tmp_path):
    return shutil.copytree(graded, tmp_path / "course")


def page(course, student):
    return course / "feedback" / student / "ex1" / "work.html"


def sums(course, student):
    found = re.findall("<h3>(.*?)</h3>", page(course, student).read_text())
    return [" ".join(text.split()) for text in found]


def headings(shown):
    """What the page says of the notebook, and at each cell with points."""
    of_cells = [line.text for line in shown.select("div.panel-heading span.pull-right")]
    return [" ".join(text.split()) for text in [shown.h4.text, *of_cells] if text.strip() != "(Top)"]


def test_the_feedback_says_what_is_not_read(course):
    grade(course)
    shown = {
        student: BeautifulSoup(page(course, student).read_text(), "html.parser") for student in ("ada", "bob", "cy")
    }
    assert headings(shown["ada"]) == [
        "work (Score: 9.5 / 14.0)",
        *("Score: 2.0 / 2.0 (Top)", "Score: 2.0 / 2.0 (Top)"),
        *("Score: 4.0 / 5.0 (Top)", "Score: 0.0 / 3.0 (Top)", "Score: 1.5 / 2.0 (Top)"),
    ]
    assert headings(shown["bob"]) == [
        "work (Score: 2.0 so far; 5 of 14.0 points not graded yet)",
        *("Score: 2.0 / 2.0 (Top)", "Score: 0.0 / 2.0 (Top)"),
        *("Score: 0.0 / 5.0 (Top)", "Not graded yet (3.0 points) (Top)", "Not graded yet (2.0 points) (Top)"),
    ]
    assert headings(shown["cy"])[0] == "work (Score: 4.0 so far; 10 of 14.0 points not graded yet)"
    assert headings(shown["cy"])[3:] == [f"Not graded yet ({points} points) (Top)" for points in ("5.0", "3.0", "2.0")]
    assert sums(course, "ada") == ["8 of 12", "Task 1.5 of 2"]
    assert sums(course, "bob") == ["2 of 9 so far, 3 points not graded yet", "Task not graded yet (2 points)"]
    assert sums(course, "cy") == ["4 of 4 so far, 8 points not graded yet", "Task not graded yet (2 points)"]
    said = {student: [line.text for line in shown[student].select("div.said")] for student in shown}
    assert said["bob"][2:] == [
        "Written answer · 0 of 5 points show",
        "use · not graded yet (3 points) show",
        "Written answer · not graded yet (2 points) show",
    ]
    so_far = "These are your marks so far: {} points are not graded yet."
    assert [so_far.format(5) in shown["bob"].text, so_far.format(10) in shown["cy"].text] == [True, True]
    assert [shown[student].h2.text for student in shown] == ["Your marks", "Your marks so far", "Your marks so far"]
    assert "so far" not in shown["ada"].text and "not graded" not in shown["ada"].text.lower()
    assert [line.text for line in shown["cy"].select("#toc li")][2].endswith("(Not graded yet (5.0 points))")
    assert shown["cy"].text.count("Score: 0.0 / 5.0") == 2, "words of the student's stay as they are"


@pytest.mark.skipif(BROWSER is None, reason="needs a browser")
def test_a_browser_shows_it(course):
    grade(course)
    shown = open_page(page(course, "cy").as_uri())
    assert headings(shown)[0] == "work (Score: 4.0 so far; 10 of 14.0 points not graded yet)"
    assert "Not graded yet (5.0 points)" in headings(shown)[3]


def late(course):
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        gradebook.update_or_create_assignment("ex1", duedate="2027-01-31 12:00:00 UTC")
    for student in ("ada", "bob", "cy"):
        (course / "submitted" / student / "ex1" / "timestamp.txt").write_text("2027-01-31 13:00:00 UTC")


def test_the_table_and_machines_are_told_so(course):
    late(course)
    lines = {line.split()[1]: line for line in grade(course, "--no-feedback").splitlines() if "│" in line}
    assert re.findall("│ +([^│]*?) +(?=│)", lines["cy"])[:5] == ["cy", "4", "pending", "-0.4", "3.6 so far"]
    assert re.findall("│ +([^│]*?) +(?=│)", lines["ada"])[:5] == ["ada", "4", "5.5", "-0.95", "8.55"]
    said = json.loads(grade(course, "--no-feedback", "--json").partition("{\n")[2].join(("{", "")))
    marks = {mark["student"]: mark for mark in said["marks"]}
    kept = {student: [mark[key] for key in ("written", "total", "so_far")] for student, mark in marks.items()}
    assert kept == {"ada": [5.5, 8.55, 8.55], "bob": [None, None, 1.8], "cy": [None, None, 3.6]}


def test_a_mark_for_other_words_counts_for_nothing(course):
    late(course)
    hand_in(course, "ada", work("Other words."))
    grade(course)
    assert sums(course, "ada") == ["4 of 7 so far, 5 points not graded yet", "Task not graded yet (2 points)"]
    said = json.loads(grade(course, "--json").partition("{\n")[2].join(("{", "")))
    (ada,) = (mark for mark in said["marks"] if mark["student"] == "ada")
    assert (ada["so_far"], ada["penalty"], ada["total"]) == (3.6, 0.4, None)
    assert "Handed in late: 0.4 points less so far." in page(course, "ada").read_text()


def test_nbgraders_export_leaves_them_out_and_names_them(course):
    done = commands.run("nbgrader", "export", f"--to={course}/marks.csv", cwd=course, check=True)
    with (course / "marks.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert [(line["student_id"], line["score"]) for line in lines] == [("ada", "9.5")]
    assert "Left out of ex1, for they wait for a grader's eyes: bob; cy" in done.stderr
