"""A submission that takes more than it may is ended, says so, keeps what it had, and leaves nothing behind."""

import sys
import tempfile
import textwrap
import time

import psutil
import pytest
from nbjudge.judge import forkserver_client
from nbjudge.run.plan import PlannedCell
from nbjudge.run.session import Session
from nbjudge.sandbox import watchdog
from nbjudge.sandbox.bubblewrap import SandboxError
from nbjudge.sandbox.limits import Limits

from helpers.ordinary_user import run_as_ordinary_user

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

ASK = "reply = __door__.ask('x', {})\nassert 'answer' in reply, reply['failure']['message']"
ANSWERS = "def answer(namespace, question, arguments):\n    return {'answer': namespace.get(question)}\n"
GIB = 2**30


def student(source):
    return PlannedCell(textwrap.dedent(source), on_student_side=True)


def judged(source=ASK):
    return PlannedCell(source, "test", on_grader_side=True, points=1.0)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run cells under limits; afterwards no process and no temporary file of theirs is left."""
    (tmp_path / "release").mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "release" / "answers.py").write_text(ANSWERS)
    before = {process.pid for process in psutil.Process().children(recursive=True)}

    def run(*cells, **limits):
        limits = Limits(**{"cell": 30.0, "answer": 30.0, **limits})
        return Session(cells=list(cells), release=tmp_path / "release", answers="answers", limits=limits).run()

    yield run
    forkserver_client.forget()
    left = [process for process in psutil.Process().children(recursive=True) if process.pid not in before]
    assert not psutil.wait_procs(left, timeout=10)[1]
    assert not list((tmp_path / "temporary").iterdir())


# Bounded, so that a limit that does not work harms nobody.
HARMS = {
    "memory": (
        "import time\nhog = [bytearray(2**26) for _ in range(30)]\ntime.sleep(20)",
        {"memory": GIB},
        "your code used more than 1 GiB of memory and was stopped",
    ),
    "memory of children": (
        """
        import os, time
        for _ in range(4):
            if os.fork() == 0:
                hog = bytearray(2**28 + 2**27)
                time.sleep(60)
        time.sleep(60)
        """,
        {"memory": GIB},
        "your code used more than 1 GiB of memory and was stopped",
    ),
    "sockets": (
        """
        import socket, time
        kept = []
        for _ in range(400):
            one, other = socket.socketpair()
            kept += [one, other]
            for end in (one, other):
                end.setblocking(False)
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**22)
                try:
                    while True: end.send(bytes(2**16))
                except BlockingIOError:
                    pass
        time.sleep(20)
        """,
        {"memory": GIB // 8},
        "your code used more than 0.125 GiB of memory and was stopped",
    ),
    "connections": (
        """
        import socket, time
        server = socket.create_server(("127.0.0.1", 0))
        kept = [server]
        for _ in range(100):
            one = socket.create_connection(server.getsockname())
            other, _ = server.accept()
            kept += [one, other]
            one.setblocking(False)
            try:
                while True: one.send(bytes(2**20))
            except BlockingIOError:
                pass
        time.sleep(20)
        """,
        {"memory": GIB // 4},
        "your code used more than 0.25 GiB of memory and was stopped",
    ),
    "pipes": (
        """
        import os, time
        for _ in range(8):
            if os.fork() == 0:
                kept = []
                for _ in range(480):
                    kept += os.pipe()
                    os.write(kept[-1], bytes(2**12))
                time.sleep(60)
        time.sleep(20)
        """,
        {"memory": GIB // 8},
        "your code used more than 0.125 GiB of memory and was stopped",
    ),
    "page tables": (
        """
        import ctypes, mmap, time
        kept = []
        for _ in range(8):
            kept.append(mmap.mmap(-1, 2**37, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000))
            base = ctypes.addressof(ctypes.c_char.from_buffer(kept[-1]))
            # One page that is only read in each table of pages: no memory but the tables.
            for at in range(0, 2**37, 2**21): ctypes.c_char.from_address(base + at).value
        time.sleep(20)
        """,
        {"memory": GIB // 4},
        "your code used more than 0.25 GiB of memory and was stopped",
    ),
    "mappings": (
        """
        import ctypes, mmap, os, time
        libc, count = ctypes.CDLL(None), 30_000
        pages = mmap.mmap(-1, 2 * count * 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        begin = ctypes.addressof(ctypes.c_char.from_buffer(pages))
        for number in range(count):
            libc.mprotect(ctypes.c_void_p(begin + (2 * number + 1) * 4096), ctypes.c_size_t(4096), mmap.PROT_READ)
        for _ in range(40):
            if os.fork() == 0:
                time.sleep(20)
                os._exit(0)
        time.sleep(5)
        """,
        {"memory": 3 * GIB // 8},
        "your code used more than 0.375 GiB of memory and was stopped",
    ),
    "mappings of ancestors": (
        """
        import ctypes, mmap, os, time
        libc, count = ctypes.CDLL(None), 5000
        pages = mmap.mmap(-1, 2 * count * 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        begin = ctypes.addressof(ctypes.c_char.from_buffer(pages))
        for number in range(count):
            pages[2 * number * 4096] = 1
            libc.mprotect(ctypes.c_void_p(begin + (2 * number + 1) * 4096), ctypes.c_size_t(4096), mmap.PROT_READ)
        for _ in range(60):
            if os.fork():
                break
        time.sleep(15)
        """,
        {"memory": 3 * GIB // 8},
        "your code used more than 0.375 GiB of memory and was stopped",
    ),
    "names of files": (
        """
        import time
        for number in range(200_000):
            open(f"/tmp/{number:0250}", "w").close()
        time.sleep(5)
        """,
        {"memory": 3 * GIB // 8},
        "your code used more than 0.375 GiB of memory and was stopped",
    ),
    "terminals": (
        """
        import os, time
        kept = [os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY) for _ in range(100)]
        time.sleep(20)
        """,
        {},
        "your code had more than 64 terminals at one time and was stopped",
    ),
    "many processes": (
        """
        import os, time
        much = bytearray(2**28)
        for _ in range(150):
            if os.fork() == 0:
                own = bytearray(2**24)
                time.sleep(60)
        time.sleep(20)
        """,
        {"memory": 3 * GIB // 4},
        "your code used more than 0.75 GiB of memory and was stopped",
    ),
    "files": (
        """
        import time
        for folder in ("/tmp", "/dev/shm", "."):
            with open(folder + "/filler", "wb") as file:
                for _ in range(24): file.write(bytes(2**24))
        time.sleep(60)
        """,
        {"memory": GIB},
        "your code used more than 1 GiB of memory and was stopped",
    ),
    "processes": (
        """
        import os, time
        for _ in range(100):
            if os.fork() == 0:
                time.sleep(60)
                os._exit(0)
        time.sleep(60)
        """,
        {"tasks": 60},
        "your code had more than 60 processes and threads at one time and was stopped",
    ),
    "orphans": (
        """
        import os, time
        for _ in range(100):
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    time.sleep(60)
                os._exit(0)
        time.sleep(60)
        """,
        {"tasks": 60},
        "your code had more than 60 processes and threads at one time and was stopped",
    ),
    "threads": (
        """
        import threading, time
        for _ in range(100): threading.Thread(target=time.sleep, args=(60,)).start()
        time.sleep(60)
        """,
        {"tasks": 60},
        "your code had more than 60 processes and threads at one time and was stopped",
    ),
    "time": (
        "import time\ntime.sleep(20)",
        {"notebook": 2.0},
        "your code took more than 2 s for the whole notebook and was stopped",
    ),
}


@pytest.mark.parametrize(("harm", "limits", "says"), HARMS.values(), ids=HARMS)
def test_what_takes_too_much_is_ended_and_says_so(run, harm, limits, says):
    begun = time.monotonic()
    first, before, harmed, after, later = run(
        student("x = 3"), judged(), student(harm), judged(), student("x"), **limits
    )
    assert time.monotonic() - begun < 30
    assert first == {"outputs": []} and before["passed"]
    assert harmed["died"] == says and harmed["outputs"][-1]["value"] == says
    assert not after["passed"] and says in after["text"] and "died" not in after
    assert later["outputs"][-1]["value"] == says


def test_many_slow_cells_end_with_the_time_of_the_notebook(run):
    reports = run(*[student("import time\ntime.sleep(0.8)")] * 10, judged(), notebook=3.0)
    ended = [number for number, report in enumerate(reports) if "died" in report]
    assert len(ended) == 1 and 2 <= ended[0] <= 4
    assert all(report == {"outputs": []} for report in reports[: ended[0]])
    assert "3 s for the whole notebook" in reports[-1]["text"]


def test_a_question_that_takes_too_much_ends_the_sandbox_too(run):
    define = """
        import gc
        (runner,) = [thing for thing in gc.get_objects() if type(thing).__name__ == "Runner"]
        runner.answer = lambda *_: [bytearray(2**26) for _ in range(30)]
        """
    _, asked, after = run(student(define), judged(), judged(), memory=GIB)
    assert "used more than 1 GiB" in asked["text"] and "used more than 1 GiB" in asked["died"]
    assert "used more than 1 GiB" in after["text"] and "died" not in after


def test_files_have_a_limit_of_their_own_and_the_next_cell_runs(run):
    full, after = run(
        student("with open('/dev/shm/filler', 'wb') as file: file.write(bytes(2**25))"),
        student("import os\nos.remove('/dev/shm/filler')\nopen('/dev/shm/small', 'w').write('x')"),
        scratch=2**24,
    )
    assert full["outputs"][-1]["name"] == "OSError" and "No space left on device" in full["outputs"][-1]["value"]
    assert after["outputs"][0]["text"] == "1"


def test_a_test_cell_takes_no_more_memory_than_the_submission_may(run):
    # Each would lie within what a machine gives away unasked.
    large, small, after = run(judged("bytearray(2**30)"), judged("bytearray(2**28)\nNone"), judged("1"), memory=GIB)
    assert (large["fraction"], large["text"]) == (0.0, "MemoryError")
    assert small["fraction"] == 1.0 and after["points"] == 1.0


def test_memory_that_processes_share_counts_once(run):
    share = """
        import os, time
        much = bytearray(2**29)
        for _ in range(5):
            if os.fork() == 0:
                time.sleep(10)
                os._exit(0)
        time.sleep(1)
        """
    (report,) = run(student(share), memory=GIB)
    assert report == {"outputs": []}


def test_a_process_that_nobody_may_look_into_is_watched_all_the_same(run):
    hide = "import ctypes\nctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\n"  # PR_SET_DUMPABLE
    harm, limits, says = HARMS["memory"]
    (report,) = run(student(hide + harm), **limits)
    assert report["died"] == says


def test_a_sandbox_that_cannot_be_watched_runs_nothing(run, monkeypatch):
    def fails(*_):
        raise PermissionError("not for you")

    monkeypatch.setattr(watchdog.Usage, "__init__", fails)
    with pytest.raises(SandboxError, match=r"could not be watched.*not for you"):
        run(student("1"))


def test_a_watchdog_that_fails_ends_the_sandbox(run, monkeypatch):
    def fails(*_):
        raise ValueError("no such line")

    monkeypatch.setattr(watchdog.Usage, "memory", fails)
    (report,) = run(student("import time\ntime.sleep(20)"))
    assert report["died"] == "your code was stopped, because it could not be watched any longer (no such line)"


def test_too_many_processes_are_ended_before_their_memory_is_measured(run, monkeypatch):
    measure = watchdog.Usage.memory

    def slowly(usage, processes, limit):
        assert len(processes) <= 20, "measured first"
        return measure(usage, processes, limit)

    monkeypatch.setattr(watchdog.Usage, "memory", slowly)
    bomb = "import os, time\nfor _ in range(40):\n    if os.fork() == 0: time.sleep(20)\ntime.sleep(20)"
    (report,) = run(student(bomb), tasks=20)
    assert report["died"] == "your code had more than 20 processes and threads at one time and was stopped"


@pytest.mark.slow
def test_all_of_this_holds_for_an_ordinary_user():
    run_as_ordinary_user(__file__)
