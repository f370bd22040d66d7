"""The table of marks, from gradebooks of all shapes."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.api import Gradebook
from nbjudge.plugin.marks import MostPoints, read_marks
from nbjudge.plugin.record.points import automatic_points

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # of nbgrader's own queries


@pytest.fixture
def gradebook(tmp_path):
    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as gradebook:
        gradebook.add_assignment("ex1")
        gradebook.add_student("ada")
        yield gradebook


def add_notebook(gradebook, name, *, tests=(), written=(), tasks=()):
    """A notebook with cells of two points each."""
    gradebook.add_notebook(name, "ex1")
    for ident in [*tests, *written]:
        gradebook.add_grade_cell(ident, name, "ex1", max_score=2, cell_type="code")
    for ident in written:
        gradebook.add_solution_cell(ident, name, "ex1")
    for ident in tasks:
        gradebook.add_task_cell(ident, name, "ex1", max_score=2, cell_type="markdown")


def grade(gradebook, name, **scores):
    for ident, score in scores.items():
        found = gradebook.find_grade(ident, name, "ex1", "ada")
        found.auto_score, found.needs_manual_grade = score, score is None
    gradebook.db.commit()


def marks(gradebook):
    (mark,), most = read_marks(str(gradebook.engine.url), "ex1")
    return mark, most


def test_cells_of_two_notebooks_may_have_the_same_id(gradebook):
    add_notebook(gradebook, "first", tests=["a", "b"], written=["c"])
    add_notebook(gradebook, "second", tests=["c"], written=["a"])
    gradebook.add_submission("ex1", "ada")
    grade(gradebook, "first", a=1, b=2, c=None)
    grade(gradebook, "second", a=0, c=0)
    mark, most = marks(gradebook)
    assert most == MostPoints(automatic=6, written=4)
    assert (mark.automatic, mark.written, mark.pending) == (3, 0, 1)
    assert mark.lost == ("first/a", "second/c")


def test_tasks_are_graded_by_hand(gradebook):
    add_notebook(gradebook, "only", tests=["a"], tasks=["t"])
    gradebook.add_submission("ex1", "ada")
    grade(gradebook, "only", a=2, t=None)
    mark, most = marks(gradebook)
    assert most == MostPoints(automatic=2, written=2)
    assert (mark.automatic, mark.pending, mark.lost) == (2, 1, ())
    by_hand = gradebook.find_grade("t", "only", "ex1", "ada")
    by_hand.manual_score = 1.5
    gradebook.db.commit()
    mark, _ = marks(gradebook)
    assert (mark.written, mark.total, mark.so_far) == (0, None, 2), "nobody has said that it still holds"
    by_hand.needs_manual_grade = False
    gradebook.db.commit()
    mark, _ = marks(gradebook)
    assert (mark.written, mark.total) == (1.5, 3.5)


def test_an_assignment_without_tests_is_in_the_table(gradebook):
    add_notebook(gradebook, "only", written=["a"])
    gradebook.add_submission("ex1", "ada")
    grade(gradebook, "only", a=None)
    mark, most = marks(gradebook)
    assert mark.pending == 1 and most == MostPoints(automatic=0, written=2)


def test_who_was_never_graded_is_not(gradebook):
    add_notebook(gradebook, "only", tests=["a"], written=["b"])
    gradebook.add_submission("ex1", "ada")
    assert read_marks(str(gradebook.engine.url), "ex1")[0] == []


def graded(ident, new_cell=new_code_cell, outputs=(), **says):
    """A cell as it is after it was executed."""
    nbgrader = {"grade_id": ident, "points": 2, "grade": True, "solution": False, "schema_version": 3, **says}
    cell = new_cell("", metadata={"nbgrader": nbgrader})
    if new_cell is new_code_cell:
        cell.outputs = list(outputs)
    return cell


def test_points_are_counted_of_test_cells_alone():
    half = new_output("execute_result", {"text/plain": "0.5"})
    error = new_output("error", ename="E", evalue="", traceback=[])
    cells = [
        new_markdown_cell("own"),
        new_code_cell("own", metadata={}),
        graded("all"),
        graded("half", outputs=[half]),
        graded("none", outputs=[error]),
        graded("answer", solution=True),
        graded("essay", new_markdown_cell, solution=True),
        graded("task", new_markdown_cell),
        graded("given", grade=False),
    ]
    points = automatic_points(new_notebook(cells=cells))
    assert points == {"all": (2, 2), "half": (0.5, 2), "none": (0, 2)}
