"""nbgrader's own commands, as its documentation describes them, on a course folder of their own."""

import csv
import shutil
import subprocess

import nbformat
import pytest
from nbgrader.api import Gradebook

from helpers import tiny_class
from tests.corpus import Example, build_class, build_notebook
from tests.corpus.build import NOTEBOOK, RELEASE

STUDENT = Example("ada", "the model solution", checkpoint=True)


@pytest.fixture(scope="module")
def course(tmp_path_factory, run_nbgrader):
    """One student, graded by nothing but nbgrader's commands."""
    root = tmp_path_factory.mktemp("plain") / "course"
    build_class(root, [STUDENT])
    for command in ("generate_assignment", "autograde", "generate_feedback"):
        run_nbgrader(command, "ex04", course=root)
    return root


def graded(course):
    return nbformat.read(course / "autograded" / "ada" / "ex04" / NOTEBOOK, as_version=4)


def test_plain_autograde_separates_and_scores(course):
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        submission = gradebook.find_submission("ex04", "ada")
        assert submission.score == 95 and submission.needs_manual_grade
    # Test cells ran outside the student's kernel: each left its points and nothing else.
    for cell in graded(course).cells:
        if cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code":
            assert [output.output_type for output in cell.outputs] == ["execute_result"], cell.id


def test_what_the_student_saw_is_graded(course):
    (fit,) = (cell for cell in graded(course).cells if cell.id == "setup-fit")
    assert "Using the trained net" in fit.outputs[0].text


def test_student_plots_are_kept(course):
    pictures = [o for c in graded(course).cells for o in c.get("outputs", []) if "image/png" in o.get("data", {})]
    assert len(pictures) >= 5


def test_feedback(course):
    page = (course / "feedback" / "ada" / "ex04" / "glitch_or_chirp.html").read_text()
    assert "data:image/png" in page and "HIDDEN TESTS" not in page


def test_export(course, run_nbgrader):
    target = course / "marks.csv"
    said = run_nbgrader("export", f"--to={target}", course=course).stderr
    assert "Left out of ex04, for they wait for a grader's eyes: ada" in said and len(target.open().readlines()) == 1
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        for grade in gradebook.find_submission("ex04", "ada").notebooks[0].grades:
            if grade.needs_manual_grade:
                grade.manual_score, grade.needs_manual_grade = 0, False
        gradebook.db.commit()
    run_nbgrader("export", f"--to={target}", course=course)
    (row,) = csv.DictReader(target.open())
    assert row["student_id"] == "ada" and float(row["score"]) == 95


@pytest.mark.slow
def test_validate_names_what_fails(tmp_path, run_nbgrader):
    for given in ("course_utils", "nbjudge"):
        shutil.copytree(RELEASE / given, tmp_path / given)
    notebook = nbformat.read(RELEASE / NOTEBOOK, as_version=4)
    (first,) = (number for number, cell in enumerate(notebook.cells) if cell.id == "glitchnet-logit-shape")
    del notebook.cells[first + 1 :]
    nbformat.write(notebook, tmp_path / NOTEBOOK)
    said = run_nbgrader("validate", str(tmp_path / NOTEBOOK), course=tmp_path).stdout
    assert "VALIDATION FAILED" in said and "not attempted: One logit per image" in said


@pytest.mark.slow
def test_validate_is_content_with_the_model_solution(tmp_path, run_nbgrader):
    for given in ("course_utils", "nbjudge"):
        shutil.copytree(RELEASE / given, tmp_path / given)
    nbformat.write(build_notebook(STUDENT), tmp_path / NOTEBOOK)
    said = run_nbgrader("validate", str(tmp_path / NOTEBOOK), course=tmp_path).stdout
    assert "Success! Your notebook passes all the tests." in said


@pytest.mark.slow
def test_late_hand_in_loses_a_tenth_a_day(course, run_nbgrader):
    run_nbgrader("db", "assignment", "add", "ex04", "--duedate=2026-11-20 12:00:00 UTC", course=course)
    (course / "submitted" / "ada" / "ex04" / "timestamp.txt").write_text("2026-11-21 13:00:00 UTC")
    run_nbgrader("autograde", "ex04", "--force", course=course)
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        assert gradebook.find_submission("ex04", "ada").late_submission_penalty == pytest.approx(19)


def test_without_its_configuration_nothing_is_executed(tmp_path):
    """Nbgrader's own Execute would run student code as whoever grades."""
    course, elsewhere, escaped = tmp_path / "course", tmp_path / "elsewhere", tmp_path / "escaped"
    tiny_class.build(course, {"ada": f"open({str(escaped)!r}, 'w')"})
    elsewhere.mkdir()
    words = tiny_class.command("--no-canary", "--course-dir", str(course))
    done = subprocess.run(words, cwd=elsewhere, capture_output=True, text=True, timeout=300)  # the course has its own
    assert done.returncode == 0 and not escaped.exists() and (course / "feedback" / "ada").exists()
    (course / "nbgrader_config.py").unlink()
    shutil.rmtree(course / "autograded")
    for where in (elsewhere, course):
        done = subprocess.run([*words, "--force"], cwd=where, capture_output=True, text=True, timeout=300)
        assert done.returncode == 1 and "without a sandbox" in done.stderr
        assert not escaped.exists() and not (course / "autograded").exists()
