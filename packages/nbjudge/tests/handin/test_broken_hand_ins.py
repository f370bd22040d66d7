"""Broken hand-ins: each gets a clear line and a mark for what did work, and nobody else notices."""

import json
import os
import re
import shutil
from copy import deepcopy

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbjudge.plugin.marks import read_marks

from helpers import commands
from helpers.tiny_class import line_of
from helpers.tiny_course import build_light, cell, hand_in, light


def delete_test(notebook):
    notebook.cells.remove(cell(notebook, "first-right"))


def duplicate_test(notebook):
    notebook.cells.append(deepcopy(cell(notebook, "first-right")))


def edit_test(notebook):
    cell(notebook, "first-right").source = "submission"


def flip_flags(notebook):
    cell(notebook, "first-right").metadata.nbgrader.update(grade=False, solution=True)


def retype_test(notebook):
    cell(notebook, "first-right").cell_type = "raw"


def move_test(notebook):
    notebook.cells.insert(0, notebook.cells.pop(notebook.cells.index(cell(notebook, "first-right"))))


def unknown_schema(notebook):
    for one in notebook.cells:
        one.metadata.nbgrader.schema_version = 99


def endless(notebook):
    cell(notebook, "second").source = "while True: pass"


def swallow_interrupts(notebook):
    cell(notebook, "second").source = "while True:\n    try:\n        while True: pass\n    except BaseException: pass"


def die(notebook):
    cell(notebook, "second").source = "import os\nos._exit(1)"


def flood(notebook):
    cell(notebook, "second").source = "for _ in range(10**5): print('x' * 100)\nsecond = 2"


def hog_memory(notebook):
    cell(notebook, "second").source = "import time\nhog = [bytearray(2**26) for _ in range(40)]\ntime.sleep(5)"


def fork(notebook):  # a bounded bomb, of large processes: with small ones it goes on until there are many
    cell(notebook, "first").source = "import matplotlib.pyplot\nfirst = 1"
    cell(notebook, "second").source = "import os, time\nfor _ in range(8): os.fork()\ntime.sleep(7)"


def fill_disk(notebook):
    fill = "with open('/dev/shm/filler', 'wb') as file:\n    for _ in range(20): file.write(bytes(2**24))"
    cell(notebook, "first").source = f"{fill}\nfirst = 1"


def many_slow_cells(notebook):
    place = notebook.cells.index(cell(notebook, "second"))
    notebook.cells[place:place] = [new_code_cell("import time\ntime.sleep(3)", id=f"slow-{n}") for n in range(12)]


def wrong_name(notebook):
    pass


HARMS = {  # what is done, points, a pattern of what the table says
    "untroubled": (wrong_name, 4, None),
    "deleted": (delete_test, 4, "deleted first-right"),
    "duplicated": (duplicate_test, 4, "duplicated first-right"),
    "moved": (move_test, 4, "moved first-right"),
    "edited": (edit_test, 4, "edited first-right"),
    "flipped": (flip_flags, 4, "changed the nbgrader metadata of first-right"),
    "retyped": (retype_test, 4, "changed the type of first-right"),
    "schema": (unknown_schema, 4, "changed the nbgrader metadata of setup-checks, first, first-right and 2 more"),
    "endless": (endless, 2, "second was stopped after 8 s"),
    "swallows": (swallow_interrupts, 2, "second was stopped after 8 s"),
    "dies": (die, 2, "kernel died"),
    "floods": (flood, 4, "second printed too much"),
    "hogs": (hog_memory, 2, "code used more than 0.75 GiB of memory and was stopped in second"),
    # Of too many processes or, if the watchdog is slow to come, of the memory that these take.
    "forks": (
        fork,
        2,
        r"code (had more than 200 processes and threads at one time|used more than 0\.75 GiB of memory) "
        "and was stopped in second",
    ),
    "fills": (fill_disk, 2, "first wrote more files than fit"),
    "dawdles": (many_slow_cells, 2, "code took more than 25 s for the whole notebook and was stopped in cell"),
    "renamed": (wrong_name, 4, r"handed in as my work \(1\)\.ipynb"),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    course = tmp_path_factory.mktemp("broken")
    build_light(course)
    for student, (harm, *_) in HARMS.items():
        notebook = light()
        harm(notebook)
        hand_in(course, student, notebook, "my work (1).ipynb" if student == "renamed" else "work.ipynb")
    for student, name, text in (
        ("nothing", "notes.txt", "sorry"),
        ("damaged", "work.ipynb", '{"cells": ['),
        ("stranger", "other.ipynb", json.dumps(new_notebook(cells=[new_code_cell("1")]))),
    ):
        folder = course / "submitted" / student / "ex1"
        folder.mkdir(parents=True)
        (folder / name).write_text(text)
    for student in ("linked", "piped"):
        (course / "submitted" / student / "ex1").mkdir(parents=True)
    (course / "submitted" / "linked" / "ex1" / "work.ipynb").symlink_to(course / "source" / "ex1" / "work.ipynb")
    os.mkfifo(course / "submitted" / "piped" / "ex1" / "work.ipynb")
    done = commands.run("nbjudge", "grade", "ex1", "--workers=4", cwd=course)  # many of them sleep
    assert done.returncode == 3, done.stdout + done.stderr
    return course, done.stdout


@pytest.mark.parametrize("student", HARMS)
def test_what_did_work_gets_its_mark(graded, student):
    course, printed = graded
    marks = {mark.student: mark for mark in read_marks(f"sqlite:///{course}/gradebook.db", "ex1")[0]}
    _, points, remark = HARMS[student]
    assert marks[student].automatic == points
    assert re.search(remark or "", line_of(printed, student))
    assert "forge" not in printed


@pytest.mark.parametrize(
    ("student", "says"),
    [
        ("nothing", "work.ipynb was not handed in"),
        ("damaged", "work.ipynb is not a readable notebook"),
        ("stranger", "work.ipynb was not handed in; if it is other.ipynb, rename that one"),
        ("linked", "work.ipynb is a symbolic link"),
        ("piped", "work.ipynb is a named pipe"),
    ],
)
def test_what_cannot_be_graded_gets_a_clear_line(graded, student, says):
    course, printed = graded
    assert says in line_of(printed, student)
    assert student not in {mark.student for mark in read_marks(f"sqlite:///{course}/gradebook.db", "ex1")[0]}


def test_without_a_sandbox_the_table_and_the_feedback_say_so(graded, tmp_path):
    course = shutil.copytree(graded[0], tmp_path / "course", ignore=shutil.ignore_patterns("submitted", "*.sock"))
    shutil.copytree(graded[0] / "submitted" / "untroubled", course / "submitted" / "untroubled")
    shutil.rmtree(course / "autograded")
    with (course / "nbgrader_config.py").open("a") as config:
        config.write("c.ExecuteApart.run_student_code_without_a_sandbox = True\n")
    done = commands.run("nbjudge", "grade", "ex1", cwd=course)
    assert line_of(done.stdout, "untroubled") == "run without a sandbox"
    assert "<li>run without a sandbox</li>" in (course / "feedback/untroubled/ex1/work.html").read_text()
    assert "without a sandbox" not in (graded[0] / "feedback/untroubled/ex1/work.html").read_text()


def test_a_damaged_second_hand_in_keeps_the_marks_of_the_first(graded):
    course, _ = graded
    (course / "submitted" / "untroubled" / "ex1" / "work.ipynb").write_text("{")
    done = commands.run("nbjudge", "grade", "ex1", cwd=course)
    assert "is not a readable notebook" in line_of(done.stdout, "untroubled")
    marks = {mark.student: mark for mark in read_marks(f"sqlite:///{course}/gradebook.db", "ex1")[0]}
    assert marks["untroubled"].automatic == 4
