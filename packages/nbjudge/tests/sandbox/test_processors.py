"""Nobody's processors are taken: each sandbox has its own, and a timeout counts only if it had them."""

import contextlib
import itertools
import json
import os
import subprocess
import sys
import textwrap

import nbformat
import pytest
from nbjudge.run import job as jobs
from nbjudge.run.job import OVERLOADED, Job
from nbjudge.run.plan import PlannedCell
from nbjudge.run.session import OverloadedError, Session
from nbjudge.sandbox import load, processors
from nbjudge.sandbox.limits import Limits
from nbjudge.sandbox.load import Reading
from nbjudge.sandbox.processors import on, share, usable

from helpers.machine import adopting
from helpers.tiny_class import build, cluster, executed, grade, marks, wait_for_workers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")
needs_two = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one processor only")

LAST = usable()[-1]
MOST_TAKEN = load.MOST_TAKEN  # as it is before a test sets another
BUSY = "import time\nend = time.monotonic() + {seconds}\nwhile time.monotonic() < end: pass"


def student(source):
    return PlannedCell(textwrap.dedent(source), on_student_side=True)


@contextlib.contextmanager
def busy(number, seconds, where=(LAST,)):
    """So many processes that keep processors busy."""
    with contextlib.ExitStack() as stack:
        for _ in range(number):
            with on(list(where)):
                process = subprocess.Popen([sys.executable, "-c", BUSY.format(seconds=seconds)])
            stack.callback(process.wait, 60)
            stack.callback(process.kill)
        yield


@pytest.fixture(autouse=True)
def timeouts_count(monkeypatch):
    """Here only those of which it is sure."""
    monkeypatch.setattr(load, "MOST_TAKEN", MOST_TAKEN)


# Whose processors


@pytest.mark.parametrize(("there", "at_once"), [*itertools.product([1, 2, 3, 8, 64], [1, 2, 3, 5, 8, 64])])
def test_shares_are_equal_and_disjoint(there, at_once):
    shares = [share(range(there), number, at_once) for number in range(at_once)]
    assert len({len(one) for one in shares}) == 1
    if at_once <= there:
        everything = [processor for one in shares for processor in one]
        assert len(set(everything)) == len(everything) > there - at_once
    else:
        assert {len(one) for one in shares} == {1} and {one[0] for one in shares} == set(range(there))


def test_a_container_with_a_quota_gets_no_more_processors(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
    monkeypatch.setattr(processors, "QUOTA", tmp_path / "cpu.max")
    found = processors.usable.__wrapped__
    assert found() == list(range(64))
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert found() == list(range(64))
    (tmp_path / "cpu.max").write_text("350000 100000\n")
    assert len(found()) == 3 and found() == found()
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    assert len(found()) == 1


SEEN = """
import os, subprocess, torch
places = {tuple(os.sched_getaffinity(int(process))) for process in os.listdir("/proc") if process.isdigit()}
print(sorted(places), os.environ["OMP_NUM_THREADS"], torch.get_num_threads())
"""


def test_all_that_runs_in_a_sandbox_is_on_its_processors():
    pytest.importorskip("torch")
    before = os.sched_getaffinity(0)
    (report,) = Session([student(SEEN)], processors=[LAST]).run()
    assert report["outputs"][0]["text"] == f"[({LAST},)] 1 1\n"
    assert os.sched_getaffinity(0) == before


@pytest.mark.parametrize("sandboxed", [True, False])
def test_who_runs_alone_uses_all_processors(sandboxed):
    pytest.importorskip("torch")
    source = "import os, torch\nprint(len(os.sched_getaffinity(0)), torch.get_num_threads())"
    (report,) = Session([student(source)], sandboxed=sandboxed).run()
    there = len(os.sched_getaffinity(0))
    assert report["outputs"][0]["text"] == f"{there} {there}\n"


MOVES = """
import ctypes, errno, os, threading
libc = ctypes.CDLL(None, use_errno=True)
def moved(who):
    try:
        os.sched_setaffinity(who, range({count}))
    except PermissionError as error:
        return errno.errorcode[error.errno]
    return "moved"
said = [moved(0), moved(os.getpid())]
thread = threading.Thread(target=lambda: said.append(moved(0)))
thread.start()
thread.join()
every = ctypes.create_string_buffer(b"\\xff" * 128, 128)
libc.pthread_setaffinity_np.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
libc.pthread_self.restype = ctypes.c_void_p
said.append(errno.errorcode.get(libc.pthread_setaffinity_np(libc.pthread_self(), 128, every), "moved"))
print(*said, len(os.sched_getaffinity(0)))
"""


@needs_two
def test_student_code_stays_on_its_processors():
    (report,) = Session([student(MOVES.format(count=os.cpu_count()))], processors=[LAST]).run()
    assert report["outputs"][0]["text"] == "EPERM EPERM EPERM EPERM 1\n"


# Whose time


def reading(seconds, busy, idle, own):
    return Reading(seconds, busy, idle, own)


NOTHING = reading(0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("now", "starved"),
    {
        "it alone": (reading(10, 10, 0, 10), False),
        "it sleeps on a quiet machine": (reading(10, 0.5, 9.5, 0.1), False),
        "a little of others'": (reading(10, 10, 0, 8), False),
        "others take a third": (reading(10, 10, 0, 6.6), True),
        "others take nearly all": (reading(10, 10, 0, 0.5), True),
        "others are busy, but much is idle": (reading(10, 400, 600, 10), False),
        "others are busy on two, nothing is idle": (reading(10, 20, 0, 5), True),
    }.values(),
)
def test_starved_is_who_was_left_too_little(now, starved):
    assert now.starved(NOTHING) is starved


ENDLESS = {
    "a cell": ("while True: pass", {"cell": 3.0}),
    "a cell that can't be interrupted": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        {"cell": 1.0},
    ),
    "the notebook": ("while True: pass", {"cell": 60.0, "notebook": 4.0}),
}


@pytest.mark.parametrize(("source", "limits"), ENDLESS.values(), ids=ENDLESS)
def test_a_timeout_while_others_used_its_processors_is_doubtful(source, limits):
    with busy(4, 40), pytest.raises(OverloadedError, match="took too long while others used its processors"):
        Session([student(source)], processors=[LAST], limits=Limits(**limits)).run()


@needs_two
def test_who_lacked_a_processor_gets_more_time_and_then_the_timeout_is_its_own_doing():
    job = Job(cells=[student("while True: pass"), student("print(6 * 7)")], limits=Limits(cell=4.0))
    with busy(1, 60):
        first, second = job.run([LAST])["reports"]
    assert first["outputs"][-1]["name"] == "CellTimeoutError" and second["outputs"][0]["text"] == "42\n"


@needs_two
def test_who_lacked_a_processor_has_more_time_for_the_whole_notebook_too():
    job = Job(cells=[student("while True: pass")], limits=Limits(cell=60.0, notebook=4.0))
    with busy(1, 60):
        (report,) = job.run([LAST])["reports"]
    assert "for the whole notebook" in report["died"]


@pytest.mark.parametrize(("source", "limits"), ENDLESS.values(), ids=ENDLESS)
def test_a_timeout_that_is_its_own_doing_stays_one(source, limits, monkeypatch):
    """Whoever else is at work on this machine: what the sandbox uses itself is known, even when it is ended."""
    seen = []

    def starved(now, since):
        seen.append((now.own - since.own) / (now.time - since.time))
        return False

    monkeypatch.setattr(Reading, "starved", starved)
    forks = "import os\nfor _ in range(3): os.fork() or os.setsid()\n"
    for first in ("", forks):
        with contextlib.suppress(IndexError):
            Session([student(first + source)], processors=[LAST], limits=Limits(**limits)).run()
    assert seen and max(seen) > 0.05


def test_work_of_processes_that_have_ended_is_known():
    many = """
        import os, subprocess, sys
        for _ in range(4):
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    while sum(os.times()[:2]) < 0.5: pass
                os._exit(0)
        import time
        time.sleep(4)
        """
    found = []
    read = load.Meter.read

    def noted(self):
        found.append(read(self))
        return found[-1]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(load.Meter, "read", noted)
        Session([student(many)], limits=Limits(cell=30.0)).run()
    assert found[-1].own - found[0].own > 1.5


def test_what_is_doubtful_twice_is_given_up(monkeypatch):
    tries = []

    def run(self, notebook):
        tries.append(self)
        raise OverloadedError("a cell took too long while others used its processors")

    monkeypatch.setattr(jobs.Session, "run", run)
    with pytest.raises(OverloadedError):
        Job(cells=[student("1")]).run()
    assert len(tries) == OVERLOADED


# In a class

TAKES = """import os, time
for _ in range(40):
    if os.fork() == 0:
        os.setsid()
        try:
            os.sched_setaffinity(0, range(os.cpu_count()))
        except OSError:
            pass
        end = time.monotonic() + 25
        while time.monotonic() < end:
            pass
        os._exit(0)
time.sleep(10)
first = 1"""
NEEDS = """import time
time.sleep(1.5)
begun = time.process_time()
while time.process_time() < begun + 1:
    pass
first = 1"""


def two(course, timeout=12, **sources):
    build(course, dict.fromkeys(sources, "1"))
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(f"c.Execute.timeout = {timeout}\nload.MOST_TAKEN = {load.MOST_TAKEN}\n")
    for student_id, source in sources.items():
        path = course / "submitted" / student_id / "ex1" / "work.ipynb"
        notebook = nbformat.read(path, as_version=4)
        notebook.cells[0].source = source
        nbformat.write(notebook, path)


@pytest.mark.slow
@needs_two
@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_whoever_runs_beside_forty_busy_processes_keeps_their_marks(tmp_path, where):
    course = tmp_path / "course"
    two(course, eve=TAKES, ada=NEEDS)
    with adopting() as left, contextlib.ExitStack() as stack:
        words = ["--workers=2"]
        if where == "elsewhere":
            started = stack.enter_context(cluster(tmp_path, workers=2))
            words = [f"--scheduler={started.address}"]
            wait_for_workers(started.address, 2)
        grade(course, "--no-canary", "--no-feedback", *words)
    assert marks(course)["ada"] == 2.0
    assert not left()


@pytest.mark.slow
def test_whose_time_ran_out_on_a_busy_machine_gets_no_mark(tmp_path):
    """Who only waits does not show that it had its share."""
    course = tmp_path / "course"
    two(course, timeout=5, ada="__import__('time').sleep(100)", bob="1")
    with busy(4, 120, where=usable()):
        said = json.loads(grade(course, "--no-canary", "--no-feedback", "--workers=1", "--json", code=1).stdout)
    assert "the machine that executed it was too busy" in said["problems"]["ada"]
    assert said["failed"] == ["ada"] and "ada" not in marks(course) and len(executed(course)) == 1
