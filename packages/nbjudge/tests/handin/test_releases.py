"""What the instructor changes after students have begun is nothing that students have changed."""

import contextlib
import json
import shutil
import sys
from copy import deepcopy

import nbformat
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbjudge.commands.grade import grade as grade_command
from nbjudge.handin.rebuild import rebuild
from nbjudge.handin.releases import FOLDER, outline

from helpers import commands
from helpers.tiny_class import KERNEL, build, marks
from helpers.tiny_course import cell, marked

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own


def first():
    """The release with which students begin."""
    cells = [
        new_markdown_cell("# Welcome", id="welcome"),
        marked("task", "Write *first*.", new_markdown_cell, locked=True),
        marked("given", "import math", locked=True),
        marked("first", "first = ...", solution=True),
        marked("first-right", "assert first == 1", grade=True, locked=True, points=2),
        marked("essay", "Write here.", new_markdown_cell, grade=True, solution=True, points=5),
        marked("second-right", "assert first < 2", grade=True, locked=True, points=1),
    ]
    return new_notebook(cells=cells, metadata={"kernelspec": KERNEL})


def replace(notebook, ident, **fields):
    cell(notebook, ident).update(fields)


def says(notebook, ident, **flags):
    cell(notebook, ident).metadata.nbgrader.update(flags)


def insert(notebook, at, *cells):
    notebook.cells[at:at] = cells


def move(notebook, at, to):
    notebook.cells.insert(to, notebook.cells.pop(at))


def lock(notebook):
    notebook.cells[0] = marked("welcome", "# Welcome, all", new_markdown_cell, locked=True)


def unlock(notebook):
    notebook.cells[2] = new_code_cell("import math, os", id="given")


NEW_TEST = marked("third-right", "assert first > 0", grade=True, locked=True, points=1)
CHANGES = {  # what the instructor does to the first release
    "a test": lambda n: replace(n, "first-right", source="assert first == 1, 'no'"),
    "a text that is locked": lambda n: replace(n, "task", source="Write *first*, please."),
    "a text that is not": lambda n: replace(n, "welcome", source="# Hello"),
    "a given cell": lambda n: replace(n, "given", source="import math, os"),
    "points": lambda n: says(n, "first-right", points=3),
    "points given by hand": lambda n: says(n, "essay", points=4),
    "the stub": lambda n: replace(n, "first", source="first = None"),
    "a new test": lambda n: insert(n, 5, NEW_TEST),
    "a new text": lambda n: insert(n, 2, marked("hint", "Think.", new_markdown_cell, locked=True)),
    "a test that is gone": lambda n: n.cells.pop(6),
    "the order": lambda n: move(n, 6, 1),
    "the type": lambda n: replace(n, "given", cell_type="markdown"),
    "a solution that is given now": lambda n: (
        says(n, "first", solution=False, locked=True),
        replace(n, "first", source="first = 1"),
    ),
    "a text that is locked now": lock,
    "a cell that is not locked any more": unlock,
    "a newer format": lambda n: [says(n, ident, schema_version=4) for ident in ("first", "first-right", "task")],
    "everything": lambda n: (
        replace(n, "first-right", source="assert first == 1.0"),
        says(n, "second-right", points=7),
        insert(n, 5, NEW_TEST),
        move(n, 7, 1),
    ),
}


def remarks(submitted, release, *earlier):
    rebuilt = rebuild(deepcopy(submitted), deepcopy(release), [outline(notebook.cells) for notebook in earlier])
    return rebuilt.metadata.grading.remarks


def work(notebook):
    """What a student makes of a release."""
    copy = deepcopy(notebook)
    if cell(copy, "first").metadata.nbgrader.solution:
        replace(copy, "first", source="first = 1")
    replace(copy, "essay", source="Mine.")
    return copy


@pytest.mark.parametrize("name", CHANGES)
def test_nobody_is_accused_of_what_the_instructor_changed(name):
    release = first()
    CHANGES[name](release)
    for began_with in (first(), release):
        assert remarks(work(began_with), release, first()) == []
    third = deepcopy(release)
    replace(third, "task", source="Once more.")
    for began_with in (first(), release, third):
        assert remarks(work(began_with), third, first(), release) == []
        assert remarks(work(began_with), first(), third, release) == []  # it was taken back


ACTS = {  # what a student does
    "edited first-right": lambda n: replace(n, "first-right", source="pass"),
    "edited task": lambda n: replace(n, "task", source="mine"),
    "deleted first-right": lambda n: n.cells.remove(cell(n, "first-right")),
    "duplicated first-right": lambda n: n.cells.append(deepcopy(cell(n, "first-right"))),
    "changed the nbgrader metadata of first-right": lambda n: says(n, "first-right", points=100),
    "moved first-right": lambda n: n.cells.insert(0, n.cells.pop(n.cells.index(cell(n, "first-right")))),
}


@pytest.mark.parametrize("said", ACTS)
@pytest.mark.parametrize("name", CHANGES)
def test_what_a_student_changed_is_remarked_all_the_same(said, name):
    release = first()
    CHANGES[name](release)
    for began_with in (first(), release):
        submitted = work(began_with)
        ACTS[said](submitted)
        assert remarks(submitted, release, first()) == [said]


def without_ids(notebook):
    """As a front end leaves it that keeps neither metadata nor ids."""
    return new_notebook(cells=[cell | {"id": f"lost-{n}", "metadata": {}} for n, cell in enumerate(notebook.cells)])


@pytest.mark.parametrize("name", CHANGES)
def test_an_older_release_is_known_by_its_sources_alone(name):
    release = first()
    CHANGES[name](release)
    said = remarks(without_ids(work(first())), release, first())
    assert not [remark for remark in said if remark.startswith(("deleted", "edited"))]


def test_nothing_is_called_deleted_where_no_cell_has_an_id():
    submitted = work(first())
    submitted.cells.remove(cell(submitted, "first-right"))
    assert remarks(without_ids(submitted), first()) == []


def test_a_draft_with_fewer_cells_hides_no_deletion():
    draft = first()
    del draft.cells[4:]
    submitted = work(first())
    submitted.cells.remove(cell(submitted, "first-right"))
    assert remarks(submitted, first(), draft) == ["deleted first-right"]


def test_cells_in_which_students_write_may_be_moved():
    for ident in ("welcome", "first", "essay"):
        submitted = work(first())
        submitted.cells.append(submitted.cells.pop(submitted.cells.index(cell(submitted, ident))))
        assert not [remark for remark in remarks(submitted, first()) if remark.startswith("moved")]


def test_line_ends_are_nobodys_change():
    release = first()
    replace(release, "first-right", source="a = 1\nassert first == 1")
    submitted = work(release)
    replace(submitted, "first-right", source="a = 1\r\nassert first == 1\r\n")
    assert remarks(submitted, release) == []


@pytest.mark.parametrize(
    "formatted",
    [
        "for n in (1, 2):\n\tassert first == 1, 'no'",
        'for n in (1, 2):\n    assert first == 1, "no"',
        "for n in (\n    1,\n    2,\n):\n    assert (\n        first == 1\n    ), 'no'",
    ],
)
def test_a_formatter_edits_nothing(formatted):
    release, newer = first(), first()
    replace(release, "first-right", source="for n in (1,2): assert first==1, 'no'")
    submitted = work(release)
    replace(submitted, "first-right", source=formatted)
    assert remarks(submitted, release) == remarks(submitted, newer, release) == []
    replace(submitted, "first-right", source=formatted.replace("==", "!="))
    assert remarks(submitted, release) == ["edited first-right"]


def test_what_students_fill_in_between_quotes_is_no_edit():
    release = first()
    replace(release, "given", source='ADDRESS = ""  # yours\nNAME = "ada"')
    submitted = work(release)
    for source, said in (
        ('ADDRESS = "https://a.example/b.zip"  # yours\nNAME = "ada"', []),
        ("ADDRESS='https://a.example/b.zip' # yours\nNAME='ada'", []),
        ('ADDRESS = ""  # yours\nNAME = "bob"', ["edited given"]),
        ('ADDRESS = "" + input()  # yours\nNAME = "ada"', ["edited given"]),
    ):
        replace(submitted, "given", source=source)
        assert remarks(submitted, release) == said


@pytest.mark.parametrize(("changed", "said"), [(4, "edited test-0, test-1, test-2 and 1 more"), (5, "")])
def test_a_release_that_is_not_known_is_said_to_be_one(changed, said):
    release = first()
    tests = [marked(f"test-{n}", f"assert first > -{n}", grade=True, locked=True, points=1) for n in range(9)]
    release.cells += tests
    submitted = work(release)
    for n in range(changed):
        replace(submitted, f"test-{n}", source="assert first")
    submitted.cells.remove(cell(submitted, "test-8"))
    other = ["it seems to be of another release than any that is known here"]
    assert remarks(submitted, release) == ([said, "deleted test-8"] if said else other)


# With the commands

HIDDEN = "\n### BEGIN HIDDEN TESTS\nassert isinstance(first, int)\n### END HIDDEN TESTS"


def run(course, *words):
    with contextlib.chdir(course):
        done = CliRunner().invoke(grade_command, ["ex1", "--no-canary", *words])
    assert done.exit_code == 0, done.output + repr(done.exception)
    return done.stdout


def source(course):
    return course / "source" / "ex1" / "work.ipynb"


def generate(course, how):
    if how == "nbgrader":
        commands.run("nbgrader", "generate_assignment", "ex1", "--force", cwd=course, check=True)
    else:
        run(course, "--no-feedback")


@pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")
@pytest.mark.parametrize("how", ["nbgrader", "grade"])
@pytest.mark.parametrize("graded_by", [pytest.param("nbgrader", marks=pytest.mark.slow), "grade"])
def test_every_release_that_was_generated_counts(tmp_path, how, graded_by):
    course = tmp_path / "course"
    build(course, {"zoe": "1"})  # somebody has to be there for grade
    releases = []
    for number, test in enumerate(("assert first == 1", "assert first in {1}", "assert first == 1.0" + HIDDEN)):
        notebook = nbformat.read(source(course), as_version=4)
        notebook.cells[1].source = test
        notebook.cells[1].metadata.nbgrader.points = 2 + number
        nbformat.write(notebook, source(course))
        generate(course, how)
        releases.append(nbformat.read(course / "release" / "ex1" / "work.ipynb", as_version=4))
    shutil.rmtree(course / ".cache", ignore_errors=True)  # as `make clean` does
    for student, release in zip(("ada", "bob", "cy"), releases, strict=True):
        release.cells[0].source = "first = 1"
        folder = course / "submitted" / student / "ex1"
        folder.mkdir(parents=True)
        nbformat.write(release, folder / "work.ipynb")
    if graded_by == "nbgrader":
        commands.run("nbgrader", "autograde", "ex1", "--force", cwd=course, check=True)
    told = json.loads(run(course, "--json"))["remarks"]
    assert {student: told[student] for student in ("ada", "bob", "cy")} == {"ada": [], "bob": [], "cy": []}
    assert marks(course).items() >= {"ada": 4.0, "bob": 4.0, "cy": 4.0}.items()
    assert len(list((course / FOLDER / "ex1" / "work").iterdir())) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")
def test_a_release_from_before_releases_were_noted_down_counts(tmp_path):
    course = tmp_path / "course"
    build(course, {"ada": "1"})
    run(course)
    shutil.copy(course / "release" / "ex1" / "work.ipynb", course / "submitted" / "ada" / "ex1")
    shutil.rmtree(course / FOLDER)
    notebook = nbformat.read(source(course), as_version=4)
    notebook.cells[1].source = "assert first == 1, 'no'"
    nbformat.write(notebook, source(course))
    assert json.loads(run(course, "--json"))["remarks"] == {"ada": []}


@pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")
def test_what_is_only_tried_is_not_noted_down(tmp_path):
    course = tmp_path / "course"
    build(course, {"ada": "1"})
    run(course)
    notebook = nbformat.read(source(course), as_version=4)
    notebook.cells[1].source = "assert first == 1, 'no'"
    nbformat.write(notebook, source(course))
    for words in (["--dry-run"], ["--diff"]):
        run(course, *words)
    assert len(list((course / FOLDER / "ex1" / "work").iterdir())) == 1


def test_a_note_that_was_changed_counts_for_nothing(tmp_path):
    course = tmp_path / "course"
    build(course, {"ada": "1"})
    run(course)
    (note,) = (course / FOLDER / "ex1" / "work").iterdir()
    note.write_text("[{}]")
    run(course, "--force")


@pytest.mark.parametrize("ident", ["welcome", "task"])
def test_what_students_left_as_an_earlier_release_gave_it_is_as_the_newest_gives_it(ident):
    newest = first()
    replace(newest, ident, source="Words that the instructor found since.")
    rebuilt = rebuild(first(), deepcopy(newest), [outline(first().cells)])
    assert [one.source for one in rebuilt.cells] == [one.source for one in newest.cells]
    assert not rebuilt.metadata.grading.remarks


def test_an_answer_counts_though_an_earlier_release_gave_it_away():
    leaked = first()
    replace(leaked, "first", source="first = 1")
    rebuilt = rebuild(deepcopy(leaked), first(), [outline(leaked.cells)])
    assert cell(rebuilt, "first").source == "first = 1"
