"""What a message says about a fault: its cause and the student's own line, and nothing of ours."""

import re

import matplotlib
import matplotlib.pyplot as plt
import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell

from course_utils import checkpoint
from course_utils.submission import history, thresholds
from tests.corpus.build import NOTEBOOK, SOURCE, model_checkpoint
from tests.diagnosis_faults import FAULTS, Fault

matplotlib.use("agg")

TASKS = ("glitchnet", "train", "evaluate", "mistakes", "confidence")
SOME_TRAINING = "EPOCHS, train_indices = 2, train_indices[:96]"
FILES_OF_OURS = re.compile(r"course_utils|\.py\b|<ipython|<string>|ipykernel|/tmp|site-packages")
ONE_OF_MANY = re.compile(
    r"(?<![\d.,])1 (images|numbers|things|chirps|blips|steps|parameters|losses|epochs|points|mistakes|batches)\b"
)
ALWAYS = re.compile(r"setup-(tools|checks|data)")


class Notebook:
    """The solved notebook, cell by cell."""

    def __init__(self) -> None:
        self.cells = {cell.id: cell for cell in nbformat.read(SOURCE / NOTEBOOK, as_version=4).cells}
        locked = [cell for cell in self.cells.values() if cell.metadata.get("nbgrader", {}).get("locked")]
        solved = {line.strip() for task in TASKS for line in self.cells[task].source.splitlines()}
        self.lines_of_ours = {line.strip() for cell in locked for line in cell.source.splitlines()} - solved

    def edited(self, ident: str, change: list[tuple[str, str]] | str) -> str:
        source = self.cells[ident].source
        if isinstance(change, str):
            return source + change
        for old, new in change:
            assert old in source, f"the solution of {ident} has no {old!r}"
            source = source.replace(old, new)
        return source

    def told(self, fault: Fault) -> str:
        """The message about a fault."""
        shell = InteractiveShell()
        shell._showtraceback = lambda *_: None
        for ident in self.cells:
            if ALWAYS.fullmatch(ident):
                shell.run_cell(self.cells[ident].source)
        last = next(task for task in TASKS if fault.asked.startswith(task))
        for task in TASKS[: TASKS.index(last) + 1]:
            if task == "mistakes" and last == "confidence":
                continue
            shell.run_cell(self.edited(task, fault.cells.get(task, "")), store_history=True)
            if task == "train":
                shell.run_cell(SOME_TRAINING if fault.trained else "", store_history=True)
                fitted = "train" in fault.asked and not fault.asked.endswith("falls")
                source = self.cells["setup-fit"].source if fault.trained else LOADED
                shell.run_cell("" if fitted else source, store_history=True)
        source = "\n".join(line for line in self.cells[fault.asked].source.splitlines() if not line.startswith("###"))
        return shell.run_cell(source, store_history=True).result


LOADED = """
from course_utils import checkpoint

model = GlitchNet()
losses = checkpoint.load(model.eval(), PATH_OF_THE_SOLUTION)
"""


@pytest.fixture(scope="module")
def notebook():
    return Notebook()


@pytest.fixture(autouse=True)
def _as_in_jupyter(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "NOTEBOOK_FOLDER", tmp_path)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))  # as the inline backend does
    monkeypatch.setattr("builtins.PATH_OF_THE_SOLUTION", model_checkpoint(), raising=False)
    monkeypatch.setattr(thresholds, "FRESH_IMAGES", 200)  # enough for a bad net
    history._RUNS.clear()
    yield
    plt.close("all")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_the_message_names_the_cause(notebook, fault, capsys):
    outcome = notebook.told(fault)
    assert outcome.status == "not passed", outcome
    message = outcome.message
    missing = [pattern for pattern in fault.says if not re.search(pattern, message, re.DOTALL)]
    assert not missing, f"{missing} not in: {message}"
    quoted = re.findall(r"`([^`]*)`", message)
    assert not [quote for quote in quoted if quote.strip() in notebook.lines_of_ours], message
    assert not FILES_OF_OURS.search(message), message
    assert not ONE_OF_MANY.search(message), message
