"""Marks for learning platforms: in their columns, each for the right student, and none that is not settled."""

import csv
import logging
import shutil
from datetime import datetime

import pytest
from nbgrader.api import Gradebook
from nbjudge.plugin.export import CanvasMarks, MoodleMarks
from nbjudge.plugin.late_penalty import PenaltyPerDay
from traitlets.config import Config

from helpers import commands, tiny_course

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # of nbgrader's own queries

CONFIG = Config({"AssignLatePenalties": {"plugin_class": PenaltyPerDay}})

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Notes,Quiz 1 (1),Glitch or chirp? (98765),Current Score,Final Grade
,,,,,,Manual Posting,Manual Posting,,
    Points Possible,,,,,,10,4,(read only),(read only)
"Lovelace, Ada",11,S-11,ada,"Monday, early",asks much,7,,70,C
"Müller, Bob",12,S-12,bob@uni.org,Monday,,3,2,50,
"Student, Test",99,,,Monday,,,,,
"""
MOODLE = """\
Identifier,"Full name","ID number","Email address",Status,Grade,"Maximum Grade","Grade can be changed",\
"Last modified (submission)","Last modified (grade)","Feedback comments"
"Participant 1234567","Ada Lovelace",S-11,ada@uni.org,"Submitted for grading - ",,4.00,Yes,"1 May 2027",-,
"Participant 1234568","Bob Müller",S-12,bob@uni.org,"Submitted for grading - Graded",2.00,4.00,Yes,"1 May 2027",\
"Tuesday, 4 May 2027, 10:11 AM","<p>Nice,
but</p>"
"""


@pytest.fixture(scope="module")
def without_students(tmp_path_factory):
    """The file of a gradebook; to make one takes a second."""
    path = tmp_path_factory.mktemp("gradebook") / "gradebook.db"
    with Gradebook(f"sqlite:///{path}") as gradebook:
        gradebook.add_assignment("ex1", duedate="2027-01-31 12:00:00 UTC")
        gradebook.add_notebook("work", "ex1")
        gradebook.add_grade_cell("test", "work", "ex1", max_score=3, cell_type="code")
        gradebook.add_grade_cell("essay", "work", "ex1", max_score=1, cell_type="markdown")
        gradebook.add_solution_cell("essay", "work", "ex1")
    return path


@pytest.fixture
def gradebook(without_students, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(without_students, tmp_path)
    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as gradebook:
        yield gradebook


def add(gradebook, student, test=3.0, essay=1.0, *, when="2027-01-31 10:00:00 UTC", **details):
    """A graded student; an essay of None waits for a grader."""
    gradebook.add_student(student, **details)
    gradebook.add_submission("ex1", student, timestamp=when)
    by_test, by_hand = (gradebook.find_grade(cell, "work", "ex1", student) for cell in ("test", "essay"))
    by_test.auto_score, by_test.needs_manual_grade = test, False
    by_hand.manual_score, by_hand.needs_manual_grade = essay, essay is None
    gradebook.db.commit()


def export(gradebook, platform, roster=None, **options):
    """What is in the file: the header and the lines."""
    if roster is not None:
        with open("roster.csv", "wb") as file:
            file.write(roster if isinstance(roster, bytes) else roster.encode())
        options["roster"] = "roster.csv"
    platform(config=CONFIG, to="out.csv", **options).export(gradebook)
    with open("out.csv", encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.INFO)
    return lambda: [record.getMessage() for record in caplog.records]


def test_canvas_from_its_own_export(gradebook, said):
    add(gradebook, "ada", test=2.5)
    add(gradebook, "bob", email="bob@uni.org", when="2027-02-01 10:00:00 UTC")
    lines = export(gradebook, CanvasMarks, CANVAS, column="Glitch or chirp?")
    header = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Glitch or chirp? (98765)"]
    assert lines == [
        header,
        ["", "", "", "", "", "Manual Posting"],
        ["    Points Possible", "", "", "", "", "4"],
        ["Lovelace, Ada", "11", "S-11", "ada", "Monday, early", "3.5"],
        ["Müller, Bob", "12", "S-12", "bob@uni.org", "Monday", "3.6"],
    ]
    assert said() == [
        "Marks for ex1 written to out.csv: 2",
        "Left out, for they have no mark here: Student, Test",
    ]


@pytest.mark.parametrize("ident", ["11", "S-11", "ada", "ADA"])
def test_canvas_knows_a_student_by_each_of_its_ids(gradebook, ident):
    add(gradebook, ident)
    assert export(gradebook, CanvasMarks, CANVAS, column="Glitch or chirp? (98765)")[-1][1::4] == ["11", "4.0"]


def test_names_and_grades_are_no_ids(gradebook, said):
    for ident in ("Lovelace, Ada", "Lovelace", "7", "2", "Monday"):
        add(gradebook, ident)
    assert len(export(gradebook, CanvasMarks, CANVAS, column="Glitch or chirp?")) == 3
    assert "Left out, for they have no line of their own in roster.csv: 2; 7; Lovelace; Lovelace, Ada; Monday" in said()


def test_who_could_have_two_lines_gets_none(gradebook, said):
    add(gradebook, "ada", lms_user_id="12")
    assert len(export(gradebook, CanvasMarks, CANVAS, column="Glitch or chirp?")) == 3
    assert "Left out, for they have no line of their own in roster.csv: ada" in said()


def test_two_who_could_have_the_same_line_get_none(gradebook, said):
    add(gradebook, "ada")
    add(gradebook, "11")
    assert len(export(gradebook, CanvasMarks, CANVAS, column="Glitch or chirp?")) == 3
    # Not even when only one of them is asked for.
    assert len(export(gradebook, CanvasMarks, CANVAS, column="Glitch or chirp?", student=["ada"])) == 3
    assert "Left out, for they have no line of their own in roster.csv: 11; ada" in said()


def test_canvas_from_the_gradebook(gradebook):
    add(gradebook, "ada", first_name="Ada", last_name="Lovelace", lms_user_id="11")
    add(gradebook, "12")
    assert export(gradebook, CanvasMarks) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "ex1"],
        ["Points Possible", "", "", "", "", "4"],
        ["12", "12", "", "12", "", "4.0"],
        ["Lovelace, Ada", "11", "", "ada", "", "4.0"],
    ]


@pytest.mark.parametrize("semicolons", [False, True], ids=["commas", "semicolons"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_moodle_worksheet(gradebook, said, mark, semicolons):
    add(gradebook, "1234567")
    add(gradebook, "bob@uni.org", when="2027-02-02 10:00:00 UTC")
    text = MOODLE
    if semicolons:
        rows = csv.reader(MOODLE.splitlines(keepends=True))
        text = "\r\n".join(";".join(f'"{cell}"' for cell in row) for row in rows)
    lines = export(gradebook, MoodleMarks, mark + text.encode())
    assert lines == [
        ["Identifier", "Full name", "ID number", "Email address", "Grade", "Maximum Grade", "Last modified (grade)"],
        ["Participant 1234567", "Ada Lovelace", "S-11", "ada@uni.org", "4.0", "4.00", "-"],
        [*["Participant 1234568", "Bob Müller", "S-12", "bob@uni.org", "3.2", "4.00"], "Tuesday, 4 May 2027, 10:11 AM"],
    ]
    assert said() == ["Marks for ex1 written to out.csv: 2"]


def test_moodle_from_the_gradebook(gradebook):
    add(gradebook, "ada", first_name="Ada", last_name="Lovelace", email="ada@uni.org")
    add(gradebook, "1234568")
    assert export(gradebook, MoodleMarks) == [
        ["Identifier", "Full name", "Username", "Email address", "Grade", "Maximum Grade", "Last modified (grade)"],
        ["Participant 1234568", "1234568", "1234568", "", "4.0", "4", "-"],
        ["", "Ada Lovelace", "ada", "ada@uni.org", "4.0", "4", "-"],
    ]


def test_who_waits_for_a_grader_is_left_out_and_named(gradebook, said):
    add(gradebook, "1234567", essay=None)
    add(gradebook, "1234568")
    assert [line[0] for line in export(gradebook, MoodleMarks, MOODLE)[1:]] == ["Participant 1234568"]
    assert said()[1:] == ["Left out, for they wait for a grader's eyes: 1234567"]


def test_who_has_only_an_extension_is_left_out(gradebook, said):
    gradebook.add_student("1234567")
    gradebook.add_submission("ex1", "1234567")
    gradebook.grant_extension("ex1", "1234567", days=2)
    assert len(export(gradebook, MoodleMarks, MOODLE)) == 1
    assert said()[1:] == ["Left out, for they have no mark here: Participant 1234567; Participant 1234568"]


def test_chosen_students(gradebook, said):
    add(gradebook, "1234567")
    add(gradebook, "1234568")
    # nbgrader makes a number of what looks like one.
    assert [line[0] for line in export(gradebook, MoodleMarks, MOODLE, student=[1234567])[1:]] == [
        "Participant 1234567"
    ]
    assert said() == ["Marks for ex1 written to out.csv: 1"]
    with pytest.raises(SystemExit, match="there is no mark of eve"):
        export(gradebook, MoodleMarks, MOODLE, student=["eve"])


def test_marks_are_never_negative_and_have_two_decimals(gradebook):
    add(gradebook, "1234567", test=-2.0, essay=0.0)
    add(gradebook, "1234568", test=1 / 3, essay=0.0)
    assert [line[4] for line in export(gradebook, MoodleMarks, MOODLE)[1:]] == ["0.0", "0.33"]


def test_a_deadline_that_was_moved_counts(gradebook):
    add(gradebook, "1234567")
    gradebook.find_assignment("ex1").duedate = datetime(2027, 1, 29, 12)
    gradebook.db.commit()
    assert export(gradebook, MoodleMarks, MOODLE)[1][4] == "3.2"


@pytest.mark.parametrize("name", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", " =1", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(gradebook, name):
    add(gradebook, "ada", last_name=name)
    add(gradebook, name)
    lines = export(gradebook, CanvasMarks) + export(gradebook, MoodleMarks)
    cells = [cell for line in lines for cell in line if cell.endswith(name)]
    assert cells == [f"'{name}"] * len(cells) and len(cells) >= 4


def test_another_scale_is_told(gradebook, said):
    add(gradebook, "1234567")
    export(gradebook, MoodleMarks, MOODLE.replace("4.00", '"10,00"'))
    assert "The marks are out of 4 points, but the platform's are out of 10,00" in said()


@pytest.mark.parametrize(
    ("roster", "complaint"),
    [
        (b"", "none of the columns Identifier, ID number"),
        (b"\x00\x01", "none of the columns"),
        (CANVAS.replace("ID", "Id").encode(), "none of the columns"),
        (MOODLE.encode("latin-1"), "not in UTF-8"),
        (MOODLE.encode().replace(b'but</p>"', b""), "not the platform's own export: unexpected end of data"),
        (MOODLE.replace("Grade,", "Bewertung,").encode(), "no column 'Grade' .* --MoodleMarks.column=TITLE"),
        (MOODLE.replace("Status", "Grade").encode(), "several columns 'Grade'"),
    ],
)
def test_a_roster_that_is_none(gradebook, roster, complaint):
    add(gradebook, "1234567")
    with pytest.raises(SystemExit, match=complaint):
        export(gradebook, MoodleMarks, roster)


def test_a_roster_that_is_missing(gradebook):
    add(gradebook, "1234567")
    with pytest.raises(SystemExit, match=r"roster.csv can't be read: No such file"):
        MoodleMarks(roster="roster.csv").export(gradebook)


def test_one_assignment_at_a_time(gradebook):
    add(gradebook, "1234567")
    gradebook.add_assignment("ex2")
    with pytest.raises(SystemExit, match="choose one assignment by --assignment=NAME, of ex1, ex2"):
        export(gradebook, MoodleMarks, MOODLE)
    with pytest.raises(SystemExit, match="choose one assignment"):
        export(gradebook, MoodleMarks, MOODLE, assignment=["ex3"])
    assert len(export(gradebook, MoodleMarks, MOODLE, assignment=["ex1"])) == 2


def test_nbgraders_command(gradebook, tmp_path):
    add(gradebook, "1234567", when="2027-02-01 10:00:00 UTC")
    (tmp_path / "worksheet.csv").write_text(MOODLE)
    (tmp_path / "nbgrader_config.py").write_text(tiny_course.CONFIG)
    words = ["export", "--exporter=nbjudge.plugin.export.MoodleMarks", f"--MoodleMarks.roster={tmp_path}/worksheet.csv"]
    done = commands.run("nbgrader", *words, "--assignment=ex1", f"--to={tmp_path}/marks.csv", cwd=tmp_path, check=True)
    assert "Left out, for they have no mark here: Participant 1234568" in done.stderr
    (line,) = csv.DictReader((tmp_path / "marks.csv").open())
    assert line["Grade"] == "3.6"  # by the penalty that nbgrader_config.py sets
    done = commands.run("nbgrader", *words, "--assignment=ex2", cwd=tmp_path)
    assert done.returncode == 1 and done.stderr.endswith("choose one assignment by --assignment=NAME, of ex1\n")
