"""What a message says about a fault: its cause and the student's own line, and nothing of ours."""

import re

import matplotlib
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from nbjudge.ask import history
from nbjudge.ask.unanswerable import Unanswerable
from nbjudge.ask.wording import count

from course_utils import checkpoint, simulators, waiting
from course_utils.submission import Outcome, Submission, causes, judging, thresholds
from course_utils.submission.answers import find
from course_utils.submission.errors import advice_on
from tests.corpus.build import NOTEBOOK, SOURCE, model_checkpoint
from tests.diagnosis_faults import FALLS, FAULTS, LAST_RELU, RETURN, Fault, fault, step
from tests.shells import new_shell

matplotlib.use("agg")

TASKS = ("glitchnet", "train", "evaluate", "mistakes", "confidence")
SOME_TRAINING = "train_indices = train_indices[:96]\ntrain_model.__defaults__ = (2,)  # epochs"
FILES_OF_OURS = re.compile(r"course_utils|\.py\b|<ipython|<string>|ipykernel|/tmp|site-packages")
ONE_OF_MANY = re.compile(
    r"(?<![\d.,])1 (images|numbers|things|chirps|blips|steps|parameters|losses|epochs|points|mistakes|batches)\b"
)
ALWAYS = ("setup-tools", "setup-checks", "setup-data")


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

    def told(self, fault: Fault) -> Outcome:
        """The message about a fault."""
        shell = new_shell()
        shell._showtraceback = lambda *_: None
        try:
            return self._told(fault, shell)
        finally:
            shell.user_ns.clear()  # IPython keeps every shell until the end, and this one has a dataset

    def _told(self, fault: Fault, shell: InteractiveShell) -> Outcome:
        for ident in ALWAYS:
            shell.run_cell(self.cells[ident].source)
        last = next(task for task in TASKS if fault.asked.startswith(task))
        for task in TASKS[: TASKS.index(last) + 1]:
            if task == "mistakes" and last == "confidence":
                continue
            source = self.edited(task, fault.cells.get(task, ""))
            if task == "glitchnet" and (fault.trained or last == "train"):  # its weights are not the solution's
                source = source.replace("kernel_size=3, padding=1)", "kernel_size=3, padding=1, stride=2)")
            shell.run_cell(source, store_history=True)
            if task == "train":
                shell.run_cell(SOME_TRAINING if fault.trained else "", store_history=True)
                fitted = "train" in fault.asked and not fault.asked.endswith("falls")
                source = FITTED if fault.trained else LOADED
                shell.run_cell("" if fitted else source, store_history=True)
        source = "\n".join(line for line in self.cells[fault.asked].source.splitlines() if not line.startswith("###"))
        return shell.run_cell(source, store_history=True).result


FITTED = """
from course_utils.checkpoint import fit

model, losses = fit(globals())  # as in setup-fit, without the plot
"""
LOADED = """
from course_utils import checkpoint, simulators

model = GlitchNet()
losses = checkpoint.load(model.eval(), PATH_OF_THE_SOLUTION)
"""


@pytest.fixture(scope="module")
def notebook():
    return Notebook()


@pytest.fixture(scope="module")
def dataset():
    return simulators.fixed_dataset()


@pytest.fixture(autouse=True)
def _as_in_jupyter(tmp_path, monkeypatch, dataset):
    monkeypatch.setattr(simulators, "fixed_dataset", lambda: tuple(array.copy() for array in dataset))  # made once
    monkeypatch.setattr(checkpoint, "NOTEBOOK_FOLDER", tmp_path)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))  # as the inline backend does
    monkeypatch.setattr("builtins.PATH_OF_THE_SOLUTION", model_checkpoint(), raising=False)
    monkeypatch.setattr(thresholds, "FRESH_IMAGES", 200)  # enough for a bad net
    monkeypatch.setattr(judging, "FRESH_BESIDE", 100)
    monkeypatch.setattr(waiting, "wait_passively", lambda: None)  # it measures for a moment
    history._RUNS.clear()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # small batches gain nothing from more, and these wait for each other in a loop
    yield
    torch.set_num_threads(threads)
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


def test_a_net_without_negative_logits_passes_with_a_remark(notebook):
    outcome = notebook.told(fault("glitchnet-no-sigmoid", glitchnet=LAST_RELU))
    assert outcome.status == "passed" and outcome.message.startswith(
        "GlitchNet ends in a ReLU, so no logit is negative"
    )
    assert outcome.message.endswith(f"Look at your line `{LAST_RELU[0][1]}`.")


LOSSES = {
    "[22.5, 22.1, 21.9]": "The first is far above 0.693",
    "[0.4, 0.5, 0.6]": "They rise",
    "[]": "Your line `losses = []` put it in the place of the losses of the training",
}


@pytest.mark.parametrize("losses", LOSSES)
def test_losses_of_another_kind_are_told_apart(notebook, losses, monkeypatch):
    monkeypatch.setitem(globals(), "LOADED", f"{LOADED}\nlosses = {losses}")
    message = notebook.told(fault(FALLS)).message
    assert LOSSES[losses] in message and "Stuck" not in message


def test_a_passed_check_remarks_on_a_net_that_was_never_trained(notebook):
    new_net = [("model.eval()", "model = GlitchNet()\nmodel.eval()")]
    outcome = notebook.told(fault("evaluate-test-accuracy", evaluate=new_net, trained=True))
    assert outcome.status == "passed" and "is not the net that was trained" in outcome.message
    assert outcome.message.endswith("Look at your line `model = GlitchNet()`.")


HONEST = {
    "a layer made in the first call": [
        ("        self.classifier = nn.Linear(32, 1)\n", "        self.classifier = None\n"),
        (
            RETURN,
            f"if self.classifier is None:\n            self.classifier = nn.Linear(32, 1)\n        {RETURN}",
        ),
    ],
    "normalisation made in forward": step("nn.LayerNorm(32)(features)"),
    "a step that is not on the way": step("features * (1 + 0 * (features > 9))"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("change", HONEST.values(), ids=HONEST)
def test_an_honest_forward_loses_nothing(notebook, change):
    for asked in ("glitchnet-no-sigmoid", "glitchnet-gradient-flow"):
        outcome = notebook.told(fault(asked, glitchnet=change))
        assert (outcome.status, outcome.message) == ("passed", "")


def test_images_of_other_positions_are_told_from_right_ones(dataset):
    part = judging.TestPart(dataset[0][:40], dataset[1][:40], np.arange(20, 60))
    with pytest.raises(AssertionError, match=r"shows X\[25\].*Draw the images X\[test_indices\]"):
        judging.assert_listed(5, np.array([25, 30]), np.ones(40), part)
    with pytest.raises(AssertionError, match="classifies correctly"):
        judging.assert_listed(6, np.array([25, 30]), np.ones(40), part)


# Nothing is said without a reason


WAYS_TO_TRAIN = {
    "accumulated gradients": """
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(epochs):
        for number, batch in enumerate(torch.randperm(len(X)).split(8)):
            loss = F.binary_cross_entropy_with_logits(model(X[batch]).reshape(-1), y[batch]) / 4
            loss.backward()
            if number % 4 == 3:
                optimiser.step()
                optimiser.zero_grad()
""",
    "no optimiser": """
    for _ in range(epochs):
        loss = F.binary_cross_entropy_with_logits(model(X).reshape(-1), y)
        gradients = torch.autograd.grad(loss, model.parameters())
        with torch.no_grad():
            for parameter, gradient in zip(model.parameters(), gradients):
                parameter -= 0.1 * gradient
""",
    "squared error of scores": """
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(epochs):
        optimiser.zero_grad()
        ((model(X).reshape(-1).sigmoid() - y) ** 2).mean().backward()
        optimiser.step()
""",
    "squared error of signs": """
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(epochs):
        optimiser.zero_grad()
        F.mse_loss(model(X).reshape(-1), 2 * y - 1).backward()
        optimiser.step()
""",
    "closure": """
    optimiser = torch.optim.LBFGS(model.parameters(), lr=0.1, max_iter=3)

    def closure():
        optimiser.zero_grad()
        loss = F.binary_cross_entropy_with_logits(model(X).reshape(-1), y)
        loss.backward()
        return loss

    for _ in range(epochs):
        optimiser.step(closure)
""",
    "smoothed and mirrored": """
    optimiser = torch.optim.RMSprop(model.parameters())
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, y), batch_size=16, shuffle=True)
    for _ in range(epochs):
        for images, labels in loader:
            optimiser.zero_grad()
            F.binary_cross_entropy_with_logits(model(images.flip(2)).reshape(-1), 0.9 * labels + 0.05).backward()
            optimiser.step()
""",
}


@pytest.fixture
def prepared(notebook):
    shell = new_shell()
    yield lambda *cells: _with_cells(shell, notebook, cells)
    shell.user_ns.clear()


def _with_cells(shell, notebook, cells):
    for ident in (*ALWAYS, "glitchnet", "train"):
        shell.run_cell(notebook.cells[ident].source)
    for cell in cells:
        shell.run_cell(cell, store_history=True)
    return shell.user_ns["submission"]


def test_the_losses_of_a_stand_in_are_told_to_be_that(prepared, notebook):
    lacking = "def train_model(model, X, y, epochs=2):\n    raise NotImplementedError('train')"
    submission = prepared(lacking, FITTED, "losses = [0.7, 0.1, 0.1]")
    shell = submission._side._namespace["get_ipython"]()
    outcome = shell.run_cell(notebook.cells["train-loss-falls"].source).result
    assert outcome.message == "from 0.700 to 0.300 (of a network of ours that stands in for yours)"


@pytest.mark.parametrize("way", WAYS_TO_TRAIN.values(), ids=WAYS_TO_TRAIN)
def test_an_honest_training_gets_no_cause(prepared, way):
    submission = prepared(f"def train_model(model, X, y, epochs=2):{way}    return [0.5] * epochs")
    assert causes._training(submission)["changed"]
    assert causes.of_training(submission) == ""


def test_a_high_first_loss_is_told_by_its_loss_function(prepared, notebook):
    """It is none of the sum that a high loss mostly is."""
    learns = notebook.cells["train"].source.replace("nn.BCEWithLogitsLoss()", "nn.CrossEntropyLoss()")
    submission = prepared(learns, LOADED)
    told = causes.of_high_loss(submission)
    assert "Cross-entropy compares two or more outputs" in told and "sum" not in told


def test_a_good_net_gets_no_cause(prepared):
    submission = prepared(LOADED)
    assert causes.of_model(submission) == causes.of_net(submission) == ""


class Liar:
    """A student's side that claims anything."""

    def __init__(self, value):
        self.value = value

    def ask(self, question, arguments, needed=True):
        return {"answer": self.value}

    def seed(self, purpose):
        return 1


@pytest.mark.parametrize(
    "value",
    [
        3,
        "{0.__class__}",
        {"calls": "no", "changed": None},
        {"calls": 0, "changed": False, "from_notebook": 7},
        {"calls": 0, "changed": False, "from_notebook": {"nets": ["(" * 300]}},
        {"rate": float("inf"), "optimiser": "{rate}", "steps": 1, "calls": 1},
        {"is_untrained": {"a": 3}},
    ],
)
def test_claims_do_no_harm(value):
    submission = Submission(Liar(value))
    for asked in (causes.of_training, causes.of_model, causes.of_net, causes.of_losses, causes.of_stale_gradients):
        assert len(asked(submission)) < 2000


def test_a_question_about_symptoms_leaves_no_trace(prepared):
    submission = prepared(LOADED)
    names = submission._side._namespace
    before, state = dict(names), torch.get_rng_state()
    names["model"].train()
    names["model"].register_buffer("calls", torch.zeros(()))
    names["model"].register_forward_hook(lambda net, *_: net.calls.add_(1))
    weights = {name: tensor.clone() for name, tensor in names["model"].state_dict().items()}
    causes.of_model(submission)
    assert names.keys() == before.keys() and names["model"].training
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(weights[name], tensor) for name, tensor in names["model"].state_dict().items())


@pytest.mark.parametrize(("number", "said"), [(0, "0 images"), (1, "1 image"), (2, "2 images"), (1024, "1,024 images")])
def test_numbers_and_their_nouns(number, said):
    assert count(number, "image") == said


def test_errors_of_the_second_assignment_are_not_answered_by_the_first():
    target = "Target size (torch.Size([32])) must be the same as input size (torch.Size([32, 3]))"
    assert "CrossEntropyLoss" in advice_on(ValueError(target), {"ThreeNet": None})
    flat = "mat1 and mat2 shapes cannot be multiplied (1x49152 and 2048x1)"
    assert ".flatten(1)" in advice_on(RuntimeError(flat), {}) and "49152" not in advice_on(RuntimeError(flat), {})


@pytest.mark.parametrize(("made", "asked"), [("Threenet", "ThreeNet"), ("train_tree", "train_three")])
def test_misspelt_code_of_the_second_assignment_is_named(made, asked):
    with pytest.raises(Unanswerable, match=f"`{made}` exists; the checks look for `{asked}`"):
        find({made: torch.nn.Linear, "model": 1}, asked)


def test_a_name_of_the_contract_is_no_misspelt_form_of_another():
    with pytest.raises(Unanswerable, match="`model` does not exist"):
        find({"model3": 1}, "model")
