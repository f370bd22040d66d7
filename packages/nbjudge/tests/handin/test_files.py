"""What is handed in is looked at before anything reads it."""

import os
import shutil
import socket
import tempfile
from pathlib import Path

import pytest
from nbjudge.commands.marks_table import table
from nbjudge.handin import files as hand_in
from nbjudge.handin.active_files import remove_active
from nbjudge.handin.files import HandInError, check, copy, last_change, read_files
from nbjudge.plugin.marks import MostPoints

from helpers.ordinary_user import ordinary_user


@pytest.fixture
def folder(tmp_path):
    """A hand-in with a notebook, a file and a file in a folder."""
    folder = tmp_path / "submitted" / "ada" / "ex1"
    (folder / "data").mkdir(parents=True)
    (folder / "work.ipynb").write_text("{}")
    (folder / "net.pt").write_bytes(b"\0\1")
    (folder / "data" / "table.csv").write_text("1,2")
    return folder


PLAIN = {"net.pt": b"\0\1", "data/table.csv": b"1,2", "work.ipynb": b"{}"}


def test_plain_files_are_taken(folder):
    check(folder)
    assert read_files(folder) == (PLAIN, [])
    assert read_files(folder, ["data", "*.ipynb"]) == ({"net.pt": b"\0\1"}, [])


def test_copies_are_those_of_any_new_file(folder, tmp_path):
    (folder / "net.pt").chmod(0o666)
    copy(folder, tmp_path / "copy")
    files = {path.relative_to(tmp_path / "copy"): path for path in (tmp_path / "copy").rglob("*") if path.is_file()}
    assert sorted(map(str, files)) == ["data/table.csv", "net.pt", "work.ipynb"]
    assert (tmp_path / "copy" / "net.pt").read_bytes() == b"\0\1"
    assert not (tmp_path / "copy" / "net.pt").stat().st_mode & 0o002


@pytest.mark.parametrize("name", ["net.pt", "data", "work.ipynb"])
def test_what_cannot_be_read_is_refused_by_name(folder, name):
    with tempfile.TemporaryDirectory() as place:  # pytest's own is closed to others
        os.chmod(place, 0o755)
        copied = shutil.copytree(folder, Path(place, "ex1"))
        (copied / name).chmod(0)
        with ordinary_user(), pytest.raises(HandInError, match=f"{name} can't be read: Permission denied"):
            check(copied)


def bind(path):
    """Make a socket; its path may be longer than an address can be."""
    with socket.socket(socket.AF_UNIX) as sock:
        here = os.open(path.parent, os.O_RDONLY)
        sock.bind(f"/proc/self/fd/{here}/{path.name}")
        os.close(here)


JUNK = [
    *(".DS_Store", "Icon\r", "._work.ipynb", "__MACOSX/a/._b", "Thumbs.db", "desktop.ini", "~$notes.docx"),
    *(".~lock.a.ods#", ".git/config", ".venv/bin/activate", "__pycache__/a.pyc", ".ipynb_checkpoints/work.ipynb"),
]


@pytest.mark.parametrize("name", JUNK)
@pytest.mark.parametrize("place", [".", "data"])
def test_junk_is_set_aside(folder, tmp_path, name, place):
    path = folder / place / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to("/dev/zero")  # nobody reads it
    check(folder)
    assert read_files(folder) == (PLAIN, [])
    copy(folder, tmp_path / "copy")
    assert sum(path.is_file() for path in (tmp_path / "copy").rglob("*")) == 3


def test_junk_is_not_counted(folder, monkeypatch):
    monkeypatch.setattr(hand_in, "MAX_FILES", 4)
    (folder / ".venv" / "lib").mkdir(parents=True)
    for number in range(9):
        (folder / ".venv" / "lib" / f"{number}.py").touch()
    check(folder)


@pytest.mark.parametrize("name", ["env", ".env", "data/my venv"])
@pytest.mark.parametrize("sign", ["pyvenv.cfg", "conda-meta/history"])
def test_a_virtual_environment_is_junk_whatever_it_is_called(folder, name, sign):
    (folder / name / sign).parent.mkdir(parents=True)
    (folder / name / sign).touch()
    (folder / name / "python").symlink_to("/usr/bin/python3")
    (folder / name / "site-packages").mkdir()
    (folder / name / "site-packages" / "example.ipynb").touch()
    check(folder)
    assert read_files(folder) == (PLAIN, [])


@pytest.mark.parametrize(("around", "place"), [(".", "."), ("data", "data"), ("data", "data/tasks")])
def test_an_environment_around_a_notebook_does_not_hide_it(folder, around, place):
    (folder / place).mkdir(exist_ok=True)
    (folder / around / "pyvenv.cfg").touch()
    (folder / place / "mine.ipynb").touch()
    assert f"{place}/mine.ipynb".removeprefix("./") in read_files(folder)[0]


TRICKS = {
    "link to a file": (lambda path: path.symlink_to("/etc/passwd"), "a symbolic link"),
    "link to a folder": (lambda path: path.symlink_to("/etc"), "a symbolic link"),
    "link to nothing": (lambda path: path.symlink_to("nowhere"), "a symbolic link"),
    "link to an endless file": (lambda path: path.symlink_to("/dev/zero"), "a symbolic link"),
    "named pipe": (os.mkfifo, "a named pipe"),
    "socket": (bind, "a socket"),
    "hard link": (lambda path: path.hardlink_to(path.parents[1] / "net.pt"), "a hard link"),
}


@pytest.mark.parametrize(("make", "kind"), TRICKS.values(), ids=TRICKS)
@pytest.mark.parametrize("look", [check, read_files])
def test_anything_else_is_refused_by_name(folder, make, kind, look):
    make(folder / "data" / "trick")
    with pytest.raises(HandInError, match=rf"(data/trick|net.pt) is {kind}"):
        look(folder)


def test_a_device_is_refused(folder):
    try:
        os.mknod(folder / "zero", 0o20644, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root makes devices")
    with pytest.raises(HandInError, match="zero is a device"):
        check(folder)


@pytest.mark.parametrize("look", [check, read_files, last_change])
@pytest.mark.parametrize(
    "make",
    [lambda path: path.symlink_to("ex1"), os.mkfifo, lambda path: path.write_text("{}"), lambda path: None],
    ids=["a link", "a named pipe", "a file", "nothing"],
)
def test_what_should_be_a_folder_has_to_be_one(folder, make, look):
    strange = folder.with_name("strange")
    make(strange)
    with pytest.raises(HandInError, match="strange is a symbolic link or no folder"):
        look(strange)


REPLACED = {
    "by a link": (lambda path: path.symlink_to("/etc/passwd"), r"can't be read"),
    "by a named pipe": (os.mkfifo, "is a named pipe|can't be read"),
    "by nothing": (lambda path: None, "can't be read"),
}


@pytest.mark.parametrize(("make", "says"), REPLACED.values(), ids=REPLACED)
@pytest.mark.parametrize("name", ["net.pt", "data"])
def test_what_is_replaced_while_it_is_looked_at_is_refused(folder, monkeypatch, name, make, says):
    stat = os.stat

    def then_replaced(path, **options):
        found = stat(path, **options)
        if path == name:
            (folder / name).rename(folder.with_name("elsewhere"))
            make(folder / name)
        return found

    monkeypatch.setattr(hand_in.os, "stat", then_replaced)
    with pytest.raises(HandInError, match=f"{name} ({says})"):
        read_files(folder)


def test_what_goes_away_while_it_is_looked_at_is_refused(folder, monkeypatch):
    monkeypatch.setattr(hand_in.os, "listdir", lambda fd: ["gone.txt"])
    with pytest.raises(HandInError, match=r"gone.txt can't be read: No such file"):
        check(folder)


def test_too_many_files_are_refused(folder, monkeypatch):
    monkeypatch.setattr(hand_in, "MAX_FILES", 4)
    check(folder)
    (folder / "data" / "one more").mkdir()
    with pytest.raises(HandInError, match="more than 4 files"):
        check(folder)


def test_folders_in_folders_end_somewhere(folder):
    deep = folder.joinpath(*["d"] * (hand_in.MAX_DEPTH + 1))
    deep.parent.mkdir(parents=True)
    check(folder)
    deep.mkdir()
    with pytest.raises(HandInError, match="folders in each other"):
        check(folder)


def test_a_large_file_is_left_out_and_said_so(folder, monkeypatch):
    monkeypatch.setattr(hand_in, "MAX_FILE_BYTES", 2**20)
    (folder / "exact.bin").write_bytes(bytes(2**20))
    (folder / "huge.bin").write_bytes(bytes(2**20 + 1))
    check(folder)
    contents, remarks = read_files(folder)
    assert sorted(contents) == ["data/table.csv", "exact.bin", "net.pt", "work.ipynb"]
    assert remarks == ["huge.bin was left out: it has 1 MiB, more than 1 MiB"]


def test_a_name_that_is_no_text_is_left_out_and_said_so(folder):
    (folder / "Caf\udce9.csv").write_text("1,2")
    (folder / "d\udce9").mkdir()
    (folder / "d\udce9" / "a.csv").write_text("1,2")
    contents, remarks = read_files(folder)
    assert contents == PLAIN
    assert remarks == [
        f"{name} was left out: its name is not UTF-8; give it another one" for name in ("Caf?.csv", "d?/a.csv")
    ]


@pytest.mark.parametrize("sizes", [[2**10, 2**10], [2**11]])
def test_too_much_altogether_is_refused(folder, monkeypatch, sizes):
    for number, size in enumerate(sizes):
        (folder / f"{number}.bin").write_bytes(bytes(size))
    small = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    monkeypatch.setattr(hand_in, "MAX_BYTES", small)
    monkeypatch.setattr(hand_in, "MAX_FILE_BYTES", 2**10)
    check(folder)
    monkeypatch.setattr(hand_in, "MAX_BYTES", small - 1)
    with pytest.raises(HandInError, match="remove what is not needed"):
        check(folder)


@pytest.mark.parametrize("name", ["a\nb", "\x1b[2J", "a\x7f", "\x9b2J", "Icon\n"])
def test_a_name_that_commands_the_terminal_is_refused(folder, name):
    (folder / "data" / name).mkdir()
    with pytest.raises(HandInError, match=r"the name of data/[\w?\[]+ has control characters"):
        check(folder)


def test_a_huge_notebook_is_refused(folder):
    with (folder / "work.ipynb").open("r+b") as file:
        file.truncate(hand_in.MAX_NOTEBOOK_BYTES + 1)
    with pytest.raises(HandInError, match=r"work.ipynb has 50 MiB.*clear its outputs"):
        check(folder)


@pytest.mark.parametrize("name", ["nbgrader_config.py", "data/NBGRADER_CONFIG.JSON"])
def test_settings_that_formgrader_would_run_are_refused(folder, name):
    (folder / name).write_text("")
    with pytest.raises(HandInError, match=f"{name} holds settings that formgrader would run; remove it"):
        check(folder)


def test_what_a_browser_would_run_is_removed_unless_it_was_given_out(tmp_path):
    names = ("page.html", "PAGE.XHTML", "data/plot.svg", "data:text/plain,x.htm", "feed.xml", "mail.mhtml")
    given = ("instructions.html", "data/instructions.svg")
    kept = ("plot.png", "table.csv", "helper.py", "net.pt", "timestamp.txt", "html", *given)
    copies, source = tmp_path / "copies", tmp_path / "source"
    for folder, files in ((copies, names + kept), (source, given)):
        for name in files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("")
    remove_active(copies, but_keep=source)
    assert {str(path.relative_to(copies)) for path in copies.rglob("*") if path.is_file()} == set(kept)


def test_names_of_files_are_no_commands_to_the_terminal():
    said = table([], MostPoints(1, 1), {"ada": "\x1b[2J\udc80[red] is a link"}, {}, "Marks")
    assert [str(cell) for cell in said.columns[5].cells] == ["problem: ?[2J?[red] is a link"]
