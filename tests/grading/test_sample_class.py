"""A whole class, from hand-in to marks: every example student gets exactly what the example says."""

import shutil

import nbformat
import pytest
from nbjudge.plugin.marks import read_marks

from helpers.gradebooks import dump
from tests.corpus.build import SAMPLE


@pytest.fixture(scope="module")
def marks(sample_class):
    listed, most = read_marks(f"sqlite:///{sample_class}/gradebook.db", "ex04")
    assert most.automatic == 95 and most.written == 5
    return {mark.student: mark for mark in listed}


def messages(sample_class, student):
    """What the feedback says in each test cell, for the test's own error message."""
    notebook = nbformat.read(sample_class / "autograded" / student / "ex04" / "glitch_or_chirp.ipynb", as_version=4)
    return {
        cell.metadata.nbgrader.grade_id: output.data.get("text/html")
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "execute_result"
    }


def test_example_gets_what_it_says(example, marks, sample_class):
    mark = marks[example.name]
    if example.name.startswith("forgeries"):
        assert mark.automatic == 0
        return
    assert example.loses or not example.name.startswith("chaff"), "chaff has to name what it loses"
    told = messages(sample_class, example.name)
    assert set(mark.lost) == example.loses, {name: told[name] for name in set(mark.lost) ^ example.loses}
    assert mark.automatic == 95 if not example.loses else mark.automatic < 95
    assert mark.pending == 1  # the written answer


def test_untouched_release_gets_nothing(marks):
    assert marks["untouched"].total == 0 and marks["untouched"].pending == 0


def test_untouched_release_is_told_so(sample_class):
    told = messages(sample_class, "untouched")
    assert len(told) == 26
    assert all("not attempted" in message for name, message in told.items() if not name.startswith("glitchnet"))


def test_damaged_file_gets_a_clear_line_and_no_mark(sample_class, marks):
    assert "not-a-notebook" not in marks
    printed = (sample_class / "grade.txt").read_text()
    assert "not-a-notebook" in printed and "is not a readable notebook" in printed


def test_every_test_cell_reports_its_points(sample_class):
    told = messages(sample_class, "wheat-model")
    assert len(told) == 26 and all("passed" in message for message in told.values())
    assert all(" of " in message and "point" in message for message in told.values())


def test_feedback_hides_hidden_tests(sample_class):
    for student in ("wheat-model", "chaff-linear-on-pixels", "untouched"):
        page = (sample_class / "feedback" / student / "ex04" / "glitch_or_chirp.html").read_text()
        assert "HIDDEN TESTS" not in page and "share_for" not in page
        assert "Accuracy on 4,000 fresh images" in page


def test_student_code_wrote_nothing(sample_class):
    """What lies in autograded/ is the notebook and what was handed in."""
    for folder in (sample_class / "autograded").glob("*/ex04"):
        handed_in = {path.name for path in (sample_class / "submitted" / folder.parent.name / "ex04").iterdir()}
        ours = {"README.md", "glitch_or_chirp.transcript.zip"}
        assert {path.name for path in folder.iterdir()} <= handed_in | ours


@pytest.mark.slow
def test_gradebook_and_folders_are_those_of_plain_nbgrader(sample_class, tmp_path, run_nbgrader):
    course = tmp_path / "course"
    for name in ("source", "submitted", ".cache/results"):  # another execution would train other nets
        shutil.copytree(sample_class / name, course / name)
    shutil.copy(sample_class / ".course_secret", course)
    executed = files(course / ".cache" / "results")
    run_nbgrader("generate_assignment", "ex04", course=course)
    run_nbgrader("autograde", "ex04", course=course, check=False)  # it fails in the end, for one hand-in is damaged
    assert files(course / ".cache" / "results") == executed, "something was executed that need not be"
    assert dump(course) == dump(sample_class)
    ours, theirs = (files(root / "autograded") for root in (sample_class, course))
    assert ours.keys() == theirs.keys() and len(ours) > 3 * (len(SAMPLE) - 1)
    assert [name for name in ours if ours[name] != theirs[name]] == []


def files(folder):
    """Contents and permissions of all files in a folder."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }
