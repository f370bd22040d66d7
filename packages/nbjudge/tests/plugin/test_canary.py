"""The canary: before a class is graded, the model solution has to get all points, and the untouched release none."""

import contextlib
import os
import sqlite3
import sys

import nbformat
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbjudge.commands.grade import grade as grade_command
from nbjudge.judge.report import CellReport
from nbjudge.plugin.autograde.outputs import outputs_of
from nbjudge.plugin.record.points import automatic_points
from nbjudge.run.plan import PlannedCell
from nbjudge.run.store import FOLDER

from helpers.gradebooks import begin, totals
from helpers.tiny_course import build, hand_in, marked

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),  # nbgrader's own
]

PYTHON = {"display_name": "Python 3", "language": "python", "name": "python3"}


def notebook(solution="first = 1", test="assert first == 1", points=2, more=(), kernel=PYTHON):
    """One task with an ordinary test, for which nothing large is imported."""
    given = f"### BEGIN SOLUTION: make first\n{solution}\n### END SOLUTION"
    cells = [
        marked("first", given, solution=True),
        marked("first-right", test, grade=True, locked=True, points=points),
        *more,
    ]
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


@pytest.fixture
def build_course(tmp_path):
    def course(*ours, answer="first = 1", students=("ada",), **others):
        folder = tmp_path / "course"
        build(folder, notebook=notebook(*ours, **others))
        begin(folder)
        for student in students:
            hand_in(folder, student, notebook(answer, *ours[1:], **others))
        return folder

    return course


def grade(course, *words, code=0):
    with contextlib.chdir(course):
        done = CliRunner().invoke(grade_command, ["ex1", "--no-feedback", *words])
    assert done.exit_code == code and (done.exception is None or isinstance(done.exception, SystemExit)), (
        done.output + repr(done.exception)
    )
    return done.output


def nobody_is_graded(course):
    """Grade, and see that nobody is; why, by what the command says."""
    said = grade(course, code=1)
    assert totals(course) == {} and not (course / "autograded").exists()
    assert "Error: nobody was graded" in said and "ada" not in said
    return said


def test_a_model_solution_that_loses_points_stops_all(build_course):
    course = build_course("first = 2")
    said = nobody_is_graded(course)
    assert "the model solution of work.ipynb loses points in first-right (0 of 2)" in said
    assert "'nbgrader validate source/ex1/*.ipynb'" in said and "--no-canary" in said
    grade(course, "--no-canary")
    assert totals(course) == {"ada": 2}


def test_a_release_that_gets_points_stops_all(build_course):
    more = [marked("free", "assert True", grade=True, locked=True, points=3)]
    said = nobody_is_graded(build_course(more=more))
    assert "the untouched release of work.ipynb gets points in free (3 of 3). Look" in said


def test_a_setup_cell_that_fails_stops_all(build_course):
    source = "from nbjudge.ask import connect\n\nsubmission = connect(globals())\nimport nowhere"
    setup = marked("setup-checks", source, locked=True)
    said = nobody_is_graded(build_course(more=[setup]))
    assert said.count("in work.ipynb the cell 'setup-checks' fails on the judging side") == 1
    assert "No module named 'nowhere'" in said and "what is installed" in said


def test_a_sandbox_that_does_not_start_stops_all(build_course, tmp_path, monkeypatch):
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho no namespaces here >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    said = nobody_is_graded(build_course())
    assert "no namespaces here. Mend that, and run the same command again" in said


def test_another_language_stops_all(build_course):
    kernel = {"display_name": "R", "language": "R", "name": "ir"}
    said = nobody_is_graded(build_course(kernel=kernel))
    assert "work.ipynb: this notebook is in R; only Python can be graded in a sandbox" in said


@pytest.mark.parametrize("most", [2.0, 1 / 3, 2 / 3])
def test_all_points_are_all_points(most):
    """Rounding them would make more of two thirds than nbgrader takes, and less of one third."""
    test = marked("right", "", grade=True, locked=True, points=most)
    planned = PlannedCell("", "right", on_grader_side=True, points=most)
    test.outputs = outputs_of(planned, CellReport(passed=True, fraction=1.0), 1)
    assert automatic_points(new_notebook(cells=[test])) == {"right": (most, most)}


def executed(course):
    return {path.name: path.stat().st_mtime_ns for path in (course / FOLDER).iterdir()}


@pytest.mark.slow
def test_a_good_one_is_executed_once_and_leaves_no_trace(build_course, tmp_path):
    """Several notebooks: one without tests, which is in the release as it is in the source, and one graded by hand."""
    essay = marked("essay", "Because.", new_markdown_cell, grade=True, solution=True, points=5)
    course = build_course("first = 1", points=2 / 3, more=[essay], students=("ada", "canary"), answer="first = 3")
    source = course / "source" / "ex1"
    nbformat.write(
        new_notebook(cells=[new_code_cell("1", id="one")], metadata={"kernelspec": PYTHON}), source / "a.ipynb"
    )
    by_hand = marked("more", "### BEGIN SOLUTION: x\nx = 1\n### END SOLUTION", grade=True, solution=True, points=3)
    nbformat.write(new_notebook(cells=[by_hand], metadata={"kernelspec": PYTHON}), source / "b.ipynb")
    (tmp_path / "data.csv").write_text("1,2")
    (source / "data.csv").symlink_to(tmp_path / "data.csv")
    # What a student of this name handed in is none of the canary's.
    (course / "submitted" / "canary" / "ex1" / "sitecustomize.py").write_text("first = 3")
    said = grade(course, "--student=ada")
    assert "canary" not in said
    assert totals(course) == {"ada": 0}
    assert [path.name for path in (course / "autograded").iterdir()] == ["ada"]
    with sqlite3.connect(course / "gradebook.db") as gradebook:
        assert gradebook.execute("select id from student").fetchall() == [("ada",)]
    once = executed(course)
    assert len(once) == 1 + 1 + 2 + 2 + 2  # ada's, a, b, work, and the study of work
    grade(course, "--student=ada", "--force")
    again = executed(course)
    assert again.keys() == once.keys() and sum(again[name] != once[name] for name in once) == 1
    grade(course, "--student=canary")
    assert totals(course) == {"ada": 0, "canary": 0}


def test_a_model_solution_that_was_refused_a_connection_says_so(build_course):
    fetch = "import urllib.request\nfirst = len(urllib.request.urlopen('http://192.0.2.1/table.csv').read())"
    said = nobody_is_graded(build_course(fetch))
    assert "loses points in first-right (0 of 2)" in said
    assert "The sandbox refused " in said and "a connection to 192.0.2.1, which is the likely reason" in said
    assert "c.ExecuteApart.network = True" in said and "c.ExecuteApart.data" in said


@pytest.mark.slow
def test_a_model_solution_that_fails_by_itself_blames_no_network(build_course):
    assert "The sandbox refused" not in nobody_is_graded(build_course("first = 2"))


def test_data_that_shows_too_much_stops_all(build_course):
    course = build_course()
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(f"c.ExecuteApart.data = [{str(course / 'source')!r}]\n")
    said = " ".join(grade(course, code=1).split())
    assert totals(course) == {} and "c.ExecuteApart.data has" in said and "name a folder that holds data alone" in said


def test_data_is_there_for_everybody(build_course, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "table.csv").write_text("1")
    for place in (tmp_path, tmp_path.parent, tmp_path.parent.parent, tmp_path / "data"):
        place.chmod(0o755)  # pytest's own are closed to others, which students are in the sandbox
    read = f"first = int(open({str(tmp_path / 'data' / 'table.csv')!r}).read())"
    course = build_course(read, answer=read)
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(f"c.ExecuteApart.data = [{str(tmp_path / 'data')!r}]\n")
    grade(course)
    assert totals(course) == {"ada": 2}
