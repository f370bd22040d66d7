"""Ending a submission means that nothing of it is left, whoever dies or stops in the middle; and every wait ends."""

import contextlib
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
import uuid

import psutil
import pytest
from nbjudge.judge import forkserver_client
from nbjudge.run import session
from nbjudge.run.job import run_with_retries
from nbjudge.run.plan import PlannedCell
from nbjudge.run.session import ProcessKilledError, Session
from nbjudge.sandbox import bubblewrap, sandbox
from nbjudge.sandbox.limits import Limits

from helpers.machine import adopting, processes
from helpers.ordinary_user import run_as_ordinary_user

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

ANSWERS = "def answer(namespace, question, arguments):\n    return {'answer': namespace.get(question)}\n"
ASK = "reply = __door__.ask('x', {})\nassert reply.get('answer') == 3, reply['failure']['message']"
SLEEP = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)", {!r}])
"""
LIMITS = Limits(start=30.0, cell=20.0, answer=20.0)


def student(source):
    return PlannedCell(textwrap.dedent(source), on_student_side=True)


def judged(source=ASK):
    return PlannedCell(source, "test", on_grader_side=True, points=1.0)


@pytest.fixture
def marker():
    """A word by which processes are known; none with it is left in the end."""
    marker = f"left-by-{uuid.uuid4()}"
    yield marker
    assert not left(marker)


def left(marker, patience=10.0):
    deadline = time.monotonic() + patience
    while (found := marked(marker)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in found:  # a test that fails leaves nothing either
        os.kill(pid, signal.SIGKILL)
    return found


def marked(marker):
    """Processes whose own command line has a word in it."""
    return [pid for pid, (_, line) in processes().items() if f"\0{marker}\0" in line]


@pytest.fixture
def run(tmp_path):
    release = tmp_path / "release"
    release.mkdir()
    (release / "answers.py").write_text(ANSWERS)

    def run(*cells, limits=LIMITS):
        return Session(cells=list(cells), release=release, answers="answers", limits=limits).run()

    yield run
    forkserver_client.forget()


def of_ours(*words):
    """Descendants of this process with words in their command lines."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if all(word in " ".join(process.cmdline()) for word in words):
                found.append(process)
    return found


# Nothing is left


def test_the_namespace_is_empty_although_it_does_not_end_with_bubblewrap(run, marker, monkeypatch):
    # As if student code had taken that from its first process.
    namespaces = bubblewrap._namespaces
    monkeypatch.setattr(
        bubblewrap, "_namespaces", lambda *how: [w for w in namespaces(*how) if w != "--die-with-parent"]
    )
    run(student(SLEEP.format(marker)))
    assert not marked(marker)  # at once: a session ends when all of it has


def test_a_grader_with_many_open_files_sees_the_end_too(marker):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < 2048:
        pytest.skip("this user may not open so many files")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (2048, most))
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    try:
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)", marker])
        pidfd = os.pidfd_open(process.pid)
        assert pidfd > 1023 and not sandbox._has_ended(pidfd, 0.1)
        process.kill()
        assert sandbox._has_ended(pidfd, 10.0)
        process.wait(10)
        os.close(pidfd)
    finally:
        for fd in opened:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


SESSION = """
import sys
from nbjudge.run.plan import PlannedCell
from nbjudge.run.session import Session
Session(cells=[PlannedCell(sys.argv[1], on_student_side=True)]).run()
"""


def test_nothing_is_left_of_a_grader_that_is_killed(marker):
    source = SLEEP.format(marker) + "time.sleep(300)"
    with adopting() as left_of_it:
        grader = subprocess.Popen([sys.executable, "-c", SESSION, source], cwd="/", stderr=subprocess.PIPE)
        deadline = time.monotonic() + 60
        while not marked(marker) and grader.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert grader.poll() is None, grader.stderr.read()
        grader.kill()
        grader.wait(10)
        assert not left_of_it()


def test_a_sandbox_that_cannot_be_killed_earns_nothing_any_more(run, monkeypatch):
    kill, refused = sandbox.Sandbox.kill, []

    def refuse_once(self):
        return kill(self) if refused else refused.append(True)

    monkeypatch.setattr(sandbox.Sandbox, "kill", refuse_once)
    harm = "import time\nhog = bytearray(2**29)\ntime.sleep(2)"
    first, ended, after = run(
        student("x = 3"), student(harm), judged(), limits=Limits(cell=20.0, answer=20.0, memory=2**28)
    )
    assert refused and first == {"outputs": []}
    assert "used more than 0.25 GiB" in ended["died"] and not after["passed"] and "0.25 GiB" in after["text"]


def test_an_answer_from_just_before_the_end_counts_no_more(run):
    # The answer and the end cross: the grader kernel has the answer in its socket when the sandbox is ended.
    slow = "import time\ntime.sleep(1.5)\n" + ASK
    harm = "import threading\nthreading.Timer(0.7, lambda: globals().update(hog=bytearray(2**29))).start()\nx = 3"
    _, after = run(student(harm), judged(slow), limits=Limits(cell=20.0, answer=20.0, memory=2**28))
    assert not after["passed"] and "0.25 GiB" in after["text"]


def test_student_files_are_not_imported_before_the_sandbox_is_watched(tmp_path):
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "answers.py").write_text(
        "import contextlib\nwith contextlib.suppress(ImportError):\n    import optional_library\n" + ANSWERS
    )
    files = {"optional_library.py": b"import os\nos._exit(1)"}
    (report,) = Session(
        cells=[student("1")], files=files, release=tmp_path / "release", answers="answers", limits=LIMITS
    ).run()
    assert report["outputs"][0]["text"] == "1"


# Processes that stop


@pytest.mark.parametrize("who", ["runner", "first process inside", "bubblewrap", "grader kernel", "fork server"])
def test_a_process_that_stops_in_the_middle_is_given_up(run, monkeypatch, who, marker):
    stopping = {
        "runner": lambda: of_ours("-m nbjudge.student")[2:3],
        "first process inside": lambda: of_ours("-m nbjudge.student")[1:2],
        "bubblewrap": lambda: of_ours("bwrap")[:1],
        "grader kernel": lambda: [copy for forkserver in of_ours("judge.forkserver") for copy in forkserver.children()],
        "fork server": lambda: of_ours("judge.forkserver")[:1],
    }
    monkeypatch.setattr(forkserver_client, "PATIENCE", 5.0)
    collect, stopped = Session._collect, []

    def stop_first(self, *arguments):
        stopped.extend(stopping[who]())
        for process in stopped:
            process.suspend()
        return collect(self, *arguments)

    monkeypatch.setattr(Session, "_collect", stop_first)
    if who == "grader kernel":  # nobody else is waited for then
        monkeypatch.setattr(session, "GRACE", 1.0)
        monkeypatch.setattr(session, "MOMENT", 0.5)
    forkserver_client.forget()  # the next fork server knows of the shorter patience
    begun = time.monotonic()
    limits = Limits(start=20.0, cell=2.0, answer=2.0)
    less_patient = [judged("from nbjudge.judge import door\ndoor.GRACE = 1.0")] if who == "runner" else []
    cells = [student(SLEEP.format(marker) + "time.sleep(1)"), judged("1")]
    *_, first, last = run(*less_patient, *cells, limits=limits)
    assert stopped and time.monotonic() - begun < 60, (first, stopped)
    if who == "runner":
        assert "did not stop within 2 s" in first["died"] and last["points"] == 1.0
    elif who == "grader kernel":
        assert "did not finish" in first["lost"] and "did not finish" in last["lost"]
    else:
        assert first == {"outputs": []} and last["points"] == 1.0


def test_a_fork_server_that_stops_is_replaced(run, monkeypatch):
    monkeypatch.setattr(forkserver_client, "PATIENCE", 2.0)
    assert run(judged("1"))[0]["points"] == 1.0
    (forkserver,) = of_ours("judge.forkserver")
    forkserver.suspend()
    begun = time.monotonic()
    assert run(judged("1"))[0]["points"] == 1.0
    assert time.monotonic() - begun < 30
    assert of_ours("judge.forkserver") != [forkserver]


# One limit for all tries


class Dies:
    """A session in which the student's own code may have killed its process, after some time."""

    def __init__(self, seconds):
        self.seconds, self.tries = seconds, []

    def run(self, notebook):
        self.tries.append(notebook)
        raise ProcessKilledError("its sandbox was killed", ["reports"], min(self.seconds, notebook))


@pytest.mark.parametrize(("seconds", "tries"), [(0.01, 3), (0.35, 2), (0.6, 1)])
def test_who_kills_itself_has_no_more_time_for_it(seconds, tries):
    dies = Dies(seconds)
    assert run_with_retries(dies, 1.0) == ["reports"]
    assert len(dies.tries) == tries
    assert dies.tries == sorted(dies.tries, reverse=True) and dies.tries[0] == 1.0


def test_a_try_that_gets_less_time_than_the_first_takes_no_mark_for_it(run):
    limits = Limits(start=30.0, cell=20.0, answer=20.0, notebook=20.0)
    slow = Session(cells=[student("import time\ntime.sleep(10)"), judged("1")], limits=limits)
    with pytest.raises(ProcessKilledError, match="time left for another try"):
        slow.run(1.0)


@pytest.mark.slow
def test_all_of_this_holds_for_an_ordinary_user():
    run_as_ordinary_user(__file__)
