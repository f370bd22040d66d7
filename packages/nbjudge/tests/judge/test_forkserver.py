"""The process that is copied for each submission: copies begin alike, and nothing that befalls one touches another."""

import signal
import socket
import threading
import time
from contextlib import suppress

import psutil
import pytest
from nbjudge.judge import forkserver_client
from nbjudge.protocol.wire import WireError
from nbjudge.run.plan import PlannedCell
from nbjudge.run.session import ProcessKilledError, Session
from nbjudge.sandbox.limits import Limits

LIMITS = Limits(start=20.0, cell=20.0, answer=20.0)


@pytest.fixture(autouse=True)
def _own_fork_server():
    forkserver_client.forget()
    yield
    forkserver_client.forget()
    assert fork_servers() == []


def judged(*sources, limits=LIMITS):
    """The reports on trusted cells."""
    cells = [PlannedCell(source, f"test-{n}", on_grader_side=True, points=1.0) for n, source in enumerate(sources)]
    return Session(cells=cells, limits=limits, sandboxed=False).run()


def passed(*sources, **options):
    return [report.get("passed") for report in judged(*sources, **options)]


def fork_servers():
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.ZombieProcess, psutil.NoSuchProcess):  # it has just ended
            found += [child] if "nbjudge.judge.forkserver" in child.cmdline() else []
    return found


def test_what_cells_import_and_keep_in_modules_is_there():
    remembers = "import colorsys\ncolorsys.runs = getattr(colorsys, 'runs', 0) + 1\nfloat(colorsys.runs)"
    # Once when the fork server got ready, and once in this copy, whatever other copies did.
    for _ in range(3):
        assert judged(remembers)[0]["points"] == 2.0


def test_what_cells_did_to_their_variables_is_forgotten():
    assert passed("assert 'seen' not in globals()\nseen = 1", "assert seen == 1") == [True, True]


def test_a_fork_server_is_kept_as_long_as_the_cells_are_the_same():
    judged("1")
    (first,) = fork_servers()
    judged("1")
    assert fork_servers() == [first]
    judged("2")
    (other,) = fork_servers()
    assert other != first


def test_each_copy_works_in_a_folder_and_session_of_its_own():
    source = "import os\nassert os.listdir() == [] and os.getsid(0) == os.getpid()\nopen('left', 'w').close()"
    assert passed(source) == passed(source) == [True]


@pytest.mark.parametrize(
    "unfit",
    [
        "import os\nif os.getcwd().rpartition('/')[2].startswith('forkserver-'):\n    os._exit(0)",
        "import os\nif os.getcwd().rpartition('/')[2].startswith('forkserver-'):\n    os.kill(os.getpid(), 9)",
        "import threading, time\nthreading.Thread(target=time.sleep, args=[60], daemon=True).start()",
    ],
    ids=["ends", "is killed", "starts threads"],
)
def test_cells_that_spoil_a_fork_server_are_judged_all_the_same(unfit):
    assert passed(unfit, "import colorsys") == [True, True]
    # By copies of a fork server that has not run them.
    assert passed("import sys\nassert 'colorsys' not in sys.modules", unfit) == [True, True]


def test_a_cell_that_never_ends_without_an_answer_is_judged_all_the_same():
    hangs = "import os, time\nwhile os.getcwd().rpartition('/')[2].startswith('forkserver-'):\n    time.sleep(1)"
    begun = time.monotonic()
    assert passed(hangs, limits=Limits(start=3.0, cell=20.0, answer=20.0)) == [True]
    assert time.monotonic() - begun < 15


def test_a_fork_server_killed_between_two_submissions_is_replaced():
    judged("1")
    (forkserver,) = fork_servers()
    forkserver.kill()
    assert passed("1") == [True]
    assert not forkserver.is_running() or forkserver.status() == psutil.STATUS_ZOMBIE


def test_a_copy_that_is_killed_says_so_and_the_next_is_judged():
    with pytest.raises(ProcessKilledError, match="grader kernel was killed"):
        judged("import os\nif '/forkserver-' not in os.getcwd():\n    os.kill(os.getpid(), 9)")
    assert passed("1") == [True]


def test_a_copy_ends_with_its_fork_server_and_the_next_has_another():
    kills = "import os, time\nif '/forkserver-' not in os.getcwd():\n    os.kill(os.getppid(), 9)\n    time.sleep(10)"
    for _ in range(2):
        with pytest.raises(ProcessKilledError, match="grader kernel was killed"):
            judged(kills, "1")
    assert passed("1") == [True]


def test_a_fork_server_that_does_not_get_ready_leaves_nothing_behind():
    with pytest.raises(WireError):
        forkserver_client.ForkServer.start("key", [], Limits(start=1e-4))
    assert fork_servers() == []


def test_a_copy_can_be_killed_and_its_fork_server_goes_on(tmp_path):
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            copy = forkserver_client.fork("replay", [theirs.fileno()], tmp_path, ["1"], LIMITS)
        assert copy.ended(0.0) is None
        copy.stop()
    assert copy.ended(0.0) == -signal.SIGKILL
    (forkserver,) = fork_servers()
    assert passed("1") == [True] and fork_servers() == [forkserver]
    deadline = time.monotonic() + 10
    while forkserver.children() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert forkserver.children() == []


def test_each_thread_has_a_fork_server_that_ends_with_it():
    judged("1")
    there = []

    def elsewhere():
        judged("1")
        there.extend(fork_servers())

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join(60)
    deadline = time.monotonic() + 10
    while len(fork_servers()) > 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(there) == 2 and len(fork_servers()) == 1
