"""Names are names: no pattern, no address, no format; those that can't be taken are told, and stop nobody."""

import json
import os
import shutil
import sys

import nbformat
import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook
from nbjudge.commands.explain import NotGradedError, explanation
from nbjudge.commands.extend import extend
from nbjudge.commands.grade import grade as grade_command
from nbjudge.handin.hand_in import SubmissionKey
from nbjudge.plugin.configuration import CourseError
from nbjudge.plugin.course import Course

from helpers import commands
from helpers.tiny_class import build, executed, grade, marks
from helpers.tiny_course import build_light, light
from helpers.tiny_course import hand_in as hand_in_right

STUDENTS = ("ada [1]", "b?b", "c*", "d {0}", "e %s%%", "f #1", "g!h", "[zoe]")
COURSE = "[IN2346] a {b} #1 100% *"
SECOND = {"ada": "1", "bob": "2"}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """A class in which all names are patterns."""
    course = tmp_path_factory.mktemp("odd") / COURSE
    build(course, dict.fromkeys(STUDENTS, "1"))
    (course / "source" / "ex1" / "data [1]").mkdir()
    (course / "source" / "ex1" / "data [1]" / "a.csv").write_text("1,2")
    for student in STUDENTS:
        for ignored in ("nbjudge/x.py", ".DS_Store", "old.transcript.zip"):
            path = course / "submitted" / student / "ex1" / ignored
            path.parent.mkdir(exist_ok=True)
            path.write_text("not taken")
    grade(course)
    return course


def test_everybody_has_marks_and_feedback(odd):
    assert marks(odd) == dict.fromkeys(STUDENTS, 2.0)
    assert {path.name for path in odd.parent.iterdir()} == {COURSE} and (odd / "gradebook.db").is_file()
    for student in STUDENTS:
        files = {
            step: {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
            for step in ("autograded", "feedback")
            for folder in [odd / step / student / "ex1"]
        }
        assert files["autograded"] == {"work.ipynb", "work.transcript.zip", "data [1]/a.csv"}
        assert files["feedback"] == {"work.html", "data [1]/a.csv"}


def test_nothing_is_done_twice(odd):
    before = executed(odd)
    grade(odd)
    assert executed(odd) == before


def test_a_rehearsal_finds_them_too(odd):
    plan = json.loads(grade(odd, "--dry-run", "--json").stdout)["plan"]
    assert plan == dict.fromkeys(sorted(STUDENTS), "nothing")


def test_a_rehearsal_generates_a_release_that_is_not_there(tmp_path):
    build(tmp_path / COURSE, {"ada": "1"})
    said = json.loads(grade(tmp_path / COURSE, "--dry-run", "--json").stdout)
    assert said["plan"] == {"ada": "execute and record"} and not (tmp_path / COURSE / "release").exists()


@pytest.mark.parametrize("student", STUDENTS)
def test_a_transcript_is_found(odd, student):
    assert explanation(Course(odd), student, "first-right")
    transcript = odd / "autograded" / student / "ex1" / "work.transcript.zip"
    transcript.chmod(0o644)  # for an ordinary user
    transcript.write_bytes(b"damaged")
    with pytest.raises(NotGradedError, match=r"work\.transcript\.zip is damaged"):
        explanation(Course(odd), student, "first-right")


def test_nbgraders_own_command_grades_a_student_whose_name_is_a_pattern(tmp_path):
    build(tmp_path, dict.fromkeys(("ada [1]", "ada 1"), "1"))
    for words in (("generate_assignment", "ex1"), ("autograde", "ex1")):
        commands.run("nbgrader", *words, cwd=tmp_path, check=True)
    assert marks(tmp_path) == {"ada [1]": 2.0, "ada 1": 2.0}


@pytest.mark.parametrize("name", ["what?", "50%25", "a?b=c"])
def test_a_gradebook_that_would_be_elsewhere_is_refused_with_the_line_that_mends_it(tmp_path, monkeypatch, name):
    build(tmp_path / name, {"ada": "1"})
    monkeypatch.chdir(tmp_path / name)
    with pytest.raises(CourseError, match="nbgrader would keep the gradebook in ") as refused:
        Course(tmp_path / name).students("ex1")
    with (tmp_path / name / "nbgrader_config.py").open("a") as config:
        config.write(str(refused.value).partition("nbgrader_config.py: ")[2])
    course = Course(tmp_path / name)
    assert course.students("ex1") == ["ada"]
    Gradebook(course.db_url).close()
    assert (tmp_path / name / "gradebook.db").is_file()


# Names that are no text


@pytest.mark.slow
def test_names_that_are_not_utf_8_are_told_and_stop_nobody(tmp_path):
    build(tmp_path, SECOND)
    (tmp_path / "submitted" / "bob" / "ex1" / "Caf\udce9.csv").write_text("1,2")
    shutil.copytree(tmp_path / "submitted" / "ada", tmp_path / "submitted" / "z\udce9")
    said = json.loads(grade(tmp_path, "--json", code=3).stdout)
    assert said["remarks"]["bob"] == ["Caf?.csv was left out: its name is not UTF-8; give it another one"]
    assert list(said["problems"]) == ["z?"] and said["failed"] == [] and marks(tmp_path) == {"ada": 2.0, "bob": 0.0}


@pytest.mark.slow
def test_names_of_the_instructors_that_are_not_utf_8_are_told(tmp_path):
    build(tmp_path, SECOND)
    (tmp_path / "source" / "ex1" / "Caf\udce9.csv").write_text("1,2")
    said = json.loads(grade(tmp_path, "--json").stdout)
    left_out = ["Caf?.csv was left out: its name is not UTF-8; give it another one"]
    assert said["remarks"] == dict.fromkeys(SECOND, left_out) and marks(tmp_path) == {"ada": 2.0, "bob": 0.0}


# Which assignment


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    course = tmp_path_factory.mktemp("two")
    build(course, {"ada": "1"})
    shutil.copytree(course / "source" / "ex1", course / "source" / "ex [2]")
    (course / "source" / "notes").mkdir()
    return course


def run(course, *words):
    return commands.run("nbjudge", "grade", *words, cwd=course)


def assignments(course):
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        return [assignment.name for assignment in gradebook.assignments]


@pytest.mark.slow
@pytest.mark.parametrize("given", ["ex1/", "./ex1", "ex1//", "ex1/."])
def test_an_assignment_may_be_given_as_a_shell_completes_it(two, given):
    done = run(two, given)
    assert done.returncode == 0 and "Marks for ex1 (" in done.stdout, done.stderr
    assert assignments(two) == ["ex1"] and marks(two) == {"ada": 2.0}


@pytest.mark.parametrize("given", ["", ".", "..", "/", "ex1/work.ipynb", "ex3", "EX1", "notes", "*", "source/ex1"])
@pytest.mark.parametrize("option", ["--dry-run", "--force"])
def test_what_is_no_assignment_is_refused_and_leaves_nothing(two, monkeypatch, given, option):
    monkeypatch.chdir(two)
    before = assignments(two) if (two / "gradebook.db").exists() else None
    done = CliRunner().invoke(grade_command, [given, option])
    assert done.exit_code == 1
    assert f"there is no assignment '{given}' in source; there is ex [2], ex1" in done.output
    assert before == (assignments(two) if (two / "gradebook.db").exists() else None)


@pytest.mark.slow
def test_an_extension_may_name_it_so_too(two, monkeypatch):
    assert run(two, "ex1").returncode == 0
    monkeypatch.chdir(two)
    said = CliRunner().invoke(extend, ["ex1/", "ada", "--days", "3"]).output
    assert "ex1 has no deadline" in said


# The whole way


def test_both_commands_do_the_same_about_files_with_other_names(tmp_path):
    """A helper notebook, a helper module and a data file; the notebook in a folder, all called as a browser did."""
    build_light(tmp_path)
    notebook = nbformat.read(tmp_path / "source" / "ex1" / "work.ipynb", as_version=4)
    notebook.cells[1].source = "%run my_helper.ipynb\nimport more\nfirst = more.one + int(open('work.csv').read())"
    notebook.cells[3].source = "second = TWO"
    helper = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("TWO = 2")])
    for student in ("ada", "bob"):
        folder = hand_in_right(tmp_path, student, light())
        (folder / "work.ipynb").unlink()
        (folder / "ex1 [x]").mkdir()
        # nbgrader's own command looks for hand-ins only if there is a notebook.
        for name, text in {
            "work (1).ipynb": nbformat.writes(notebook),
            "my_helper.ipynb": nbformat.writes(helper),
            "more (1).py": "one = 1",
            "work (1).csv": "0",
        }.items():
            (folder / "ex1 [x]" / name).write_text(text)
    hand_in_right(tmp_path, "cleo", light())
    done = commands.run("nbjudge", "grade", "ex1", "--no-canary", "--json", cwd=tmp_path)
    said = json.loads(done.stdout)
    assert {mark["student"]: mark["total"] for mark in said["marks"]} == {"ada": 4, "bob": 4, "cleo": 4}
    assert (
        said["remarks"]["ada"]
        == said["remarks"]["bob"]
        == [
            "handed in as work (1).ipynb",
            "work.ipynb was found in the folder ex1 [x]",
            "more (1).py is taken for more.py",
            "work (1).csv is taken for work.csv",
        ]
    )
    before, told = executed(tmp_path), Course(tmp_path).remarks(SubmissionKey("ex1", "ada"))
    commands.run("nbgrader", "autograde", "ex1", "--force", cwd=tmp_path, check=True)
    assert executed(tmp_path) == before
    # The notebook has its name now; all else is told as `grade` told it.
    assert Course(tmp_path).remarks(SubmissionKey("ex1", "ada")) == told[1:]
    page = (tmp_path / "feedback" / "ada" / "ex1" / "work.html").read_text()
    assert "more (1).py is taken for more.py" in page
    assert os.path.exists(tmp_path / "autograded" / "ada" / "ex1" / "work.ipynb")
