"""A whole class at once: like nbgrader one by one, but nothing twice, and nothing is lost when something dies."""

import contextlib
import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import datetime

import nbformat
import psutil
import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook
from nbjudge.commands.grade import _followed
from nbjudge.commands.grade import grade as grade_command
from nbjudge.commands.status import HandInStatus
from nbjudge.handin.hand_in import HandIn
from nbjudge.judge.archive import ArchiveError, pack, unpack
from nbjudge.judge.transcript import Transcript
from nbjudge.plugin.course import Course
from nbjudge.plugin.record.recorder import Recorder
from nbjudge.run.store import FOLDER, Store
from rich.console import Console
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from helpers import commands
from helpers.gradebooks import dump
from helpers.machine import descendants
from helpers.tiny_class import (
    CANARY,
    PATIENCE,
    build,
    command,
    executed,
    grade,
    hand_in,
    marks,
    notebooks,
)

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),  # nbgrader's own
]

ANSWERS = {"ada": "1", "bob": "2", "cy": "1 / 0", "dee": "1"}
MARKS = {"ada": 2.0, "bob": 0.0, "cy": 0.0, "dee": 2.0}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    course = tmp_path_factory.mktemp("whole") / "course"
    build(course, ANSWERS)
    grade(course)
    return course


def test_the_mark_of_an_ordinary_test_is_explained(graded):
    said = {
        student: commands.run("nbjudge", "explain", student, "first-right", cwd=graded, check=True).stdout
        for student in ("ada", "bob")
    }
    assert "2 points of 2" in said["ada"] and "it ran to its end" in said["ada"]
    assert "0 points of 2" in said["bob"] and "AssertionError" in said["bob"]
    done = commands.run("nbjudge", "explain", "ada", "first", cwd=graded)
    assert done.stderr == "Error: ada has no test cell first; there are first-right\n"


@pytest.fixture
def course(graded, tmp_path):
    """A class that was graded."""
    return shutil.copytree(graded, tmp_path / "course")


def test_everybody_gets_a_mark_and_nothing_is_executed_twice(graded):
    assert marks(graded) == MARKS
    # Were a job another one when nbgrader asks for it, it would be there twice.
    assert len(executed(graded)) == len(ANSWERS) + CANARY


def test_who_hands_in_the_same_is_executed_once(tmp_path):
    course = tmp_path / "course"
    build(course, dict.fromkeys(("ada", "bob", "cy"), "1"))
    for student in ("bob", "cy"):
        shutil.copy(course / "submitted" / "ada" / "ex1" / "work.ipynb", course / "submitted" / student / "ex1")
    with (course / "nbgrader_config.py").open("a") as file:
        file.write("c.ExecuteApart.run_student_code_without_a_sandbox = True\n")
    notebook = course / "submitted" / "ada" / "ex1" / "work.ipynb"
    count = f"open({str(tmp_path / 'count')!r}, 'a').write('1')"
    for student in ("ada", "bob", "cy"):
        copy = course / "submitted" / student / "ex1" / "work.ipynb"
        copy.write_text(notebook.read_text().replace("print('hello')", count))
    grade(course, "--no-canary", "--no-feedback")
    assert (tmp_path / "count").read_text() == "1" and marks(course) == dict.fromkeys(("ada", "bob", "cy"), 2.0)


def test_gradebook_and_notebooks_are_those_of_plain_nbgrader(graded, tmp_path):
    plain = tmp_path / "course"
    build(plain, ANSWERS)
    shutil.copytree(graded / ".judged_apart", plain / ".judged_apart")  # a study is not nbgrader's business
    for words in (["generate_assignment"], ["autograde"]):
        commands.run("nbgrader", *words, "ex1", cwd=plain, check=True)
    assert dump(plain) == dump(graded)
    assert notebooks(plain) == notebooks(graded) and len(notebooks(plain)) == len(ANSWERS)


def test_what_is_graded_is_left_as_it_is(course):
    grade(course)  # everything here is a copy, and thereby new
    before = executed(course), notebooks(course), (course / "gradebook.db").read_bytes()
    assert "nothing" in grade(course, "--dry-run").stdout
    grade(course)
    assert (executed(course), notebooks(course), (course / "gradebook.db").read_bytes()) == before


def test_what_was_executed_is_only_recorded(course):
    before = executed(course)
    shutil.rmtree(course / "autograded")
    (course / "gradebook.db").unlink()
    shutil.rmtree(course / "release")
    grade(course, "--begin-anew")
    assert executed(course) == before and marks(course) == MARKS


def test_a_dry_run_does_nothing(tmp_path):
    course = tmp_path / "course"
    build(course, {"ada": "1"})
    (course / "gradebook.db").unlink()
    before = {path for path in course.rglob("*") if ".cache" not in path.parts}
    assert "ada: execute and record" in grade(course, "--dry-run").stdout
    assert {path for path in course.rglob("*") if ".cache" not in path.parts} - {course / ".course_secret"} == before


def test_only_what_changed_is_executed(course):
    before = executed(course)
    hand_in(course, "bob", "1")
    said = grade(course, "--dry-run").stdout.split("\n")
    assert [line for line in said if line.endswith("execute and record")] == ["bob: execute and record"]
    grade(course, "--no-feedback")
    after = executed(course)
    assert before.items() <= after.items() and len(after) == len(before) + 1
    assert marks(course) == MARKS | {"bob": 2.0}


def test_one_student_by_force(course):
    by_hand(course, "ada", 1.5)
    by_hand(course, "dee", 0.5)
    before = executed(course)
    grade(course, "--student=ada", "--force", "--no-feedback")
    after = executed(course)
    assert before.keys() == after.keys() and sum(before[name] != after[name] for name in before) == 1
    assert marks(course) == MARKS
    given = {"ada": (1.5, 0), "dee": (0.5, 0)}  # hers stays as well, for nothing has changed
    assert {student: told for student, *told in graded_by_hand(course)} == {s: list(told) for s, told in given.items()}


OF = "from submitted_notebook join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id"


def by_hand(course, student, points):
    """Give a mark as formgrader does."""
    with sqlite3.connect(course / "gradebook.db") as gradebook:
        of_student = f"notebook_id in (select submitted_notebook.id {OF} where student_id = ?)"
        gradebook.execute(f"update grade set manual_score = ? where {of_student}", (points, student))


def graded_by_hand(course):
    with sqlite3.connect(course / "gradebook.db") as gradebook:
        return gradebook.execute(
            f"select student_id, manual_score, needs_manual_grade {OF} join grade on grade.notebook_id"
            " = submitted_notebook.id where manual_score is not null"
        ).fetchall()


def test_a_stranger_is_named(course):
    assert "nothing in submitted/*/ex1 from eve" in grade(course, "--student=eve", code=1).stderr


def test_marks_for_machines(course):
    said = json.loads(grade(course, "--json").stdout)
    assert {mark["student"]: mark["total"] for mark in said["marks"]} == MARKS
    assert said["problems"] == {} and said["most"] == {"automatic": 2.0, "written": 0}


def test_a_hand_in_that_fails_stops_nobody(course, monkeypatch):
    record = Recorder.record

    def fails_for_bob(self, prepared, results):
        if prepared.key.student == "bob":
            raise ValueError("no bob")
        record(self, prepared, results)

    monkeypatch.setattr(Recorder, "record", fails_for_bob)
    for student in MARKS:
        hand_in(course, student, "1  # now")
    with contextlib.chdir(course):
        done = CliRunner().invoke(grade_command, ["ex1", "--no-canary", "--json"])
    said = json.loads(done.stdout)
    assert done.exit_code == 1 and said["problems"] == {"bob": "ValueError: no bob"} and said["failed"] == ["bob"]
    assert marks(course) == dict.fromkeys(MARKS, 2.0) | {"bob": 0.0}


def test_when_nothing_can_be_executed_all_marks_stay(course):
    shutil.rmtree(course / "autograded")
    shutil.rmtree(course / FOLDER)
    with (course / "nbgrader_config.py").open("a") as file:
        file.write("c.ExecuteApart.cgroup = '/nowhere'\n")
    said = grade(course, "--no-canary", "--no-feedback", code=1).stdout
    assert said.count("problem: SandboxError") == len(ANSWERS) and marks(course) == MARKS


def test_so_many_are_executed_at_one_time(tmp_path):
    course = tmp_path / "course"
    build(course, {"ada": "1", "bob": "1"})
    with (course / "nbgrader_config.py").open("a") as file:
        file.write("c.ExecuteApart.run_student_code_without_a_sandbox = True\n")
    wait = """import pathlib, time
here = pathlib.Path({folder!r})
(here / {me!r}).touch()
deadline = time.monotonic() + 60
while not (met := (here / {other!r}).exists()) and time.monotonic() < deadline:
    time.sleep(0.1)
first = int(met)"""
    for me, other in (("ada", "bob"), ("bob", "ada")):
        path = course / "submitted" / me / "ex1" / "work.ipynb"
        notebook = nbformat.read(path, as_version=4)
        notebook.cells[0].source = wait.format(folder=str(tmp_path), me=me, other=other)
        nbformat.write(notebook, path)
    with (course / "nbgrader_config.py").open("a") as file:
        file.write("c.Execute.timeout = 100\n")
    grade(course, "--no-canary", "--no-feedback", "--workers=2")
    assert marks(course) == {"ada": 2.0, "bob": 2.0}


# Hand-ins that change


@pytest.mark.slow
def test_who_hands_in_again_while_being_executed_is_graded_by_the_later(tmp_path):
    course = tmp_path / "course"
    build(course, {"ada": "__import__('time').sleep(2) or 2", "bob": "1"})
    with subprocess.Popen(command("--no-canary", "--no-feedback"), cwd=course, stdout=subprocess.DEVNULL) as running:
        process = psutil.Process(running.pid)
        while running.poll() is None and not any(
            "nbjudge.student" in p.cmdline() for p in process.children(recursive=True)
        ):
            time.sleep(0.05)
        hand_in(course, "ada", "1")
        assert running.wait(PATIENCE) == 0
    assert marks(course) == {"ada": 2.0, "bob": 2.0}
    kept = executed(course), notebooks(course)
    grade(course, "--no-canary", "--no-feedback")
    assert (executed(course), notebooks(course)) == kept


def test_what_always_changes_is_a_problem(course, monkeypatch):
    digest = iter(range(1000))
    monkeypatch.setattr(HandIn, "digest", property(lambda _: str(next(digest))))
    shutil.rmtree(course / "autograded" / "bob")
    with contextlib.chdir(course):
        done = CliRunner().invoke(grade_command, ["ex1", "--no-canary", "--json"])
    assert done.exit_code == 1 and "has changed while it was graded" in json.loads(done.stdout)["problems"]["bob"]


@pytest.mark.slow
def test_a_hand_in_with_an_old_date_is_a_new_one(course):
    path = course / "submitted" / "bob" / "ex1" / "work.ipynb"
    for answer, points in (("1", 2.0), ("3", 0.0)):
        later = path.stat().st_mtime + 1e6
        hand_in(course, "bob", answer)
        os.utime(path, (0, 0))
        os.utime(course / "autograded" / "bob" / "ex1" / "work.ipynb", (later, later))
        grade(course, "--no-canary", "--no-feedback")
        assert marks(course) == MARKS | {"bob": points}


@pytest.mark.slow
def test_whoever_is_killed_between_the_marks_and_the_notebook_records_both_again(course, monkeypatch):
    hand_in(course, "bob", "1")
    before, rename = notebooks(course), os.rename

    def killed(path, to):
        if to == course / "autograded" / "bob" / "ex1":
            raise SystemExit(9)
        rename(path, to)

    with monkeypatch.context() as patched, contextlib.chdir(course):
        patched.setattr(os, "rename", killed)
        assert CliRunner().invoke(grade_command, ["ex1", "--no-canary"]).exit_code == 9
    assert marks(course) == MARKS | {"bob": 2.0} and "bob" not in notebooks(course)
    kept = executed(course)
    grade(course, "--no-canary")
    after = notebooks(course)
    assert marks(course) == MARKS | {"bob": 2.0} and executed(course) == kept
    assert {student for student in after if after[student] != before[student]} == {"bob"}


def test_when_marks_cant_be_recorded_the_notebook_stays(course, monkeypatch):
    before = notebooks(course)
    hand_in(course, "bob", "1")

    def locked(self):
        raise DBAPIError("commit", {}, sqlite3.OperationalError("database is locked"))

    def only_in_the_end(self, *args):
        with monkeypatch.context() as patched:
            patched.setattr(Session, "commit", locked)
            return put_into_place(self, *args)

    put_into_place = Recorder.record
    monkeypatch.setattr(Recorder, "record", only_in_the_end)
    with contextlib.chdir(course):
        done = CliRunner().invoke(grade_command, ["ex1", "--no-canary"])
    assert done.exit_code == 1 and "database is locked" in done.output
    assert notebooks(course) == before and marks(course) == MARKS


@pytest.mark.slow
def test_a_feedback_page_that_is_cut_or_not_there_is_written_anew(course):
    pages = {student: course / "feedback" / student / "ex1" / "work.html" for student in MARKS}
    grade(course, "--no-canary")
    whole = {student: (page.stat().st_mtime_ns, page.read_bytes()) for student, page in pages.items()}
    pages["ada"].chmod(0o644)
    pages["ada"].write_bytes(whole["ada"][1][:-1000])
    pages["bob"].unlink()
    grade(course, "--no-canary")
    assert {student: page.read_bytes() for student, page in pages.items()} == {
        s: page for s, (_, page) in whole.items()
    }
    assert pages["cy"].stat().st_mtime_ns == whole["cy"][0]


@pytest.mark.parametrize("then", ["new", "older"])
def test_marks_that_are_not_in_the_gradebook_are_recorded_again(course, tmp_path, then):
    grade(course, "--no-canary", "--no-feedback")
    shutil.copy(course / "gradebook.db", tmp_path / "older.db")
    hand_in(course, "bob", "1")
    grade(course, "--no-canary", "--no-feedback")
    (course / "gradebook.db").unlink()
    if then == "older":
        shutil.copy(tmp_path / "older.db", course / "gradebook.db")
    kept = executed(course)
    grade(course, "--no-canary", "--no-feedback", *["--begin-anew"] * (then == "new"))
    assert marks(course) == MARKS | {"bob": 2.0} and executed(course) == kept


@pytest.mark.slow
def test_a_hidden_test_that_changes_changes_marks(tmp_path):
    course = tmp_path / "course"
    build(course, {"ada": "1", "bob": "1.0"})
    path = course / "source" / "ex1" / "work.ipynb"
    hidden = "\n### BEGIN HIDDEN TESTS\nassert isinstance(first, {kind})\n### END HIDDEN TESTS"
    released = []
    for kind, points in (("int", {"ada": 2.0, "bob": 0.0}), ("float", {"ada": 0.0, "bob": 2.0})):
        notebook = nbformat.read(path, as_version=4)
        notebook.cells[1].source = "assert first == 1" + hidden.format(kind=kind)
        nbformat.write(notebook, path)
        grade(course, "--no-canary", "--no-feedback")
        released.append((course / "release" / "ex1" / "work.ipynb").read_bytes())
        assert marks(course) == points
    assert released[0] == released[1]
    # Between a change and the next release, nbgrader grades by the old test.
    notebook.cells[1].source = "assert first == 1" + hidden.format(kind="int")
    nbformat.write(notebook, path)
    with contextlib.chdir(course):
        assert Course(course).api.autograde("ex1", "ada", force=True)["success"]
    grade(course, "--no-canary", "--no-feedback")
    assert marks(course) == {"ada": 2.0, "bob": 0.0}


def test_a_notebook_of_another_name_is_left_as_it_is_and_a_later_one_counts(course):
    folder = course / "submitted" / "bob" / "ex1"
    for answer, points in (("1", 2.0), ("3", 0.0)):
        hand_in(course, "bob", answer)
        (folder / "work.ipynb").replace(folder / "my work.ipynb")
        for words in (["--dry-run"], ["--no-canary", "--diff"], ["--no-canary"]):
            with contextlib.chdir(course):
                done = CliRunner().invoke(grade_command, ["ex1", *words], input="n\n")
            assert done.exit_code == 0 and [path.name for path in folder.iterdir()] == ["my work.ipynb"], done.output
        assert "handed in as my work.ipynb" in done.output and marks(course) == MARKS | {"bob": points}
    assert grade(course, "--no-canary", "--dry-run").stdout.count("nothing") == 4


# For machines, and for eyes


def test_what_would_change_for_machines(course):
    hand_in(course, "bob", "1")
    (course / "submitted" / "cy" / "ex1" / "work.ipynb").write_text("{")
    kept = notebooks(course), (course / "gradebook.db").read_bytes()
    with contextlib.chdir(course):
        done = CliRunner().invoke(grade_command, ["ex1", "--no-canary", "--diff", "--json"], input="n\n")
        plan = json.loads(CliRunner().invoke(grade_command, ["ex1", "--dry-run", "--json"]).stdout)["plan"]
    said = json.loads(done.stdout)
    assert done.exit_code == 3 and said["changes"] == {"bob": {"first-right": [0.0, 2.0]}}
    assert "work.ipynb is not a readable notebook" in said["problems"]["cy"] and said["failed"] == []
    assert plan["bob"] == "record" and plan["cy"].startswith("problem: ") and plan["ada"] == "nothing"
    assert (notebooks(course), (course / "gradebook.db").read_bytes()) == kept


def test_a_late_penalty_that_would_change_is_shown(course):
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        gradebook.find_assignment("ex1").duedate = datetime(2027, 1, 31)
        gradebook.find_submission("ex1", "ada").timestamp = datetime(2027, 1, 31, 12)
        gradebook.db.commit()
    said = grade(course, "--no-canary", "--diff").stdout
    assert "ada: late - -> -0.2\nThe marks of 1 of 4 students would change." in said
    assert grade(course, "--no-canary", "--dry-run").stdout.count("nothing") == 4


NAMES = """
c.CourseDirectory.db_url = "sqlite:///{course}/marks.db"
c.CourseDirectory.submitted_directory = "../handed_in"
c.CourseDirectory.release_directory = "out"
c.CourseDirectory.autograded_directory = "marked"
c.CourseDirectory.feedback_directory = "said"
c.Autograde.post_convert_hook = lambda **_: open("told", "a").write("told ")
"""


@pytest.mark.slow
def test_folders_and_a_gradebook_of_other_names(tmp_path):
    course = tmp_path / "course"
    build(course, ANSWERS)
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(NAMES.format(course=course))
    (course / "submitted").rename(tmp_path / "handed_in")
    (course / "gradebook.db").unlink()
    before = {path.name for path in course.iterdir()}
    with contextlib.chdir(course):
        done = CliRunner().invoke(grade_command, ["ex1", "--no-canary", "--diff"], input="n\n")
    assert "ada: first-right - -> 2" in done.output and "The marks of 4 of 4 students would change" in done.output
    assert {path.name for path in course.iterdir()} - {".cache", ".course_secret"} == before
    kept = executed(course)
    grade(course, "--no-canary")
    assert executed(course) == kept and (course / "told").read_text() == "told " * 4
    assert {path.name for path in course.iterdir()} >= {"marks.db", "out", "marked", "said"}
    (course / "marks.db").rename(course / "gradebook.db")
    assert marks(course) == MARKS and not (course / "autograded").exists()


@pytest.mark.parametrize("content", ["", "12", "no number", "ab" * 17])
def test_a_damaged_secret_is_named(course, content):
    (course / ".course_secret").write_text(content)
    hand_in(course, "bob", "1")
    said = grade(course, "--no-canary", code=1).stderr
    assert f"{course.resolve()}/.course_secret is damaged" in said and len(said.splitlines()) == 1
    assert marks(course) == MARKS


def test_the_bar_says_how_many_are_running_and_have_failed():
    class Grading:
        running = 3

        def grade(self, students):
            yield HandInStatus("ada", "broken")
            yield HandInStatus("bob")

    said = io.StringIO()
    console = Console(file=said, force_terminal=True, width=120)
    assert _followed(Grading(), ["ada", "bob"], "Grading", console).keys() == {"ada", "bob"}
    assert "2/2" in said.getvalue() and "3 running, 1 failed," in said.getvalue()


@pytest.mark.slow
def test_no_port_is_open_while_a_class_is_graded(tmp_path):
    course = tmp_path / "course"
    build(course, {"ada": "__import__('time').sleep(2) or 1"})
    with subprocess.Popen(command("--no-canary", "--no-feedback"), cwd=course, stdout=subprocess.DEVNULL) as running:
        process = psutil.Process(running.pid)
        while running.poll() is None and not any(
            "nbjudge.student" in p.cmdline() for p in process.children(recursive=True)
        ):
            time.sleep(0.05)
        assert running.poll() is None
        assert [c for c in process.net_connections() if c.status == psutil.CONN_LISTEN] == []
    assert running.returncode == 0 and marks(course) == {"ada": 2.0}


def test_ctrl_c_stops_at_once_and_the_next_run_goes_on(tmp_path):
    course = tmp_path / "course"
    build(course, {"ada": "1", "bob": "__import__('time').sleep(60) or 1"})
    before = descendants().keys()
    with subprocess.Popen(
        command(), cwd=course, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as running:
        deadline = time.monotonic() + PATIENCE
        while len(executed(course)) < 1 + CANARY and time.monotonic() < deadline:
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        interrupted = time.monotonic()
        said = running.stderr.read()
        running.wait(PATIENCE)
    assert time.monotonic() - interrupted < 5
    assert running.returncode == 130 and "run the same command again" in said
    assert not descendants().keys() - before
    hand_in(course, "bob", "1")
    kept = executed(course)
    grade(course)
    assert kept.items() <= executed(course).items() and marks(course) == {"ada": 2.0, "bob": 2.0}


# What is kept

NOTHING = {"cells": [], "reports": []}


def test_a_result_is_kept_wholly_or_not_at_all(tmp_path, monkeypatch):
    store = Store(tmp_path)
    assert "x" not in store and store.get("x") is None
    store.put("x", Transcript(pack(NOTHING)))
    assert store.get("x").content == NOTHING and "x" in store

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        store.put("x", Transcript(pack(NOTHING | {"digest": "y"})))
    assert store.get("x").content == NOTHING
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == ["x.zip"]


@pytest.mark.parametrize("damage", [b"", b"PK", None], ids=["empty", "other", "cut"])
def test_what_is_damaged_counts_as_not_executed(tmp_path, damage):
    store = Store(tmp_path)
    packed = pack({"reports": list(range(1000))})
    store.put("x", Transcript(packed[: len(packed) // 2] if damage is None else damage))
    assert "x" not in store
    with pytest.raises(ArchiveError):
        unpack((tmp_path / FOLDER / "x.zip").read_bytes())
