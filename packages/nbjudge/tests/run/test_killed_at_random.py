"""Whatever dies while a class is graded, and whenever: the same command goes on, and every mark is as it should be."""

import os
import random
import subprocess
import sys
import time
from collections import Counter

import psutil
import pytest
from nbjudge.run.disk import TEMPORARY
from nbjudge.run.job import OWN_DOING

from helpers.gradebooks import dump
from helpers.machine import adopting
from helpers.tiny_class import CANARY, PATIENCE, build, cluster, command, executed, grade, marks, notebooks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

# Each runner says whose it is, and takes long enough to be found.
PR_SET_NAME = 15
ANSWER = "__import__('ctypes').CDLL(None).prctl({set_name}, {name}) or __import__('time').sleep(1.5) or {answer}"


def class_of(size):
    students = [f"student-{number:02}" for number in range(size)]
    return {
        student: ANSWER.format(set_name=PR_SET_NAME, name=student.encode(), answer=n % 3)
        for n, student in enumerate(students)
    }


def sandboxes(running):
    return [child for child in running.children() if child.name() == "bwrap"]


def runners(running):
    return [child for child in running.children(recursive=True) if child.name().startswith("student-")]


def templates(running):
    return [child for child in running.children() if "nbjudge.judge.forkserver" in child.cmdline()]


def grader_kernels(running):
    return [copy for template in templates(running) for copy in template.children()]


VICTIMS = {
    "the command": lambda running: [running],
    "a sandbox": sandboxes,
    "a runner": runners,
    "a template": templates,
    "a grader kernel": grader_kernels,
}


class Killer:
    """Kills processes of a command at random moments, and starts the command again when it has ended."""

    def __init__(self, course, environment, rng, *words):
        self._start = lambda: psutil.Popen(
            command(*words), cwd=course, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._running = self._start()
        self._rng = rng
        self._of = Counter()
        self.killed = Counter()

    def kill(self, kind):
        time.sleep(self._rng.uniform(0, 0.6))
        deadline = time.monotonic() + PATIENCE
        while not self._kill_one(kind):
            assert time.monotonic() < deadline, f"there was no more {kind} to kill"
            time.sleep(0.01)
        self.killed[kind] += 1

    def _kill_one(self, kind):
        if not self.goes_on():
            assert self._running.returncode != 0, "the class was graded before everything was killed"
            self._running = self._start()
        try:
            victims = [victim for victim in VICTIMS[kind](self._running) if victim.is_running() and self._may(victim)]
            if not victims:
                return False
            victim = self._rng.choice(victims)
            name = victim.name()
            victim.kill()
        except psutil.NoSuchProcess:  # it has ended by itself
            return False
        self._of[name] += name.startswith("student-")
        if victim is self._running:
            victim.wait(60)
        return True

    def _may(self, victim):
        # A student's own code can kill its runner: one time more, and the marks would be those of code that does.
        return victim.status() != psutil.STATUS_ZOMBIE and self._of[victim.name()] < OWN_DOING

    def goes_on(self):
        return self._running.poll() is None

    def start_again(self):
        self._running = self._start()

    def goes_on_or_has_ended(self):
        assert self.goes_on() or self._running.returncode == 0, "it took the death of another process for its own"

    def wait(self):
        self._running.wait(PATIENCE)


@pytest.mark.parametrize(
    ("size", "times"), [(4, 1), pytest.param(60, 14, marks=pytest.mark.slow)], ids=["a few", "a class"]
)
def test_whatever_is_killed_no_mark_is_lost(tmp_path, size, times):
    course, undisturbed, temporary = tmp_path / "course", tmp_path / "undisturbed", tmp_path / "temporary"
    answers = class_of(size)
    for folder in (course, undisturbed):
        build(folder, answers)
    temporary.mkdir()
    rng = random.Random(size)
    kinds = list(VICTIMS) * times
    rng.shuffle(kinds)
    kept = {}
    with adopting() as left:
        killer = Killer(course, os.environ | {"TMPDIR": str(temporary)}, rng, "--workers=2")
        for number, kind in enumerate(kinds):
            # Over the whole of the time, the last while there is still something to do.
            while len(executed(course)) < CANARY + number * (size - 3) // len(kinds) and killer.goes_on():
                time.sleep(0.01)
            killer.kill(kind)
            now = executed(course)
            assert kept.items() <= now.items(), "something was executed again that was kept"
            kept = now
        killer.wait()
        grade(course)
        assert not left()
    assert killer.killed == dict.fromkeys(VICTIMS, times)
    grade(undisturbed)
    assert marks(course) == {student: 2.0 * (answer[-1] == "1") for student, answer in answers.items()}
    assert dump(course) == dump(undisturbed) and notebooks(course) == notebooks(undisturbed)
    assert len(notebooks(course)) == size and kept.items() <= executed(course).items()
    assert len(executed(course)) == size + CANARY
    assert not (course / TEMPORARY).exists() and list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("size", "times"),
    [pytest.param(6, 2, marks=pytest.mark.slow), pytest.param(60, 25, marks=pytest.mark.slow)],
    ids=["a few", "a class"],
)
def test_whichever_worker_is_killed_no_mark_is_lost(tmp_path, size, times):
    """Workers that are processes of their own, and now and then the command; another worker comes in the place."""
    course, undisturbed = tmp_path / "course", tmp_path / "undisturbed"
    answers = class_of(size)
    for folder in (course, undisturbed):
        build(folder, answers)
    rng = random.Random(size)
    kept = {}
    # Nobody is to be set aside here: who takes its worker with it is another test's.
    allowed = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(2 * times)}
    with adopting() as left, cluster(tmp_path, workers=2, **allowed) as elsewhere:
        killer = Killer(course, os.environ, rng, f"--scheduler={elsewhere.address}", "--no-canary")
        for number in range(times):
            while len(executed(course)) < number * (size - 3) // times and killer.goes_on():
                time.sleep(0.01)
            time.sleep(rng.uniform(0, 0.6))
            rng.choice([worker for worker in elsewhere.workers if worker.poll() is None]).kill()
            elsewhere.add_worker()
            if number % 4 == 1:
                killer.kill("the command")
                killer.start_again()
            killer.goes_on_or_has_ended()
            now = executed(course)
            assert kept.items() <= now.items(), "something was executed again that was kept"
            kept = now
        killer.wait()
        killer.goes_on_or_has_ended()
        grade(course, f"--scheduler={elsewhere.address}", "--no-canary")
    assert not left()
    grade(undisturbed, "--no-canary")
    assert marks(course) == {student: 2.0 * (answer[-1] == "1") for student, answer in answers.items()}
    assert dump(course) == dump(undisturbed) and notebooks(course) == notebooks(undisturbed)
    assert kept.items() <= executed(course).items() and len(executed(course)) == size
