"""The assignment `ex04_stretch`: its data, its judging functions, its nets, and one hand-in from start to end."""

import linecache
import re
import shutil
import sys

import nbformat
import numpy as np
import pytest
import torch
from nbclient import NotebookClient
from nbjudge.ask import NoAnswer, Panel, history
from torch import nn

from course_utils import asking, checkpoint, simulators, stretch, stretch_training
from course_utils.instructor import stretch_study
from course_utils.stand_in import solve
from course_utils.submission import judging, judging_stretch, thresholds
from course_utils.submission.questions import Submission, connect
from tests.corpus.build import CHECKPOINT, STRETCH, find
from tests.shells import new_shell

POINTS = {"three-classes": 8, "lost-chirps": 4, "drift-map": 8, "linear": 8, "halves": 8, "stretch-discussion": 4}


@pytest.fixture(scope="module")
def cells():
    return {cell.id: cell for cell in nbformat.read(STRETCH.source / STRETCH.notebook, as_version=4).cells}


@pytest.fixture(autouse=True)
def one_thread():
    """Small nets are faster on one thread where other tests run as well."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# --- what is handed out -----------------------------------------------------------------------------------------------


def test_points_of_each_part(cells):
    says = {name: cell.metadata.get("nbgrader", {}) for name, cell in cells.items()}
    points = {name: said["points"] for name, said in says.items() if said.get("grade")}
    for part, most in POINTS.items():
        assert sum(p for name, p in points.items() if name == part or name.startswith(f"{part}-")) == most, part
    assert sum(points.values()) == 40


def test_parts_in_the_table_are_those_of_the_cells(cells):
    told = re.findall(r"\| \(?([a-d])?\)?[^|]*\| (\d+) \|", cells["title"].source)
    assert [int(most) for _, most in told] == [12, 8, 8, 8, 4]


def test_data_are_the_same_everywhere():
    images, labels = stretch.three_classes_training()
    fixed, of_fixed = simulators.fixed_dataset()
    assert np.array_equal(images[:1000], fixed) and np.array_equal(labels[:1000], of_fixed)
    assert images.dtype == np.float32 and labels.dtype == np.int64
    assert np.bincount(labels).tolist() == [500, 500, 500]
    test, of_test = stretch.three_classes_test()
    assert np.bincount(of_test).tolist() == [300, 300, 300] and test.shape == (900, 1, 32, 64)
    assert not np.isin(test[:, 0, 0, 0], images[:, 0, 0, 0]).any()  # no image of the test part was learnt from


def test_stretched_blips_have_the_same_light_whatever_their_width():
    light = [stretch.stretched_blip(0.0, width).sum() for width in stretch.WIDTHS]
    assert np.ptp(light) < 0.01 * np.mean(light)
    many = stretch.stretched_blip(np.array([0.0, 1.0]), np.array([2.0, 8.0]))
    assert many.shape == (2, 32, 64) and np.array_equal(many[1], stretch.stretched_blip(1.0, 8.0))


def test_the_surest_are_the_surest_of_their_class():
    logits, labels = np.array([3, -3, 1, 2, -2, -1, 9, 0, -9.0]), np.array([1, 0, 1, 1, 0, 0, 0, 0, 1])
    assert stretch.surest(logits, labels).tolist() == [0, 3, 2, 1, 4, 5]


# --- (a) --------------------------------------------------------------------------------------------------------------


def three_logits(n=300, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    logits = rng.normal(0, 1, (n, 3))
    logits[np.arange(n), labels] += 2
    return logits, labels


def table_of(logits, labels):
    return np.array([[np.sum((labels == i) & (logits.argmax(1) == j)) for j in range(3)] for i in range(3)])


def test_confusion_in_every_form():
    logits, labels = three_logits()
    table = table_of(logits, labels)
    for form in (table, table.astype(float)):
        judging_stretch.assert_confusion(form, logits, labels)


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (lambda t: t.T, "transposed"),
        (lambda t: t / t.sum(1, keepdims=True), "shares"),
        (lambda t: t / t.sum(), "shares"),
        (lambda t: 2 * t, "add up"),
        (lambda t: t[::-1, ::-1], "order noise, chirp, blip, in rows and columns"),
        (lambda t: t[np.ix_([1, 2, 0], [1, 2, 0])], "order chirp, noise, blip, in rows"),
        (lambda t: t[[0, 2, 1]], "order blip, chirp, noise"),
        (lambda t: t[:2, :2], "3 x 3"),
    ],
)
def test_confusion_that_is_wrong_says_why(change, hint):
    logits, labels = three_logits()
    table = table_of(logits, labels)
    assert not np.array_equal(table, table.T)
    with pytest.raises(AssertionError, match=hint):
        judging_stretch.assert_confusion(change(table), logits, labels)


def test_an_image_on_the_boundary_may_be_called_either():
    logits, labels = three_logits()
    logits[1] = [0, 5.0, 5.0 - 1e-7]  # a chirp, as much noise
    other = logits.copy()
    other[1] = [0, 5.0 - 1e-7, 5.0]
    assert not np.array_equal(table_of(logits, labels), table_of(other, labels))
    judging_stretch.assert_confusion(table_of(other, labels), logits, labels)
    for said in (logits, other):
        lost = np.flatnonzero((labels == 1) & (said.argmax(1) == 2))
        judging_stretch.assert_lost(lost, logits, labels)


def test_lost_chirps_are_those_called_noise():
    logits, labels = three_logits()
    lost = np.flatnonzero((labels == 1) & (logits.argmax(1) == 2))
    called_blip = np.flatnonzero((labels == 1) & (logits.argmax(1) == 0))
    judging_stretch.assert_lost(lost[::-1], logits, labels)
    for found, hint in (
        (lost[1:], "lacks 1 chirp "),
        (np.append(lost, called_blip[:2]), "2 chirps that `model3` does not call noise"),
        (np.append(lost, [0]), "1 image of another class"),
        (np.array([len(lost)]), "how many chirps are lost"),
        (np.flatnonzero((labels == 2) & (logits.argmax(1) == 1)), "the other way round"),
    ):
        with pytest.raises(AssertionError, match=hint):
            judging_stretch.assert_lost(found, logits, labels)


def test_the_pair_is_judged_without_the_third_logit():
    three, labels = three_logits()
    three, labels = three[labels < 2], labels[labels < 2]
    two = np.where(labels == 1, 1.0, -1.0) * np.where(np.arange(len(labels)) % 10, 1, -1)
    before, after = np.mean((two > 0) == labels), np.mean((three[:, 1] > three[:, 0]) == labels)
    judging_stretch.assert_pair(np.array([before, after]), two, three, labels)
    with pytest.raises(AssertionError, match="calls it noise"):
        judging_stretch.assert_pair(np.array([before, np.mean(three.argmax(1) == labels)]), two, three, labels)
    with pytest.raises(AssertionError, match="first `model`, then `model3`"):
        judging_stretch.assert_pair(np.array([after, before]), two, three, labels)
    with pytest.raises(AssertionError, match="two numbers"):
        judging_stretch.assert_pair(np.array([after]), two, three, labels)
    with pytest.raises(AssertionError, match="between 0 and 1"):
        judging_stretch.assert_pair(100 * np.array([before, after]), two, three, labels)


class NewNets(Submission):
    """New nets, with what stands behind their last layer."""

    def __init__(self, ending):
        super().__init__(None)
        self.rng, self.ending = np.random.default_rng(0), ending

    def _ask(self, question, needed=True, **arguments):
        if question == "source_line":
            return "return ...softmax(...)"
        logits = torch.tensor(self.rng.normal(0, 3, (len(arguments["images"]), 3)))
        return self.ending(logits).numpy().astype(np.float32)


def test_a_softmax_and_a_sigmoid_are_recognised_and_logits_never_are():
    images = np.zeros((24, 1, 32, 64), np.float32)
    for honest in (lambda x: x, lambda x: torch.log_softmax(x, -1), lambda x: 0.1 * x, torch.relu, torch.zeros_like):
        judging_stretch.assert_no_probabilities(NewNets(honest), images)
    for ending, says in (
        (lambda x: torch.softmax(x, -1), "add up to 1.*Look at your"),
        (torch.sigmoid, "as a sigmoid"),
    ):
        with pytest.raises(AssertionError, match=says):
            judging_stretch.assert_no_probabilities(NewNets(ending), images)


TRAIN = """
def train_three(model, X, y, epochs=3):
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(X)).split(32):
            loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        losses.append(total / len(X))
    return losses
"""


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (("", ""), None),
        (("total += loss.item() * len(batch)", "total += loss.detach()"), None),
        (("            optimiser.zero_grad()\n", ""), "call zero_grad"),
        (
            ("    losses = []", "    model = nn.Sequential(nn.Flatten(), nn.Linear(2048, 3))\n    losses = []"),
            "unchanged",
        ),
        (("y[batch]", "torch.randperm(len(batch)) % 3"), "same batch"),
        (("    return losses", "    return None"), "list with the mean loss"),
    ],
)
def test_train_three_is_judged_by_what_it_does(change, hint):
    namespace = {"torch": torch, "nn": nn}
    exec(TRAIN.replace(*change) if change[0] else TRAIN, namespace)
    if hint is None:
        judging_stretch.assert_trains(connect(namespace), "test")
    else:
        with pytest.raises(AssertionError, match=hint):
            judging_stretch.assert_trains(connect(namespace), "test")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("", ""), None),
        (
            (
                "cross_entropy(model(X[batch]), y[batch])",
                "cross_entropy(model(X[batch]), y[batch], label_smoothing=0.1)",
            ),
            None,
        ),
        (("total += loss.item() * len(batch)", "total += loss.item()"), "32 times too small.*`losses.append"),
        (("losses.append(total / len(X))", "losses.append(total)"), "96 times too large"),
        (("model(X[batch])", "torch.softmax(model(X[batch]), 1)"), r"behind a softmax.*`loss = .*softmax\("),
        (("model(X[batch])", "torch.softmax(model(X[batch]), 0)"), "along the batch"),
        (("cross_entropy", "nll_loss"), "never negative"),
    ],
)
def test_losses_of_train_three_that_are_odd_are_remarked_on(change, says):
    namespace = {"torch": torch, "nn": nn}
    told_by(TRAIN.replace(*change) if change[0] else TRAIN, namespace)
    remark = judging_stretch.remark_on_losses(connect(namespace))
    assert remark is None if says is None else re.search(says, remark), remark


def told_by(source, namespace):
    """Run code whose lines can be quoted."""
    name = f"<cell {hash(source)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(source, name, "exec"), namespace)


class Tells(Submission):
    """A net whose logits are made up from the images."""

    def __init__(self, logits):
        super().__init__(None)
        self.of_images = logits

    def _ask(self, question, needed=True, **arguments):
        assert question == "logits"
        self.asked = getattr(self, "asked", 0) + 1
        return np.asarray(self.of_images(arguments["images"]), np.float32)

    def seed(self, purpose):
        return 7


def test_a_net_without_three_logits_is_no_answer():
    judging_stretch.three_logits(Tells(lambda images: np.zeros((len(images), 3))), "model3", np.zeros((5, 1, 32, 64)))
    for shape in ((5,), (5, 2), (3, 5)):
        with pytest.raises(NoAnswer, match="three logits"):
            judging_stretch.three_logits(Tells(lambda _, s=shape: np.zeros(s)), "model3", np.zeros((5, 1, 32, 64)))


# --- (b) --------------------------------------------------------------------------------------------------------------

EVERYWHERE = [(i, j) for i in range(len(stretch.DRIFTS)) for j in range(len(stretch.WIDTHS))]
TRUE_SHARES = np.linspace(0, 1, len(EVERYWHERE)).reshape(len(stretch.DRIFTS), -1)


def drawn(rng, draws):
    return rng.binomial(draws, TRUE_SHARES) / draws


def test_shares_of_other_draws_pass():
    for seed in range(200):
        rng = np.random.default_rng(seed)
        ours = drawn(rng, 200).ravel()
        judging_stretch.assert_shares(drawn(rng, stretch.DRAWS), EVERYWHERE, ours, np.ones_like(ours), 200)


def test_shares_with_the_same_noise_everywhere_pass():
    for seed in range(200):
        rng = np.random.default_rng(seed)
        common = rng.random(stretch.DRAWS)
        told = (common[:, None, None] < TRUE_SHARES).mean(0)
        ours = drawn(rng, 200).ravel()
        judging_stretch.assert_shares(told, EVERYWHERE, ours, np.ones_like(ours), 200)


def test_wrong_shares_say_why():
    ours = drawn(np.random.default_rng(0), 200).ravel()
    clean = (TRUE_SHARES > 0.7).ravel().astype(float)
    for told, hint in (
        (clean.reshape(TRUE_SHARES.shape), "without noise"),
        (1 - TRUE_SHARES, "share called blip"),
        (np.full_like(TRUE_SHARES, 0.5), "holds 0.5 everywhere"),
    ):
        with pytest.raises(AssertionError, match=hint):
            judging_stretch.assert_shares(told, EVERYWHERE, ours, clean, 200)


def test_shares_of_few_draws_are_remarked_on():
    rng = np.random.default_rng(0)
    for draws in (8, 20, 50):
        assert f"multiples of 1/{draws}: " in judging_stretch.remark_on_draws(drawn(rng, draws))
    for draws in (100, 200, 300):
        assert judging_stretch.remark_on_draws(drawn(rng, draws)) is None
    nearly_always_sure = np.zeros_like(TRUE_SHARES)
    nearly_always_sure[0, 0] = 0.1
    assert judging_stretch.remark_on_draws(nearly_always_sure) is None
    rounded = judging_stretch.remark_on_draws(np.round(drawn(rng, 200), 1))
    assert "they are rounded, or they are of 10 images" in rounded


@pytest.mark.parametrize(
    ("found", "hint"),
    [(TRUE_SHARES.T, r"\.T"), (TRUE_SHARES[:3], "a row for each"), (100 * TRUE_SHARES, "between 0 and 1")],
)
def test_what_is_no_map_says_why(found, hint):
    with pytest.raises(AssertionError, match=hint):
        judging_stretch.map_of_shares(found)


def test_the_net_is_asked_about_noisy_blips():
    def brightness(images):
        return images.max(axis=(1, 2, 3)) - 3.5

    submission = Tells(brightness)
    noisy, clean = judging_stretch.shares(submission, [(0, 0), (6, 5)], 50, np.random.default_rng(0))
    assert clean.tolist() == [0, 0] and (noisy > 0.05).all()


def test_a_map_is_known_in_every_orientation():
    for view in (TRUE_SHARES, TRUE_SHARES.T, TRUE_SHARES[::-1], 100 * TRUE_SHARES):
        assert judging_stretch.shows_map([Panel([np.zeros((3, 3)), view], "")], TRUE_SHARES)
    for view in (1 - TRUE_SHARES[:, ::2], np.zeros_like(TRUE_SHARES), np.full_like(TRUE_SHARES, np.nan)):
        assert not judging_stretch.shows_map([Panel([view], "")], TRUE_SHARES)
    assert judging_stretch.shows_map([Panel([np.zeros((7, 6))], "")], np.zeros((7, 6)))  # a net that is never wrong


# --- (c) --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def line():
    """Weights of a linear classifier by least squares, its bias, and its two accuracies."""
    X, y = judging.dataset()
    pixels, fresh = X.reshape(len(X), -1).astype(np.float64), stretch.fresh_images()
    weights = pixels.T @ np.linalg.solve(pixels @ pixels.T + 300 * np.eye(len(pixels)), 2.0 * y - 1)
    bias = 0.01
    told = tuple(
        float(np.mean((images.reshape(len(images), -1) @ weights + bias > 0) == labels))
        for images, labels in ((X, y), fresh)
    )
    return weights, told, fresh


def test_weights_pass_whatever_their_bias_and_scale(line):
    weights, told, fresh = line
    assert told[0] > 0.95 and 0.58 < told[1] < 0.68
    for scale in (1.0, 1e-3, 50.0):
        judging_stretch.assert_weights_are_as_good(scale * weights, told, fresh, judging_stretch.ACCURACY_TOLERANCE)


def test_weights_that_are_not_those_say_why(line):
    weights, told, fresh = line
    for given, claimed, hint in (
        (-weights, told, "trained LinearNet"),
        (weights.reshape(64, 32).T.ravel(), told, "where its pixel is"),
        (np.random.default_rng(0).normal(size=2048), told, "A new LinearNet"),
        (weights, (told[0], told[0]), "on X_fresh"),
        (weights, (0.6 * told[0], told[1]), "fresh images|for the training part"),
    ):
        with pytest.raises(AssertionError, match=hint):
            judging_stretch.assert_weights_are_as_good(given, claimed, fresh, judging_stretch.ACCURACY_TOLERANCE)


def test_accuracy_by_threshold_is_counted_right():
    rng = np.random.default_rng(0)
    images, labels, weights = rng.normal(size=(30, 1, 32, 64)), np.arange(30) % 2, rng.normal(size=2048)
    sums = images.reshape(30, -1) @ weights
    at = np.quantile(sums, [0.1, 0.5, 0.77]) + 1e-9
    expected = [np.mean((sums > threshold) == labels) for threshold in at]
    assert judging_stretch.right_by_threshold(weights, images, labels, at) == pytest.approx(expected)


def test_shape_of_the_weights():
    for shape in ((32, 64), (1, 32, 64), (1, 1, 32, 64)):
        assert judging_stretch.weights_of_image(np.arange(2048.0).reshape(shape)).tolist() == list(range(2048))
    for found in (np.zeros((1, 2048)), np.zeros((64, 32)), np.zeros((32, 64)), np.full((32, 64), np.nan)):
        with pytest.raises(AssertionError, match="weights_image"):
            judging_stretch.weights_of_image(found)


# --- (d) --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sure():
    images, labels = stretch.candidates()
    return images[stretch.surest(images.max(axis=(1, 2, 3)), labels), 0]


def left_heavy(images):
    """Logits by the brightness of the columns, the early ones more."""
    return (images * np.linspace(2, 1, 64)).mean(axis=(1, 2, 3)) * 8 - 2


def test_scores_of_halves_are_those_of_the_net(sure):
    expected, deviations = judging_stretch.scores_of_halves(Tells(left_heavy), sure)
    hidden = sure[2].copy()
    hidden[:, 32:] = 0
    assert expected.shape == (6, 2, 2) and deviations.shape == (6, 2)
    assert expected[2, 1, 0] == pytest.approx(judging.sigmoid(left_heavy(hidden[None, None]))[0])
    noisy = np.repeat(sure[2][None], 20, axis=0)
    noisy[:, :, :32] = stretch.fillings()[:, :, :32]
    scores = judging.sigmoid(left_heavy(noisy[:, None]))
    assert expected[2, 0, 1] == pytest.approx(scores.mean()) and deviations[2, 0] == pytest.approx(scores.std())


def test_own_draws_of_noise_pass(sure):
    expected, deviations = judging_stretch.scores_of_halves(Tells(left_heavy), sure)
    slack = judging_stretch.slack_of_noise(deviations)
    for seed in range(20):
        told = np.empty((6, 2))
        own = simulators.noises(20, np.random.default_rng(seed))
        for half, columns in enumerate((stretch.EARLY, stretch.LATE)):
            filled = judging_stretch.with_half_hidden(sure, columns, own)
            told[:, half] = judging.sigmoid(left_heavy(filled.reshape(-1, 1, 32, 64))).reshape(6, 20).mean(1)
        judging_stretch.assert_half_scores(told, expected[..., 1], slack, "noise")
    with pytest.raises(AssertionError, match=r"fillings|swapped"):
        judging_stretch.assert_half_scores(expected[..., 0], expected[..., 1], np.full((6, 2), 1e-4), "noise")


def test_swapped_halves_are_named(sure):
    expected, _ = judging_stretch.scores_of_halves(Tells(left_heavy), sure)
    with pytest.raises(AssertionError, match="swapped"):
        judging_stretch.assert_half_scores(expected[:, ::-1, 0], expected[..., 0], np.full((6, 2), 1e-4), "zeros")


@pytest.mark.parametrize("tiles", [(8, 16), (4, 8), (16, 16), (32, 64)])
def test_occlusion_in_tiles_of_any_size(sure, tiles):
    expected = judging_stretch.occlusion_of(Tells(left_heavy), sure[0], tiles)
    assert judging_stretch.tiles_of(expected) == tiles
    judging_stretch.assert_occlusion(expected.astype(np.float32), expected)
    rows, columns = 32 // tiles[0], 64 // tiles[1]
    hidden = sure[0].copy()
    hidden[-rows:, :columns] = 0
    fall = left_heavy(sure[0][None, None]) - left_heavy(hidden[None, None])
    assert expected[-1, 0] == pytest.approx(fall[0], abs=1e-5)


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (lambda m: -m, "sign"),
        (lambda m: 3 - m, "subtract it"),
        (lambda m: m[::-1], "not in their places"),
        (lambda m: np.zeros_like(m), "Hide one tile at a time"),
    ],
)
def test_occlusion_that_is_wrong_says_why(sure, change, hint):
    expected = judging_stretch.occlusion_of(Tells(left_heavy), sure[0], (8, 16))
    with pytest.raises(AssertionError, match=hint):
        judging_stretch.assert_occlusion(change(expected), expected)


def tilted(images):
    """Logits in which every pixel has a weight of its own."""
    weights = np.random.default_rng(5).normal(size=(32, 64))
    return (images[:, 0] * weights).sum(axis=(1, 2)) / 20


def falls_of(image, tiles, hide):
    """By how much the logit falls, tile by tile, as a student writes it."""
    hidden = []
    for row, column in np.ndindex(tiles):
        hidden.append(image.copy())
        hide(hidden[-1], row, column)
    return (tilted(image[None, None]) - tilted(np.array(hidden)[:, None])).reshape(tiles)


def of_size(height, width, filling=0):
    def hide(copy, row, column):
        copy[height * row : height * (row + 1), width * column : width * (column + 1)] = filling

    return hide


def turned(copy, row, column):
    copy[4 * column : 4 * column + 4, 4 * row : 4 * row + 4] = 0


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda images: falls_of(images[0], (8, 16), of_size(4, 4)).T, "is transposed"),
        (lambda images: falls_of(images[0], (8, 16), of_size(4, 4)).reshape(16, 8), r"reshape\(8, 16\)"),
        (lambda images: falls_of(images[0], (16, 8), of_size(4, 8)), "made of tiles of 4 x 8.*needs tiles of 2 x 8"),
        (lambda images: falls_of(images[0], (8, 16), of_size(2, 2)), "made of tiles of 2 x 2.*needs tiles of 4 x 4"),
        (lambda images: falls_of(images[0], (8, 16), turned), "Rows and columns are swapped"),
        (lambda images: falls_of(images[0], (8, 16), of_size(4, 4, 1)), "filled with ones"),
        (lambda images: falls_of(images[4], (8, 16), of_size(4, 4)), "of image 4, a blip"),
        (lambda images: falls_of(images[0], (8, 16), of_size(4, 4)).repeat(4, 0).repeat(4, 1), "stands there 16 times"),
        (
            lambda images: (
                judging.sigmoid(tilted(images[:1, None]))
                - judging.sigmoid(tilted(images[:1, None]) - falls_of(images[0], (8, 16), of_size(4, 4)))
            ),
            "leave out the sigmoid",
        ),
    ],
)
def test_an_occlusion_map_of_other_tiles_is_named(sure, wrong, says):
    found, submission = wrong(sure), Tells(tilted)
    expected = judging_stretch.occlusion_of(submission, sure[0], found.shape)
    with pytest.raises(AssertionError, match=says):
        judging_stretch.assert_occlusion(
            found, expected, judging_stretch.other_occlusions(submission, sure, found.shape)
        )


def test_a_right_occlusion_map_asks_for_no_other(sure):
    submission = Tells(tilted)
    expected = judging_stretch.occlusion_of(submission, sure[0], (8, 16))
    judging_stretch.assert_occlusion(expected, expected, judging_stretch.other_occlusions(submission, sure, (8, 16)))
    assert submission.asked == 1


@pytest.mark.parametrize("shape", [(128,), (8, 15), (2, 2), (64, 32)])
def test_what_is_no_occlusion_map_says_so(shape):
    with pytest.raises(AssertionError, match="occlusion"):
        judging_stretch.tiles_of(np.zeros(shape))


def test_halves_are_found_in_a_figure(sure):
    values = np.linspace(0.05, 0.95, 24).reshape(6, 2, 2)
    panels = []
    for image in range(6):
        for half, columns in enumerate((stretch.EARLY, stretch.LATE)):
            for filling in (0, 1):
                shown = sure[image].astype(np.float64)
                shown[:, columns] = filling * stretch.fillings()[3][:, columns]
                assert judging_stretch.half_shown(Panel([shown[::-1]], ""), sure) == (image, half)
                panels.append(Panel([shown], f"score {values[image, half, filling]:.2f}"))
    judging_stretch.assert_halves_shown(panels, sure, values)
    judging_stretch.assert_halves_shown(panels[::4], sure, values)  # each image once is enough
    assert judging_stretch.half_shown(Panel([sure[0].astype(float)], ""), sure) is None  # nothing is hidden
    with pytest.raises(AssertionError, match="lacks 1 of the 6"):
        judging_stretch.assert_halves_shown(panels[4:], sure, values)
    with pytest.raises(AssertionError, match="Print the score"):
        judging_stretch.assert_halves_shown([Panel(panel.images, "") for panel in panels], sure, values)


# --- thresholds -------------------------------------------------------------------------------------------------------


def test_thresholds_follow_from_the_study():
    share = {
        recipe.name: [
            thresholds.share_for(row.hidden / stretch_study.IMAGES, thresholds.THREE_ACCURACY_BANDS)
            for row in stretch_study.read()
            if row.recipe == recipe.name
        ]
        for recipe in stretch_study.recipes()
    }
    for recipe in stretch_study.recipes():
        assert len(share[recipe.name]) >= recipe.runs * len(recipe.epochs)
        assert not recipe.honest or (recipe.runs >= 20 and min(share[recipe.name]) == 1), recipe.name
    for hopeless in ("one epoch", "linear on pixels", "shuffled labels"):
        assert max(share[hopeless]) == 0, hopeless
    assert thresholds.THREE_ACCURACY_BANDS[0][0] + 0.02 < thresholds.THREE_PREVIEW_ACCURACY


def test_the_notebook_says_what_counts(cells):
    (full, _), (half, _) = thresholds.THREE_ACCURACY_BANDS
    assert f"Both points from {full:.0%}, one from {half:.0%}." in cells["three-classes-fresh-accuracy"].source.replace(
        " %", "%"
    )


# --- nets -------------------------------------------------------------------------------------------------------------


class TwoOutputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.line = nn.Linear(2048, 2)

    def forward(self, images):
        return self.line(images.flatten(1))


def quick(model, X, y, epochs=1):
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01)
    optimiser.zero_grad()
    model(X).sum().backward()
    optimiser.step()
    return [0.7] * epochs


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for module in (checkpoint, stretch_training):
        monkeypatch.setattr(module, "NOTEBOOK_FOLDER", tmp_path)
    return tmp_path


def test_the_net_of_ex04_is_loaded_and_its_file_stays(folder, capsys):
    trained = TwoOutputs()
    torch.save({"weights": trained.state_dict(), "losses": [0.5]}, folder / CHECKPOINT)
    before = (folder / CHECKPOINT).read_bytes()
    namespace = {"GlitchNet": TwoOutputs, "train_model": quick}
    model = stretch_training.net_of_ex04(namespace)
    said = capsys.readouterr().out
    assert torch.equal(model.line.weight, trained.line.weight) and "your own net" in said
    assert "a coin is in 50%: is it trained?" in said
    other = {"GlitchNet": lambda: nn.Sequential(nn.Flatten(), nn.Linear(2048, 1), nn.Flatten(0)), "train_model": quick}
    stretch_training.net_of_ex04(other)
    said = capsys.readouterr().out
    assert "does not fit" in said and "paste your class GlitchNet" in said
    assert (folder / CHECKPOINT).read_bytes() == before
    assert {path.name for path in folder.iterdir()} == {CHECKPOINT, "suggested_net.pt"}


def test_a_net_of_ex04_that_has_learnt_is_not_doubted(folder, capsys):
    net = TwoOutputs()
    images, labels = (torch.from_numpy(part) for part in simulators.fixed_dataset())
    solve(nn.Sequential(net.line), images, labels)
    torch.save({"weights": net.state_dict(), "losses": [0.5]}, folder / CHECKPOINT)
    stretch_training.net_of_ex04({"GlitchNet": TwoOutputs, "train_model": quick})
    assert capsys.readouterr().out == f"`model` is your own net from ex04, in {CHECKPOINT}.\n"


def test_a_damaged_net_of_ex04_is_told_once_with_the_net_that_is_used(folder, capsys):
    (folder / CHECKPOINT).write_bytes(b"no zip file")
    for _ in range(2):  # trained, then loaded
        stretch_training.net_of_ex04({"GlitchNet": TwoOutputs, "train_model": quick})
        said = capsys.readouterr().out
        assert "can't be read: `model` is not your net from ex04, but the GlitchNet of the cell above" in said
        assert "copy glitch_or_chirp.pt from ex04 once more" in said
        assert "trained again" not in said and "another net" not in said
    assert "using the trained net in suggested_net.pt" in said


def test_without_ex04_a_net_is_trained_once(folder, capsys):
    namespace = {"GlitchNet": TwoOutputs, "train_model": quick}
    first = stretch_training.net_of_ex04(namespace)
    assert "`model` is the GlitchNet of the cell above, trained" in capsys.readouterr().out
    second = stretch_training.net_of_ex04(namespace)
    assert "using the trained net in suggested_net.pt" in capsys.readouterr().out
    assert torch.equal(first.line.weight, second.line.weight)


def test_a_missing_three_net_is_stood_in_for(folder, capsys):
    namespace = {}
    model3, losses3 = stretch_training.fit_three(namespace)
    said = capsys.readouterr().out
    assert "`model3` is a stand-in" in said and "rest of part (a)" in said and losses3 == []
    images, labels = stretch.three_classes_training()
    assert np.mean(asking.ask(model3, images).argmax(1) == labels) > 0.8
    submission = connect(namespace | {"model3": model3})
    with pytest.raises(NoAnswer, match="net of yours"):
        submission.needs_own_net("model3")


def test_ask_takes_images_in_every_form():
    net = TwoOutputs()
    images = np.random.default_rng(0).normal(size=(3, 32, 64))
    expected = asking.ask(net, images)
    assert expected.shape == (3, 2) and not net.training
    for form in (images[:, None].astype(np.float32), torch.from_numpy(images), list(images)):
        assert np.allclose(asking.ask(net, form), expected, atol=1e-5)
    assert asking.ask(nn.Sequential(nn.Flatten(), nn.Linear(2048, 1)), images[0]).shape == (1,)
    assert np.allclose(asking.chirp_logits(net, images), expected[:, 1] - expected[:, 0])


# --- from start to end ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_solution_earns_every_automatic_point(tmp_path):
    for given in ("course_utils", "nbjudge"):
        shutil.copytree(STRETCH.release / given, tmp_path / given)
    notebook = nbformat.read(STRETCH.source / STRETCH.notebook, as_version=4)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    earned = {
        cell.id: (
            float(re.search(r"\(([\d.]+) of ", cell.outputs[0].data["text/plain"])[1]),
            cell.metadata.nbgrader.points,
        )
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code"
    }
    assert [name for name, (got, most) in earned.items() if got != most] == []
    assert sum(got for got, _ in earned.values()) == 36
    assert {path.name for path in tmp_path.glob("*.pt")} == {"suggested_net.pt", "three_classes.pt"}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")
@pytest.mark.parametrize("name", ["wheat-model", "chaff-shares-without-noise", "untouched"])
def test_graded_as_a_class_is(name):
    from tests.corpus.matrix import grade

    verdict = grade(find(name, STRETCH))
    assert verdict.surprises == []


# What a newcomer's mistakes are called


def test_one_draw_and_reversed_drifts_are_named():
    points = [(0, 0), (3, 2), (6, 5)]
    shape = (len(stretch.DRIFTS), len(stretch.WIDTHS))
    shares = np.linspace(0.05, 0.95, shape[0])[:, None] ** np.linspace(1, 2, shape[1])
    noisy, clean = np.array([shares[point] for point in points]), np.ones(3)
    for wrong, says in ((np.round(shares), "only 0 and 1"), (shares[::-1], "reverse order")):
        with pytest.raises(AssertionError, match=says):
            judging_stretch.assert_shares(wrong, points, noisy, clean, 200)


def test_scores_of_halves_that_are_mixed_up_are_named():
    zeros, noise = np.random.default_rng(1).uniform(0.1, 0.9, (2, 6, 2))
    slack = np.full((6, 2), 0.01)
    mixed = zeros.copy()
    mixed[3:] = 1 - zeros[3:]
    for wrong, says in (
        (noise, "fillings are swapped"),
        (np.roll(zeros, 2, axis=0), "another order"),
        (mixed, "blips too"),
        (zeros[:, :1].repeat(2, axis=1), "Is a half hidden"),
    ):
        with pytest.raises(AssertionError, match=says):
            judging_stretch.assert_half_scores(wrong, zeros, slack, "zeros", swapped=zeros)


def test_an_occlusion_map_that_is_upside_down_is_named():
    falls = np.random.default_rng(1).normal(size=(8, 16))
    for wrong in (falls[::-1], falls.reshape(-1, order="F").reshape(8, 16), falls[:, ::-1]):
        with pytest.raises(AssertionError, match="not in their places"):
            judging_stretch.assert_occlusion(wrong, falls)


def test_the_pair_says_which_number_is_wrong():
    labels = np.repeat([0, 1], 100)
    rng = np.random.default_rng(1)
    two = np.where(labels == 1, 1.0, -1.0) * np.where(rng.random(200) < 0.9, 1, -1)
    three = np.stack([-two, two, np.full(200, -9.0)], axis=1) * np.where(np.arange(200) < 196, 1, -1)[:, None]
    before, after = (judging.accuracy(logits, labels) for logits in (two, three[:, 1] - three[:, 0]))
    for wrong, says in (((0.5, after), "first number is 0.5000"), ((after, before), "swapped")):
        with pytest.raises(AssertionError, match=says):
            judging_stretch.assert_pair(np.array(wrong), two, three, labels)


class Notebook:
    """Cells of part (d), and others, in a shell."""

    def __init__(self):
        history._RUNS.clear()
        self.shell = new_shell()
        self.shell._showtraceback = lambda *_: None
        self.shell.user_ns |= {"np": np, "stretch": stretch, "simulators": simulators}
        self.submission = connect(self.shell.user_ns)

    def run(self, source, cell):
        self.shell.run_cell(source, store_history=True, cell_id=cell)

    def told(self, name, message):
        def question():
            self.submission.values(name)
            raise AssertionError(message)

        return self.submission.check(question, 1)


@pytest.fixture
def notebook(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    notebook = Notebook()
    yield notebook
    notebook.shell.user_ns.clear()  # IPython keeps every shell until the end


GIVEN_IMAGES = "X_sure, y_sure = stretch.candidates()"
HIDES = """half_scores = np.empty(6)
for i in range(6):
    image = {}
    image[:, :32] = 0
    half_scores[i] = image.mean()"""


def test_images_that_were_painted_over_are_not_called_out_of_date(notebook):
    notebook.run(GIVEN_IMAGES, "setup-confident")
    notebook.run(HIDES.format("X_sure[i, 0]"), "halves")
    outcome = notebook.told("half_scores", "`half_scores` is wrong.")
    assert outcome.out_of_date == ()
    assert "your line `image[:, :32] = 0` writes into it" in outcome.message
    assert "Run the cell that makes `X_sure` again" in outcome.message and "`images.copy()`" in outcome.message
    notebook.run(GIVEN_IMAGES, "setup-confident")  # the same as before
    assert notebook.told("half_scores", "`half_scores` is wrong.").out_of_date == ()
    notebook.run(HIDES.format("X_sure[i, 0].copy()"), "halves")
    outcome = notebook.told("half_scores", "`half_scores` is wrong.")
    assert outcome.message == (
        "`half_scores` is wrong. Look at your line `half_scores[i] = image.mean()`, and at what makes `image`."
    )
    notebook.run("X_sure = X_sure[::-1]", "scratch")
    notebook.run(HIDES.format("X_sure[i, 0].copy()"), "halves")
    assert "give a changed one another name" in notebook.told("half_scores", "`half_scores` is wrong.").message


def test_images_that_were_made_anew_still_make_answers_older(notebook):
    notebook.run("images = np.zeros(3)", "images")
    notebook.run("half_scores = images + 1\nimages[0] = 7", "halves")
    notebook.run("images = np.ones(3)", "images")
    (why,) = notebook.told("half_scores", "`half_scores` is wrong.").out_of_date
    assert "before `images` was made anew" in why


def test_a_wrong_shape_quotes_the_line_that_makes_it(notebook):
    notebook.run("chirp_share = np.zeros((6, 7))\nchirp_share[0, 0] = 1", "drift-map")
    assert "`chirp_share[0, 0] = 1`" in notebook.told("chirp_share", "`chirp_share` is wrong.").message
    assert "`chirp_share = np.zeros((6, 7))`" in notebook.told("chirp_share", "The shape of `chirp_share`").message


@pytest.mark.parametrize(
    ("source", "is_unfinished"),
    [
        ("confusion3 = np.zeros(3)\nfor i in said3:\n    confusion3[i] += 1", True),
        ("confusion3 = np.zeros(3)\nfor i in range(3):\n    confusion3[i] += 1\n    print(said3)", True),
        ("confusion3 = np.zeros(3)\nprint(said3)\nnp.add.at(confusion3, [0], 1)", True),
        ("confusion3 = np.zeros(3)\nconfusion3[0] = 1\nprint(said3)", False),
    ],
)
def test_a_cell_that_ended_half_way_is_told_instead_of_its_numbers(notebook, source, is_unfinished):
    notebook.run(source, "lost-chirps")
    message = notebook.told("confusion3", "Expected other numbers.").message
    told = "`confusion3` is unfinished, because your code raised NameError in line"
    assert (told in message) == is_unfinished and ("Expected" in message) != is_unfinished
    notebook.run("confusion3 = np.zeros(3)", "lost-chirps")
    assert "unfinished" not in notebook.told("confusion3", "Expected other numbers.").message


# Which line is quoted

TWO_FILLINGS = """half_scores = np.empty((6, 2, 2))
for i in range(6):
    for half in range(2):
        half_scores[i, half, 0] = 0.1
        half_scores[i, half, 1] = 0.2"""


@pytest.mark.parametrize(
    ("source", "message", "quoted"),
    [
        (TWO_FILLINGS, "`half_scores[2, 1, 0]` is wrong.", "half_scores[i, half, 0] = 0.1"),
        (TWO_FILLINGS, "`half_scores[2, 1, 1]` is wrong.", "half_scores[i, half, 1] = 0.2"),
        (TWO_FILLINGS, "`half_scores` is wrong.", None),
        (TWO_FILLINGS.replace("i, half, ", "..., "), "`half_scores[2, 1, 0]` is wrong.", "half_scores[..., 0] = 0.1"),
        (TWO_FILLINGS.replace("i, half, ", "i][half]["), "`half_scores[2, 1, 1]` is wrong.", "[half][1] = 0.2"),
        (TWO_FILLINGS.replace("half, 1", "half, 0"), "`half_scores[2, 1, 0]` is wrong.", None),
        ("half_scores = []\nhalf_scores.append(1)\nhalf_scores = np.array(half_scores)", "`half_scores`", "append(1)"),
        ("half_scores = np.ones(3) + np.eye(3)\nhalf_scores[0] = 1", "`half_scores` is wrong.", None),
        ("half_scores = np.eye(3)\nhalf_scores = half_scores / 300", "`half_scores` is wrong.", "half_scores / 300"),
        ("half_scores = np.eye(3)\nhalf_scores = half_scores.T", "The shape of `half_scores`.", "half_scores.T"),
        ("half_scores = 1\nhalf_scores = np.eye(3) / 300", "`half_scores` is wrong.", "np.eye(3) / 300"),
    ],
)
def test_a_line_is_quoted_only_if_no_other_one_can_be_at_fault(notebook, source, message, quoted):
    notebook.run(source, "halves")
    told = notebook.told("half_scores", message).message
    assert "Look at your line" not in told if quoted is None else f"{quoted}`" in told, told


def test_what_the_quoted_line_is_made_from_is_named_and_nothing_else(notebook):
    source = TWO_FILLINGS.replace("0.1", "hidden.mean()").replace("0.2", "images.mean()")
    notebook.run(f"hidden, images = np.eye(3), np.ones(3)\n{source}", "halves")
    told = notebook.told("half_scores", "`half_scores[2, 1, 0]` is wrong.").message
    assert told.endswith("hidden.mean()`, and at what makes `hidden`.")


def test_of_a_value_that_is_out_of_date_no_line_is_quoted(notebook):
    notebook.run("confusion3 = np.eye(3)\nconfusion3 = confusion3 / 300", "lost-chirps")
    notebook.run("called = misspelt\nconfusion3 = np.eye(3)", "lost-chirps")
    outcome = notebook.told("confusion3", "`confusion3` holds shares.")
    assert outcome.message == "`confusion3` holds shares." and "failed with NameError" in outcome.out_of_date[0]
    notebook.run("confusion3 = np.eye(3)", "lost-chirps")
    assert "`confusion3 = np.eye(3)`" in notebook.told("confusion3", "`confusion3` holds shares.").message


def test_the_line_that_makes_an_empty_figure_is_not_quoted(notebook):
    notebook.run("import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt", "setup-tools")

    def told():
        def question():
            notebook.submission.figure("drift_figure")
            raise AssertionError("`drift_figure` shows another map.")

        return notebook.submission.check(question, 1).message

    notebook.run("drift_figure, ax = plt.subplots()\nax.imshow(np.eye(3))\nplt.close('all')", "drift-map")
    assert told() == "`drift_figure` shows another map."
    notebook.run("drift_figure = None", "drift-map")
    assert told() == "`drift_figure` shows another map."


NETS = """from torch import nn
class Net(nn.Module):
    def __init__(self, outputs=1):
        super().__init__()
        self.line = nn.Linear(2048, outputs)
    def forward(self, images):
        return self.line(images.flatten(1))
GlitchNet = Net
net_of_ex04, fit_three = lambda _: Net(), lambda _: (Net(3), [])"""
ASKS = "chirp_share = model.line.weight.detach().numpy().mean()"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("model = Net(1).eval()\nmodel = model.eval()", "model = Net(1).eval()"),
        ("model = model3", "model = model3"),
        ("for model in (model, model3):\n    pass", ""),
    ],
)
def test_a_given_net_that_was_replaced_is_named_with_the_line_that_did_it(notebook, source, line):
    images = np.zeros((2, 1, 32, 64), np.float32)

    def logits():
        logits = notebook.submission.one_logit_per_image("model", images)
        assert logits.size == notebook.submission.values("chirp_share").size * 2

    notebook.run(NETS, "glitchnet")
    notebook.run("model = net_of_ex04(globals())", "setup-net")
    notebook.run("model3, losses3 = fit_three(globals())", "setup-fit-three")
    notebook.run(ASKS, "drift-map")
    notebook.run("model = model.eval()", "scratch")
    outcome = notebook.submission.check(logits, 1)
    assert outcome.status == "passed" and outcome.out_of_date == ()
    notebook.run(source, "linear")
    outcome = notebook.submission.check(logits, 1)
    assert (outcome.status == "passed") == ("model3" not in source)  # it takes no points
    (told,) = outcome.out_of_date
    assert told.startswith(f"`model` is another net now: your line `{line}` replaced it." if line else "`model` is")
    assert "the cell with `net_of_ex04(globals())`" in told and "return" not in outcome.message
    notebook.run(source.replace("model =", "linear =").replace("for model", "for net"), "linear")
    assert "is another net now" in notebook.submission.check(logits, 1).out_of_date[0]  # it still is
    notebook.run("model = net_of_ex04(globals())", "setup-net")
    assert "is another net now" not in str(notebook.submission.check(logits, 1))


# What can't be sure stays general


def says(pattern, judge, *arguments):
    with pytest.raises(AssertionError) as failed:
        judge(*arguments)
    assert re.search(pattern, str(failed.value)), failed.value
    return str(failed.value)


def test_a_softmax_is_blamed_only_where_there_is_one():
    namespace = {"torch": torch, "nn": nn, "X3": torch.zeros(1500, 1, 32, 64), "y3": torch.arange(1500) % 3}
    told_by(TRAIN.replace("len(X)", "len(X3)").replace("X[batch]), y[batch]", "X3[batch]), y3[batch]"), namespace)
    remark = judging_stretch.remark_on_losses(connect(namespace))
    assert (
        "oftmax" not in remark and "use its arguments" in remark and "`for batch in torch.randperm(len(X3))" in remark
    )


def test_a_return_inside_the_loop_is_remarked_on():
    namespace = {"torch": torch, "nn": nn}
    told_by(TRAIN.replace("    return losses", "        return losses"), namespace)
    assert "inside the loop" in judging_stretch.remark_on_losses(connect(namespace))


def test_linear_accuracies_that_are_swapped_or_of_another_training_part_are_named(line):
    weights, told, fresh = line
    slack = judging_stretch.ACCURACY_TOLERANCE
    good = judging_stretch.assert_weights_are_as_good
    says("swapped", good, weights, told[::-1], fresh, slack)
    assert "(N, 1)" not in says("on X_fresh", good, weights, (told[0], 0.979), fresh, slack)
    assert good(weights, told, fresh, slack) is None
    assert "hardly more than a coin" in good(weights, (0.5, 0.5), fresh, slack)
    pixels, labels = fresh[0].reshape(len(fresh[0]), -1).astype(np.float64), 2.0 * fresh[1] - 1
    of_fresh = np.linalg.solve(pixels.T @ pixels + 300 * np.eye(2048), pixels.T @ labels)
    assert "Upside down" not in says("trained on X and y", good, of_fresh, (0.66, 0.9), fresh, slack)


def test_percent_are_called_percent():
    logits, labels = three_logits(450)
    table = 100 * table_of(logits, labels)
    says("percent of each row", judging_stretch.assert_confusion, 100 * table / table.sum(1)[:, None], logits, labels)
    says("or percent", judging_stretch.half_scores, Holds(np.full((6, 2, 2), 99.0)))
    says("be logits", judging_stretch.half_scores, Holds(np.full((6, 2, 2), -2.0)))


class Holds(Submission):
    """Variables that all hold the same."""

    def __init__(self, value):
        super().__init__(None)
        self.value = value

    def _ask(self, question, needed=True, **arguments):
        return self.value


class ThreeClasses(Holds):
    """A submission with losses, all of whose parameters are found."""

    def unregistered(self, of, images):
        return []


def test_the_order_of_classes_is_asked_about_only_if_another_one_fits():
    logits, labels = three_logits()
    logits[np.arange(len(labels)), labels] += 3
    stuck, fell = ThreeClasses(np.array([1.2, 1.1])), ThreeClasses(np.array([1.2, 0.1]))
    assert "order chirp, blip, noise?" in judging_stretch.hint_on_accuracy(fell, logits[:, [1, 0, 2]], labels)
    for guessed in (np.random.default_rng(1).normal(size=logits.shape), logits + 9 * np.eye(3)[0]):
        hint = judging_stretch.hint_on_accuracy(stuck, guessed, labels)
        assert "order" not in hint and "1.099" in hint
        assert "1.099" not in judging_stretch.hint_on_accuracy(fell, guessed, labels)
    assert "1.099" not in judging_stretch.hint_on_accuracy(stuck, three_logits()[0], labels)


def test_layers_in_a_plain_list_are_named_before_anybody_trains_longer(notebook):
    listed = GIVEN_NET.replace("self.features = nn.Conv2d(1, 32, 3)", "self.layers = [nn.Conv2d(1, 32, 3)]")
    forward = FORWARD.format("self.pool(self.layers[0](images)).flatten(1)")
    notebook.run(listed.format(forward=forward), "three-classes")
    hint = judging_stretch.hint_on_accuracy(notebook.submission, *three_logits())
    assert "nn.ModuleList" in hint and "`self.layers = [nn.Conv2d(1, 32, 3)]`" in hint and "longer" not in hint


def test_what_only_looks_like_a_mistake_is_asked_and_not_said():
    falls = 3 * np.random.default_rng(1).normal(size=(8, 16))
    assert "logits, not scores" not in says("Hide one tile", judging_stretch.assert_occlusion, falls + falls[0], falls)
    says("logits, not scores", judging_stretch.assert_occlusion, np.tanh(falls), falls)
    same = np.full((6, 2), 0.9)
    hint = says("not with something brighter", judging_stretch.assert_half_scores, same, same / 2, same / 99, "zeros")
    assert "`half_scores[0, 0, 0]` is 0.900" in hint
    says("Linear layer with three", judging_stretch.assert_three_logits, np.zeros((8, 2)), 8)
    for squeezed, n in ((np.zeros(3), 1), (np.zeros(24), 8)):
        says("not in this shape", judging_stretch.assert_three_logits, squeezed, n)


def test_a_pair_that_is_rounded_or_asks_for_chirp_alone_is_named():
    three, labels = three_logits(900)
    three, labels = three[labels < 2], labels[labels < 2]
    two = np.where(labels == 1, 1.0, -1.0) * np.where(np.arange(len(labels)) % 13, 1, -1)
    before, after = np.mean((two > 0) == labels), np.mean((three[:, 1] > three[:, 0]) == labels)
    for wrong, pattern in (
        ((round(before, 2), after), "rounded"),
        ((round(before, 2), round(after, 2)), "rounded"),
        ((before, np.mean((three.argmax(1) == 1) == labels)), "says chirp only if"),
    ):
        says(pattern, judging_stretch.assert_pair, np.array(wrong), two, three, labels)


def test_a_blip_of_no_width_warns_of_the_order():
    with pytest.warns(UserWarning, match="the drift first") as told:
        stretch.stretched_blip(2.0, 0.0)
    assert [one.filename for one in told] == [__file__]  # the student's line is shown, and none of ours


def test_a_state_dict_of_ones_own_is_called_so(folder, capsys):
    torch.save(TwoOutputs().state_dict(), folder / CHECKPOINT)
    stretch_training.net_of_ex04({"GlitchNet": TwoOutputs, "train_model": quick})
    assert "Is it a state_dict that you saved?" in capsys.readouterr().out


# --- hints are about the net that failed ------------------------------------------------------------------------------

GIVEN_NET = """from torch import nn
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.classifier = nn.Linear(32, 1)
    def forward(self, images):
        return self.classifier(images.mean((2, 3)).expand(-1, 32))
class ThreeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.pool, self.last = nn.AdaptiveAvgPool2d(1), nn.Linear(32, 3)
        self.features = nn.Conv2d(1, 32, 3)
{forward}"""
FORWARD = "    def forward(self, images):\n        return self.last({})"


@pytest.mark.parametrize(
    ("forward", "says"),
    [
        (FORWARD.format("self.pool(self.features(images))"), r"nn\.Flatten\(\) is missing"),
        (FORWARD.format("self.features(images).flatten(1)"), "59520 in `self.pool, self.last"),
        (FORWARD.format("self.pool(self.features(images)).flatten()"), r"mixes the images.*`return self\.last"),
        ("    def forward(images):\n        return images", r"`self` must be the first .*`def forward\(images\):`"),
        (FORWARD.format("self.lats"), "`self.last` exists"),
        (FORWARD.format("Linear(32, 3)(images)"), r"write `nn\.Linear`"),
    ],
)
def test_a_hint_quotes_the_class_that_failed(notebook, forward, says):
    notebook.run(GIVEN_NET.format(forward=forward) + "\nlinear = GlitchNet()", "three-classes")
    with pytest.raises(NoAnswer) as told:
        notebook.submission.logits("ThreeNet", np.zeros((4, 1, 32, 64), np.float32))
    assert re.search(says, str(told.value)), told.value
    assert "`self.classifier" not in str(told.value) and "`linear`" not in str(told.value)


TRAINS_THREE = """import torch
from torch import nn
class ThreeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
    def forward(self, images):
        return self.features(images)
def train_three(model, X, y, epochs=1):
    for batch in torch.arange(len(X)).split(32):
        nn.CrossEntropyLoss()(model({}), y[batch]).backward()
    return [1.0]"""


def probe_three(notebook):
    images = np.zeros((64, 1, 32, 64), np.float32)
    return notebook.submission.train_probe(images, np.zeros(64, np.int64), images[:1], 1, "train_three", 3)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("X[batch].squeeze(1)", r"train_three gives the net images of shape \(32, 32, 64\)"),
        ("X[batch].double()", "train_three gives the net numbers of the type float64"),
    ],
)
def test_a_training_that_gives_no_images_is_to_blame_and_the_net_is_not(notebook, folder, capsys, given, says):
    notebook.run(TRAINS_THREE.format(given), "three-classes")
    notebook.run("raise NotImplementedError", "glitchnet")
    stretch_training.fit_three(notebook.shell.user_ns)
    said = capsys.readouterr().out
    assert "because train_three was missing or failed" in said and re.search(says, said), said
    assert "first argument should be" not in said
    with pytest.raises(NoAnswer, match=says):
        probe_three(notebook)


def test_a_training_under_two_names_is_that_of_three_classes(notebook):
    notebook.run(TRAINS_THREE.format("X[batch]").replace("CrossEntropyLoss", "BCEWithLogitsLoss"), "three-classes")
    notebook.run("train_model = train_three\ntrain_model.__name__ = 'train_model'", "scratch")
    with pytest.raises(NoAnswer, match=r"use nn\.CrossEntropyLoss\(\)"):
        probe_three(notebook)


def test_a_map_that_is_the_same_everywhere_says_so():
    for value in (0.0, 1.0):
        values = np.full_like(TRUE_SHARES, value)
        noisy = np.array([0.5] * len(POINTS_OF_MAP))
        says(f"holds {value:g} everywhere", judging_stretch.assert_shares, values, POINTS_OF_MAP, noisy, 1 - noisy, 300)


POINTS_OF_MAP = [(0, 0), (3, 3)]


def test_means_of_scores_are_remarked_and_shares_are_not():
    rng = np.random.default_rng(3)
    assert "means of the score" in judging_stretch.remark_on_draws(rng.random((7, 6)))
    for images in (200, 300, 1000):
        assert judging_stretch.remark_on_draws(rng.integers(1, images, (7, 6)) / images) is None
    assert judging_stretch.remark_on_draws(np.round(rng.random((7, 6)), 3)) is None


def test_scores_of_halves_that_are_wrong_in_a_known_way_say_which(sure):
    expected, _ = judging_stretch.scores_of_halves(Tells(left_heavy), sure)
    slack = np.full((6, 2), 1e-3)

    def told(scores):
        with pytest.raises(AssertionError) as failed:
            judging_stretch.assert_half_scores(scores[..., 0], expected[..., 0], slack, "zeros", scores[..., 1])
        return str(failed.value)

    assert "scores for a blip" in told(1 - expected)
    assert "axes are in another order" in told(expected.swapaxes(1, 2))
    assert "holds zeros only" in told(np.zeros_like(expected))


def test_the_share_of_wrong_answers_is_called_so(line):
    weights, told, fresh = line
    good, slack = judging_stretch.assert_weights_are_as_good, judging_stretch.ACCURACY_TOLERANCE
    says("the wrong way round", good, weights, (1 - told[0], 1 - told[1]), fresh, slack)


def test_a_list_without_losses_is_called_empty(folder, capsys):
    namespace = {"GlitchNet": TwoOutputs, "train_model": lambda *_, **__: [], "X": None}
    stretch_training.net_of_ex04(namespace)
    assert "it returned an empty one" in capsys.readouterr().out
