"""What the student is told when a question finds no answer, and what figures say."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.offsetbox import AnchoredText
from nbjudge.ask import history
from nbjudge.ask.figures import MAX_IMAGES, panels_of

from course_utils import simulators
from course_utils.submission import NoAnswer, connect
from course_utils.submission.answers import BATCH, WHOLE
from tests.shells import new_shell

matplotlib.use("agg")

STUB = "# Leaves behind score\nraise NotImplementedError('compute the score')"


@pytest.fixture
def notebook():
    """A notebook's shell, with the namespace that every setup cell makes."""
    history._RUNS.clear()
    shell = new_shell()
    shell._showtraceback = lambda *_: None
    shell.user_ns |= {"torch": torch, "nn": torch.nn, "np": np}
    submission = connect(shell.user_ns)

    def told(*cells, question=lambda s: s.values("score")):
        for cell in cells:
            shell.run_cell(cell, store_history=True)

        def about_it():
            question(submission)

        return submission.check(about_it, points=1)

    yield told
    shell.events.callbacks["post_run_cell"].clear()


@pytest.mark.parametrize(
    ("cells", "status", "says"),
    [
        ([], "not attempted", "`score` does not exist yet"),
        ([STUB], "not attempted", "still to do: compute the score"),
        (["score = np.ones(3)[5]"], "not passed", "IndexError in line 1 of your cell, `score = np.ones(3)[5]`"),
        (["# Leaves behind score\nresult = 3"], "not passed", "though the cell that should make it ran"),
        (["scroe = 3"], "not passed", "`scroe` exists; the checks look for `score`"),
        (["score = 'high'"], "not passed", "`score` should hold numbers; it holds str"),
        (["score = (1,"], "not passed", "SyntaxError"),
        (["%time 1\nscore = missing"], "not passed", "NameError"),
        ([STUB.replace("score", "model"), "score = model(1)"], "not attempted", "still to do: compute the model"),
        ([STUB, "print(score)"], "not attempted", "still to do"),
        ([STUB, "score = 1 / 0", "print(score)"], "not passed", "ZeroDivisionError"),
        ([STUB, "score = 1"], "passed", ""),
    ],
)
def test_status_follows_what_became_of_the_cell(notebook, cells, status, says):
    outcome = notebook(*cells)
    assert outcome.status == status
    assert says in outcome.message


def test_names_that_lack_each_other_come_to_an_end(notebook):
    assert "NameError" in notebook("score = rank", "rank = score").message


NET = """class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2048, 1)

    def forward(self, images):
        return {}
"""


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        ("self.layer(images)", "RuntimeError in line 7 of your cell with `forward`, `return self.layer(images)`"),
        ("images[:, 0, 0, 0].long()", "real numbers; it returns torch.int64"),
        ("[1.0]", "should return a tensor; it returns an object of type list"),
        ("images[:, 0, 0, 0] / 0", "not finite"),
        ("images", "it returns (2, 1, 32, 64)"),
    ],
)
def test_net_that_breaks_the_contract(notebook, returned, says):
    images = np.ones((2, 1, 32, 64), np.float32)
    outcome = notebook(NET.format(returned), question=lambda s: s.one_logit_per_image("GlitchNet", images))
    assert outcome.status == "not passed" and says in outcome.message


def test_double_precision_is_fine(notebook):
    images = np.ones((2, 1, 32, 64), np.float32)
    net = NET.format("self.layer.double()(images.double().flatten(1))")
    assert notebook(net, question=lambda s: s.one_logit_per_image("GlitchNet", images)).status == "passed"


def text_of(draw):
    figure, axes = plt.subplots()
    axes.imshow(np.eye(4))
    draw(figure, axes)
    (panel,) = panels_of(figure, "figure")
    plt.close(figure)
    return panel["text"]


@pytest.mark.parametrize(
    "draw",
    [
        lambda figure, axes: axes.set_title("here", loc="left"),
        lambda figure, axes: axes.set_ylabel("here"),
        lambda figure, axes: axes.text(1, 1, "here"),
        lambda figure, axes: axes.annotate("here", (1, 1)),
        lambda figure, axes: (axes.plot([1], label="here"), axes.legend()),
        lambda figure, axes: axes.add_artist(AnchoredText("here", "upper left")),
        lambda figure, axes: axes.legend([], title="here"),
        lambda figure, axes: figure.suptitle("here"),
        lambda figure, axes: figure.supxlabel("here"),
        lambda figure, axes: figure.text(0, 0, "here"),
        lambda figure, axes: figure.legend(axes.plot([1]), ["here"]),
    ],
)
def test_text_of_a_panel(draw):
    assert "here" in text_of(draw)


def test_ticks_are_no_text():
    assert text_of(lambda figure, axes: axes.set_xticks([0, 1], ["0.5", "0.7"])) == ""


@pytest.mark.parametrize("draw", ["imshow", "pcolormesh", "pcolor", "pcolorfast", "matshow"])
def test_every_way_to_draw_an_image(draw):
    image = np.arange(12.0).reshape(3, 4)
    figure, axes = plt.subplots()
    getattr(axes, draw)(image)
    (panel,) = panels_of(figure, "figure")
    plt.close(figure)
    np.testing.assert_array_equal(panel["images"][0], image)


def test_a_panel_has_no_more_images_than_the_other_side_takes():
    figure, axes = plt.subplots()
    for _ in range(MAX_IMAGES + 1):
        axes.imshow(np.eye(2))
    (panel,) = panels_of(figure, "figure")
    plt.close(figure)
    assert len(panel["images"]) == MAX_IMAGES


# Many images: in batches, in the order of memory that is fastest


class Net(torch.nn.Module):
    """Convolution and pooling, then what a subclass makes of it."""

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 4, 3)
        self.linear = torch.nn.Linear(4 * 7 * 15, 1)
        self.calls = []

    def forward(self, images):
        self.calls.append(len(images))
        return self.end(torch.nn.functional.max_pool2d(self.conv(images), 4))


class Views(Net):
    def end(self, maps):
        return self.linear(maps.view(len(maps), -1))


class Flattens(Net):
    def end(self, maps):
        return self.linear(maps.flatten(1))[:, 0]


class ThroughNumPy(Net):
    def end(self, maps):
        return self.linear(torch.as_tensor(maps.detach().numpy().reshape(len(maps), -1)))


class SqueezesEverything(Net):
    def end(self, maps):
        return self.linear(maps.flatten(1)).squeeze()


class NeedsAnEvenNumber(Net):
    def end(self, maps):
        if len(maps) % 2:
            raise ValueError(f"{len(maps)} images")
        return self.linear(maps.flatten(1))


@pytest.mark.parametrize("kind", [Views, Flattens, ThroughNumPy, SqueezesEverything])
@pytest.mark.parametrize("count", [2, BATCH + 1, WHOLE, WHOLE + 1, 3 * WHOLE + 1])
def test_many_images_get_the_logits_that_the_net_gives_them(kind, count):
    torch.manual_seed(count)
    net, images = kind().train(), np.random.default_rng(count).normal(size=(count, 1, 32, 64)).astype(np.float32)
    found = connect({"model": net}).one_logit_per_image("model", images)
    assert net.training and max(net.calls) <= (BATCH if count > WHOLE else WHOLE) and min(net.calls) > 1
    with torch.no_grad():
        expected = net(torch.as_tensor(images)).numpy().reshape(-1)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", [Views, Flattens])
def test_gradients_are_found_in_either_order(kind):
    images = np.random.default_rng(0).normal(size=(4, 1, 32, 64)).astype(np.float32)
    found = connect({"GlitchNet": kind}).gradients("GlitchNet", images, np.ones(4, np.float32))
    assert found.keys() == {"conv.weight", "conv.bias", "linear.weight", "linear.bias"}
    assert all(gradient > 0 and effect > 0 for gradient, effect in found.values())


class InAList(Net):
    """What is kept here and there, and used in `end`."""

    def __init__(self, keep):
        super().__init__()
        self.kept = keep(self)

    def end(self, maps):
        return self.linear(self.kept_one()(maps).flatten(1))

    def kept_one(self):
        kept = self.kept
        while not isinstance(kept, torch.nn.Module):
            kept = next(iter(kept.values() if isinstance(kept, dict) else kept))
        return kept


def one_more():
    return torch.nn.Conv2d(4, 4, 3, padding=1)


def left_alone(net):
    net.calls = [one_more(), torch.nn.Parameter(torch.ones(3))]  # in no use
    return torch.nn.Identity()


KEPT = {
    "list": (lambda net: [one_more()], {"kept[0].weight", "kept[0].bias"}),
    "tuple in a dict": (lambda net: {"a": (one_more(),)}, {"kept['a'][0].weight", "kept['a'][0].bias"}),
    "set": (lambda net: {one_more()}, {"kept[0].weight", "kept[0].bias"}),
    "module in a list of a module": (
        lambda net: [torch.nn.Sequential(one_more())],
        {"kept[0].0.weight", "kept[0].0.bias"},
    ),
    "Sequential": (lambda net: torch.nn.Sequential(one_more()), set()),
    "registered as well": (lambda net: [net.register_module("more", one_more()) or net.more], set()),
    "frozen helper": (lambda net: [one_more().requires_grad_(False)], set()),
    "in no use": (left_alone, set()),
}


@pytest.mark.parametrize(("keep", "names"), KEPT.values(), ids=KEPT)
def test_what_no_optimiser_finds_is_named(keep, names):
    images = np.random.default_rng(0).normal(size=(4, 1, 32, 64)).astype(np.float32)
    kind = type("GlitchNet", (InAList,), {"__init__": lambda net: InAList.__init__(net, keep)})
    found = connect({"GlitchNet": kind})
    assert set(found.unregistered("GlitchNet", images)) == names


class OneParameter(torch.nn.Module):
    """Its only parameter is a plain tensor that wants a gradient."""

    def __init__(self):
        super().__init__()
        self.layer, self.w = torch.nn.Linear(2048, 1), torch.randn(1, requires_grad=True)

    def forward(self, images):
        return self.w * self.layer(images.flatten(1))


def test_a_tensor_that_is_no_parameter_is_named():
    images = np.ones((2, 1, 32, 64), np.float32)
    assert connect({"GlitchNet": OneParameter}).unregistered("GlitchNet", images) == ["w"]


def sequence(*layers):
    return type(
        "GlitchNet",
        (torch.nn.Sequential,),
        {"__init__": lambda s: torch.nn.Sequential.__init__(s, *(make() for make in layers))},
    )


class StartsLinear(torch.nn.Module):
    """A branch whose share starts at zero."""

    def __init__(self):
        super().__init__()
        self.first, self.share = torch.nn.Linear(2048, 9), torch.nn.Parameter(torch.zeros(1))
        self.last = torch.nn.Linear(9, 1)

    def forward(self, images):
        x = self.first(images.flatten(1))
        return self.last(x + self.share * torch.relu(x))


conv, flat = (lambda: torch.nn.Conv2d(1, 4, 3)), torch.nn.Flatten
BENDS = {
    "linear": (sequence(flat, lambda: torch.nn.Linear(2048, 1)), False),
    "two linear layers": (sequence(flat, lambda: torch.nn.Linear(2048, 9), lambda: torch.nn.Linear(9, 1)), False),
    "no ReLU": (
        sequence(conv, lambda: torch.nn.AvgPool2d(2), flat, lambda: torch.nn.LazyLinear(1)),
        False,
    ),
    "batch norm": (sequence(conv, lambda: torch.nn.BatchNorm2d(4), flat, lambda: torch.nn.LazyLinear(1)), False),
    "ReLU": (sequence(conv, torch.nn.ReLU, flat, lambda: torch.nn.LazyLinear(1)), True),
    "leaky": (sequence(conv, lambda: torch.nn.LeakyReLU(0.3), flat, lambda: torch.nn.LazyLinear(1)), True),
    "tanh": (sequence(conv, torch.nn.Tanh, flat, lambda: torch.nn.LazyLinear(1)), True),
    "GELU": (sequence(conv, torch.nn.GELU, flat, lambda: torch.nn.LazyLinear(1)), True),
    "max pooling": (sequence(conv, lambda: torch.nn.MaxPool2d(2), flat, lambda: torch.nn.LazyLinear(1)), True),
    "instance norm": (sequence(lambda: torch.nn.InstanceNorm2d(1), conv, flat, lambda: torch.nn.LazyLinear(1)), True),
    "starts linear": (StartsLinear, True),
}


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize(("kind", "bends"), BENDS.values(), ids=BENDS)
def test_a_linear_function_is_told_from_others(kind, bends, scale):
    images = 10 * simulators.fresh(8, 3).images
    scaled = type("GlitchNet", (kind,), {"forward": lambda s, x: scale * kind.forward(s, x)})
    found = connect({"GlitchNet": scaled}).bend("GlitchNet", images)
    assert found > 0.01 if bends else found < 1e-4


@pytest.mark.parametrize("dimensions", [1, 2])
def test_a_fixed_net_stays_as_it_is(dimensions):
    kind = Flattens if dimensions == 1 else Views

    def train_model(model, X, y, epochs):
        optimiser, losses = torch.optim.Adam(model.parameters(), lr=0.1), []
        for _ in range(epochs):
            logits = model(X)
            assert logits.ndim == dimensions
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits.reshape(-1), y)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        return losses

    images = np.random.default_rng(0).normal(size=(64, 1, 32, 64)).astype(np.float32)
    found = connect({"GlitchNet": kind, "train_model": train_model}).fixed_losses(
        images, np.ones(64, np.float32), 9.0, 5
    )
    assert found.shape == (5,) and np.ptp(found) < 1e-6 and found[0] != pytest.approx(np.log(2), abs=1e-4)


def test_what_is_wrong_with_a_net_is_said_of_many_images_too():
    images = np.zeros((4 * BATCH - 2, 1, 32, 64), np.float32)
    with pytest.raises(NoAnswer, match=r"raised ValueError.*: 99 images"):
        connect({"model": NeedsAnEvenNumber()}).logits("model", images)


class WritesIntoItsImages(torch.nn.Module):
    def forward(self, images):
        images -= images.mean()
        return images.sum((1, 2, 3))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("draw", [simulators.fresh, simulators.fresh_in_bulk])
def test_a_net_that_writes_into_its_images_changes_none_of_ours(draw):
    images = draw(300, 5).images
    before = images.copy()
    connect({"model": WritesIntoItsImages()}).logits("model", images)
    assert np.array_equal(images, before) and np.array_equal(draw(300, 5).images, before)


TRAINS = """def train_three(model, X, y, epochs=1):
    logits = model(X)
    return [{}]
"""


@pytest.mark.parametrize(
    ("line", "status", "says"),
    [
        (
            "nn.CrossEntropyLoss()(y, logits)",
            "not passed",
            "NotImplementedError in line 3 of your cell with `train_three`, `return [",
        ),
        (
            "torch.softmax(y, 0)",
            "not passed",
            "NotImplementedError in line 3 of your cell with `train_three`, `return [",
        ),
        ("nn.Module()(X)", "not passed", "Module has no `forward`"),
        ("still()", "not attempted", "still to do: the loss"),
    ],
)
def test_an_error_of_torch_is_no_cell_that_is_still_to_fill_in(notebook, line, status, says):
    images, labels = np.zeros((4, 1, 32, 64), np.float32), np.array([0, 1, 2, 0])
    trains = TRAINS.format(line) + "\n\ndef still():\n    raise NotImplementedError('the loss')"
    outcome = notebook(trains, question=lambda s: s.fixed_losses(images, labels, 3.0, 1, "train_three", 3))
    assert outcome.status == status and says in outcome.message, outcome.message
    assert "still to do" not in outcome.message or status == "not attempted"
    assert ("the logits first" in outcome.message) == ("CrossEntropyLoss" in line or "softmax" in line)


def test_a_cell_that_fails_in_torch_is_no_cell_that_is_still_to_fill_in(notebook):
    outcome = notebook("score = torch.softmax(torch.arange(3), 0)")
    assert outcome.status == "not passed" and "NotImplementedError in line 1" in outcome.message, outcome.message


class ReturnsAnArray(torch.nn.Module):
    def forward(self, images):
        return images.mean((1, 2, 3)).numpy()


def test_an_array_in_the_place_of_a_tensor_is_named():
    with pytest.raises(NoAnswer, match="it returns an object of type ndarray"):
        connect({"GlitchNet": ReturnsAnArray}).logits("GlitchNet", simulators.fresh(2, 5).images)
