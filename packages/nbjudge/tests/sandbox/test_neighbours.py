"""What one submission uses up is its own: its neighbour's honest work and the grader's do not lack it."""

import json
import subprocess
import sys
import uuid

import pytest

from helpers.ordinary_user import run_as_ordinary_user

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

# Two sessions at one time: the second begins when the first has taken all that it can get, which a process with a word
# in its command line tells, and by the end of that process the first knows that the second is done.
SESSIONS = """
import json, os, signal, sys, threading, time
from pathlib import Path
from nbjudge.sandbox.limits import Limits
from nbjudge.run.plan import PlannedCell
from nbjudge.run.session import Session
greedy, honest, ident = sys.argv[1:]
marker = f"ready-{ident}"
limits = Limits(cell=100.0, answer=60.0)
hog = Session(cells=[PlannedCell(greedy, on_student_side=True)], limits=limits)
reports = {}
thread = threading.Thread(target=lambda: reports.update(greedy=hog.run()))
thread.start()
def ready():
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if marker.encode() in (folder / "cmdline").read_bytes().split(b"\\0"):
                return int(folder.name)
        except OSError:
            pass  # it has just ended
deadline = time.monotonic() + 90
while (process := ready()) is None and thread.is_alive() and time.monotonic() < deadline:
    time.sleep(0.05)
cells = [PlannedCell(honest, on_student_side=True), PlannedCell("1", "test", on_grader_side=True, points=1.0)]
reports["honest"] = Session(cells=cells, limits=limits).run()
reports["ready"] = process is not None and thread.is_alive()
if reports["ready"]:
    os.kill(process, signal.SIGKILL)
thread.join()
print(json.dumps(reports))
"""
GREEDY = """
import ctypes, fcntl, os, platform, signal, socket, subprocess, sys, time

libc, kept = ctypes.CDLL(None, use_errno=True), []

def until_refused(take, most):
    for taken in range(most):
        try:
            if take(taken) is False:
                return taken
        except (OSError, AttributeError):
            return taken
    return most

def descriptors(_):
    kept.extend(socket.socketpair())
    socket.send_fds(kept[-1], [b"x"], [0] * 250)

def pipes(_):
    kept.append(os.pipe())
    fcntl.fcntl(kept[-1][0], 1031, 2**20)

def queue(number):
    return libc.mq_open(b"/queue-%d" % number, os.O_CREAT | os.O_RDWR, 0o600, None) >= 0

def contexts(_):
    number = {"x86_64": 206, "aarch64": 0}[platform.machine()]
    return libc.syscall(number, 1000, ctypes.byref(ctypes.c_ulong(0))) == 0

def signals(_):
    return libc.sigqueue(os.getpid(), signal.SIGRTMIN, ctypes.c_void_p(1)) == 0

signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN])
print({
    "descriptors under way": until_refused(descriptors, 80),
    "watches on files": until_refused(lambda _: libc.inotify_init() >= 0, 5000),
    "message queues": until_refused(queue, 5000),
    "asynchronous input and output": until_refused(contexts, 5000),
})
for _ in range(40):  # a user's processes, for whom the kernel counts all signals together
    if os.fork() == 0:
        until_refused(signals, 500_000)
        time.sleep(100)
        os._exit(0)
until_refused(signals, 500_000)
until_refused(pipes, 5000)
for fd in kept[-1]:
    os.close(fd)
subprocess.run([sys.executable, "-c", "import time; time.sleep(100)", MARKER])
"""
HONEST = """
import ctypes, fcntl, os, signal, torch
from torch.utils.data import DataLoader, TensorDataset

data = TensorDataset(torch.zeros(64, 32, 64))
assert sum(len(batch) for batch, in DataLoader(data, batch_size=8, num_workers=2)) == 64
signal.signal(signal.SIGRTMIN, lambda *_: None)
assert ctypes.CDLL(None).sigqueue(os.getpid(), signal.SIGRTMIN, ctypes.c_void_p(1)) == 0
assert fcntl.fcntl(os.pipe()[0], 1032) >= 4096
"""


def test_a_neighbour_has_all_that_honest_work_needs():
    pytest.importorskip("torch")  # its DataLoader hands over open files
    ident = str(uuid.uuid4())
    command = [sys.executable, "-c", SESSIONS, f"MARKER = 'ready-{ident}'\n{GREEDY}", HONEST, ident]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", timeout=240)
    assert done.returncode == 0, done.stderr
    reports = json.loads(done.stdout)
    assert reports["ready"], reports["greedy"]
    honest, judged = reports["honest"]
    assert [output for output in honest["outputs"] if output["type"] == "error"] == []
    assert judged["points"] == 1.0


def test_all_of_this_holds_for_an_ordinary_user():
    run_as_ordinary_user(__file__)
