"""What the instructor names can be reached from the sandbox, and nothing else."""

import json
import socket
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from nbjudge.run.job import Job
from nbjudge.run.plan import PlannedCell
from nbjudge.run.session import Session
from nbjudge.sandbox.access import NO_ACCESS, Access, AccessError
from nbjudge.sandbox.bubblewrap import PACKAGE, SandboxError

from helpers.ordinary_user import run_as_ordinary_user

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")


def shown(source, access=NO_ACCESS):
    """What a cell prints, and what was refused to it."""
    (report,) = Session([PlannedCell(textwrap.dedent(source), on_student_side=True)], access=access).run()
    (output,) = report["outputs"]
    assert output["type"] == "stream", output
    return output["text"], report.get("refused", [])


# Data


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "course" / "data"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "table.csv").write_text("a\n1\n")
    for place in (tmp_path, *tmp_path.parents[:2]):  # closed to others, which we are in the sandbox
        if place.is_relative_to("/tmp/") and place != Path("/tmp"):
            place.chmod(0o755)
    return folder


def test_data_is_shown_at_its_own_path_and_read_only(data):
    look = f"""
        import os
        print(open({str(data / "deep/table.csv")!r}).read(), os.listdir({str(data.parent)!r}))
        for path in ({str(data / "new")!r}, {str(data / "deep/table.csv")!r}):
            try:
                open(path, "w")
            except OSError as error:
                print(error.strerror)
        """
    said, _ = shown(look, Access(data=(str(data),)))
    assert said == "a\n1\n ['data']\n" + "Read-only file system\n" * 2
    assert (data / "deep" / "table.csv").read_text() == "a\n1\n"


def test_a_single_file_is_data_too(data):
    table = data / "deep" / "table.csv"
    assert shown(f"print(open({str(table)!r}).read())", Access(data=(str(table),)))[0] == "a\n1\n\n"


def test_what_is_not_named_is_not_there(data):
    assert shown(f"import os\nprint(os.path.exists({str(data)!r}))")[0] == "False\n"


@pytest.fixture
def course(data):
    folder = data.parent
    for name in ("source", "submitted", ".cache"):
        (folder / name).mkdir()
    (folder / "gradebook.db").touch()
    (folder / "link").symlink_to("source")
    return folder


def check(course, *data):
    Access(data=tuple(map(str, data))).check(course, [course / "source", course / "submitted", PACKAGE])


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("data", "is not an absolute path"),
        ("/nowhere", "does not exist"),
        ("/", "is a folder of the system"),
        ("/home", "is a folder of the system"),
        ("/usr", "is a folder of the system"),
        ("/proc/self", "is in /proc"),
        ("/etc/fonts/..", "is not an absolute path"),
        ("{course}", "contains {course}"),
        ("{course}/..", "is not an absolute path"),
        ("{above}", "contains {course}"),
        ("{course}/source", "contains {course}/source"),
        ("{course}/link", "contains {course}/source"),
        ("{course}/.cache", "belongs to the course"),
        ("{course}/gradebook.db", "belongs to the course"),
        (str(PACKAGE), f"contains {PACKAGE}"),
        (str(PACKAGE / "judge"), f"is in {PACKAGE}"),
    ],
)
def test_what_shows_too_much_is_refused(course, name, why):
    known = {"course": course, "above": course.parent}
    with pytest.raises(AccessError) as refused:
        check(course, course / "data", name.format(**known))
    said = str(refused.value)
    assert why.format(**known) in said and "c.ExecuteApart.data" in said and "holds data alone" in said


def test_data_in_the_course_folder_and_elsewhere_is_allowed(course, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    check(course, course / "data", course / "data" / "deep" / "table.csv", tmp_path / "elsewhere")


def test_data_that_is_gone_stops_the_sandbox():
    with pytest.raises(SandboxError, match="did not start"):
        shown("1", Access(data=("/nowhere/at/all",)))


# Network

LOOK = """
    import json, socket

    def attempt(action):
        try:
            return action()
        except OSError as error:
            return type(error).__name__

    def connect(family, address):
        with socket.socket(family) as sock:
            sock.settimeout(3)
            sock.connect(address)
            return "connected"

    def manager():
        from multiprocessing import Manager
        with Manager() as manager:
            return list(manager.list([1]))

    def loader():
        from multiprocessing import Pipe, get_context, reduction
        import os, tempfile
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
        return os.pread(fd, 5, 0).decode()

    print(json.dumps({
        "port": attempt(lambda: connect(socket.AF_INET, ("127.0.0.1", PORT))),
        "abstract": attempt(lambda: connect(socket.AF_UNIX, chr(0) + NAME)),
        "pair": attempt(lambda: len(socket.socketpair())),
        "datagrams": attempt(lambda: len(socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))),
        "localhost": attempt(lambda: socket.gethostbyname("localhost")),
        "manager": manager(),
        "loader": loader(),
    }))
    """


@pytest.fixture
def listening():
    """A port of this machine and a socket without a file; both answer nobody."""
    name = f"nbjudge-test-{threading.get_ident()}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as unnamed:
        unnamed.bind("\0" + name)
        unnamed.listen()
        yield f"    PORT, NAME = {server.getsockname()[1]}, {name!r}\n"


def test_without_a_network_nothing_of_this_machine_answers(listening):
    said, refused = shown(listening + LOOK)
    assert json.loads(said) == {
        "port": "ConnectionRefusedError",
        "abstract": "ConnectionRefusedError",
        "pair": 2,
        "datagrams": 2,
        "localhost": "127.0.0.1",
        "manager": [1],
        "loader": "array",
    }
    assert refused == []


def test_with_a_network_ports_answer_and_abstract_sockets_do_not(listening):
    said, refused = shown(listening + LOOK, Access(network=True))
    assert json.loads(said) == {
        "port": "connected",
        "abstract": "OSError",
        "pair": 2,
        "datagrams": "OSError",
        "localhost": "127.0.0.1",
        "manager": [1],
        "loader": "array",
    }
    assert refused == []


def test_with_a_network_a_connection_that_fails_was_not_refused():
    connect = "import socket\ns = socket.socket()\ns.settimeout(0.05)\nprint(s.connect_ex(('192.0.2.1', 9)) != 0)"
    assert shown(connect, Access(network=True)) == ("True\n", [])
    assert shown(connect) == ("True\n", ["a connection to 192.0.2.1"])


# Jobs


@pytest.mark.parametrize("access", [Access(gpu=True), Access(network=True), Access(data=("/srv/data",))], ids=str)
def test_a_job_carries_it_and_is_another_one_with_it(access):
    job, plain = Job(cells=[], access=access), Job(cells=[])
    assert Job.unpack(job.pack()) == job and Job.unpack(job.pack()).access == access
    assert job.cache_key() != plain.cache_key() and job.student_key() != plain.student_key()


def test_all_of_this_holds_for_an_ordinary_user():
    run_as_ordinary_user(__file__)
