"""Whole sessions in real sandboxes: what student code sees and can do there, and that no death goes unnoticed."""

import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from grading.execute import sandbox
from grading.execute.plan import PlannedCell
from grading.execute.sandbox import SandboxError
from grading.execute.session import Limits, Session

REPOSITORY = Path(__file__).resolve().parents[1]
RELEASE = REPOSITORY / "release" / "ex04"
QUICK = Limits(start=60.0, cell=20.0, answer=10.0)

pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="the sandbox needs Linux")


def student(source):
    return PlannedCell(textwrap.dedent(source), on_student_side=True)


def judged(source):
    return PlannedCell(textwrap.dedent(source), "test", on_grader_side=True, points=1.0)


def run(*cells, limits=QUICK, **options):
    return Session(cells=list(cells), limits=limits, **options).run()


def said(report):
    """The text of the one output of a student cell."""
    (output,) = report["outputs"]
    assert output["type"] in ("stream", "result"), output
    return output["text"]


def descendants():
    """The processes started by this one, by their ids."""
    listing = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listing.splitlines()]
    found, more = {}, {str(os.getpid())}
    while more:
        children = {pid: args for pid, parent, args, *_ in rows if parent in more and not args.startswith("ps ")}
        found |= children
        more = set(children)
    return found


@pytest.fixture(autouse=True)
def _nothing_is_left_running():
    before = descendants()
    yield
    deadline = time.monotonic() + 10
    while (left := descendants().keys() - before.keys()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left, descendants()


# What student code sees. One sandbox answers all these questions; it is also started by an ordinary user.

# Runs inside and prints what it found as JSON.
PROBE = """
import importlib, json, os, socket, subprocess, sys

def attempt(action, *arguments):
    try:
        return action(*arguments) or "done"
    except Exception as error:
        return type(error).__name__

def writable(folder):
    try:
        with open(os.path.join(folder, "written-by-the-probe"), "w") as file:
            file.write("x")
        os.remove(file.name)
        return True
    except OSError:
        return False

def walk(top, skipped):
    for folder, folders, files in os.walk(top):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in skipped]
        yield folder, files

status = dict(line.split(":", 1) for line in open("/proc/self/status") if ":" in line)
# Python's own folders are large, read-only and checked by their tops.
SKIPPED = {"/usr", "/proc", "/dev/fd", "/opt/python", "/opt/site-packages", "/opt/release"}
everything = list(walk("/", SKIPPED))
print(json.dumps({
    "uids": os.getresuid(),
    "gids": os.getresgid(),
    "groups": os.getgroups(),
    "capabilities": int(status["CapEff"], 16) | int(status["CapPrm"], 16) | int(status["CapAmb"], 16),
    "no new privileges": status["NoNewPrivs"].strip(),
    "environment": dict(os.environ),
    "environment of process 1": attempt(lambda: open("/proc/1/environ").read()),
    "processes": [int(name) for name in os.listdir("/proc") if name.isdigit()],
    "descriptors": {name: attempt(os.readlink, "/proc/self/fd/" + name) for name in os.listdir("/proc/self/fd")},
    "interfaces": [name for _, name in socket.if_nameindex()],
    "connects": {
        address: attempt(socket.create_connection, (address, port), 3)
        for address, port in [("127.0.0.1", PORT), ("1.1.1.1", 53), ("169.254.169.254", 80)]
    },
    "host": os.uname().nodename,
    "visible": [path for path in HIDDEN if os.path.lexists(path)],
    "root": sorted(os.listdir("/")),
    "home": sorted(os.listdir("/home")),
    "strangers": [os.path.join(folder, name) for folder, names in everything for name in names if name in NAMES],
    "writable": sorted(folder for folder, _ in everything if writable(folder)) + [top for top in SKIPPED if writable(top)],
    "imports": {name: attempt(lambda: bool(importlib.import_module(name))) for name in MODULES},
    "mount": attempt(subprocess.check_call, ["mount", "-o", "remount,rw", "/usr"]),
    "namespace": attempt(subprocess.check_call, ["unshare", "--user", "--map-root-user", "true"]),
    "namespace by clone": attempt(
        subprocess.check_call,
        [sys.executable, "-c", "import ctypes; exit(ctypes.CDLL(None).syscall(CLONE, 0x10000011, 0, 0, 0, 0) == -1)"],
    ),
    "kill": attempt(os.kill, 1, 9),
    "path": sys.path,
}))
"""
MODULES = ["grading", "grading.execute", "course_utils.instructor", "course_utils", "runner", "numpy", "torch"]
SECRET_VALUE = "not-for-students"

# An ordinary user's session, run by a program of its own.
SESSION_PROGRAM = """
import json, sys
from pathlib import Path
from grading.execute.plan import PlannedCell
from grading.execute.session import Session
release, probe = sys.argv[1:]
(report,) = Session(cells=[PlannedCell(probe, on_student_side=True)], release=Path(release)).run()
print(json.dumps(report))
"""


def probe(port):
    """The source of the probe for this machine."""
    home = Path.home()
    hidden = [
        REPOSITORY,
        *(REPOSITORY / name for name in ["source", "gradebook.db", "release", "submitted", "grading", "tests"]),
        *(REPOSITORY / name for name in ["course_utils", ".git", ".course_secret", "nbgrader_config.py"]),
        *([home] if home != Path("/") else []),
        Path(sys.prefix),
        *map(Path, ["/root", "/work", "/etc/passwd", "/etc/shadow", "/etc/hosts", "/var", "/run", "/sys", "/mnt", "/srv"]),
        *(path for path in Path("/home").iterdir() if path != sandbox.HOME),
        *(path for path in Path("/tmp").iterdir() if path.name.startswith("pytest-")),
    ]
    names = {path.name for path in (REPOSITORY / "source" / "ex04").glob("*.ipynb")}
    names |= {"gradebook.db", ".course_secret", "nbgrader_config.py", "reference.py", "grader_kernel.py"}
    constants = {
        "PORT": port,
        "HIDDEN": [str(path) for path in hidden],
        "NAMES": sorted(names),
        "MODULES": MODULES,
        "CLONE": {"x86_64": 56, "aarch64": 220}.get(platform.machine(), -1),
    }
    return "\n".join(f"{name} = {value!r}" for name, value in constants.items()) + PROBE.replace("CLONE", str(constants["CLONE"]))
