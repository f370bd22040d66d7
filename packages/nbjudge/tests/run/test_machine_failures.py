"""No disk, no gradebook, workers that die: one line says so, nothing is lost, and the same command goes on."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time

import nbformat
import pytest
from nbjudge.plugin.gradebook import GradebookError, check_gradebook, translate_database_errors
from nbjudge.run.disk import TEMPORARY
from nbjudge.run.job import ATTEMPTS, OWN_DOING, run_with_retries
from nbjudge.run.session import ProcessKilledError
from nbjudge.run.store import FOLDER
from nbjudge.sandbox.bubblewrap import bubblewrap

from helpers import commands, tiny_course
from helpers.gradebooks import totals
from helpers.machine import adopting
from helpers.ordinary_user import run_as_ordinary_user
from helpers.tiny_class import CANARY, PATIENCE, build, cluster, command, executed, grade, hand_in, marks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

KILL = "__import__('os').kill(__import__('os').{whom}(), 9)"
MARKS = {"ada": 2.0, "bob": 0.0}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    course = tmp_path_factory.mktemp("graded") / "course"
    build(course, {"ada": "1", "bob": "2"})
    grade(course)
    return course


@pytest.fixture
def course(graded, tmp_path):
    """A class that was graded."""
    return shutil.copytree(graded, tmp_path / "course")


@pytest.fixture
def disk(tmp_path):
    """A disk of 16 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], capture_output=True, text=True, timeout=300
    )
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True, timeout=300)


def fill(disk, room):
    """Leave so many pages of a disk."""
    free = os.statvfs(disk)
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(max(0, free.f_bavail - room) * free.f_frsize))
    return ballast


def refused(course, *why):
    """The one line with which the command ends; it holds each of these, or one of those in a set."""
    done = grade(course, code=1)
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"Error: stopped in {course}: ") and "run the same command again" in line
    assert all(any(word in line for word in ({one} if isinstance(one, str) else one)) for one in why), line
    assert not (course / TEMPORARY).exists()


def goes_on(course, kept):
    """Run the same command again: all is well, and what was kept is not executed again."""
    grade(course)
    assert marks(course) == MARKS and kept.items() <= executed(course).items()


# Disks


@pytest.mark.parametrize(
    ("ready", "room", "why"),
    [
        (True, 0, "database or disk is full; make room"),
        (True, 3, "No space left on device"),
        (False, 0, "database or disk is full; make room"),
        # A result and a mark are written at the same time: either may be the first for which there is no room.
        (False, 3, {"database or disk is full; make room", "No space left on device"}),
    ],
    ids=["recording", "recording, 12 KiB", "executing", "executing, 12 KiB"],
)
def test_a_full_disk(graded, disk, ready, room, why):
    course = shutil.copytree(graded, disk / "course")
    grade(course)  # a copy is new
    shutil.rmtree(course / "autograded")
    for student, answer in () if ready else (("ada", "1  # again"), ("bob", "2  # again")):
        hand_in(course, student, answer)
    kept = executed(course)
    ballast = fill(disk, room)
    refused(course, why)
    ballast.unlink()
    assert kept.items() <= executed(course).items() and marks(course) == MARKS
    goes_on(course, executed(course))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("room", "begun"), [(0, 0), (2, 1)], ids=["from the start", "after 8 KiB, when a mark is recorded"]
)
def test_a_full_disk_under_the_gradebook(course, disk, room, begun):
    grade(course)
    shutil.move(course / "gradebook.db", disk / "gradebook.db")
    (course / "gradebook.db").symlink_to(disk / "gradebook.db")
    hand_in(course, "bob", "1")
    before, ballast = len(executed(course)), fill(disk, room)
    refused(course, "gradebook.db: database or disk is full; make room on its disk")
    ballast.unlink()
    assert marks(course) == MARKS
    kept = executed(course)
    assert len(kept) == before + begun
    grade(course)
    assert marks(course) == {"ada": 2.0, "bob": 2.0} and kept.items() <= executed(course).items()


@pytest.mark.slow
def test_a_disk_that_can_only_be_read(graded, disk):
    course = shutil.copytree(graded, disk / "course")
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True, timeout=300)
    refused(course, "Read-only file system", str(course))
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True, timeout=300)
    goes_on(course, executed(course))


@pytest.mark.slow
def test_what_may_not_be_written_stops_it_before_anything_is_begun(graded, tmp_path):
    if os.geteuid() == 0:  # who may write everywhere
        run_as_ordinary_user(f"{__file__}::test_what_may_not_be_written_stops_it_before_anything_is_begun")
        return
    for which in ("gradebook", "folder", "new folder"):
        course = shutil.copytree(graded, tmp_path / which)
        hand_in(course, "bob", "1")
        if which == "new folder":
            shutil.rmtree(course / ".cache")
        path, kept = course / "gradebook.db" if which == "gradebook" else course, executed(course)
        mode = path.stat().st_mode
        path.chmod(mode & ~0o222)
        refused(course, "Permission denied" if which == "new folder" else "readonly database; you may not write to it")
        assert executed(course) == kept
        path.chmod(mode)
        grade(course)
        assert marks(course) == {"ada": 2.0, "bob": 2.0}


# The gradebook


def lock(course, how):
    connection = sqlite3.connect(course / "gradebook.db", timeout=60, isolation_level=None)
    connection.execute(f"BEGIN {how}")
    return connection


@pytest.mark.slow
def test_a_gradebook_that_is_locked_from_the_start(course):
    shutil.rmtree(course / "release")
    kept, locked = executed(course), lock(course, "EXCLUSIVE")
    refused(course, "gradebook.db: database is locked; another program is writing to it; close formgrader")
    assert not (course / "release").exists()
    locked.close()
    goes_on(course, kept)


@pytest.mark.slow
def test_a_gradebook_that_is_locked_in_between(course):
    hand_in(course, "ada", "1  # again")
    hand_in(course, "bob", "__import__('time').sleep(3) or 2")
    before = len(executed(course))
    with subprocess.Popen(command(), cwd=course, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
        deadline = time.monotonic() + PATIENCE
        while len(executed(course)) < before + 1 and time.monotonic() < deadline:
            time.sleep(0.01)
        locked = lock(course, "EXCLUSIVE")
        (line,) = running.stderr.read().decode().splitlines()
    assert running.returncode == 1 and "gradebook.db: database is locked" in line
    kept = executed(course)
    locked.close()
    assert marks(course) == MARKS
    goes_on(course, kept)


def overwritten(content):
    half = len(content) // 2
    return content[:8192] + b"\xa5" * half + content[8192 + half :]


DAMAGE = {
    "text": (lambda content: b"these are no marks\n" * 100, "file is not a database"),
    "cut": (lambda content: content[: len(content) // 2], "malformed"),
    "overwritten": (overwritten, "malformed"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_gradebook(course, kind):
    damage, why = DAMAGE[kind]
    kept, path = executed(course), course / "gradebook.db"
    good = path.read_bytes()
    path.write_bytes(damage(good))
    refused(course, why, "gradebook.db", "if it is damaged, put a copy of yours in its place")
    assert path.read_bytes() == damage(good)
    path.write_bytes(good)
    goes_on(course, kept)


def test_damage_that_no_query_would_find(tmp_path):
    path = tmp_path / "gradebook.db"
    with sqlite3.connect(path) as gradebook:
        gradebook.execute("create table mark (student, points)")
        gradebook.executemany("insert into mark values (?, 1)", [(f"{n:0100}",) for n in range(1000)])
    gradebook.close()
    check_gradebook(f"sqlite:///{path}")
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size - 4096)
        file.write(b"\xa5" * 4096)
    url = f"sqlite:///{path}"
    with pytest.raises(GradebookError, match="if it is damaged"), translate_database_errors(url):
        check_gradebook(url)
    assert path.stat().st_size == size


# Processes that die each time


class Dying:
    """A session of which a process dies: by its own doing (the reports say so), or by somebody else's."""

    def __init__(self, *deaths):
        self.deaths = list(deaths)
        self.executed = 0

    def run(self, notebook):
        self.executed += 1
        raise ProcessKilledError("its process was killed", self.deaths.pop(0) if self.deaths else None)


def test_only_a_death_that_may_be_its_own_doing_counts_against_a_submission():
    session = Dying(None, None, ["own"])
    with pytest.raises(ProcessKilledError, match=f"{ATTEMPTS} times in a row"):
        run_with_retries(session, 60.0)
    assert session.executed == ATTEMPTS
    session = Dying(None, ["own"], None, ["own"], ["own"])
    assert run_with_retries(session, 60.0) == ["own"] and session.executed == OWN_DOING + 3


CHECK = """def right_first():
    value = submission.values("first")
    if value == 7:
        import os

        os.kill(os.getpid(), 9)
    assert value == 1


submission.check(right_first, points=2)"""


def solution(**answers):
    notebook = tiny_course.light()
    tiny_course.cell(notebook, "first-right").source = CHECK
    for name, source in answers.items():
        tiny_course.cell(notebook, name).source = source
    return notebook


@pytest.fixture
def counted(tmp_path):
    """An environment in which sandboxes are counted."""
    count, folder = tmp_path / "sandboxes", tmp_path / "bin"
    folder.mkdir()
    count.touch()
    (folder / "bwrap").write_text(f'#!/bin/sh\necho >>{count}\nexec {bubblewrap()} "$@"\n')
    (folder / "bwrap").chmod(0o755)
    return os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}, count


@pytest.mark.slow
def test_a_submission_or_a_grader_kernel_that_dies_each_time(tmp_path, counted):
    course = tmp_path / "course"
    environment, count = counted
    tiny_course.build_light(course, notebook=solution())
    for student in ("ada", "cy"):
        tiny_course.hand_in(course, student, solution())
    grade(course)
    kept = executed(course)
    tiny_course.hand_in(course, "bob", solution(second=KILL.format(whom="getpid")))
    tiny_course.hand_in(course, "cy", solution(first="first = 7"))
    tiny_course.hand_in(course, "dee", solution(second="second = 3"))
    done = subprocess.run(command(), cwd=course, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    said = " ".join(done.stdout.replace("│", " ").split())
    assert done.returncode == 1 and done.stderr == ""
    # Bob's own doing, and he keeps what he earned before; nobody knows whose doing is the death of cy's.
    assert totals(course) == {"ada": 4.0, "bob": 2.0, "cy": 4.0, "dee": 2.0}
    assert len(count.read_text().splitlines()) == OWN_DOING + 1 + ATTEMPTS + 1
    assert "in second" in said and said.count("problem:") == 1
    assert f"problem: set aside: its grader kernel was killed, {ATTEMPTS} times in a row" in said
    assert kept.items() <= executed(course).items() and len(executed(course)) == len(kept) + 2
    (course / "gradebook.db").write_text("no marks")
    explained = commands.run("nbjudge", "explain", "ada", "first-right", cwd=course)
    assert explained.returncode == 1 and len(explained.stderr.splitlines()) == 1
    assert "gradebook.db: file is not a database" in explained.stderr


@pytest.mark.slow
def test_a_submission_that_takes_its_worker_with_it_each_time(tmp_path):
    course = tmp_path / "course"
    build(course, {"ada": "1", "bob": KILL.format(whom="getppid"), "cy": "2"})
    with (course / "nbgrader_config.py").open("a") as config:
        config.write("c.ExecuteApart.run_student_code_without_a_sandbox = True\n")
    with (
        adopting() as left,
        # One death may be bad luck.
        cluster(tmp_path, workers=3, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="1") as elsewhere,
    ):
        done = grade(course, f"--scheduler={elsewhere.address}", code=1)
        assert sum(worker.poll() is not None for worker in elsewhere.workers) == 2
    assert not left()
    said = " ".join(done.stdout.replace("│", " ").split())
    assert said.count("problem:") == 1 and "set aside: each worker that executed it died" in said
    assert marks(course) == {"ada": 2.0, "cy": 0.0}


# Two at once


def test_one_command_at_a_time(course):
    hand_in(course, "ada", "__import__('time').sleep(6) or 1")
    with subprocess.Popen(command(), cwd=course, stdout=subprocess.DEVNULL) as running:
        deadline = time.monotonic() + PATIENCE
        while not (course / TEMPORARY).exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        said = grade(course, code=1).stderr
        assert running.wait(PATIENCE) == 0
    assert said == f"Error: another 'nbjudge grade' is at work in {course}; wait until it has ended\n"
    assert marks(course) == MARKS


def test_a_release_that_is_cut_is_made_again(course):
    grade(course)
    release, kept = course / "release" / "ex1" / "work.ipynb", executed(course)
    release.write_bytes(release.read_bytes()[:500])
    goes_on(course, kept)
    nbformat.read(release, as_version=4)
    assert len(list((course / FOLDER).iterdir())) == 2 + CANARY
