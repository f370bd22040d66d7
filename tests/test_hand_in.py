"""What is handed in is looked at before anything reads it."""

import os
import socket

import pytest

from grading.marks import MostPoints, table
from grading.sanitize import hand_in
from grading.sanitize.hand_in import HandInError, check, files_beside_notebooks, remove_active
from tests.corpus import Example, build_class


@pytest.fixture
def folder(tmp_path):
    """A hand-in with a notebook, a file and a file in a folder."""
    folder = tmp_path / "submitted" / "ada" / "ex1"
    (folder / "data").mkdir(parents=True)
    (folder / "work.ipynb").write_text("{}")
    (folder / "net.pt").write_bytes(b"\0\1")
    (folder / "data" / "table.csv").write_text("1,2")
    return folder


def test_plain_files_are_taken_without_the_notebooks(folder):
    check(folder)
    assert files_beside_notebooks(folder) == {"net.pt": b"\0\1", "data/table.csv": b"1,2"}


def bind(path):
    """Make a socket; its path may be longer than an address can be."""
    with socket.socket(socket.AF_UNIX) as sock:
        here = os.open(path.parent, os.O_RDONLY)
        sock.bind(f"/proc/self/fd/{here}/{path.name}")
        os.close(here)


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
@pytest.mark.parametrize("look", [check, files_beside_notebooks])
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


@pytest.mark.parametrize("name", ["ada", "ex1"])
def test_the_folders_themselves_may_not_be_links(folder, name):
    place = next(path for path in (folder, *folder.parents) if path.name == name)
    place.rename(place.with_name("elsewhere"))
    place.symlink_to("elsewhere")
    with pytest.raises(HandInError, match=f"the folder {name} is a symbolic link"):
        check(folder)


def test_a_file_that_is_replaced_by_a_link_is_not_followed(folder, monkeypatch):
    stat = os.stat

    def then_replaced(name, **options):
        found = stat(name, **options)
        if name == "net.pt":
            (folder / name).unlink()
            (folder / name).symlink_to("/etc/passwd")
        return found

    monkeypatch.setattr(hand_in.os, "stat", then_replaced)
    with pytest.raises(HandInError, match=r"net.pt can't be read"):
        files_beside_notebooks(folder)


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


def test_a_large_file_is_left_out_but_many_that_are_large_together_are_refused(folder, monkeypatch):
    monkeypatch.setattr(hand_in, "MAX_FILE_BYTES", 2**10)
    monkeypatch.setattr(hand_in, "MAX_BYTES", 2**11)
    (folder / "huge.bin").write_bytes(bytes(2**10 + 1))
    check(folder)
    assert "huge.bin" not in files_beside_notebooks(folder)
    for name in "abc":
        (folder / name).write_bytes(bytes(2**10))
    with pytest.raises(HandInError, match="remove what is not needed"):
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


@pytest.mark.parametrize("name", ["<b>", "a&b", "a'b", 'a"b'])
def test_a_students_name_is_no_html(folder, name):
    folder.parent.rename(folder.parent.with_name(name))
    with pytest.raises(HandInError, match=f"formgrader can't show the name {name}; give the folder a name without"):
        check(folder.parent.with_name(name) / "ex1")


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
    assert list(said.columns[5].cells) == [r"[bold red]problem:[/] ?\[2J?\[red] is a link"]


def test_plain_autograde_refuses_a_link_and_keeps_no_copy(tmp_path, run_nbgrader):
    course = tmp_path / "course"
    build_class(course, [Example("ada", "the model solution")])
    (tmp_path / "secret.txt").write_text("for instructors")
    (course / "submitted" / "ada" / "ex04" / "mine.txt").symlink_to(tmp_path / "secret.txt")
    run_nbgrader("generate_assignment", "ex04", course=course)
    done = run_nbgrader("autograde", "ex04", course=course, check=False)
    assert done.returncode != 0 and "mine.txt is a symbolic link" in done.stderr
    assert not list((course / "autograded").rglob("mine.txt"))
