"""Jobs in threads of this process or on Dask workers: on processors of their own, and nobody waits for one for ever."""

import contextlib
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest
from click.testing import CliRunner
from nbjudge.commands import class_grading
from nbjudge.commands.grade import grade as grade_command
from nbjudge.run.executors import GivenUpError, connect, remote
from nbjudge.run.executors.remote import SchedulerError, places
from nbjudge.run.executors.threads import Place
from nbjudge.run.job import Job, execute
from nbjudge.sandbox.processors import share, usable

from helpers.machine import adopting, descendants
from helpers.tiny_class import PATIENCE, build, cluster, command, executed, marks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

SOON = 60.0  # seconds on a busy machine


def hang(*_, processors):
    threading.Event().wait(PATIENCE)


def answer(*_, processors):
    return b"done"


# In this process


WATCHED = """
import sys
asked = []
sys.addaudithook(lambda event, _: asked.append(event) if event == "sys._current_frames" else None)
from nbjudge.commands.grade import grade
try:
    grade()
except SystemExit as end:
    print("code", end.code)
print("frames", len(asked))
print("dask", sorted({name.partition(".")[0] for name in sys.modules} & {"dask", "distributed"}))
"""


@pytest.mark.slow
def test_on_one_machine_there_is_no_dask_and_nobody_looks_at_the_frames_of_threads(tmp_path):
    """``sys._current_frames`` can stop CPython 3.11 for ever (gh-106883); Dask's profiler calls it all the time."""
    course = tmp_path / "course"
    build(course, {"ada": "1", "bob": "1"})
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, "ex1", "--no-feedback"],
        cwd=course,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.stdout.splitlines()[-3:] == ["code 0", "frames 0", "dask []"], done.stdout + done.stderr


def test_a_job_that_never_comes_back_is_executed_once_more_and_given_up():
    begun = []

    def endless(*_, processors):
        begun.append(processors)
        hang(processors=processors)

    with connect(workers=1) as executor:
        executor.submit("stuck", endless, b"", limit=0.5)
        executor.submit("ada", answer, b"", limit=SOON)
        results = dict(executor.next() for _ in range(2))
    assert results["ada"] == b"done" and len(begun) == 2
    assert isinstance(results["stuck"], GivenUpError) and "within 0.5 s" in str(results["stuck"])


def test_a_job_that_comes_back_the_second_time_is_done():
    begun = []

    def hangs_once(*_, processors):
        begun.append(processors)
        return answer(processors=processors) if len(begun) == 2 else hang(processors=processors)

    with connect(workers=1) as executor:
        executor.submit("ada", hangs_once, b"", limit=0.5)
        assert executor.next() == ("ada", b"done")


def test_the_processes_of_a_job_that_is_given_up_are_ended():
    begun = []

    def starts(*_, processors):
        shell = subprocess.Popen(["sh", "-c", "sleep 300 & sleep 300"])
        begun.append(shell)
        shell.wait(PATIENCE)
        return b"too late"

    before = descendants().keys()
    with connect(workers=1) as executor:
        executor.submit("stuck", starts, b"", limit=1.0)
        assert isinstance(executor.next()[1], GivenUpError)
        for shell in begun:
            assert shell.wait(SOON) == -signal.SIGKILL
    assert len(begun) == 2 and not descendants().keys() - before


def test_what_a_given_up_job_starts_anew_is_ended_as_well():
    """A job starts its processes again if somebody kills them: beside it another thread executes it once more."""
    begun, tries, over = [], [], threading.Event()

    def starts_again(*_, processors):
        for _ in range(3):
            begun.append(subprocess.Popen(["sleep", "300"]))
            begun[-1].wait(PATIENCE)
        tries.append("ended")
        if len(tries) == 2:
            over.set()
        return b"too late"

    with connect(workers=2) as executor:
        executor.submit("stuck", starts_again, b"", limit=0.5)
        executor.submit("next", lambda *_, processors: over.wait(SOON) and b"done", b"", limit=2 * SOON)
        results = {}
        while len(results) < 2:
            name, result = executor.next()
            results[name] = result
    assert isinstance(results["stuck"], GivenUpError) and results["next"] == b"done"
    assert len(begun) == 6 and all(process.poll() == -signal.SIGKILL for process in begun)


EXITS = """
import threading
from nbjudge.run.executors import connect

def stuck(packed, processors):
    while True:
        threading.Event().wait(60)

with connect(workers=2) as executor:
    executor.submit("stuck", stuck, b"", limit=0.5)
    print(executor.next())
"""


def test_a_thread_that_is_stuck_does_not_hold_up_the_end():
    begun = time.monotonic()
    done = subprocess.run([sys.executable, "-c", EXITS], capture_output=True, text=True, timeout=SOON)
    assert done.returncode == 0 and "GivenUpError" in done.stdout, done.stdout + done.stderr
    assert time.monotonic() - begun < SOON


FILES = """
import resource
from nbjudge.run.executors import connect
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, most))
with connect(workers=1):
    print(resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(most, 2**16))
"""


def test_a_grader_with_many_workers_may_have_many_files_open():
    assert subprocess.run([sys.executable, "-c", FILES], capture_output=True, timeout=60).stdout == b"True\n"


def test_a_hand_in_that_never_comes_back_is_set_aside_and_stops_nobody(tmp_path, monkeypatch):
    def is_of_bob(job):
        return any("bob" in cell.source for cell in job.cells)

    def hangs_for_bob(packed, processors=None):
        if is_of_bob(Job.unpack(packed)):
            hang(processors=processors)
        return execute(packed, processors)

    course = tmp_path / "course"
    build(course, {"ada": "1", "bob": "1", "cy": "2"})
    monkeypatch.setattr(class_grading, "execute", hangs_for_bob)
    monkeypatch.setattr(Job, "longest", property(lambda job: 1.0 if is_of_bob(job) else SOON))
    with contextlib.chdir(course):
        done = CliRunner().invoke(grade_command, ["ex1", "--no-canary", "--no-feedback"])
    said = " ".join(done.output.replace("│", " ").split())
    assert done.exit_code == 1 and "set aside: it did not come back within 1 s, twice" in said, done.output
    assert marks(course) == {"ada": 2.0, "cy": 0.0}


def test_a_canary_that_never_comes_back_is_named(tmp_path, monkeypatch):
    course = tmp_path / "course"
    build(course, {"ada": "1"})
    monkeypatch.setattr(class_grading, "execute", lambda packed, processors=None: hang(processors=processors))
    monkeypatch.setattr(Job, "longest", 0.5, raising=False)
    with contextlib.chdir(course):
        done = CliRunner().invoke(grade_command, ["ex1", "--no-feedback"])
    assert done.exit_code == 1 and "nobody was graded" in done.output and "within 0.5 s" in done.output


def test_what_waits_is_bounded_in_bytes():
    """Jobs with 200 MiB of files each: all of those that wait are in memory."""
    with connect(workers=40) as executor:
        submitted = 0
        while executor.has_room:
            executor.submit(submitted, answer, bytes(50 * 2**20), limit=SOON)
            submitted += 1
        assert 5 < submitted < 40
        assert [executor.next()[1] for _ in range(submitted)] == [b"done"] * submitted and executor.has_room


def test_more_than_all_limits_together_is_granted():
    job = Job(cells=[])
    limits = job.limits
    assert job.longest > limits.notebook + limits.cell + limits.answer + limits.start


def test_jobs_at_one_time_get_processors_of_their_own(monkeypatch):
    together = threading.Barrier(2, timeout=SOON)

    def told(*_, processors):
        together.wait()
        return repr(processors).encode()

    monkeypatch.setattr("nbjudge.run.executors.threads.usable", lambda: list(range(8)))
    with connect(workers=2) as executor:
        for name in range(2):
            executor.submit(name, told, b"", limit=SOON)
        assert {executor.next()[1] for _ in range(2)} == {b"[0, 2, 4, 6]", b"[1, 3, 5, 7]"}


# On Dask workers


def test_the_jobs_of_all_workers_on_a_machine_share_it():
    workers = {"tcp://10.0.0.1:2": 2, "tcp://10.0.0.1:1": 1, "tcp://10.0.0.2:9": 4}
    assert places(workers) == {
        "tcp://10.0.0.1:1": Place(0, 3),
        "tcp://10.0.0.1:2": Place(1, 3),
        "tcp://10.0.0.2:9": Place(0, 4),
    }


def wait_for_workers(executor, number):
    executor._client.wait_for_workers(number, timeout=PATIENCE)
    time.sleep(remote.INTERVAL)
    executor._look()


def test_workers_on_one_machine_get_processors_of_their_own(tmp_path):
    def told(*_, processors):
        time.sleep(1)
        return repr(processors).encode()

    with cluster(tmp_path, workers=2) as elsewhere, connect(elsewhere.address) as executor:
        wait_for_workers(executor, 2)
        for number in range(4):
            executor.submit(number, told, b"", limit=SOON)
        assert {executor.next()[1] for _ in range(4)} == {repr(share(usable(), k, 2)).encode() for k in range(2)}


def test_a_job_that_never_comes_back_is_given_up_by_its_worker(tmp_path):
    def stuck(*_, processors):
        threading.Event().wait(300)

    with cluster(tmp_path, workers=1) as elsewhere, connect(elsewhere.address) as executor:
        executor.submit("stuck", stuck, b"", limit=1.0)
        executor.submit("ada", lambda *_, processors: b"done", b"", limit=SOON)
        results = dict(executor.next() for _ in range(2))
    assert isinstance(results["stuck"], GivenUpError) and results["ada"] == b"done"


@pytest.mark.slow
def test_a_worker_that_stops_in_mid_run_costs_nothing(tmp_path):
    course = tmp_path / "course"
    answers = {f"s{number}": f"__import__('time').sleep(1) or {number % 2}" for number in range(6)}
    build(course, answers)
    with (
        adopting() as left,
        cluster(tmp_path, workers=2, DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL="5s") as elsewhere,
        subprocess.Popen(
            command(f"--scheduler={elsewhere.address}", "--no-canary"), cwd=course, stdout=subprocess.DEVNULL
        ) as running,
    ):
        deadline = time.monotonic() + PATIENCE
        while len(executed(course)) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        elsewhere.workers[1].send_signal(signal.SIGSTOP)
        assert running.wait(PATIENCE) == 0
    assert not left()
    assert marks(course) == {student: 2.0 * (answer[-1] == "1") for student, answer in answers.items()}


def test_workers_of_which_nothing_is_heard_are_given_up(tmp_path):
    """Even if the scheduler waits for them for ever."""
    with (
        cluster(tmp_path, workers=1, DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL="None") as elsewhere,
        connect(elsewhere.address) as executor,
    ):
        wait_for_workers(executor, 1)
        elsewhere.workers[0].send_signal(signal.SIGSTOP)
        executor.submit("ada", lambda *_, processors: b"done", b"", limit=1.0)
        name, result = executor.next()
        elsewhere.workers[0].kill()
    assert name == "ada" and isinstance(result, GivenUpError) and "no worker has returned anything" in str(result)


def test_a_scheduler_that_stops_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(remote, "PATIENCE", 2.0)
    with cluster(tmp_path, workers=1) as elsewhere:
        with pytest.raises(SchedulerError, match="does not answer"), connect(elsewhere.address) as executor:
            executor.submit("ada", lambda *_, processors: b"done", b"", limit=SOON)
            elsewhere.scheduler.send_signal(signal.SIGSTOP)
            while True:
                executor.next()
        psutil.Process(elsewhere.scheduler.pid).kill()
