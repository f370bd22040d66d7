"""Plain `nbgrader autograde`, too, has a hand-in checked before it touches it: what can't be graded harms nothing."""

import os
import re
import shutil
import tempfile
import threading
import time
from contextlib import chdir
from copy import deepcopy
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_output
from nbgrader.coursedir import CourseDirectory
from nbjudge.handin import notebook as submitted
from nbjudge.handin.files import MAX_NOTEBOOK_BYTES, HandInError
from nbjudge.handin.hand_in import SubmissionKey
from nbjudge.handin.notebook import MAX_CELLS, MAX_CODE, read_submitted
from nbjudge.handin.rebuild import rebuild
from nbjudge.plugin.course import Course
from nbjudge.plugin.folders import accept, hand_in_of
from nbjudge.plugin.marks import read_marks
from traitlets.config import Config

from helpers import commands
from helpers.malformed import MALFORMED, UNREADABLE, malformed
from helpers.ordinary_user import ordinary_user
from helpers.tiny_course import TIMESTAMPS, build, hand_in, master

ODD_NAMES = [
    "<img src=x onerror=alert(1)>.txt",
    "A.txt",
    "a.txt",
    "Caf\udce9.txt",
    "[a]*?.txt",
    "-rf",
    "$(id)",
    "ü.txt",
]
BOMB = '{"nbformat": 4, "nbformat_minor": 5, "cells": [], "metadata": {"x": [' + "{}, " * 2 * 10**6 + "0]}}"


def beside(folder):
    return folder / "mine.txt"


def notebook_of(folder):
    return folder / "work.ipynb"


def sparse(path, size):
    with path.open("wb") as file:
        file.truncate(size)


def replace_by_folder(path):
    path.unlink()
    path.mkdir()


def junk(folder):
    """What systems leave, made a trap for whoever reads it."""
    folder.mkdir(exist_ok=True)
    for name in ("Icon\r", ".DS_Store", "._work.ipynb", "Thumbs.db", ".git"):
        (folder / name).symlink_to("/dev/zero")


def long_path(folder):
    """Folders in each other with a longer path than any program can open."""
    with chdir(folder):
        for _ in range(20):
            os.mkdir("d" * 250)
            os.chdir("d" * 250)


REFUSED = {  # what is done to a right hand-in, what is said
    "links": (lambda folder: beside(folder).symlink_to(folder.parents[2] / "secret.txt"), "mine.txt is a symbolic li"),
    "endless": (lambda folder: beside(folder).symlink_to("/dev/zero"), "mine.txt is a symbolic link"),
    "pipes": (lambda folder: os.mkfifo(beside(folder)), "mine.txt is a named pipe"),
    "controls": (lambda folder: (folder / "a\x1b[2J\n.txt").touch(), r"the name of a\?\[2J\?.txt has control char"),
    "swells": (lambda folder: sparse(beside(folder), 2**30), "more than 200 MiB were handed in, 1024 MiB of them in"),
    "fat": (lambda folder: sparse(notebook_of(folder), MAX_NOTEBOOK_BYTES + 1), "work.ipynb has 50 MiB"),
    "bomb": (lambda folder: notebook_of(folder).write_text(BOMB), "2000 cells, .* lists and dict"),
    "damaged": (lambda folder: notebook_of(folder).write_text("{"), "work.ipynb is not a readable notebook"),
    "newer": (lambda folder: notebook_of(folder).write_text('{"nbformat": 99}'), "work.ipynb is not a readable noteb"),
    "folder": (lambda folder: replace_by_folder(notebook_of(folder)), "work.ipynb is a folder, but a file of the"),
    "stranger": (
        lambda folder: notebook_of(folder).rename(folder / "x.ipynb").write_text("{}"),
        "it is x.ipynb, rename",
    ),
    "in-the-way": (lambda folder: (folder / "README.md").mkdir(), "README.md is a folder, but a file of the assignm"),
    "page-in-the-way": (lambda folder: (folder / "work.html").mkdir(), "work.html is a folder, but the feedback has"),
    "long": (lambda folder: long_path(folder), "d{100}... is too long a name; 1000 bytes"),
    "unseen": (lambda folder: junk(folder / "d [1]"), r"nbgrader would copy d \[1\]/\S+, which nobody has looked"),
    "under-way": (lambda folder: (folder / "data").touch(), "data is a file, but a folder of the assignment"),
}
REFUSED |= {
    f"time-{number}": (lambda folder, write=write: write(folder / "timestamp.txt"), "timestamp.txt does not tell a ti")
    for number, (name, write) in enumerate(TIMESTAMPS.items())
    if name not in ("a time", "nothing")
}
MARKED = ["fine", "renamed", "junk", "nested", "schema", "names", "large", "once-damaged", "once-linked"]


class Graded:
    """A class graded by nothing but nbgrader's commands."""

    def __init__(self, course):
        self.course = course
        build(course)
        (course / "source" / "ex1" / "README.md").write_text("The instructor's.")
        (course / "source" / "ex1" / "data").mkdir()
        (course / "source" / "ex1" / "data" / "table.csv").write_text("1,2")
        (course / "secret.txt").write_text("for instructors")
        self.nbgrader("generate_assignment", "ex1")
        for student in MARKED[-2:]:
            hand_in(course, student)
        first = self.nbgrader("autograde", "ex1")
        assert first.returncode == 0, first.stderr
        self.before = self.copies(*MARKED[-2:])
        notebook_of(course / "submitted" / "once-damaged" / "ex1").write_text("{")
        beside(course / "submitted" / "once-linked" / "ex1").symlink_to("/dev/zero")
        for student, (do, _) in REFUSED.items():
            do(hand_in(course, student))
        hand_in(course, "fine")
        hand_in(course, "renamed", name="my work (1).ipynb")
        junk(hand_in(course, "junk"))
        nested = hand_in(course, "nested")
        (nested / "ex1 (1)").mkdir()
        notebook_of(nested).rename(nested / "ex1 (1)" / "work-1.ipynb")
        newer = master()
        for cell in newer.cells:
            cell.metadata.nbgrader.schema_version = 99
        hand_in(course, "schema", newer)
        for name in [*ODD_NAMES, "README.md"]:
            (hand_in(course, "names") / name).write_text("mine")
        sparse(hand_in(course, "large") / "<b>net.pt", 60 * 2**20)
        self.done = self.nbgrader("autograde", "ex1", "--force")

    def nbgrader(self, *words):
        return commands.run("nbgrader", *words, cwd=self.course)

    def copies(self, *students):
        files = (path for student in students for path in (self.course / "autograded" / student).rglob("*"))
        return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files if path.is_file()}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    return Graded(tmp_path_factory.mktemp("plain"))


def test_all_that_can_be_graded_is(graded):
    marks, _ = read_marks(f"sqlite:///{graded.course}/gradebook.db", "ex1")
    assert {mark.student: mark.automatic for mark in marks} == dict.fromkeys(MARKED, 4)


@pytest.mark.parametrize(("student", "says"), [(name, says) for name, (_, says) in REFUSED.items()])
def test_all_else_is_refused_by_name_and_not_copied(graded, student, says):
    assert graded.done.returncode == 1
    assert re.search(rf"ERROR\].*/submitted/{student}/ex1 is not graded: .*{says}", graded.done.stderr)
    assert not (graded.course / "autograded" / student).exists()


def test_the_last_line_says_once_more_who(graded):
    last = graded.done.stderr.splitlines()[-1]
    assert "Not graded, for reasons given above" in last
    assert all(f"/submitted/{student}/ex1" in last for student in [*REFUSED, *MARKED[-2:]])


def test_what_was_graded_earlier_stays(graded):
    assert len(graded.before) == 8 and graded.copies(*MARKED[-2:]) == graded.before


def test_files_of_the_assignment_are_the_instructors_and_others_do_no_harm(graded):
    folder = graded.course / "autograded" / "names" / "ex1"
    assert (folder / "README.md").read_text() == "The instructor's."
    assert all((folder / name).read_text() == "mine" for name in ODD_NAMES)
    assert "Logging error" not in graded.done.stderr and "\x1b[2J" not in graded.done.stderr


def test_a_file_that_is_left_out_is_told_to_instructor_and_student(graded):
    (said,) = Course(graded.course).remarks(SubmissionKey("ex1", "large"))
    assert said == "<b>net.pt was left out: it has 60 MiB, more than 50 MiB"
    done = graded.nbgrader("generate_feedback", "ex1", "--student=large")
    assert done.returncode == 0, done.stderr
    page = (graded.course / "feedback" / "large" / "ex1" / "work.html").read_text()
    assert "<li>&lt;b&gt;net.pt was left out: it has 60 MiB, more than 50 MiB</li>" in page


def test_formgrader_is_told_as_well(graded, monkeypatch):
    monkeypatch.chdir(graded.course)
    result = Course(graded.course).api.autograde("ex1", "pipes")
    assert not result["success"] and "mine.txt is a named pipe" in result["log"]
    assert Course(graded.course).api.autograde("ex1", "fine")["success"]


def test_without_force_too_nothing_is_read(graded):
    done = graded.nbgrader("autograde", "ex1", "--student=time-*")
    assert done.returncode == 1 and "Traceback" not in done.stderr


# What a notebook may be


def accepted(course, student="ada"):
    """The notebooks of a hand-in that is accepted."""
    hand_in = hand_in_of(course, SubmissionKey("ex1", student))
    accept(hand_in)
    return hand_in.notebooks


@pytest.fixture
def place(tmp_path):
    """A course with a release, and a hand-in."""
    (tmp_path / "release" / "ex1").mkdir(parents=True)
    nbformat.write(master(), tmp_path / "release" / "ex1" / "work.ipynb")
    return CourseDirectory(root=str(tmp_path)), hand_in(tmp_path, "ada")


@pytest.mark.parametrize(("name", "do"), MALFORMED.items(), ids=MALFORMED)
def test_a_malformed_notebook_is_rebuilt_or_refused(place, name, do):
    course, folder = place
    notebook_of(folder).write_bytes(malformed(master(), do))
    if name in UNREADABLE:
        with pytest.raises(HandInError, match=r"work.ipynb (is not a readable notebook|has more than)"):
            accepted(course)
        return
    accepted(course)
    read = read_submitted(notebook_of(folder))
    nbformat.validate(deepcopy(read), relax_add_props=True)  # as nbconvert does between two steps
    rebuilt = rebuild(read, master())
    nbformat.validate(rebuilt)
    text = nbformat.writes(rebuilt)
    assert "right_first" in text and text.encode()


def test_a_notebook_may_not_have_cells_without_end(place):
    course, folder = place
    notebook = master()
    notebook.cells += [nbformat.v4.new_raw_cell(id=f"x{n}") for n in range(MAX_CELLS - len(notebook.cells))]
    nbformat.write(notebook, notebook_of(folder))
    accepted(course)
    notebook.cells.append(nbformat.v4.new_raw_cell())
    nbformat.write(notebook, notebook_of(folder))
    with pytest.raises(HandInError, match="more than 2000 cells"):
        accepted(course)


@pytest.mark.parametrize(
    "raw",
    [
        BOMB,
        "[" + "[], " * 2 * 10**5 + "]",
        "[" + '"", ' * 2 * 10**6 + '""]',
        "[" + "1, " * 2 * 10**6 + "0, 0]",
        "{" + '"x": 1, ' * 5 * 10**5 + '"x": 0}',
    ],
    ids=["dictionaries", "lists", "texts", "numbers", "keys"],
)
def test_parts_are_counted_before_they_take_memory(place, monkeypatch, raw):
    course, folder = place
    notebook_of(folder).write_text(raw)
    monkeypatch.setattr(submitted.json, "loads", None)  # nobody reads it
    with pytest.raises(HandInError, match="lists and dictionaries"):
        accepted(course)


@pytest.mark.parametrize("text", ["#" * (MAX_CODE + 1), "\x01" * (MAX_CODE // 6), "\\" * (MAX_CODE // 2)])
def test_code_is_no_more_than_can_be_sent_to_whoever_executes_it(place, text):
    course, folder = place
    notebook = master()
    notebook.cells[1].source = text
    nbformat.write(notebook, notebook_of(folder))
    with pytest.raises(HandInError, match="8 MiB of code"):
        accepted(course)


@pytest.mark.parametrize("number", ["1", "1e9", "-1.5"])
def test_who_watches_over_sandboxes_gets_a_turn_while_a_notebook_is_read(place, number):
    _, folder = place
    numbers = ",".join([number] * 1_900_000)
    notebook_of(folder).write_text(f'{{"nbformat": 4, "cells": [], "metadata": {{"x": [{numbers}]}}}}')
    over, times = threading.Event(), []

    def look():
        while not over.wait(0.01):
            times.append(time.process_time())  # not what others on this machine take

    watching = threading.Thread(target=look)
    watching.start()
    read_submitted(notebook_of(folder))
    over.set()
    watching.join()
    assert max(np.diff(times)) < 0.2


def test_of_too_many_notebooks_under_other_names_none_is_read(place, monkeypatch):
    course, folder = place
    notebook_of(folder).rename(folder / "mine.ipynb")
    sparse(folder / "other.ipynb", MAX_NOTEBOOK_BYTES)
    with pytest.raises(HandInError, match=r"if it is mine\.ipynb or other\.ipynb, rename that one"):
        accepted(course)


@pytest.mark.parametrize("text", ["{[" * 200_000, '"' + "{[" * 200_000, "\\{" * 200_000, '\\"{\\\\' * 200_000])
def test_what_is_within_texts_is_none(place, text):
    course, _ = place
    notebook = master()
    notebook.cells[0].outputs = [new_output("stream", text="\\"), new_output("stream", text=text)]
    hand_in(Path(course.root), "ada", notebook)
    accepted(course)


def test_one_of_several_notebooks_is_enough(place):
    course, folder = place
    other = master()
    for cell in other.cells:
        cell.metadata.nbgrader.grade_id += "-other"
    nbformat.write(other, Path(course.root, "release", "ex1", "other.ipynb"))
    assert accepted(course) == {"work.ipynb": notebook_of(folder)}
    nbformat.write(other, folder / "mine.ipynb")
    both = {"other.ipynb": folder / "mine.ipynb", "work.ipynb": notebook_of(folder)}
    assert accepted(course) == both
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(HandInError, match=r"^other.ipynb was not handed in$"):
        accepted(course)


def test_the_table_names_the_notebook_that_is_missing(tmp_path):
    build(tmp_path)
    nbformat.write(master(), tmp_path / "source" / "ex1" / "other.ipynb")
    shutil.copytree(tmp_path / "source", tmp_path / "release")
    hand_in(tmp_path, "ada")
    assert Course(tmp_path).remarks(SubmissionKey("ex1", "ada")) == ["other.ipynb was not handed in"]


def test_a_folder_that_nobody_may_enter_costs_nobody_the_table():
    with tempfile.TemporaryDirectory() as root:  # pytest's own is closed to others
        os.chmod(root, 0o755)
        build(Path(root))
        shutil.copytree(Path(root, "source"), Path(root, "release"))
        course = Course(Path(root))
        hand_in(Path(root), "ada").chmod(0o644)
        assert course.remarks(SubmissionKey("ex1", "zoe")) == []
        with ordinary_user():
            assert course.remarks(SubmissionKey("ex1", "ada")) == ["the folder can't be read: Permission denied"]
        course.folder("submitted", "ex1", "ada").chmod(0o755)


def test_of_two_versions_none_is_chosen(place):
    course, folder = place
    notebook_of(folder).rename(folder / "mine.ipynb")
    hand_in(Path(course.root), "ada", name="mine (1).ipynb")
    with pytest.raises(HandInError, match=r"if it is mine \(1\).ipynb or mine.ipynb, rename that one"):
        accepted(course)


@pytest.mark.parametrize("name", ["ada", "ex1"])
def test_the_folders_themselves_may_not_be_links(place, name):
    course, folder = place
    linked = next(path for path in (folder, *folder.parents) if path.name == name)
    linked.rename(linked.with_name("elsewhere"))
    linked.symlink_to("elsewhere")
    with pytest.raises(HandInError, match=f"{name} is a symbolic link"):
        accepted(course)


@pytest.mark.parametrize("name", ["<b>", "a&b", "a'b", 'a"b'])
def test_a_students_name_is_no_html(tmp_path, name):
    build(tmp_path)
    hand_in(tmp_path, name)
    course = CourseDirectory(config=Config({"CourseDirectory": {"root": str(tmp_path)}}))
    with pytest.raises(HandInError, match=f"formgrader can't show the name {name}; give the folder a name without"):
        accepted(course, name)


def test_a_hand_in_is_read_once(place, tmp_path):
    course, folder = place
    hand_in = hand_in_of(course, SubmissionKey("ex1", "ada"))
    accept(hand_in)
    digest, contents = hand_in.digest, hand_in.contents
    secret = tmp_path / "secret.ipynb"
    secret.write_text("{}")
    notebook_of(folder).unlink()
    notebook_of(folder).symlink_to(secret)
    assert hand_in.digest == digest and hand_in.contents == contents
    later = hand_in_of(course, SubmissionKey("ex1", "ada"))
    with pytest.raises(HandInError, match="symbolic link"):
        _ = later.contents
