"""Runs the project's commands without starting Python for each: the imports take longer than most of these commands."""

import atexit
import json
import os
import select
import subprocess
import sys
import tempfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import psutil

TESTS = Path(__file__).resolve().parents[1]
MODULES = {  # where the main() of each is
    "nbjudge": "nbjudge.commands",
    "nbgrader": "nbgrader.apps.nbgraderapp",
}
PATIENCE = 300.0  # seconds for a command: one that takes longer hangs


def run(module, *words, cwd, environment=os.environ, check=False, timeout=PATIENCE) -> subprocess.CompletedProcess:
    """Do what ``python -m MODULE WORDS`` does, in a process forked off one that has imported the modules already.

    The process is the command's own: with its folder, its environment and an exit code, and without input. One command
    runs at a time.
    """
    global _server
    if _server is None or _server.poll() is not None:  # a command that fails in this process ends all its children
        _server = _start()
    with tempfile.TemporaryDirectory() as folder:
        said = [Path(folder, name) for name in ("stdout", "stderr")]
        request = {"module": module, "words": words, "cwd": str(cwd), "environment": dict(environment)}
        try:
            _server.stdin.write(json.dumps(request | {"said": [str(path) for path in said]}).encode() + b"\n")
            _server.stdin.flush()
            if not select.select([_server.stdout], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired([module, *words], timeout, *(path.read_bytes() for path in said))
            status = int(_server.stdout.readline())
        except BaseException:  # a test that takes too long is interrupted here
            _kill()
            raise
        done = subprocess.CompletedProcess([module, *words], status, *(path.read_text() for path in said))
    assert not check or status == 0, done.stdout + done.stderr
    return done


def waiting() -> set[int]:
    """The id of the process that waits for commands, if there is one."""
    return set() if _server is None else {_server.pid}


_server: subprocess.Popen | None = None


def _start() -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "helpers.commands"],
        cwd=TESTS,
        # A process with several threads can't be forked safely; OpenBLAS starts some when NumPy is imported.
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


@atexit.register
def _kill() -> None:
    """Kill the process that waits for commands, and the command that runs, if there is one."""
    global _server
    if _server is not None:
        with suppress(psutil.NoSuchProcess):
            for process in psutil.Process(_server.pid).children(recursive=True):
                process.kill()
        _server.kill()
        _server.wait()
        _server = None


def _serve() -> None:
    """Fork for each request and tell how the child ended, until the other side hangs up; the child runs a command."""
    mains = {module: import_module(place).main for module, place in MODULES.items()}
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    while line := requests.readline():
        child = os.fork()
        if child == 0:
            requests.close()
            answers.close()
            _become(request := json.loads(line))
            return mains[request["module"]]()
        answers.write(b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        answers.flush()


def _become(request: dict) -> None:
    """Make this process what a new one would be."""
    for fd, path in enumerate([os.devnull, *request["said"]]):
        opened = os.open(path, os.O_RDONLY if fd == 0 else os.O_WRONLY | os.O_CREAT)
        os.dup2(opened, fd)
        os.close(opened)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["cwd"])
    sys.argv[1:], sys.path[0] = request["words"], request["cwd"]


if __name__ == "__main__":
    _serve()
