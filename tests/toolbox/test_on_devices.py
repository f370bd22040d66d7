"""What differs between devices: on CUDA and MPS where they are, and on a device that is pretended everywhere.

`PretendedDevice` computes on the processor, and refuses what CUDA would refuse: so a tensor that stays behind is found
today, without a graphics processor.
"""

import random
import zipfile

import numpy as np
import pytest
import torch
from torch import nn

from course_utils import checkpoint, simulators
from course_utils.checkpoint import FILE, fit, read
from course_utils.instructor.reference import best_device, predict, train_reference
from course_utils.live_curve import mean_loss, validation_part
from course_utils.stand_in import Form, form_of, linear_net, solve
from course_utils.submission import connect, judging
from tests.pretended_device import PretendedDevice

NOTEBOOK = """
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(1, 4, 5, stride=4)
        self.normalisation = nn.BatchNorm2d(4)
        self.line = nn.Linear(4, 1)

    def forward(self, images):
        return self.line(F.relu(self.normalisation(self.convolution(images))).amax((2, 3))).squeeze(1)

def train_model(model, X, y, epochs=2):
    device = next(model.parameters()).device
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    generator = torch.Generator().manual_seed(0)
    model.train()
    losses = []
    for epoch in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(X), generator=generator).split(32):
            images, labels = X[batch].to(device), y[batch].to(device)
            loss = F.binary_cross_entropy_with_logits(model(images).reshape(-1), labels)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        losses.append(total / len(X))
    return losses

test_indices, train_indices = np.arange(0, 1000, 5), np.flatnonzero(np.arange(1000) % 5)
"""
FRESH = simulators.fresh(40, seed=1)


@pytest.fixture(params=["pretended", "cuda", "mps"])
def device(request):
    if request.param == "pretended":
        with PretendedDevice() as mode:
            yield mode.device
        return
    there = torch.cuda.is_available() if request.param == "cuda" else torch.backends.mps.is_available()
    if not there:
        pytest.skip(f"there is no {request.param} on this machine")
    yield torch.device(request.param)


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "NOTEBOOK_FOLDER", tmp_path)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    X, y = simulators.fixed_dataset()
    names = {"__name__": "__main__", "np": np, "torch": torch, "nn": nn, "F": nn.functional, "X": X, "y": y}
    exec(NOTEBOOK, names)
    return names


def devices_of(net):
    return {tensor.device.type for tensor in [*net.parameters(), *net.buffers()]}


# The pretended device refuses what CUDA refuses: these tests can fail.

MIXED = {
    "a net and an image": lambda there: nn.Linear(2, 1).to(there)(torch.ones(1, 2)),
    "a sum": lambda there: torch.ones(2) + torch.ones(2).to(there),
    "a loss": lambda there: nn.functional.mse_loss(torch.ones(2).to(there), torch.ones(2)),
    "an index there of an array here": lambda there: torch.ones(2)[torch.zeros(1, dtype=torch.int64).to(there)],
    "NumPy": lambda there: torch.ones(2).to(there).numpy(),
    "NumPy, without being asked": lambda there: np.asarray(torch.ones(2).to(there)),
}


@pytest.mark.parametrize("mix", MIXED.values(), ids=MIXED)
def test_devices_do_not_mix(device, mix):
    with pytest.raises((RuntimeError, TypeError)):
        mix(device)


def test_what_goes_with_both_devices_works(device):
    there = torch.ones(4).to(device)
    there[torch.tensor([0, 1])] = torch.tensor(2.0)
    assert (there * torch.tensor(3.0)).sum().item() == 18 and there.cpu().numpy().tolist() == [2, 2, 1, 1]
    assert torch.zeros_like(there).device.type == torch.ones(1, device=device).device.type == device.type


# The reference model


def test_the_reference_trains_and_answers_where_it_is(device):
    data = FRESH.images, FRESH.labels
    first, second = (train_reference(3, device, epochs=1, data=data) for _ in range(2))
    assert devices_of(first.net) == {device.type} and np.isfinite(first.losses).all()
    assert first.losses == second.losses  # the same on the same device
    there = predict(first.net, FRESH.images)
    assert there.dtype == np.float32 and np.allclose(there, predict(first.net.cpu(), FRESH.images), atol=1e-3)


def test_the_best_device_is_one_that_is_there():
    assert torch.ones(2, device=best_device()).sum().item() == 2


# fit, and its checkpoint


def test_fit_trains_there_and_what_it_keeps_is_loaded_here(device, notebook, tmp_path, monkeypatch):
    notebook["DEVICE"] = device
    notebook["model"], losses = fit(notebook)
    assert devices_of(notebook["model"]) == {device.type} and len(losses) == 2
    kept = read(tmp_path / FILE)
    assert {weight.device.type for weight in kept.weights.values()} == {"cpu"}
    assert np.isfinite(kept.validation[-1])  # the second line was measured there, too
    logits = connect(notebook).one_logit_per_image("model", FRESH.images)

    notebook["DEVICE"] = "cpu"  # a grader without it
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    notebook["model"], again = fit(notebook)
    assert devices_of(notebook["model"]) == {"cpu"} and again == losses
    assert np.allclose(connect(notebook).one_logit_per_image("model", FRESH.images), logits, atol=1e-3)


@pytest.mark.parametrize("place", ["cuda:0", "cuda:3", "mps"])
def test_a_file_that_names_another_device_is_read_on_the_processor(notebook, tmp_path, place, capsys):
    notebook["model"], losses = fit(notebook)
    rename_device(tmp_path / FILE, place)
    if not torch.cuda.is_available() and not torch.backends.mps.is_available():
        with pytest.raises((RuntimeError, ValueError)):  # the file does name it
            torch.load(tmp_path / FILE, weights_only=True)
    kept = read(tmp_path / FILE)
    assert {weight.device.type for weight in kept.weights.values()} == {"cpu"} and kept.losses == losses
    assert "can't be read" not in capsys.readouterr().out


def rename_device(path, place):
    """Write a file anew as if its tensors had been elsewhere."""

    def text(name):  # as pickle writes a short text
        return b"X" + len(name).to_bytes(4, "little") + name.encode()

    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    (pickled,) = (name for name in parts if name.endswith("data.pkl"))
    assert text("cpu") in parts[pickled]
    parts[pickled] = parts[pickled].replace(text("cpu"), text(place))
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)


def test_a_net_of_ours_stands_in_there(device, notebook):
    notebook |= {"DEVICE": device, "GlitchNet": None}
    notebook["model"], losses = fit(notebook)
    assert devices_of(notebook["model"]) == {device.type} and len(losses) == 2
    del notebook["train_model"]
    notebook["model"], _ = fit(notebook)
    right = judging.accuracy(connect(notebook).one_logit_per_image("model", FRESH.images), FRESH.labels)
    assert devices_of(notebook["model"]) == {device.type} and right > 0.5


def test_measuring_leaves_the_generators_as_they_were(device):
    class Noisy(nn.Linear):
        def forward(self, images):
            noise = [random.random(), np.random.random(), torch.rand(1), torch.rand(1, device=device)]  # noqa: NPY002
            return super().forward(images.flatten(1)) + float(noise[-1])

    def drawn():
        return [random.random(), np.random.random(), torch.rand(1).item(), torch.rand(1, device=device).item()]  # noqa: NPY002

    net, part = Noisy(2048, 1).to(device), validation_part({})
    seeds = random.seed, np.random.seed, torch.manual_seed
    [seed(1) for seed in seeds]
    expected = drawn()
    [seed(1) for seed in seeds]
    assert np.isfinite(mean_loss(net, part)) and drawn() == expected


# Answers


def test_answers_come_from_there(device, notebook):
    notebook["DEVICE"] = device
    notebook["model"] = notebook["GlitchNet"]().to(device).eval()
    notebook["scores"] = torch.sigmoid(notebook["model"](torch.as_tensor(FRESH.images).to(device)))
    notebook["missed_chirps"] = torch.arange(3).to(device)
    submission = connect(notebook)
    assert submission.logits("model", FRESH.images).shape == (40,)
    assert submission.values("scores").shape == (40,) and submission.values("missed_chirps").tolist() == [0, 1, 2]
    alone, together = submission.alone_and_together("GlitchNet", FRESH.images[:4])
    assert np.allclose(alone, together, atol=1e-4)
    assert submission.gradients("GlitchNet", FRESH.images[:4], np.linspace(-0.5, 1, 4, dtype=np.float32))
    assert submission.bend("GlitchNet", FRESH.images[:8]) > 0
    assert submission.parameter_count("GlitchNet") == 104 + 8 + 5
    assert not submission.unregistered("GlitchNet", FRESH.images[:2])
    images, labels = judging.brightness_task(np.random.default_rng(0), 128, 1)
    training = submission.train_probe(images, labels, images, 3)
    assert training.changed and training.stale_steps == 0 and np.isfinite(training.logits).all()
    assert len(submission.fixed_losses(images, labels, 2.0, 2)) == 2


# A default device of the student's own


def test_our_tensors_are_where_we_say_whatever_the_default_device_is(notebook):
    """A notebook may call `torch.set_default_device`; on the device `meta`, tensors have no numbers."""
    with torch.device("meta"):
        part = validation_part({})
        net = linear_net(Form(), "cpu")
        solve(net, part.images, part.labels)
        loss = mean_loss(net, part)
        logits = connect({"model": net}).logits("model", FRESH.images)
        told = form_of(lambda: linear_net(Form((1,)), "cpu"), "cpu")
    assert part.images.device.type == "cpu" and devices_of(net) == {"cpu"} and 0 < loss < 1
    assert np.isfinite(logits).all() and told == Form((1,))
