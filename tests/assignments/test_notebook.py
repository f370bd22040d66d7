"""The source notebook, run as a student would run it with the model solutions pasted in."""

import re
import shutil

import nbformat
import pytest
import torch
from nbclient import NotebookClient

from tests.corpus.build import CHECKPOINT, NOTEBOOK, RELEASE, SOURCE


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run from start to end, and one to the trained net, in folders with the notebook and the released files only."""
    finished = []
    for last in (None, "setup-fit"):
        folder = tmp_path_factory.mktemp("run")
        for given in ("course_utils", "nbjudge"):
            shutil.copytree(RELEASE / given, folder / given)
        notebook = nbformat.read(SOURCE / NOTEBOOK, as_version=4)
        if last:
            (place,) = (number for number, cell in enumerate(notebook.cells) if cell.id == last)
            del notebook.cells[place + 1 :]
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
        finished.append((notebook, folder))
    return finished


def points(notebook):
    return {
        cell.id: (
            float(re.search(r"\(([\d.]+) of ", cell.outputs[0].data["text/plain"])[1]),
            cell.metadata.nbgrader.points,
        )
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code"
    }


def test_model_solution_earns_every_automatic_point(runs):
    earned = points(runs[0][0])
    assert [name for name, (got, most) in earned.items() if got != most] == []
    assert sum(got for got, _ in earned.values()) == 95


def test_restart_and_run_all_gives_the_same_again(runs):
    first, second = (torch.load(folder / CHECKPOINT, weights_only=True) for _, folder in runs)
    assert first["losses"] == second["losses"]
    assert all(torch.equal(weight, second["weights"][name]) for name, weight in first["weights"].items())


def test_suggested_recipe_leaves_a_few_mistakes_to_look_at(runs):
    notebook, _ = runs[0]
    (confusion,) = (cell for cell in notebook.cells if cell.id == "mistakes-figure")
    assert "nothing to show" not in confusion.outputs[0].data["text/html"]
    assert any("image/png" in o.get("data", {}) for c in notebook.cells if c.id == "mistakes" for o in c.outputs)


def test_summary_asks_every_visible_check_again_and_finds_nothing_out_of_date(runs):
    notebook, _ = runs[0]
    (summary,) = (cell for cell in notebook.cells if cell.id == "summary")
    (shown,) = (output.data for output in summary.outputs if output.output_type == "execute_result")
    assert "59 of the 59 points" in shown["text/plain"] and "59 of the 59 points" in shown["text/html"]
    assert "holds the network of this notebook" in shown["text/plain"] and "not run" not in shown["text/plain"]
    assert not [cell.id for cell in notebook.cells if "out of date" in str(cell.get("outputs"))]


def test_checks_say_nothing_but_their_outcome(runs):
    for cell in runs[0][0].cells:
        if cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code":
            assert [output.output_type for output in cell.outputs] == ["execute_result"], cell.id


def test_the_code_of_checks_is_folded_away():
    cells = nbformat.read(SOURCE / NOTEBOOK, as_version=4).cells
    checks = {cell.id for cell in cells if cell.cell_type == "code" and "submission.check(" in cell.source}
    hidden = {cell.id for cell in cells if cell.metadata.get("jupyter", {}).get("source_hidden")}
    assert checks <= hidden <= checks | {"setup-course", "setup-checks", "summary"}


def test_every_given_figure_is_described():
    cells = nbformat.read(SOURCE / NOTEBOOK, as_version=4).cells
    drawing = {
        cell.id
        for cell in cells
        if re.search(r"plots\.|plt\.sub|fit\(globals", cell.source) and cell.cell_type == "code"
    }
    given = {cell.id for cell in cells if cell.id in drawing and not cell.metadata.get("nbgrader", {}).get("solution")}
    assert {cell.id for cell in cells if cell.metadata.get("alt")} == given
