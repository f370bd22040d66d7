"""Workers elsewhere: what they must have, what they share, and what happens when they or their scheduler are gone."""

import contextlib
import os
import shutil
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner
from nbjudge.commands import class_grading
from nbjudge.commands.grade import grade as grade_command
from nbjudge.judge.archive import pack, unpack
from nbjudge.run.executors import connect
from nbjudge.run.job import execute
from nbjudge.run.store import FOLDER

from helpers.tiny_class import CANARY, PATIENCE, build, certificates, cluster, command, executed, grade, marks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

SLOW = "__import__('time').sleep(1) or {answer}"


def wait_until(done):
    deadline = time.monotonic() + PATIENCE
    while not done() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert done()


@pytest.mark.skipif(not shutil.which("openssl"), reason="there is no openssl to make certificates")
def test_a_worker_that_dies_costs_nothing(tmp_path, monkeypatch):
    course = tmp_path / "course"
    for name, value in (settings := certificates(tmp_path)).items():
        monkeypatch.setenv(name, value)
    answers = {f"s{number}": SLOW.format(answer=number % 2) for number in range(6)}
    build(course, answers)
    with (
        cluster(tmp_path, workers=2, **settings) as elsewhere,
        subprocess.Popen(command(f"--scheduler={elsewhere.address}"), cwd=course, stdout=subprocess.DEVNULL) as running,
    ):
        wait_until(lambda: len(executed(course)) >= 2 + CANARY)
        elsewhere.workers[1].kill()
        running.wait(PATIENCE)
    assert elsewhere.address.startswith("tls://")
    assert running.returncode == 0
    assert marks(course) == {student: 2.0 * (answer[-1] == "1") for student, answer in answers.items()}


@pytest.mark.slow
def test_the_canary_is_executed_where_the_class_is(tmp_path):
    course = tmp_path / "course"
    build(course, {"ada": "1"})
    grade(course)
    before = executed(course)
    with cluster(tmp_path, workers=1) as elsewhere:
        grade(course, f"--scheduler={elsewhere.address}")
    after = executed(course)
    # What was studied stays known.
    assert after.keys() == before.keys() and sum(after[name] != before[name] for name in after) == CANARY - 2


@pytest.mark.slow
def test_a_scheduler_that_dies_is_named_and_the_next_run_goes_on(tmp_path):
    course = tmp_path / "course"
    build(course, {f"s{number}": SLOW.format(answer=1) for number in range(6)})
    with (
        cluster(tmp_path, workers=1) as elsewhere,
        subprocess.Popen(
            command(f"--scheduler={elsewhere.address}"),
            cwd=course,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "2s"},
        ) as running,
    ):
        wait_until(lambda: len(executed(course)) >= 2 + CANARY)
        elsewhere.scheduler.kill()
        said = running.stderr.read()
        running.wait(PATIENCE)
    assert running.returncode == 1
    last = said.splitlines()[-1]
    assert elsewhere.address in last and "run the same command again" in last
    kept = executed(course)
    grade(course)
    assert kept.items() <= executed(course).items() and set(marks(course).values()) == {2.0}


@pytest.mark.slow
def test_who_waits_for_workers_is_told(tmp_path):
    course = tmp_path / "course"
    build(course, {"ada": "1"})
    with (
        cluster(tmp_path, workers=0) as elsewhere,
        subprocess.Popen(
            command(f"--scheduler={elsewhere.address}"),
            cwd=course,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as running,
    ):
        said = running.stderr.readline()
        running.kill()
    assert said == f"there is no worker at {elsewhere.address} yet: waiting for the first\n"
    with pytest.raises(OSError, match=r"127\.0\.0\.1:1"), connect("tcp://127.0.0.1:1"):
        pass


def run(course, *words):
    with contextlib.chdir(course):
        return CliRunner().invoke(grade_command, ["ex1", *words])


def test_what_was_executed_with_other_packages_is_not_recorded(tmp_path, monkeypatch):
    def elsewhere(packed, processors=None):
        told = unpack(execute(packed, processors))
        environment = {**told["environment"], "torch": "1.0", "more": "2"}
        return pack(told | {"digest": "another", "environment": environment})

    course = tmp_path / "course"
    build(course, {"ada": "1"})
    monkeypatch.setattr(class_grading, "execute", elsewhere)
    why = "a worker has more 2 instead of none, torch 1.0 instead of"
    stopped = run(course)
    assert stopped.exit_code == 1 and "nobody was graded" in stopped.output and why in stopped.output
    done = run(course, "--no-canary")
    assert done.exit_code == 1 and why in " ".join(done.output.replace("│", " ").split())
    assert marks(course) == {} and not list((course / FOLDER).glob("*"))
