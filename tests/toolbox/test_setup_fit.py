"""The cell `setup-fit`: what is loaded, what is trained, what is kept, and what stands in."""

import os
import warnings

import numpy as np
import pytest
import torch
from nbjudge.ask import NoAnswer
from torch import nn

from course_utils import checkpoint, simulators
from course_utils.checkpoint import FILE, fit, read
from course_utils.stand_in import Form, form_for
from course_utils.submission import causes, connect, judging

NET = """
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.line = nn.Linear(2048, 1)

    def forward(self, images):
        return self.line(images.flatten(1)).squeeze(1)
"""
TRAIN = """
RATE = 0.01

def step(model, X, y):
    loss = F.binary_cross_entropy_with_logits(model(X), y)
    loss.backward()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter -= RATE * parameter.grad
            parameter.grad = None
    return loss.item()

def train_model(model, X, y, epochs=2):
    global trained
    trained += 1
    losses = []
    for epoch in range(epochs):
        losses.append(step(model, X, y))
    return losses
"""
SPLIT = "test_indices, train_indices = np.arange(0, 1000, 5), np.flatnonzero(np.arange(1000) % 5)"


class Notebook(dict):
    """A notebook's globals, with cells that are run one after another."""

    def __init__(self):
        X, y = simulators.fixed_dataset()
        super().__init__(__name__="__main__", np=np, torch=torch, nn=nn, F=nn.functional, X=X, y=y, trained=0)
        self.run(NET, TRAIN, SPLIT)

    def run(self, *cells):
        for cell in cells:
            exec(cell, self)
        return self

    def fit(self):
        self["model"], self["losses"] = fit(self)
        return self

    def ask(self, question, *arguments):
        return getattr(connect(self), question)(*arguments)


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "NOTEBOOK_FOLDER", tmp_path)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return Notebook()


@pytest.fixture
def grading(monkeypatch):
    return lambda: monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")


# What is loaded


@pytest.mark.parametrize(
    "again",
    [
        "",
        NET.replace("    def forward", "    # a comment\n\n    def forward"),
        TRAIN.replace("    losses = []", "\n    # nothing is lost yet\n    losses = []"),
        TRAIN.replace("epochs=2):", 'epochs=2):\n    """"""'),
    ],
)
def test_nothing_but_a_comment_has_changed(notebook, again, capsys):
    if '"""' in again:
        notebook.run(again.replace('""""""', '"""Train it."""'))
    notebook.fit().run(again.replace('""""""', '"""Train the net."""'))
    weights = notebook["model"].state_dict()
    assert notebook.fit()["trained"] == 1
    assert "as they were: using the trained net" in capsys.readouterr().out
    assert all(torch.equal(weights[name], weight) for name, weight in notebook["model"].state_dict().items())


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        (NET.replace(".squeeze(1)", ".reshape(-1)"), "GlitchNet"),
        (NET.replace("nn.Linear(2048, 1)", "nn.Linear(2048, 1, bias=False)"), "GlitchNet"),
        (TRAIN.replace("epochs=2", "epochs=3"), "train_model"),
        ("RATE = 0.02", "train_model"),
        (TRAIN.replace("loss.backward()", "(2 * loss).backward()"), "train_model"),
        (SPLIT.replace("(0, 1000, 5)", "(1, 1000, 5)").replace("% 5", "% 5 - 1"), "the training part"),
        ("X = X / 2", "the training part"),
        ("y = 1 - y", "the training part"),
    ],
)
def test_what_has_changed_is_named_and_trained_again(notebook, changed, named, capsys):
    assert notebook.fit().run(changed).fit()["trained"] == 2
    assert f"Training again. Changed since {FILE} was made: {named}." in capsys.readouterr().out


def test_in_grading_the_handed_in_net_counts_whatever_has_changed(notebook, grading, capsys):
    notebook.fit()
    grading()
    assert notebook.run(TRAIN.replace("epochs=2", "epochs=9"), "X = X / 2").fit()["trained"] == 1
    assert capsys.readouterr().out.endswith(f"Using the trained net in {FILE}.\n")


def test_another_python_is_named_alone(notebook, monkeypatch, capsys):
    notebook.fit()
    monkeypatch.setattr(checkpoint.sys, "version_info", (3, 99))
    assert notebook.run(TRAIN.replace("epochs=2", "epochs=3")).fit()["trained"] == 2
    assert f"Changed since {FILE} was made: Python." in capsys.readouterr().out


@pytest.mark.parametrize("graded", [False, True])
def test_a_checkpoint_of_an_earlier_version_is_graded_and_trained_again_at_home(notebook, grading, graded, tmp_path):
    notebook.fit()
    kept = torch.load(tmp_path / FILE, weights_only=True)
    torch.save({name: kept[name] for name in ("weights", "losses")}, tmp_path / FILE)
    if graded:
        grading()
    assert notebook.fit()["trained"] == 1 + (not graded)
    assert len(read(tmp_path / FILE).trained_on) == (0 if graded else 800)


@pytest.mark.parametrize("damaged", [b"", b"no checkpoint", "weights of something else"])
def test_a_checkpoint_that_does_not_fit_is_said_and_not_used(notebook, grading, damaged, tmp_path, capsys):
    if isinstance(damaged, bytes):
        (tmp_path / FILE).write_bytes(damaged)
    else:
        torch.save({"weights": nn.Linear(1, 1).state_dict(), "losses": [1.0]}, tmp_path / FILE)
    grading()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert notebook.fit()["trained"] == 1
    said = capsys.readouterr().out
    assert f"Remark: {FILE}" in said and "Using the trained net" not in said


def test_without_a_train_model_the_checkpoint_and_its_split_are_used(notebook, grading):
    notebook.fit()
    before = notebook["test_indices"]
    for name in ("train_model", "train_indices", "test_indices"):
        del notebook[name]
    grading()
    assert notebook.fit()["losses"] and notebook.ask("trained_on").size
    assert np.array_equal(notebook["test_indices"], before) and not connect(notebook)._ask("stand_in")


# What it was trained on


def test_it_tells_what_it_was_trained_on(notebook):
    assert notebook.ask("trained_on").size == 0
    assert np.array_equal(notebook.fit().ask("trained_on"), notebook["train_indices"])
    notebook.run(NET.replace("2048, 1)", "2048, 2)"))
    assert notebook.ask("trained_on").size == 0  # a net that can't be loaded is not graded


# What is kept


@pytest.mark.parametrize(
    ("returned", "losses"),
    [
        ("", 0),
        ("return model, losses", 0),
        ("return {'loss': losses}", 0),
        ("return losses[-1]", 0),
        ("return 'done'", 0),
        ("return np.array(losses)[:, None]", 2),
        ("return torch.tensor(losses, requires_grad=True)", 2),
        ("raise OSError('no folder for the figure')", 0),
        ("raise KeyboardInterrupt", 2),
    ],
)
def test_what_was_trained_is_kept_whatever_comes_back(notebook, returned, losses, tmp_path, capsys):
    notebook.run(TRAIN.replace("return losses", returned)).fit()
    assert len(notebook["losses"]) == losses and notebook["trained"] == 1
    fresh = notebook["GlitchNet"]()
    assert not torch.equal(notebook["model"].line.weight, fresh.line.weight) and not notebook["model"].training
    kept = read(tmp_path / FILE)
    assert torch.equal(kept.weights["line.weight"], notebook["model"].line.weight)
    assert losses or capsys.readouterr().out


def test_an_interrupted_training_is_not_taken_for_a_finished_one(notebook, capsys):
    notebook.run(TRAIN.replace("return losses", "raise KeyboardInterrupt")).fit()
    assert notebook.fit()["trained"] == 2
    assert "Interrupted" in capsys.readouterr().out


STOPPED = TRAIN.replace("losses.append(", "if epoch and stop: raise KeyboardInterrupt\n        losses.append(")


def test_an_interrupted_training_is_named_as_the_reason(notebook, capsys):
    notebook.run(STOPPED, "stop = True").fit().run("stop = False")
    assert "stopped before its end, after 1 finished epoch:" in causes.of_model(connect(notebook))
    assert "stopped before its end, after 1 finished epoch:" in causes.of_few_losses(connect(notebook))
    capsys.readouterr()
    notebook.run("stop = True").fit()
    assert f"Training again: the training that made {FILE} was stopped before its end.\n" in capsys.readouterr().out
    notebook.run(NET.replace(".squeeze(1)", ".reshape(-1)"), "stop = False").fit()
    assert "stopped before its end. Changed since: GlitchNet.\n" in capsys.readouterr().out
    assert "stopped" not in causes.of_model(connect(notebook))


@pytest.mark.parametrize(("epochs", "is_said"), [(2, True), (1, False)])
def test_a_training_that_ends_after_one_of_many_epochs_is_said(notebook, epochs, is_said, capsys):
    stops = TRAIN.replace("    return losses", "        return losses").replace("epochs=2", f"epochs={epochs}")
    assert len(notebook.run(stops).fit()["losses"]) == 1
    assert ("1 epoch of 2. Is there a loop over all epochs" in capsys.readouterr().out) == is_said


def test_one_loss_for_many_epochs_earns_its_points_with_a_remark(notebook):
    submission = connect(notebook.run(TRAIN.replace("    return losses", "        return losses")))
    remark = judging.remark_on_losses(np.array([0.7]), 8, submission)
    assert "1 number" in remark and "inside the loop over the epochs" in remark
    assert judging.remark_on_losses(np.array([0.7, 0.6]), 8, submission) is None
    assert judging.remark_on_losses(np.array([0.7]), 1, submission) is None


def test_a_folder_that_cannot_be_written_is_found_out_before_training(notebook, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(checkpoint, "NOTEBOOK_FOLDER", tmp_path / "missing")
    notebook.run("def train_model(model, X, y):\n    print('training')\n    return [0.5]").fit()
    said = capsys.readouterr().out
    assert said.index("can't be written") < said.index("training\n") and notebook["losses"] == [0.5]


def test_no_half_a_file_is_left(notebook, tmp_path):
    notebook.fit()
    assert os.listdir(tmp_path) == [FILE]


# What stands in

STUB = "class GlitchNet(nn.Module):\n    def __init__(self):\n        raise NotImplementedError('make the layers')"
COLUMNS = TRAIN.replace("model(X), y)", "model(X), y.unsqueeze(1))")
TWO = TRAIN.replace("F.binary_cross_entropy_with_logits(model(X), y)", "F.cross_entropy(model(X), y.long())")
LIKELY = TRAIN.replace("F.binary_cross_entropy_with_logits(", "F.binary_cross_entropy(")


@pytest.mark.parametrize("net", [STUB, STUB.replace("__init__(self)", "forward(self, images)"), "GlitchNet = None"])
@pytest.mark.parametrize("train", [TRAIN, COLUMNS, TWO, LIKELY])
def test_a_net_that_is_missing_is_ours_trained_by_the_student(notebook, net, train, tmp_path):
    notebook.run(net, train).fit()
    assert len(notebook["losses"]) == 2 and "GlitchNet was missing or failed" in connect(notebook)._ask("stand_in")
    assert not (tmp_path / FILE).exists()
    with pytest.raises(NoAnswer, match=r"Once that is corrected, run the training again"):
        notebook.run(NET).ask("needs_own_net")
    assert notebook.ask("one_logit_per_image", "model", simulators.fresh(8, 1).images).shape == (8,)


@pytest.mark.parametrize(
    "train", ["del train_model", TRAIN.replace("losses = []", "raise NotImplementedError('train')")]
)
@pytest.mark.parametrize("net", [NET, STUB])
def test_a_training_that_is_missing_is_ours(notebook, net, train):
    notebook.run(net, train).fit()
    assert notebook["losses"] == [] and connect(notebook)._ask("stand_in")
    fresh = simulators.fresh_in_bulk(4000, 1)
    accuracy = judging.accuracy(notebook.ask("one_logit_per_image", "model", fresh.images), fresh.labels)
    assert 0.55 < accuracy < 0.7  # worth nothing, and better than chance


@pytest.mark.parametrize("split", ["del train_indices, test_indices", "del train_indices", "train_indices = [5000]"])
def test_a_split_that_is_missing_is_made(notebook, split):
    notebook.run(split).fit()
    assert len(notebook["test_indices"]) == 200 and notebook["losses"]
    assert ("train_indices" in notebook) == ("5000" in split)  # what the split earns is not ours


@pytest.mark.parametrize("net", [STUB, NET])
@pytest.mark.parametrize("train", [TRAIN, COLUMNS])
def test_train_model_is_tried_in_the_form_it_takes_if_the_net_does_not_tell(notebook, net, train):
    images, labels = judging.brightness_task(np.random.default_rng(0), 64, 1)
    training = lambda: notebook.run(net, train).ask("train_probe", images, labels, images, 3)  # noqa: E731
    if net == NET and train == COLUMNS:  # their own net tells, and theirs is the fault
        with pytest.raises(Exception, match="ValueError"):
            training()
    else:
        assert training().changed


# What outputs mean


@pytest.mark.parametrize(
    ("end", "right"),
    [
        ("z", True),
        ("z[:, None]", True),
        ("torch.sigmoid(z)", True),
        ("torch.stack([-z, z], 1)", True),
        ("torch.stack([-z, z], 1).softmax(1)", True),
        ("torch.sigmoid(z) + 0.5", False),
        ("torch.stack([z, -z], 1)", False),
        ("torch.stack([z, z, z], 1)", False),
    ],
)
def test_answers_are_judged_by_what_the_net_means(end, right):
    class Net(nn.Module):
        def forward(self, images):
            z = 9 * images.mean((1, 2, 3))  # noqa: F841
            return eval(end)

    images, labels = judging.brightness_task(np.random.default_rng(0), 64, 1)
    submission = connect({"model": Net()})

    def accuracy():
        assert judging.accuracy(submission.one_logit_per_image("model", images), labels) == 1

    assert (submission.check(accuracy, 1).fraction == 1) == right


def test_outputs_between_0_and_1_may_be_logits_as_well():
    class Net(nn.Module):
        def forward(self, images):
            return torch.full((len(images),), 0.2)

    submission = connect({"model": Net()})
    images = np.zeros((4, 1, 32, 64), np.float32)

    def all_are_called_chirp():
        assert (submission.one_logit_per_image("model", images) > 0).all()

    def all_are_called_blip():
        assert (submission.one_logit_per_image("model", images) < 0).all()

    assert submission.check(all_are_called_chirp, 1).fraction == submission.check(all_are_called_blip, 1).fraction == 1


# The notebook's own settings


@pytest.fixture
def odd_settings():
    with warnings.catch_warnings(), np.errstate(all="raise"), torch.set_grad_enabled(False):
        warnings.simplefilter("error")
        torch.set_default_dtype(torch.float64)
        try:
            yield
        finally:
            torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("odd_settings")
def test_odd_settings_change_nothing(notebook):
    notebook.run(NET.replace("images.", "images.double()."), TRAIN.replace("        losses.", "        losses.")).fit()
    assert len(notebook["losses"]) == 2 and notebook["trained"] == 1
    simulators.fresh(20, 77), simulators.fresh_in_bulk(20, 77), simulators.blips(3, np.random.default_rng(0))
    notebook.run("from numpy import *", "max = sum = list = zip = np = judging = None")
    submission = connect(notebook)
    notebook["submission"] = submission
    code = """
def question():
    assert max(1.0, 0.5) == 1 and list(zip([1], [2])) == [(1, 2)]
    judging.sigmoid(np.float64(-800)), np.exp(-1000.0)
    logits = submission.one_logit_per_image("model", simulators.fresh(8, 1).images)
    images, labels = judging.brightness_task(np.random.default_rng(0), 64, 1)
    assert submission.train_probe(images, labels, images, 3).changed
"""
    outcome = submission.check(notebook.run(code)["question"], 1)
    assert outcome.fraction == 1, outcome.message
    with pytest.raises(UserWarning):
        warnings.warn("still an error", UserWarning, stacklevel=1)


@pytest.mark.parametrize("seed", range(12))
def test_a_form_with_which_losses_are_not_finite_is_not_the_students(seed):
    """The first steps may teach a net all the same."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.pixels = nn.Linear(32 * 64, 2)

        def forward(self, images):
            return self.pixels(images.flatten(1)).softmax(1)

    def train_model(model, X, y, epochs):
        optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
        losses = []
        for _ in range(epochs):
            for batch in torch.randperm(len(X)).split(32):
                loss = nn.functional.nll_loss(torch.log(model(X[batch])), y[batch].long())
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
            losses.append(loss.item())
        return losses

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        assert form_for(Net, train_model, "cpu") == Form((2,), probabilities=True, any_axes=True)
