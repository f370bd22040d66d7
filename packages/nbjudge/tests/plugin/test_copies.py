"""The gradebook and the course's secret: copied before they are written to, and never made anew without a word."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from datetime import datetime

import pytest
from nbgrader.api import Gradebook
from nbjudge.commands.explain import explain as explain_command
from nbjudge.commands.extend import extend as extend_command
from nbjudge.commands.grade import grade as grade_command
from nbjudge.plugin import copies, gradebook
from nbjudge.plugin.copies import FOLDER
from nbjudge.plugin.gradebook import GradebookError, read_gradebook

from helpers import commands
from helpers.in_process import grade, run
from helpers.tiny_class import PATIENCE, build, executed, hand_in, marks, notebooks

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),  # nbgrader's own
]

MARKS = {"ada": 2.0, "bob": 0.0}
SECRET = ".course_secret"


def extend(course, *words, **keywords):
    return run(course, "ex1", *words, command=extend_command, **keywords)


def nbgrader(course, *words):
    return commands.run("nbgrader", *words, cwd=course)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    course = tmp_path_factory.mktemp("copies") / "course"
    build(course, {"ada": "1", "bob": "2"})
    (course / "gradebook.db").unlink()  # or there would be a copy of it
    grade(course)
    with Gradebook(f"sqlite:///{course}/gradebook.db") as opened:
        opened.find_assignment("ex1").duedate = datetime(2027, 1, 31)
        opened.db.commit()
    return course


@pytest.fixture
def course(graded, tmp_path):
    """A class that was graded."""
    return shutil.copytree(graded, tmp_path / "course")


def kept(course, ending=".db"):
    """The copies, oldest first."""
    return sorted((course / FOLDER).glob(f"[0-9]*{ending}"))


def deadline(path):
    with Gradebook(f"sqlite:///{path}") as opened:
        return opened.find_assignment("ex1").duedate


# What is lost

LOSE = {
    "removed": lambda path: path.unlink(),
    "emptied": lambda path: path.write_bytes(b""),
    "made anew by formgrader": lambda path: (path.unlink(), Gradebook(f"sqlite:///{path}").close()),
}
COMMANDS = {
    "grade": (grade_command, ["ex1", "--no-canary"]),
    "dry run": (grade_command, ["ex1", "--dry-run"]),
    "diff": (grade_command, ["ex1", "--no-canary", "--diff"]),
    "explain": (explain_command, ["ada", "first-right"]),
    "extend": (extend_command, ["ex1", "ada", "--days=1"]),
}


@pytest.mark.parametrize("how", LOSE)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_gradebook_that_is_lost_is_not_made_anew_without_a_word(course, how, name):
    path = course / "gradebook.db"
    LOSE[how](path)
    before, command, words = path.exists() and path.read_bytes(), *COMMANDS[name]
    said = run(course, *words, command=command, code=1)
    assert "gradebook.db is not there or knows no student" in said and "nbjudge grade ASSIGNMENT --begin-anew" in said
    assert "Put a copy of yours in its place" in said and len(said.splitlines()) == 1
    assert (path.exists() and path.read_bytes()) == before and not kept(course)


@pytest.mark.parametrize("left", ["autograded", "feedback", FOLDER])
def test_whatever_is_left_of_graded_work_shows_that_there_was_a_gradebook(course, left):
    extend(course, "ada", "--days=1")
    (course / "gradebook.db").unlink()
    for folder in {"autograded", "feedback", FOLDER} - {left}:
        shutil.rmtree(course / folder)
    assert "gradebook.db is not there" in grade(course, code=1)


@pytest.mark.parametrize("words", [["generate_assignment", "--force"], ["autograde", "--force"]], ids=str)
@pytest.mark.parametrize("what", ["gradebook.db", SECRET])
def test_nbgraders_own_commands_make_none_either(course, words, what):
    before = notebooks(course)
    (course / what).unlink()
    done = nbgrader(course, words[0], "ex1", *words[1:])
    assert done.returncode == 1 and f"{what} is not there" in done.stderr and "Traceback" not in done.stderr
    assert not (course / what).exists() and notebooks(course) == before and (course / "release" / "ex1").exists()


def test_a_new_gradebook_by_an_explicit_word(course):
    (course / "gradebook.db").unlink()
    before = executed(course)
    grade(course, "--begin-anew")
    assert marks(course) == MARKS and executed(course) == before and deadline(course / "gradebook.db") is None
    assert "both are there" in grade(course, "--begin-anew", code=2)


def test_a_secret_that_is_lost_is_not_made_anew_without_a_word(course):
    secret = (course / SECRET).read_bytes()
    hand_in(course, "bob", "1")
    (course / SECRET).unlink()
    for command, words in COMMANDS.values():
        said = run(course, *words, command=command, code=1)
        assert "/.course_secret is not there" in said or ".course_secret is not there" in said
        assert not (course / SECRET).exists() and marks(course) == MARKS
    shutil.rmtree(course / ".cache")  # the transcripts still show it
    grade(course, code=1)
    grade(course, "--begin-anew")
    assert (course / SECRET).read_bytes() != secret and marks(course) == MARKS | {"bob": 2.0}


@pytest.mark.parametrize("other", ["--diff", "--dry-run"])
def test_nothing_is_begun_by_what_writes_nothing(course, other):
    (course / "gradebook.db").unlink()
    assert "--begin-anew makes a gradebook" in grade(course, "--begin-anew", other, code=2)
    assert not (course / "gradebook.db").exists()


def test_a_course_that_begins_is_not_asked(tmp_path):
    course = tmp_path / "course"
    build(course, {"ada": "1"})
    (course / "gradebook.db").unlink()
    assert "ada: execute and record" in run(course, "ex1", "--dry-run")
    grade(course)
    assert marks(course) == {"ada": 2.0} and not kept(course)


def test_who_generates_drafts_and_forgets_them_is_not_asked(tmp_path):
    course = tmp_path / "course"
    build(course, {"ada": "1"})
    for _ in range(2):
        with Gradebook(f"sqlite:///{course}/gradebook.db") as opened:
            opened.update_or_create_assignment("ex1", duedate=datetime(2027, 1, 31))
        assert nbgrader(course, "generate_assignment", "ex1", "--force").returncode == 0
    assert kept(course)
    (course / "gradebook.db").unlink()
    assert nbgrader(course, "generate_assignment", "ex1", "--force").returncode == 0


def test_who_forgets_an_assignment_as_the_docs_say_is_not_asked(course):
    assert nbgrader(course, "db", "assignment", "remove", "ex1", "--force").returncode == 0
    assert nbgrader(course, "generate_assignment", "ex1", "--force").returncode == 0
    grade(course)
    assert marks(course) == MARKS


# Copies


def test_each_command_that_writes_copies_what_has_changed(course, monkeypatch):
    seconds = iter(range(60))

    class Clock(datetime):
        @classmethod
        def now(cls, zone=None):
            return datetime(2027, 1, 1, 0, 0, next(seconds), tzinfo=zone)

    monkeypatch.setattr(copies, "datetime", Clock)
    before = [(course / "gradebook.db").read_bytes()]
    for change in (
        lambda: extend(course, "ada", "--days=1"),
        lambda: extend(course, "ada", "--days=2"),
        lambda: (hand_in(course, "bob", "1"), grade(course)),
    ):
        change()
        before.append((course / "gradebook.db").read_bytes())
    assert len(kept(course)) == 3 and before[0] != before[1] != before[2]
    with sqlite3.connect(kept(course)[0]) as first, sqlite3.connect(kept(course)[1]) as second:
        asked = "select extension from submitted_assignment where student_id = 'ada'"
        assert first.execute(asked).fetchone() == (None,) != second.execute(asked).fetchone()
    assert [path.read_bytes() for path in kept(course, SECRET)] == [(course / SECRET).read_bytes()]
    grade(course)
    now = kept(course)
    assert len(now) == 4
    grade(course)
    assert kept(course) == now  # nothing has changed since
    assert not list((course / FOLDER).glob(".*"))


@pytest.mark.parametrize("words", [["generate_assignment", "--force"], ["autograde", "--force"]], ids=str)
def test_nbgraders_own_commands_copy_it_too(course, words):
    before = read_gradebook(f"sqlite:///{course}/gradebook.db")
    done = nbgrader(course, words[0], "ex1", *words[1:])
    assert done.returncode == 0, done.stderr
    assert [path.read_bytes() for path in kept(course)] == [before]


def test_what_writes_nothing_copies_nothing(course):
    grade(course, "--dry-run")
    grade(course, "--diff")
    extend(course, "nobody", "--days=1", code=1)
    assert not (course / FOLDER).exists()


def test_the_last_ten_are_kept_and_the_first_of_each_of_ten_days(course):
    folder = course / FOLDER
    folder.mkdir()
    names = [f"2026-01-{day:02}_{hour:02}-00-00_UTC.db" for day in range(1, 15) for hour in (8, 9, 10)]
    names += [f"2026-01-15_08-00-{second:02}_UTC.db" for second in range(30)]
    for name in names:
        (folder / name).write_text(name)
    for name, age in (("old", 7200), ("new", 0)):
        path = folder / f".unfinished-{name}"
        path.touch()
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    extend(course, "ada", "--days=1")
    left = [path.name for path in kept(course)]
    assert left[-10:-1] == names[-9:] and left[-1] > names[-1]
    assert left[:-10] == [f"2026-01-{day:02}_08-00-00_UTC.db" for day in range(7, 15)] + [names[42]]
    assert [path.name for path in folder.glob(".*")] == [".unfinished-new"]


def test_without_a_copy_nothing_is_written(course):
    (course / FOLDER).write_text("no folder")
    hand_in(course, "bob", "1")
    before = (course / "gradebook.db").read_bytes(), notebooks(course), executed(course)
    for said in (grade(course, code=1), extend(course, "ada", "--days=1", code=1)):
        assert f"the gradebook can't be copied into {FOLDER}/, so nothing was done" in said
        assert len(said.splitlines()) == 1 and "run the same command again" in said
    done = nbgrader(course, "autograde", "ex1", "--force")
    assert done.returncode == 1 and "so nothing was done" in done.stderr and "Traceback" not in done.stderr
    assert ((course / "gradebook.db").read_bytes(), notebooks(course), executed(course)) == before


def test_a_full_disk_under_the_copies(course, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, timeout=PATIENCE).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        (course / FOLDER).symlink_to(disk)
        before = (course / "gradebook.db").read_bytes()
        assert "No space left on device" in extend(course, "ada", "--days=1", code=1)
        assert list(disk.iterdir()) == [] and (course / "gradebook.db").read_bytes() == before
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True, timeout=PATIENCE)


def test_a_damaged_gradebook_is_not_copied(course):
    path = course / "gradebook.db"
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xa5" * (path.stat().st_size - 8192))
    assert "malformed" in grade(course, code=1)
    assert not (course / FOLDER).exists()


def test_a_copy_is_one_state_while_others_write(course):
    writer = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sqlite3, time\n"
            "book = sqlite3.connect('gradebook.db', timeout=60)\n"
            "book.execute('create table pair (a, b)')\n"
            "book.execute('insert into pair values (0, 0)')\n"
            "book.commit()\n"
            "print(flush=True)\n"
            "until = time.monotonic() + 20\n"
            "while time.monotonic() < until:\n"
            "    book.execute('update pair set a = a + 1')\n"
            "    book.execute('update pair set b = b + 1')\n"
            "    book.commit()\n"
            "    time.sleep(0.001)\n",
        ],
        cwd=course,
        stdout=subprocess.PIPE,
    )
    try:
        writer.stdout.readline()
        seen = set()
        for number in range(20):
            copy = course / f"copy-{number}"
            copy.write_bytes(read_gradebook(f"sqlite:///{course}/gradebook.db"))
            with contextlib.closing(sqlite3.connect(copy)) as opened:
                ((a, b),) = opened.execute("select a, b from pair").fetchall()
                assert a == b and opened.execute("pragma integrity_check").fetchone() == ("ok",)
                seen.add(a)
        assert len(seen) > 1
    finally:
        writer.kill()
        writer.wait(PATIENCE)
        writer.stdout.close()


def test_nobody_waits_for_ever_for_a_locked_gradebook(course, monkeypatch):
    monkeypatch.setattr(gradebook, "PATIENCE", 0.5)
    with contextlib.closing(sqlite3.connect(course / "gradebook.db", isolation_level=None)) as locked:
        locked.execute("BEGIN EXCLUSIVE")
        with pytest.raises(GradebookError, match="database is locked; another program"):
            read_gradebook(f"sqlite:///{course}/gradebook.db")
