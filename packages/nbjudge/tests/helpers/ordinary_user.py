"""Root runs tests again as an ordinary user, for whom bubblewrap builds the sandbox in another way."""

import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import nbjudge
import pytest

TESTS = Path(__file__).resolve().parents[1]
# The folder with everything: the repository in a clone of it.
PROJECT = [path for path in TESTS.parents if (path / "pyproject.toml").exists()][-1]
ENGINE = Path(nbjudge.__file__).resolve().parent
UID = 1234
TIME = 3600.0  # seconds: a run that takes longer hangs


def run_as_ordinary_user(*words: str) -> None:
    """Run pytest with these arguments as an ordinary user, without capabilities, and see that every test passes.

    Skips the test that calls it where this can't be had: the tests run as an ordinary user already, or ordinary users
    have no namespaces.
    """
    if os.geteuid() != 0:
        pytest.skip("the tests run as an ordinary user already")
    with tempfile.TemporaryDirectory() as folder:  # pytest's own is closed to others
        os.chown(folder, UID, UID)
        become = _become_ordinary_user(Path(folder))
        try:
            trial = subprocess.run([*become, "unshare", "--user", "true"], capture_output=True, text=True, timeout=60)
        except FileNotFoundError as missing:
            pytest.skip(f"can't become an ordinary user: {missing}")
        if trial.returncode:
            pytest.skip(f"no namespaces for ordinary users here: {trial.stderr.strip()}")
        output = Path(folder, "output")
        with output.open("w") as file:  # to wait for the end of a pipe would be to wait for whoever holds it
            done = subprocess.run(
                [*become, sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words],
                cwd=PROJECT,
                env=os.environ
                | {"HOME": folder, "TMPDIR": folder, "PYTHONDONTWRITEBYTECODE": "1"}
                | {"HYPOTHESIS_STORAGE_DIRECTORY": folder},  # it warns where it can't write
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                timeout=TIME,
            )
        assert done.returncode == 0, output.read_text()


@contextlib.contextmanager
def ordinary_user():
    """What root may do counts for nothing here."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def _become_ordinary_user(folder: Path) -> list[str]:
    """The start of a command line that makes root an ordinary user who can reach this Python and these tests."""
    needed = sorted({Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve(), PROJECT, ENGINE})
    closed = set()  # such as /root: in a mount namespace of our own, open folders with what is needed replace them
    for path in needed:
        locked = [parent for parent in path.parents if not parent.stat().st_mode & 0o001]
        closed |= set(locked[-1:])
    lines = ["set -e"]
    for number, path in enumerate(needed):
        lines.append(f"mkdir -p '{folder}/{number}'; mount --rbind '{path}' '{folder}/{number}'")
    lines += [f"mount -t tmpfs -o mode=755 tmpfs '{place}'" for place in closed]
    for number, path in enumerate(needed):
        if closed & set(path.parents):
            lines.append(f"mkdir -p '{path}'; mount --rbind '{folder}/{number}' '{path}'")
    lines.append(f'exec setpriv --reuid {UID} --regid {UID} --clear-groups --inh-caps=-all "$@"')
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", "\n".join(lines), "sh"]
