"""Test cells that run beside the student's code: what they put out is scored by nbgrader, and never by accident."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import determine_grade
from nbjudge.judge.report import CellReport
from nbjudge.plugin.autograde.execute_apart import ExecuteApart, LanguageError
from nbjudge.plugin.autograde.outputs import outputs_of
from nbjudge.run.plan import PlannedCell

TEST = PlannedCell("", "test", on_student_side=True, points=3.0)
ERROR = {"type": "error", "name": "ValueError", "value": "no", "traceback": []}


def stream(name):
    return {"type": "stream", "name": name, "text": "words"}


def result(text):
    return {"type": "result", "text": text}


def score(report):
    """The points that nbgrader gives."""
    cell = new_code_cell(outputs=outputs_of(TEST, CellReport.read(report), 1))
    cell.metadata["nbgrader"] = {"grade": True, "solution": False, "points": TEST.points, "grade_id": "test"}
    return determine_grade(cell)[0]


@pytest.mark.parametrize(
    ("outputs", "points"),
    [
        ([], 3),
        ([stream("stdout")], 3),
        ([{"type": "display", "text": "1"}], 3),
        ([ERROR], 0),
        ([stream("stderr")], 0),
        ([stream("stdout"), ERROR], 0),
        ([stream("stderr"), result("2")], 0),
        ([result("2")], 2),
        ([result("0")], 0),
        ([result("-0.0")], 0),
        ([result("1.25")], 1.25),
        ([result("3")], 3),
        ([result("np.float64(1.0)")], 3),
        ([result("True")], 3),
        ([result("False")], 3),
        ([result("[1, 2]")], 3),
    ],
)
def test_it_is_scored_as_ever(outputs, points):
    assert score({"outputs": outputs}) == points


@pytest.mark.parametrize("text", ["nan", "-nan", "-1", "-0.001", "-inf", "inf", "1e999", "", " nan "])
def test_what_can_not_be_points_earns_none(text):
    assert score({"outputs": [result(text)]}) == 0
    (error,) = outputs_of(TEST, CellReport([result(text)]), 1)
    assert error.ename == "NoMark" and f"'{text}'" in error.evalue


@pytest.mark.parametrize("text", ["3.0001", "4", "1_000", "1e300"])
def test_more_than_the_most_is_the_most(text):
    assert score({"outputs": [result(text)]}) == TEST.points


@pytest.mark.parametrize(
    "report", [{}, {"lost": "it hung"}, {"passed": False, "fraction": 0.0, "text": "too long to send"}], ids=repr
)
def test_a_cell_that_did_not_run_earns_nothing(report):
    (error,) = outputs_of(TEST, CellReport.read(report), 1)
    assert error.ename == "NotRun" and error.evalue in {"this cell was not run", "it hung", "too long to send"}
    assert score(report) == 0


def test_another_language_is_refused():
    notebook = new_notebook(metadata={"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}})
    with pytest.raises(LanguageError, match="this notebook is in R"):
        ExecuteApart().job(notebook, {}, {})


def test_the_cells_of_students_are_left_as_they_are():
    (output,) = outputs_of(PlannedCell("", on_student_side=True), CellReport([result("nan")]), 1)
    assert output.data == {"text/plain": "nan"}
