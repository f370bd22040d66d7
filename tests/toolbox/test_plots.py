"""The plots show what they are given, leave other figures alone and explain what they cannot draw."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_utils import plots, simulators

IMAGES = simulators.fresh(12, seed=1).images


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def drawn(ax):
    """Return the pixels that an axes shows."""
    (image,) = ax.get_images()
    return image.get_array()


def texts(ax):
    return [text.get_text() for text in ax.texts]


def shares_limits(axes):
    return {ax.get_images()[0].get_clim() for ax in axes} == {plots.COLOUR_LIMITS}


# One figure, or axes of the caller's


DRAWINGS = {
    "spectrogram": (plots.spectrogram, IMAGES[0]),
    "confusion_matrix": (plots.confusion_matrix, [[97, 3], [12, 88]]),
    "loss_curve": (plots.loss_curve, [0.7, 0.5, 0.3]),
}


@pytest.mark.parametrize(("draw", "data"), DRAWINGS.values(), ids=DRAWINGS)
def test_opens_one_new_figure(draw, data):
    fig, ax = draw(data)
    assert isinstance(fig, Figure) and isinstance(ax, Axes) and ax.figure is fig
    assert plt.get_fignums() == [fig.number]
    fig.canvas.draw()


@pytest.mark.parametrize(("draw", "data"), DRAWINGS.values(), ids=DRAWINGS)
def test_draws_on_the_axes_given_and_touches_nothing_else(draw, data):
    fig, (ax, other) = plt.subplots(1, 2)
    current = plt.figure()
    result = draw(data, ax=ax)
    assert result[0] is fig and result[1] is ax
    assert ax.has_data() and not other.has_data() and fig.axes == [ax, other]
    assert plt.gcf() is current and current.axes == []
    assert len(plt.get_fignums()) == 2
    fig.canvas.draw()


# Spectrograms


@pytest.mark.parametrize("image", [IMAGES[0], IMAGES[0, 0], IMAGES[0].tolist()], ids=["1x32x64", "32x64", "list"])
def test_spectrogram_shows_the_image_with_low_frequencies_at_the_bottom(image):
    _, ax = plots.spectrogram(image, title="loud")
    assert np.array_equal(drawn(ax), IMAGES[0, 0])
    bottom, top = ax.get_ylim()
    assert bottom < top and ax.get_images()[0].origin == "lower"
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("time bin", "frequency bin", "loud")
    assert shares_limits([ax])


def test_torch_tensors_are_welcome():
    tensor = torch.from_numpy(IMAGES).requires_grad_()
    assert np.array_equal(drawn(plots.spectrogram(tensor[0])[1]), IMAGES[0, 0])
    for images in (tensor, list(tensor)):
        _, axes = plots.spectrogram_grid(images)
        assert np.array_equal([drawn(ax) for ax in axes], IMAGES[:, 0])


@pytest.mark.parametrize("shape", [(64, 32), (2, 32, 64), (1, 1, 32, 64), (32,), ()])
def test_spectrogram_refuses_other_shapes_without_opening_a_figure(shape):
    with pytest.raises(ValueError, match=r"image must have shape \(32, 64\) or \(1, 32, 64\), got"):
        plots.spectrogram(np.zeros(shape))
    assert plt.get_fignums() == []


@pytest.mark.parametrize("n", range(1, 13))
@pytest.mark.parametrize("channel", [True, False], ids=["nx1x32x64", "nx32x64"])
def test_grid_shows_all_images_in_order(n, channel):
    images = IMAGES[:n] if channel else IMAGES[:n, 0]
    titles = [f"image {i}" for i in range(n)]
    fig, axes = plots.spectrogram_grid(images, titles)
    assert axes.shape == (n,) and plt.get_fignums() == [fig.number]
    assert np.array_equal([drawn(ax) for ax in axes], IMAGES[:n, 0])
    assert [ax.get_title() for ax in axes] == titles
    assert shares_limits(axes)
    assert len(fig.axes) == n + 1  # the colour bar, and no empty panel


@pytest.mark.parametrize("n", [2, 5, 7, 12])
def test_grid_labels_no_edge_twice_and_nothing_overlaps(n):
    fig, axes = plots.spectrogram_grid(IMAGES[:n], titles=["true chirp, score 0.123"] * n)
    fig.canvas.draw()
    boxes = [ax.get_window_extent() for ax in axes]
    for ax, box in zip(axes, boxes, strict=True):
        leftmost = not any(other.x1 < box.x0 and abs(other.y0 - box.y0) < 1 for other in boxes)
        lowest = not any(other.y1 < box.y0 and abs(other.x0 - box.x0) < 1 for other in boxes)
        assert bool(ax.get_ylabel()) == leftmost
        assert bool(ax.get_xlabel()) == lowest
        assert any(label.get_visible() for label in ax.get_xticklabels()) == lowest
        assert box.width == pytest.approx(2 * box.height, rel=0.01)  # square pixels
    whole = [ax.get_tightbbox() for ax in fig.axes]
    for i, box in enumerate(whole):
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= fig.bbox.x1 and box.y1 <= fig.bbox.y1
        assert not any(box.padded(-1).overlaps(other) for other in whole[i + 1 :])


@pytest.mark.parametrize(("n", "columns", "expected"), [(6, 2, 2), (6, None, 3), (4, None, 4), (9, None, 3), (2, 5, 2)])
def test_grid_columns(n, columns, expected):
    _, axes = plots.spectrogram_grid(IMAGES[:n], columns=columns)
    assert axes[0].get_gridspec().ncols == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"images": IMAGES[:0]}, "no image"),
        ({"images": []}, "no image"),
        ({"images": np.float32(1)}, "no image"),
        ({"images": IMAGES[0, 0]}, r"got \(32, 64\)"),
        ({"images": np.zeros((3, 64, 32))}, r"\(n, 32, 64\) or .* got \(3, 64, 32\)"),
        ({"images": [IMAGES[0], IMAGES[0, 0]]}, "same shape"),
        ({"images": IMAGES[:3], "titles": ["a", "b"]}, "2 titles for 3 images"),
        ({"images": IMAGES[:3], "columns": 0}, "columns must be at least 1, got 0"),
    ],
)
def test_grid_explains_what_it_cannot_draw(arguments, message):
    with pytest.raises(ValueError, match=message):
        plots.spectrogram_grid(**arguments)
    assert plt.get_fignums() == []


# Confusion matrix


@pytest.mark.parametrize(
    "counts", [[[97, 3], [11, 89]], np.array([[97.0, 3], [11, 89]]), torch.tensor([[97, 3], [11, 89]])]
)
def test_confusion_matrix_has_true_rows_and_predicted_columns(counts):
    _, ax = plots.confusion_matrix(counts)
    where = {text.get_text(): (round(text.get_position()[1]), text.get_position()[0]) for text in ax.texts}
    assert where["97"] == (0, 0) and where["3"] == (0, 1) and where["11"] == (1, 0) and where["89"] == (1, 1)
    bottom, top = ax.get_ylim()
    assert bottom > top  # row 0 on top
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")
    for labels in (ax.get_xticklabels(), ax.get_yticklabels()):
        assert [label.get_text() for label in labels] == ["blip", "chirp"]


def test_confusion_matrix_shares_are_of_the_true_class():
    _, ax = plots.confusion_matrix([[30, 10], [0, 0]])
    assert {"75.0%", "25.0%", "0.0%"} <= set(texts(ax))
    assert np.array_equal(drawn(ax), [[0.75, 0.25], [0, 0]])


@pytest.mark.parametrize("share", np.linspace(0, 1, 11))
def test_confusion_matrix_text_stands_out(share):
    """WCAG 2.1 asks for a contrast of 4.5, and of 3 for large text: enough for the greys in the middle."""
    _, ax = plots.confusion_matrix([[round(100 * share), round(100 * (1 - share))], [1, 1]])
    (image,) = ax.get_images()
    for text in ax.texts[:2]:
        background = luminance(image.cmap(image.norm(share))[:3])
        ink = luminance(matplotlib.colors.to_rgb(text.get_color()))
        contrast = (max(background, ink) + 0.05) / (min(background, ink) + 0.05)
        assert contrast >= (4.5 if abs(share - 0.5) > 0.2 else 3)


def luminance(rgb):
    """Return the relative luminance of an sRGB colour, as WCAG 2.1 defines it."""
    rgb = np.asarray(rgb)
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([1, 2, 3, 4], r"shape \(2, 2\), got \(4,\)"),
        (np.zeros((3, 3)), r"got \(3, 3\)"),
        ([[1, -2], [3, 4]], "whole numbers"),
        ([[0.9, 0.1], [0.2, 0.8]], "whole numbers"),
        ([[np.nan, 1], [2, 3]], "whole numbers"),
    ],
)
def test_confusion_matrix_explains_what_it_cannot_draw(counts, message):
    with pytest.raises(ValueError, match=message):
        plots.confusion_matrix(counts)
    assert plt.get_fignums() == []


# Loss curve


def test_loss_curve_counts_epochs_from_one_and_marks_chance():
    _, ax = plots.loss_curve([0.7, 0.5, 0.3])
    curve, chance = ax.get_lines()
    assert curve.get_xydata().tolist() == [[1, 0.7], [2, 0.5], [3, 0.3]]
    assert set(chance.get_ydata()) == {np.log(2)}
    assert texts(ax) == ["chance: ln 2 = 0.693"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "mean training loss")


@pytest.mark.parametrize("losses", [[], [0.2], [0.1, 0.05], [0.69] * 30, [3.0, 1.0], torch.tensor([0.7, 0.6])])
def test_loss_curve_starts_at_zero_and_has_room_for_all(losses):
    fig, ax = plots.loss_curve(losses)
    bottom, top = ax.get_ylim()
    assert bottom == 0 and top > max(*losses, 0.75, 0.0)
    fig.canvas.draw()
    label = ax.texts[0].get_window_extent()
    assert label.y1 < ax.get_window_extent().y1
    assert all(tick == int(tick) for tick in ax.get_xticks())


def test_a_second_loss_curve_fits_on_the_same_axes():
    _, ax = plots.loss_curve([0.7, 0.5])
    plots.loss_curve([3.0, 1.0, 0.5], ax=ax)
    assert ax.get_ylim()[0] == 0 and ax.get_ylim()[1] > 3 and ax.get_xlim()[1] > 3


def test_a_validation_line_differs_in_more_than_its_colour():
    _, ax = plots.loss_curve([0.7, 0.5, 0.3], [0.6, float("nan"), 0.4], validation_name="200 fresh images")
    training, validation, chance = ax.get_lines()
    assert training.get_xydata().tolist() == [[1, 0.7], [2, 0.5], [3, 0.3]]
    assert validation.get_xydata().tolist() == [[1, 0.6], [3, 0.4]]  # no gap where it was not measured
    for style in ("get_linestyle", "get_marker"):
        assert getattr(training, style)() != getattr(validation, style)()
    assert chance.get_linestyle() not in (training.get_linestyle(), validation.get_linestyle())
    brightness = [luminance(matplotlib.colors.to_rgb(line.get_color())) for line in (training, validation)]
    assert max(brightness) < 0.3  # both stand out on white: a contrast of 3
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["training", "200 fresh images"]
    assert ax.get_ylabel() == "mean loss"


@pytest.mark.parametrize("validation", [None, [], [float("nan")] * 2, torch.tensor([float("nan"), float("inf")])])
def test_a_validation_line_without_a_number_is_none(validation):
    _, ax = plots.loss_curve([0.7, 0.5], validation)
    assert len(ax.get_lines()) == 2 and ax.get_legend() is None and ax.get_ylabel() == "mean training loss"


def test_validation_explains_what_it_cannot_draw():
    with pytest.raises(ValueError, match="validation must be a list of one loss per epoch, got shape"):
        plots.loss_curve([0.7], [[0.7]])
    assert plt.get_fignums() == []


@pytest.mark.parametrize("losses", [0.7, [[0.7, 0.5]]])
def test_loss_curve_explains_what_it_cannot_draw(losses):
    with pytest.raises(ValueError, match="one loss per epoch, got shape"):
        plots.loss_curve(losses)
    assert plt.get_fignums() == []


# Logits against the signal-to-noise ratio


def test_the_most_wrong_of_each_class_are_drawn_worst_first():
    many = simulators.fresh(40, seed=3)
    logits = np.linspace(-5, 5, 40)
    _, axes = plots.logits_by_snr(many, logits[:, None], worst=2)
    chirps, blips = (np.flatnonzero(many.labels == label) for label in (1, 0))
    for name, i in zip(("chirp 1", "chirp 2", "blip 1", "blip 2"), (*chirps[:2], *blips[:-3:-1]), strict=True):
        np.testing.assert_array_equal(drawn(axes[name]), many.images[i, 0])
        assert f"{logits[i]:.1f}" in axes[name].get_title() and name[:-2] in axes[name].get_title()
    shown = {line.get_label(): line.get_xydata() for line in axes["logits"].get_lines()}
    np.testing.assert_allclose(shown["chirp"], np.stack([many.optimal_snr, logits], axis=1)[chirps])
    np.testing.assert_allclose(shown["blip"], np.stack([many.optimal_snr, logits], axis=1)[blips])


@pytest.mark.parametrize(
    ("logits", "worst", "message"),
    [
        (np.zeros((40, 2)), 3, "one for each image"),
        (np.zeros(39), 3, "one for each image"),
        (np.zeros(40), 41, "there are only"),
    ],
)
def test_logits_by_snr_explains_what_it_cannot_draw(logits, worst, message):
    with pytest.raises(ValueError, match=message):
        plots.logits_by_snr(simulators.fresh(40, seed=3), logits, worst)
    assert not plt.get_fignums()
