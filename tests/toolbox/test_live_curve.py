"""The live loss curve: what it measures and draws, and that a training is the same with it as without."""

import copy
import io
import linecache
import math
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from torch import nn
from torch.optim import optimizer

from course_utils import checkpoint, live_curve, simulators
from course_utils.checkpoint import FILE, fit, read
from course_utils.live_curve import Budget, Watch, mean_loss, validation_part

FRESH = validation_part({})

NET = """
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(2048), nn.Dropout(0.5), nn.Linear(2048, 1))

    def forward(self, images):
        return F.dropout(self.layers(images)).squeeze(1)  # in evaluation mode, too: a common mistake
"""
SETTING_UP = """
def train_model(model, X, y, epochs=4):
    optimiser = torch.optim.Adam(model.parameters())
    model.train()
    model.layers[1].eval()  # as it is at home
"""
EPOCH = """
        total = 0
        for batch in torch.randperm(len(X)).split(400):
            noise = torch.as_tensor(np.random.normal(0, 0.1, X[batch].shape), dtype=torch.float32)
            loss = F.binary_cross_entropy_with_logits(model(X[batch] + noise), y[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch) / len(X)
"""
ORDINARY = SETTING_UP + "    losses = []\n    for epoch in range(epochs):" + EPOCH + "        losses.append(total)\n"
TRAIN = ORDINARY + "    return losses\n"


class Notebook(dict):
    """A notebook's globals; the text of its cells can be looked up, as in Jupyter."""

    def __init__(self, *cells):
        X, y = simulators.fixed_dataset()
        super().__init__(__name__="__main__", np=np, torch=torch, nn=nn, F=nn.functional, X=X, y=y)
        self["train_indices"], self["test_indices"] = np.arange(200, 1000), np.arange(200)
        for number, cell in enumerate((NET, *cells)):
            name = f"<cell {number}>"
            linecache.cache[name] = (len(cell), None, cell.splitlines(keepends=True), name)
            exec(compile(cell, name, "exec"), self)


class Drawn(list):
    """A picture that notes what it would show."""

    def draw(self, losses, validation, name):
        self.append((list(losses), list(validation), name))


@pytest.fixture(autouse=True)
def _without_limits(monkeypatch, tmp_path):
    monkeypatch.setattr(checkpoint, "NOTEBOOK_FOLDER", tmp_path)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    for share in ("MEASURING_SHARE", "DRAWING_SHARE"):
        monkeypatch.setattr(live_curve, share, math.inf)
    monkeypatch.setattr(live_curve, "SECONDS_BETWEEN_PICTURES", 0)
    assert not optimizer._global_optimizer_pre_hooks
    yield
    assert not optimizer._global_optimizer_pre_hooks  # whatever happened, nothing is left
    plt.close("all")


def train(notebook, part=FRESH, picture=None):
    """Train a new net while it is watched."""
    torch.manual_seed(0), np.random.seed(0)  # noqa: NPY002
    net = notebook["GlitchNet"]()
    watch = Watch(net, notebook["train_model"], part, picture)
    X, y = (torch.as_tensor(notebook[name][200:], dtype=torch.float32) for name in ("X", "y"))
    with watch:
        returned = notebook["train_model"](net, X, y)
    watch.completed(returned)
    return net, watch


# Nothing is disturbed


def test_a_training_is_the_same_to_the_bit_watched_or_not():
    notebook = Notebook(TRAIN)
    net, unwatched = train(notebook, part=None)
    same, watched = train(notebook, picture=Drawn())
    assert unwatched.losses == watched.losses and unwatched.validation != watched.validation
    assert all(torch.equal(tensor, same.state_dict()[name]) for name, tensor in net.state_dict().items())
    assert [layer.training for layer in net.modules()] == [layer.training for layer in same.modules()]
    gradients = zip(net.parameters(), same.parameters(), strict=True)
    assert all(torch.equal(one.grad, other.grad) for one, other in gradients)


@pytest.mark.parametrize(
    "does",
    [
        "copy.deepcopy(model)",
        "torch.save(model, io.BytesIO())",
        "torch.compile(model, backend='eager', fullgraph=True)(X[:4])",
        "nn.DataParallel(model)(X[:4])",
        "next(iter(torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, y), 4, num_workers=1)))",
    ],
)
def test_what_a_train_model_may_do_with_its_net_works(does, monkeypatch):
    notebook = Notebook(ORDINARY + f"        {does}\n    return losses\n")
    notebook |= {"copy": copy, "io": io}
    monkeypatch.setattr("__main__.GlitchNet", notebook["GlitchNet"], raising=False)  # where pickle looks for it
    _, watch = train(notebook)
    assert np.isfinite(watch.validation).all() and len(watch.validation) == 4


def test_a_compiled_step_is_left_alone():
    notebook = Notebook(
        TRAIN.replace("optimiser.step()", "step()").replace(
            "    model.train()", "    step = torch.compile(optimiser.step, backend='eager')\n    model.train()"
        )
    )
    _, watch = train(notebook)
    assert len(watch.losses) == 4 and np.isfinite(watch.validation[-1])


def test_a_net_that_cannot_be_asked_stops_no_training():
    notebook = Notebook(TRAIN, NET.replace("return", "assert self.training\n        return"))
    _, watch = train(notebook)
    assert len(watch.losses) == 4 and np.isnan(watch.validation).all()


# What is measured


def test_the_second_line_is_measured_at_the_end_of_each_epoch(monkeypatch):
    notebook = Notebook(ORDINARY + "        ask(model)\n    return losses\n")
    asked = []
    notebook["ask"] = lambda net: asked.append(mean_loss(net, FRESH))
    drawn = Drawn()
    _, watch = train(notebook, picture=drawn)
    assert watch.validation == pytest.approx(asked, rel=1e-5)
    assert [len(losses) for losses, *_ in drawn] == [0, 1, 2, 3]  # the last is drawn by whoever shows the end
    assert drawn[2][:2] == (watch.losses[:2], watch.validation[:2])


OUTPUTS = {
    "logits": lambda z: z,
    "a column": lambda z: z[:, None],
    "two logits": lambda z: torch.stack([z / 2, 1.5 * z], 1),
    "probabilities": torch.sigmoid,
    "a column of probabilities": lambda z: torch.sigmoid(z)[:, None],
    "two probabilities": lambda z: torch.stack([-z, z], 1).div(2).softmax(1),
}


class Brightness(nn.Module):
    def __init__(self, outputs, gain=20.0):
        super().__init__()
        self.outputs, self.gain = outputs, nn.Parameter(torch.tensor([gain]))

    def forward(self, images):
        return self.outputs(self.gain * (images.mean((1, 2, 3)) - 0.03))


@pytest.mark.parametrize("outputs", OUTPUTS.values(), ids=OUTPUTS)
@pytest.mark.parametrize("gain", [20.0, 0.1])
def test_the_loss_is_that_of_the_probability_of_the_true_class(outputs, gain):
    net = Brightness(outputs, gain)
    z = Brightness(lambda z: z, gain)(FRESH.images)
    expected = nn.functional.binary_cross_entropy_with_logits(z, FRESH.labels).item()
    assert mean_loss(net, FRESH) == pytest.approx(expected, rel=1e-4) and net.training


def test_three_classes_have_a_loss_as_well():
    net = Brightness(lambda z: torch.stack([z, -z, 0 * z], 1), 0.0)
    assert mean_loss(net, FRESH) == pytest.approx(math.log(3))


def test_a_net_that_gives_everything_the_same_answer_is_no_net_of_probabilities():
    assert mean_loss(Brightness(lambda z: 0 * z + 0.02), FRESH) == pytest.approx(math.log(2), abs=1e-3)


@pytest.mark.parametrize("precision", [torch.float64, torch.bfloat16])
def test_a_net_of_another_precision_is_asked_in_it(precision):
    assert mean_loss(nn.Sequential(nn.Flatten(), nn.Linear(2048, 1)).to(precision), FRESH) < 2


# On which images


def test_the_second_line_is_of_the_students_validation_part():
    notebook = {"X": torch.arange(4.0).reshape(4, 1, 1, 1), "y": np.arange(4)}
    for indices in ([1, 3], np.array([False, True, False, True])):
        part = validation_part(notebook | {"validation_indices": indices})
        assert part.name == "your validation part (2)" and part.labels.tolist() == [1, 3]
        assert part.images.reshape(-1).tolist() == [1, 3]


@pytest.mark.parametrize("indices", [[], [5000], None, "all"])
def test_without_one_it_is_of_fresh_images_that_are_the_same_each_time(indices):
    X, y = simulators.fixed_dataset()
    part = validation_part({"X": X, "y": y, "validation_indices": indices, "test_indices": np.arange(200)})
    assert part.name == "200 fresh images" and torch.equal(part.images, FRESH.images)
    assert not any((image == X).all((1, 2, 3)).any() for image in part.images.numpy())


# Which epochs are finished

KINDS = {
    "a list": ("losses = []", "losses.append(total)", "losses"),
    "a dict": ("history = {'lr': [], 'loss': []}", "history['loss'].append(total)", "history['loss']"),
    "tensors": ("losses = []", "losses.append(loss.detach())", "[float(loss) for loss in losses]"),
    "a tensor made in advance": ("losses = torch.zeros(epochs)", "losses[epoch] = total", "losses.tolist()"),
    "an array made in advance": ("losses = np.full(epochs, np.nan)", "losses[epoch] = total", "losses"),
    "losses of batches beside": ("means = []", "losses = [1.0, 2.0, 3.0, 4.0, 5.0]; means.append(total)", "means"),
    "sums": ("sums = []", "sums.append(total * len(X))", "[each / len(X) for each in sums]"),
    "an object": ("self = SimpleNamespace(log=[])", "self.log.append(total)", "self.log"),
}


@pytest.mark.parametrize(("start", "add", "returned"), KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("stopped_at", [4, 2])
def test_epochs_are_known_and_kept_wherever_the_losses_are(start, add, returned, stopped_at, capsys):
    stop = f"        if epoch + 1 == {stopped_at} < epochs:\n            raise KeyboardInterrupt\n"
    body = f"    {start}\n    for epoch in range(epochs):{EPOCH}        {add}\n{stop}    return {returned}\n"
    notebook = Notebook(SETTING_UP + body)
    notebook["SimpleNamespace"] = SimpleNamespace
    _, losses = fit(notebook)
    assert len(losses) == stopped_at and 0 < losses[-1] < 9
    kept = read(checkpoint.NOTEBOOK_FOLDER / FILE)
    assert kept.losses == losses and np.isfinite(kept.validation[: stopped_at - 1]).all()
    said = capsys.readouterr().out
    assert ("`losses` keeps 2 finished epochs." in said) == (stopped_at == 2)


def test_a_trainer_may_be_an_object_of_its_own():
    fit_of = ORDINARY.replace("def train_model(model", "def fit(self, model").replace("losses", "self.history")
    inner = "".join(f"    {line}\n" for line in (fit_of + "        if epoch: raise KeyboardInterrupt").splitlines())
    notebook = Notebook(
        f"class Trainer:\n{inner}        return self.history\n"
        "def train_model(model, X, y, epochs=4):\n    return Trainer().fit(model, X, y, epochs)\n"
    )
    _, losses = fit(notebook)
    assert len(losses) == 2


def test_nothing_with_an_effect_is_done_before_its_time():
    notebook = Notebook(ORDINARY + "    return publish(losses)\n")
    published = []
    notebook["publish"] = lambda losses: published.append(len(losses)) or losses
    _, watch = train(notebook)
    assert published == [4] and len(watch.validation) == 4


# What is shown


def in_jupyter(notebook):
    """Put a notebook into a front end, and return what that shows: the identity of a picture, and the picture."""
    shown = []

    def publish(data, metadata, transient, update):
        known = transient["display_id"] in [identity for identity, _ in shown]
        assert update == known and metadata["image/png"]["alt"] == data["text/plain"]
        shown.append((transient["display_id"], data))

    notebook["get_ipython"] = lambda: SimpleNamespace(kernel=object(), display_pub=SimpleNamespace(publish=publish))
    return shown


def test_a_notebook_has_one_picture_and_no_figure():
    notebook = Notebook(TRAIN)
    displayed = in_jupyter(notebook)
    fit(notebook)
    assert len(displayed) == 5 and len(dict(displayed)) == 1 and plt.get_fignums() == []
    last = displayed[-1][1]
    assert last["image/png"].startswith("iVBOR") and "4 epochs: training from" in last["text/plain"]
    assert "; 200 fresh images from" in last["text/plain"]
    displayed.clear()
    fit(notebook)  # loaded: the same picture at once
    assert [data["text/plain"] for _, data in displayed] == [last["text/plain"]]


def test_what_cannot_be_drawn_is_trained_all_the_same(monkeypatch, capsys):
    notebook = Notebook(TRAIN)
    in_jupyter(notebook)
    monkeypatch.setattr(live_curve.plots, "loss_curve", lambda *_, **__: 1 / 0)
    net, losses = fit(notebook)
    assert len(losses) == 4 and type(net).__name__ == "GlitchNet"
    assert "The loss curve can't be drawn. (ZeroDivisionError: " in capsys.readouterr().out


@pytest.mark.parametrize("graded", [True, False])
def test_without_a_front_end_the_curve_is_drawn_once(graded, monkeypatch):
    notebook = Notebook(TRAIN)
    fit(notebook)
    assert plt.get_fignums() == []  # no shell, nobody to show it to
    displayed = in_jupyter(notebook)
    if not graded:
        notebook["get_ipython"] = lambda: SimpleNamespace(kernel=None)
    else:
        monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    fit(notebook)
    (ax,) = plt.gcf().axes
    assert not displayed and len(plt.get_fignums()) == 1
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["training", "200 fresh images"]


def test_in_grading_a_training_is_not_watched(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setattr(live_curve, "register_optimizer_step_pre_hook", None)
    monkeypatch.setattr(live_curve, "mean_loss", None)
    fit(Notebook(TRAIN))
    assert read(checkpoint.NOTEBOOK_FOLDER / FILE).validation == pytest.approx([math.nan] * 4, nan_ok=True)


def test_no_more_time_is_spent_than_a_share(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(live_curve.time, "perf_counter", lambda: clock[0])
    budget = Budget(0.1)
    spent = 0
    for _ in range(1000):
        clock[0] += 1
        if budget.is_left():
            with budget.spend():
                clock[0] += 5
            spent += 5
    assert 0.08 < spent / clock[0] < 0.11


def test_without_losses_nothing_is_drawn():
    notebook = Notebook(TRAIN)
    displayed = in_jupyter(notebook)
    notebook["get_ipython"] = lambda: SimpleNamespace(kernel=None)
    notebook["train_model"] = None  # a net of ours stands in, which is not trained
    fit(notebook)
    assert not displayed and not plt.get_fignums()
