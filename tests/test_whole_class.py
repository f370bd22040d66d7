"""A whole class at once: like nbgrader one by one, but nothing twice, and nothing is lost when something dies."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest

from grading.execute.archive import ArchiveError, pack, unpack
from grading.execute.result import Result
from grading.execute.store import FOLDER, Store
from tests.gradebooks import dump
from tests.machine import descendants
from tests.whole_class import (
    CANARY,
    PATIENCE,
    build,
    certificates,
    cluster,
    command,
    executed,
    grade,
    hand_in,
    marks,
    notebooks,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

ANSWERS = {"ada": "1", "bob": "2", "cy": "1 / 0", "dee": "1"}
MARKS = {"ada": 2.0, "bob": 0.0, "cy": 0.0, "dee": 2.0}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    course = tmp_path_factory.mktemp("whole") / "course"
    build(course, ANSWERS)
    grade(course)
    return course


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
    grade(course, "--no-canary")
    assert (tmp_path / "count").read_text() == "1" and marks(course) == dict.fromkeys(("ada", "bob", "cy"), 2.0)


def test_gradebook_and_notebooks_are_those_of_plain_nbgrader(graded, tmp_path):
    plain = tmp_path / "course"
    build(plain, ANSWERS)
    for words in (["generate_assignment"], ["autograde"]):
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *words, "ex1"], cwd=plain, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
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
    grade(course)
    assert executed(course) == before and marks(course) == MARKS


def test_a_dry_run_does_nothing(tmp_path):
    course = tmp_path / "course"
    build(course, {"ada": "1"})
    before = {path for path in course.rglob("*") if ".cache" not in path.parts}
    assert "ada: execute and record" in grade(course, "--dry-run").stdout
    assert {path for path in course.rglob("*") if ".cache" not in path.parts} - {course / ".course_secret"} == before


def test_only_what_changed_is_executed(course):
    before = executed(course)
    hand_in(course, "bob", "1")
    said = grade(course, "--dry-run").stdout.split("\n")
    assert [line for line in said if line.endswith("execute and record")] == ["bob: execute and record"]
    grade(course)
    after = executed(course)
    assert before.items() <= after.items() and len(after) == len(before) + 1
    assert marks(course) == MARKS | {"bob": 2.0}


def test_one_student_by_force(course):
    before = executed(course)
    grade(course, "--student=ada", "--force")
    after = executed(course)
    assert before.keys() == after.keys() and sum(before[name] != after[name] for name in before) == 1


def test_a_stranger_is_named(course):
    assert "nothing in submitted from eve" in grade(course, "--student=eve", code=1).stderr


def test_marks_for_machines(course):
    said = json.loads(grade(course, "--json").stdout)
    assert {mark["student"]: mark["total"] for mark in said["marks"]} == MARKS
    assert said["problems"] == {} and said["most"] == {"automatic": 2.0, "written": 0}


def test_a_hand_in_that_fails_stops_nobody(course):
    shutil.rmtree(course / "autograded")
    shutil.rmtree(course / FOLDER)
    with (course / "nbgrader_config.py").open("a") as file:
        file.write("c.ExecuteApart.cgroup = '/nowhere'\n")
    said = grade(course, "--no-canary", code=1).stdout
    assert said.count("problem: SandboxError") == len(ANSWERS) and marks(course) == MARKS


def test_no_port_is_open_while_a_class_is_graded(tmp_path):
    course = tmp_path / "course"
    build(course, {"ada": "__import__('time').sleep(4) or 1"})
    with subprocess.Popen(command(), cwd=course, stdout=subprocess.DEVNULL) as running:
        process = psutil.Process(running.pid)
        while running.poll() is None and not any("runner" in p.cmdline() for p in process.children(recursive=True)):
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


# Workers elsewhere


@pytest.mark.skipif(not shutil.which("openssl"), reason="there is no openssl to make certificates")
def test_a_worker_that_dies_costs_nothing(tmp_path, monkeypatch):
    course = tmp_path / "course"
    for name, value in (settings := certificates(tmp_path)).items():
        monkeypatch.setenv(name, value)
    answers = {f"s{number}": f"__import__('time').sleep(1) or {number % 2}" for number in range(8)}
    build(course, answers)
    with (
        cluster(tmp_path, workers=2, **settings) as (address, (_, doomed)),
        subprocess.Popen(command(f"--scheduler={address}"), cwd=course, stdout=subprocess.DEVNULL) as running,
    ):
        deadline = time.monotonic() + PATIENCE
        while len(executed(course)) < 2 + CANARY and time.monotonic() < deadline:
            time.sleep(0.05)
        doomed.kill()
        running.wait(PATIENCE)
    assert address.startswith("tls://")
    assert running.returncode == 0
    assert marks(course) == {student: 2.0 * (answer[-1] == "1") for student, answer in answers.items()}


# What is kept


def test_a_result_is_kept_wholly_or_not_at_all(tmp_path, monkeypatch):
    store = Store(tmp_path)
    assert "x" not in store and store.get("x") is None
    store.put("x", Result(pack({"reports": [1]})))
    assert store.get("x").content == {"reports": [1]} and "x" in store

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        store.put("x", Result(pack({"reports": [2]})))
    assert store.get("x").content == {"reports": [1]}
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == ["x.zip"]


@pytest.mark.parametrize("damage", [b"", b"PK", None], ids=["empty", "other", "cut"])
def test_what_is_damaged_counts_as_not_executed(tmp_path, damage):
    store = Store(tmp_path)
    packed = pack({"reports": list(range(1000))})
    store.put("x", Result(packed[: len(packed) // 2] if damage is None else damage))
    assert "x" not in store
    with pytest.raises(ArchiveError):
        unpack((tmp_path / FOLDER / "x.zip").read_bytes())
