"""nbgrader's formgrader, served for a course folder as ``jupyter lab`` would."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START = 180  # seconds; it takes six when the machine has nothing else to do


@contextmanager
def formgrader(course: Path, home: Path) -> Iterator[str]:
    """Serve formgrader for a course folder, and stop it in the end.

    Parameters
    ----------
    course : Path
        The course folder, with its ``nbgrader_config.py``.
    home : Path
        An empty folder for everything of Jupyter's own.

    Yields
    ------
    str
        The address of the server, without a slash in the end.
    """
    folders = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    options = ("--no-browser", "--allow-root", "--ip=127.0.0.1", "--IdentityProvider.token=", "--ServerApp.password=")
    with (home / "server.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", *options],
            cwd=course,
            env=os.environ | folders | {"HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            yield _address(server, home / "runtime", home / "server.log")
        finally:
            server.terminate()
            try:
                server.wait(30)
            finally:
                server.kill()


def _address(server: subprocess.Popen, runtime: Path, log: Path) -> str:
    """Where the server listens, as soon as it answers."""
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and server.poll() is None:
        for path in runtime.glob(f"jpserver-{server.pid}.json"):
            try:
                address = f"http://127.0.0.1:{json.loads(path.read_text())['port']}"
                with urllib.request.urlopen(f"{address}/formgrader/manage_assignments"):
                    return address
            except (ValueError, urllib.error.URLError):  # not written, or not answering yet
                continue
        time.sleep(0.1)
    raise RuntimeError(f"formgrader did not start:\n{log.read_text()}")
