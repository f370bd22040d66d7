"""The judging functions: a verdict changes when it should, and never when it shouldn't."""

import math
import time
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from nbjudge.ask import NoAnswer, Panel
from nbjudge.ask.answers import as_array
from nbjudge.ask.unanswerable import Unanswerable

from course_utils import simulators
from course_utils.submission import causes, judging, slips
from course_utils.submission.questions import Submission, Training

LOGITS = arrays(np.float64, st.integers(8, 40), elements=st.floats(-30, 30, width=32))


def labelled(logits):
    """Labels with at least four of each class."""
    return np.resize([0, 1], len(logits))


def part(labels):
    return judging.TestPart(np.zeros((len(labels), 1, 32, 64), np.float32), labels, np.arange(len(labels)) + 300)


def true_mistakes(logits, labels, true_class):
    return np.flatnonzero((labels == true_class) & ((logits > 0) != (labels == 1)))


FORMS = {
    "array": lambda p: p,
    "tensor": torch.from_numpy,
    "list": lambda p: p.tolist(),
    "where": lambda p: (p,),
    "column": lambda p: p[:, None],
    "int32": lambda p: p.astype(np.int32),
    "float": lambda p: p.astype(np.float64),
    "reversed view": lambda p: p[::-1],
    "strided": lambda p: np.repeat(p, 2)[::2],
    "list of tensors": lambda p: list(torch.from_numpy(p)),
    "list of numpy integers": list,
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@given(logits=LOGITS, data=st.data())
@settings(max_examples=25, deadline=None)
def test_the_true_mistakes_pass_in_every_form_and_order(form, logits, data):
    labels = labelled(logits)
    order = data.draw(st.permutations(range(len(logits))))
    logits, labels = logits[order], labels[order]
    for true_class in (0, 1):
        wrong = true_mistakes(logits, labels, true_class)
        found = judging.positions(as_array(form(wrong), "x"), len(logits), "x")
        judging.assert_mistakes(found, logits, part(labels), true_class, "x")


@pytest.mark.parametrize("repeats", [True, False])
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float64])
def test_there_are_no_more_positions_than_things(dtype, repeats):
    # Or a small answer would make a test cell take millions of images.
    assert judging.positions(np.arange(5, dtype=dtype), 5, "x", repeats).tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(AssertionError, match="`x` holds 6 numbers; there are only 5 images"):
        judging.positions(np.zeros(6, dtype), 5, "x", repeats)


@given(logits=LOGITS, data=st.data())
@settings(max_examples=100, deadline=None)
def test_a_mistake_more_or_less_fails_unless_it_is_on_the_boundary(logits, data):
    labels = labelled(logits)
    true_class = data.draw(st.sampled_from([0, 1]))
    changed = data.draw(st.sampled_from(np.flatnonzero(labels == true_class).tolist()))
    found = np.setxor1d(true_mistakes(logits, labels, true_class), [changed])
    if judging.unsure(logits)[changed]:
        judging.assert_mistakes(found, logits, part(labels), true_class, "x")
    else:
        with pytest.raises(AssertionError):
            judging.assert_mistakes(found, logits, part(labels), true_class, "x")


def test_masks_and_nothing_are_positions_too():
    mask = np.array([False, True, True])
    assert judging.positions(mask, 3, "x").tolist() == [1, 2]
    for nothing in (np.array([]), np.zeros((0, 1)), np.zeros(0, np.int64)):
        assert judging.positions(nothing, 3, "x").size == 0


@pytest.mark.parametrize("bad", [[3], [-1], [0, 0], [0.5], [np.nan], [np.inf], [True, False]])
def test_what_is_no_position_is_refused(bad):
    with pytest.raises(AssertionError):
        judging.positions(np.array(bad), 3, "x")


@given(logits=LOGITS, true_class=st.sampled_from([0, 1]))
@settings(max_examples=100, deadline=None)
def test_the_top_three_pass_by_logits_and_by_float32_scores(logits, true_class):
    labels = labelled(logits)
    scores = judging.sigmoid(logits).astype(np.float32).astype(np.float64)
    members = np.flatnonzero(labels == true_class)
    sign = 1 if true_class == simulators.CHIRP else -1
    # Scores tie where they round to 0 or 1; any order of these is right, if the scores are those of the logits.
    for key in (logits, scores) if judging.agree(scores, logits) else (logits,):
        for tie_breaker in (1, -1):
            picks = members[np.lexsort((tie_breaker * members, -sign * key[members]))][:3]
            judging.assert_most_confident(picks, logits, scores, part(labels), true_class, "x")


@given(logits=arrays(np.float64, 20, elements=st.integers(-20, 20).map(float), unique=True), data=st.data())
@settings(max_examples=100, deadline=None)
def test_other_picks_fail(logits, data):
    labels = labelled(logits)
    scores = judging.sigmoid(logits)
    best = np.flatnonzero(labels == 1)[np.argsort(-logits[labels == 1])]
    worse = data.draw(st.sampled_from(best[3:].tolist()))
    for picks in (best[[2, 1, 0]], best[[0, 2, 1]], np.array([*best[:2], worse]), best[:2], best[-3:]):
        with pytest.raises(AssertionError):
            judging.assert_most_confident(np.asarray(picks), logits, scores, part(labels), simulators.CHIRP, "x")


@given(logits=LOGITS)
@settings(max_examples=50, deadline=None)
def test_accuracy_range_holds_the_accuracy(logits):
    labels = labelled(logits)
    lowest, highest = judging.accuracy_range(logits, labels)
    assert lowest <= judging.accuracy(logits, labels) <= highest
    order = np.random.default_rng(0).permutation(len(logits))
    assert judging.accuracy(logits[order], labels[order]) == judging.accuracy(logits, labels)


@given(logits=LOGITS, scale=st.sampled_from([1e-6, 1e-3, 1e3]))
@settings(max_examples=50, deadline=None)
def test_the_scale_of_logits_changes_no_verdict(logits, scale):
    most = math.ceil(judging.UNSURE_SHARE * len(logits))
    assert (judging.unsure(scale * logits) != judging.unsure(logits)).sum() <= most
    assert judging.unsure(logits).sum() <= most


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1.0, 1e3])
def test_invented_answers_fail_whatever_the_scale_of_the_logits(scale):
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.arange(200) % 2)
    logits = scale * rng.normal(np.where(labels == 1, 2.0, -2.0), 1.5)
    members = np.flatnonzero(labels == 1)
    best = members[np.argsort(-logits[members])]
    judging.assert_most_confident(best[:3], logits, judging.sigmoid(logits), part(labels), 1, "x")
    lowest, highest = judging.accuracy_range(logits, labels)
    assert highest - lowest < 0.01
    for invented in (np.full(200, 0.5), labels.astype(float), (logits > 0).astype(float)):
        with pytest.raises(AssertionError, match="these are others"):
            judging.assert_most_confident(best[-3:], logits, invented, part(labels), 1, "x")
    with pytest.raises(AssertionError, match="lacks"):
        judging.assert_mistakes(np.zeros(0, int), logits, part(labels), 1, "x")
    table = np.array([[np.sum((labels == r) & ((logits > 0) == c)) for c in (0, 1)] for r in (0, 1)])
    judging.assert_confusion(table, logits, labels)
    judging.assert_confusion(table, logits, labels, np.full(200, 0.5))
    for wrong in ([[100, 0], [0, 100]], [[50, 50], [50, 50]], table.T, table[::-1]):
        for scores in (None, judging.sigmoid(logits), labels.astype(float), np.full(200, 0.5)):
            with pytest.raises(AssertionError, match="in `confusion`, found"):
                judging.assert_confusion(np.array(wrong), logits, labels, scores)


def test_scores_that_round_to_a_half_may_be_counted_either_way():
    labels, logits = np.arange(200) % 2, np.where(np.arange(200) < 30, 1e-9, np.linspace(0.1, 1, 200))
    for called in (logits > 0, logits > 1e-6):
        table = np.array([[np.sum((labels == r) & (called == c)) for c in (0, 1)] for r in (0, 1)])
        judging.assert_confusion(table, logits, labels, judging.sigmoid(logits).astype(np.float32).astype(float))


class Answers:
    """A student's side with a net of ours."""

    def __init__(self, net, lines=None, **values):
        self.net, self.lines = net, lines or {}
        self.answers = {name: np.array(value) for name, value in values.items()}

    def ask(self, question, arguments, needed=True):
        name = arguments.get("name")
        if question == "values" and name not in self.answers:
            return {"failure": {"kind": "not attempted", "message": name}}
        known = {
            "logits": lambda: self.net(arguments["images"]),
            "values": lambda: self.answers[name],
            "has": lambda: name in self.answers,
            "assignment": lambda: self.lines.get(name, ""),
        }
        return {"answer": known[question]()}

    def seed(self, purpose):
        return 5


@pytest.mark.parametrize("indices", [[], [5], [5] * 200, list(range(19)) * 10])
def test_a_test_part_of_a_few_images_is_none_to_judge_by(indices):
    with pytest.raises(NoAnswer, match="at least 20 are needed"):
        judging.test_part(Submission(Answers(None, test_indices=indices)))


def test_a_net_that_knows_the_test_part_by_heart_is_told_from_one_that_learnt():
    X, y = judging.dataset()
    known = {image.tobytes(): label for image, label in zip(X, y, strict=True)}

    def by_heart(images):
        return np.array([2.0 * known.get(image.tobytes(), image.sum() > 0) - 1 for image in images])

    def by_brightness(images):  # right in 60 to 70 %, as linear nets are
        return 55 - images.clip(1.5).mean((1, 2, 3)) * 34

    for net, passes in ((by_heart, False), (by_brightness, True)):
        submission = Submission(Answers(net, test_indices=np.arange(0, 1000, 5)))
        part = judging.test_part(submission)
        if passes:
            assert judging.test_logits(submission, part).shape == (200,)
        else:
            with pytest.raises(AssertionError, match="knows the test part by heart"):
                judging.test_logits(submission, part)


@pytest.fixture(scope="module")
def images():
    return simulators.fresh(30, seed=5).images


VIEWS = {
    "as it is": lambda a: a,
    "upside down": lambda a: a[::-1],
    "another scale": lambda a: 255 * (a - a.min()) / np.ptp(a),
    "transposed": lambda a: a.T,
    "clipped": lambda a: a.clip(-2, 2.5),
    "rounded to bytes": lambda a: np.round(255 * (a - a.min()) / np.ptp(a)),
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_shown_image_is_recognised(view, images):
    for index in (0, 7, 29):
        panel = Panel([np.zeros((256, 1)), view(images[index, 0].astype(np.float64))], "")
        assert judging.shown_in(panel, images) == index


@pytest.mark.parametrize("other", [np.zeros((32, 64)), np.full((32, 64), np.nan), np.ones((5, 5)), np.zeros((0, 0))])
def test_other_pictures_are_not(other, images):
    assert judging.shown_in(Panel([other], ""), images) is None
    stranger = simulators.fresh(1, seed=6).images[0, 0].astype(np.float64)
    assert judging.shown_in(Panel([stranger], ""), images) is None


@given(score=st.floats(0, 1))
@settings(max_examples=200, deadline=None)
def test_scores_are_read_in_every_usual_print(score):
    for text in (f"{score:.2f}", f"score {score:.3g}", f"p={score:.1%}", f"{100 * score:.1f} %", f"chirp: {score:.1e}"):
        assert judging.tells_score(text, score), text


@pytest.mark.parametrize("text", ["", "chirp", "score", "number", "-", "%", "e", "1e", "..."])
def test_no_score_is_read_where_there_is_none(text):
    assert not judging.tells_score(text, 0.42)


EVERY_SCORE = " ".join(f"{n / 100:.2f}" for n in range(101))


@pytest.mark.parametrize("text", [EVERY_SCORE, " ".join(map(str, range(101))), "%, ".join(map(str, range(101)))])
def test_a_text_that_holds_every_score_tells_none(text):
    with pytest.raises(AssertionError, match="holds 101 numbers"):
        judging.tells_score(text, 0.42)


@pytest.mark.parametrize(
    "text",
    [
        "true: chirp, said blip, score 0.12",
        "image 17 of 200: p=0.12 logit=-2.0 (SNR 9.3, length 14, slope 0.31, f0 5.2, t0 12, amp 1.7)",
        "P(chirp) = 0.12, P(blip) = 0.88",
        "score 1.2 \u00d7 10^{-1}",
        "score (percent): 12",
        "12\n%",
    ],
)
def test_a_score_is_read_among_other_numbers(text):
    assert judging.tells_score(text, 0.119)


@pytest.mark.parametrize("score", [0.0, 0.004])
def test_a_fraction_is_not_read_as_a_percentage(score):
    assert not judging.tells_score("score 0.5", score) and judging.tells_score("score 0.4 %", 0.004)


@pytest.mark.parametrize(
    "piece", [" ", "x10", "x10 ", "x10   ^  { ", "1", "1,", "1e", "e10", "\u00d710", "-", "0.", "%", "a1"]
)
def test_reading_takes_no_longer_than_the_text_is_long(piece):
    for start, end in (("", ""), ("x10", "."), ("1", "%x")):
        text = start + piece * (200_000 // len(piece)) + end
        began = time.process_time()
        judging.words_of(text)
        judging.numbers_in(text)
        assert time.process_time() - began < 5  # a quarter of a second; the square of this length would be hours


@pytest.mark.parametrize(
    ("chirp", "blip"),
    [
        ("chirp", "blip"),
        ("true: chirp, said blip, score 0.12", "true: blip, said chirp, score 0.72"),
        ("blip (0.08) -> chirp", "chirp (0.98) -> blip"),
        ("Glitch or chirp?\nchirp", "Glitch or chirp?\nglitch"),
        ("true 1 pred 0 p=0.13", "true 0 pred 1 p=0.87"),
        ("1.0, score 0.03", "0.0, score 0.63"),
        ("image 1: label 1", "image 0: label 0"),
        ("missed chirp", "blip that looks like a chirp"),
        ("missed chirp (called blip)", "false chirp: it is a blip"),
    ],
)
def test_classes_are_told_by_words_in_any_order(chirp, blip):
    judging.assert_classes_told([chirp, blip, chirp], np.array([1, 0, 1]))


@pytest.mark.parametrize("text", ["chirp blip", "chirp, blip 0.12", "0 1", "true class: 0 or 1", "a blip, no chirp"])
def test_the_same_words_for_both_classes_tell_neither(text):
    with pytest.raises(AssertionError, match="same words stand around a chirp and around a blip"):
        judging.assert_classes_told([text + " 0.3", "time bin\nfrequency bin\n" + text + " 0.7"], np.array([1, 0]))


def test_classes_are_read_in_words_and_numbers():
    assert judging.tells_class("true: Chirp", 1) and judging.tells_class("label 1, score .3", 1)
    assert judging.tells_class("BLIP", 0) and not judging.tells_class("score 0.3", 1)


@pytest.mark.parametrize("bad", [None, "abc", [object()], [[1, 2], [3]], {"a": 1}])
def test_what_holds_no_numbers_has_no_answer(bad):
    with pytest.raises(Unanswerable):
        as_array(bad, "x")


def test_devices_dtypes_and_gradients_do_not_matter():
    value = torch.tensor([0.25, 0.5], dtype=torch.float16, requires_grad=True)
    assert as_array(value, "x").tolist() == [0.25, 0.5]
    assert as_array(torch.tensor([1, 2], dtype=torch.int8), "x").dtype == np.int64
    assert as_array(torch.tensor([True]), "x").dtype == np.bool_


LOGITS = np.random.default_rng(3).normal(0, 2, 40)
LABELS = np.arange(40) % 2


def sigmoid(logits):
    return 1 / (1 + np.exp(-logits))


SLIPS_OF_SCORES = {
    "percent": 100 * sigmoid(LOGITS),
    "class that was predicted": np.maximum(sigmoid(LOGITS), sigmoid(-LOGITS)),
    "distances": np.abs(sigmoid(LOGITS) - 0.5),
    "sorted": np.sort(sigmoid(LOGITS)),
    "softmax over the test part": np.exp(LOGITS) / np.exp(LOGITS).sum(),
    "tanh": np.tanh(LOGITS),
    "logarithms": np.log(sigmoid(LOGITS)),
    "rounded": np.round(sigmoid(LOGITS), 1),
}


@pytest.mark.parametrize("says", SLIPS_OF_SCORES)
def test_scores_by_a_slip_name_it(says):
    assert says in slips.of_scores(SLIPS_OF_SCORES[says], LOGITS)
    assert slips.of_scores(sigmoid(LOGITS) * 0.9, LOGITS) == ""


def test_accuracies_by_a_slip_name_it():
    logits = np.where(LABELS == 1, 1.0, -1.0) * np.where(np.arange(40) < 7, -1, 1)  # right in 33 of 40
    learnt = np.ones(160), np.arange(160) % 2  # right in one half
    told = {
        0.82: "rounded",
        (33 + 80) / 200: "on all images",
        0.55: "what chance gives",
        0.5: "same class",
        7 / 40: "wrong answers",
        0.7: "",
    }
    for found, says in told.items():
        slip = slips.of_accuracy(found, logits, LABELS, learnt)
        assert says in slip and bool(says) == bool(slip)


def test_tables_by_a_slip_name_it():
    expected = np.array([[18, 2], [3, 17]])
    assert "same class" in slips.of_confusion(np.array([[0, 20], [0, 20]]), expected)
    assert "counts 400 images, and the test part has 40" in slips.of_confusion(10 * expected, expected)
    assert slips.of_confusion(np.array([[17, 3], [3, 17]]), expected) == ""


# What is said, and where the boundary of a verdict lies


def said(judge, *arguments):
    """The message of a judging function; empty if it passes."""
    try:
        judge(*arguments)
    except AssertionError as failed:
        return str(failed)
    return ""


@pytest.fixture
def blame(monkeypatch):
    """A function that makes one cause known, by its name in `causes`. Until then none is."""
    for name in [name for name in vars(causes) if name.startswith("of_")]:
        monkeypatch.setattr(causes, name, lambda *_: "")
    return lambda name: monkeypatch.setattr(causes, name, lambda *_: f"By {name}.")


CHECKERED = np.where(np.arange(40) < 7, -1.0, 1.0)  # of 40 images the first 7 are on the wrong side


def submission_of(net=None, lines=None, **values):
    return Submission(Answers(net, lines, **values))


TOO_MANY = "`x` holds 2,048 numbers; there are only 3 images to point at."


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([True, False], "`x` is a mask of length 2; expected 3, one for each image."),
        ([True] * 4, "`x` is a mask of length 4; expected 3, one for each image."),
        ([0.4], "`x` should hold positions, whole numbers; found [0.4]."),
        ([0.6], "`x` should hold positions, whole numbers; found [0.6]."),
        (np.zeros(2048), f"{TOO_MANY} Are these the images themselves? Give their positions."),
        (np.zeros(2047), TOO_MANY.replace("2,048", "2,047")),
        ([0.5, 1.5, 2.5], "`x` should hold positions, whole numbers; found [0.5 1.5 2.5]."),
        ([-1, 0], "`x` should point at 3 images with numbers from 0 to 2; found -1 to 0."),
        ([0, 3], "`x` should point at 3 images with numbers from 0 to 2; found 0 to 3."),
        ([2, 3], "`x` should point at 3 images with numbers from 0 to 2; found 2 to 3."),
        ([1, 4], "`x` should point at 3 images with numbers from 0 to 2; found 1 to 4."),
        (
            [3, 1, 2],
            "`x` should point at 3 images with numbers from 0 to 2; found 1 to 3. Counted from 1? The first image has "
            "the number 0.",
        ),
        ([2, 0, 2], "`x` holds some numbers twice."),
    ],
    ids=str,
)
def test_what_is_wrong_with_positions_is_said(values, message):
    assert said(judging.positions, np.array(values), 3, "x") == message


@pytest.mark.parametrize(
    ("values", "labels"), [([0, 1, 1], True), ([1, 1, 1], True), ([0, 0, 0], True), ([0, 2, 2], False), ([1, 1], False)]
)
def test_labels_in_the_place_of_positions_are_known(values, labels):
    told = said(judging.positions, np.array(values), 4, "train_indices")
    assert ("Are these labels?" in told) == labels and ("drawn at random" in told) == (not labels)


def test_a_wrong_position_is_shown_with_the_two_after_it():
    assert said(judging.positions, np.arange(4) + 0.5, 4, "x").endswith("found [0.5 1.5 2.5].")


def test_parts_of_the_dataset_drawn_with_repeats_are_told_to_be_shuffled():
    assert "Shuffle all positions once" in said(judging.positions, np.array([1, 1]), 3, "test_indices")
    assert judging.positions(np.array([1, 1]), 3, "test_indices", repeats=True).tolist() == [1, 1]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([0, 19], ""),
        ([True, False] * 10, ""),
        ([], ""),
        ([20, 39], "`x` holds positions in the dataset, up to 39: give positions within the test part, from 0 to 19"),
        ([20], "up to 20"),
        ([5, 25], "should point at 20 images with numbers from 0 to 19; found 5 to 25"),
        ([40], "should point at 20 images"),
    ],
    ids=str,
)
def test_positions_in_the_dataset_are_told_from_those_in_the_test_part(values, says):
    part = judging.TestPart(np.zeros((20, 1, 32, 64)), np.arange(20) % 2, np.arange(20, 40))
    told = said(judging.positions_in, part, np.array(values), "x")
    assert says in told and bool(says) == bool(told)


def test_what_verdicts_are_made_from_stays():
    for made in (part(SIX_LABELS), judging.Ranking(SIX, 0.0)):
        for name in vars(made):
            with pytest.raises(FrozenInstanceError):
                setattr(made, name, None)


def test_positions_in_the_test_part_are_integers():
    assert judging.positions_in(part(np.zeros(3)), np.array([2.0, 0.0]), "x").tolist() == [2, 0]


@pytest.mark.parametrize(
    ("validation", "parts"),
    [({}, ["train", "test"]), ({"validation_indices": []}, ["train", "test"]), ({"validation_indices": [9]}, None)],
    ids=["none", "empty", "one image"],
)
def test_a_validation_part_is_optional(validation, parts):
    found = judging.split(submission_of(train_indices=[1, 2], test_indices=[7], **validation))
    assert list(found) == (parts or ["train", "test", "validation"])
    assert found["train"].tolist() == [1, 2] and found["test"].tolist() == [7]
    assert parts or found["validation"].tolist() == [9]


def test_a_validation_part_that_is_not_there_is_not_asked_for():
    asked = []

    class Listening(Answers):
        def ask(self, question, arguments, needed=True):
            asked.append((question, arguments.get("name")))
            return super().ask(question, arguments, needed)

    judging.split(Submission(Listening(None, train_indices=[1], test_indices=[2])))
    assert ("has", "validation_indices") in asked and ("values", "validation_indices") not in asked


def test_twenty_images_are_enough_to_judge_by_and_may_be_there_twice():
    X, y = judging.dataset()
    chosen = [*range(10, 30), 10]
    found = judging.test_part(submission_of(test_indices=chosen))
    assert found.indices.tolist() == chosen and np.array_equal(found.images, X[chosen])
    assert found.labels.tolist() == y[chosen].tolist()


@pytest.mark.parametrize(
    ("indices", "says"),
    [([], "is empty;"), ([4], "holds 1 different image;"), (range(19), "holds 19 different images")],
)
def test_a_test_part_that_is_too_small_is_described(indices, says):
    with pytest.raises(NoAnswer, match=says) as refused:
        judging.test_part(submission_of(test_indices=list(indices)))
    assert refused.value.kind == "contract"


def test_knowing_by_heart_is_told_in_percent(monkeypatch):
    X, y = judging.dataset()
    known = {image.tobytes() for image in X[y == 1]}

    def net(images):
        return np.array([1.0 if image.tobytes() in known else -1.0 for image in images])

    submission = submission_of(net, test_indices=np.arange(0, 1000, 5))
    found = judging.test_part(submission)
    blips = (simulators.fresh(judging.FRESH_BESIDE, 5).labels == 0).mean()
    told = f"`model` is right in 100% of the test part, but in {blips:.0%} of fresh images: it knows"
    assert said(judging.test_logits, submission, found).startswith(told)
    monkeypatch.setattr(judging, "BY_HEART", 1 - blips)
    assert said(judging.test_logits, submission, found).startswith(told)
    monkeypatch.setattr(judging, "BY_HEART", 1 - blips + 1e-6)
    assert judging.test_logits(submission, found).tolist() == net(found.images).tolist()


def test_the_numbers_that_verdicts_depend_on_are_what_they_were_found_to_be():
    assert (judging.LOGIT_TOLERANCE, judging.UNSURE_SHARE, judging.SCORE_TOLERANCE) == (2e-3, 0.03, 2e-3)
    assert (judging.LOSS_SPREAD, judging.FEWEST_TEST_IMAGES, judging.MOST_SCORES_TOLD) == (0.07, 20, 1 / 3)
    assert (judging.BY_HEART, judging.FRESH_BESIDE) == (0.35, 400)


def test_logit_0_is_a_blip():
    assert judging.accuracy(np.array([0.0, 1e-9, 0.0, -1.0]), np.array([0, 1, 1, 1])) == 0.5
    assert judging.mistakes_among(np.array([0.0, 1e-9, 0.0]), np.array([0, 0, 1]), 0).tolist() == [1]
    assert judging.mistakes_among(np.array([0.0, 1e-9, 0.0]), np.array([0, 0, 1]), 1).tolist() == [2]
    logits = np.array([0.0, 3.0, 1.0, 0.0, -5.0, 6.0])
    told = said(judging.assert_confusion, np.array([[0, 3], [0, 3]]), logits, SIX_LABELS)
    assert told.startswith("Expected [[2, 1], [1, 2]] in `confusion`")
    for image, says in ((3, "`missed_chirps` lacks an image"), (0, "`f` shows an image that `model` classifies corr")):
        for logit in (0.0, -0.5):
            there = np.where(np.arange(6) == image, logit, logits)
            assert said(judging.assert_listed, image, np.array([2]), there, part(SIX_LABELS), "f").startswith(says)


def test_rounding_is_measured_by_the_middle_half():
    assert judging.slack(np.arange(101.0)) == pytest.approx(50 * 2e-3)


def test_at_most_three_percent_are_unsure_and_those_are_the_nearest():
    logits = np.r_[np.arange(1, 11) * 1e-6, np.full(45, 10.0), np.full(45, -10.0)]
    assert np.flatnonzero(judging.unsure(logits)).tolist() == [0, 1, 2]
    labels = np.r_[[1, 0, 1], np.ones(52), np.zeros(45)]
    assert judging.accuracy_range(logits, labels) == (0.97, 1.0)
    assert judging.accuracy_range(logits, 1 - labels) == (0.0, 0.03)
    assert not judging.unsure(np.where(np.arange(100) % 2 == 1, 1.0, -1.0)).any()


@pytest.mark.parametrize(("logit", "unsure"), [(0.999, True), (-0.999, True), (1.0, False), (1.001, False)])
def test_an_image_is_unsure_below_what_rounding_may_move(logit, unsure):
    logits = np.r_[logit, np.full(50, 250.0), np.full(49, -250.0)]
    assert judging.slack(logits) == 1 and judging.unsure(logits)[0] == unsure


@pytest.mark.parametrize(
    ("parts", "lines", "message"),
    [
        ({"train": [0, 1, 2], "test": [3]}, {}, ""),
        ({"train": [1, 2], "test": [3], "validation": [4]}, {}, ""),
        (
            {"train": [1, 2], "test": [2]},
            {},
            "Some images are in two parts at once: `train_indices` and `test_indices` must be disjoint.",
        ),
        (
            {"train": [1, 2], "test": [3], "validation": [2]},
            {},
            "`validation_indices` holds 1 image that `train_indices` or `test_indices` holds as well: each image "
            "belongs to one part only. Is it left over from an earlier run? Then write `del validation_indices`, or "
            "restart the kernel.",
        ),
        (
            {"train": [1, 2], "test": [3], "validation": [3, 1]},
            {"validation_indices": "validation_indices = everything"},
            "`validation_indices` holds 2 images that `train_indices` or `test_indices` hold as well: each image "
            "belongs to one part only.",
        ),
    ],
    ids=["two parts", "three parts", "train and test", "left over", "two images"],
)
def test_each_image_belongs_to_one_part(parts, lines, message):
    parts = {name: np.array(indices) for name, indices in parts.items()}
    assert said(judging.assert_disjoint, parts, submission_of(lines=lines)) == message


@pytest.mark.parametrize(("test", "swapped"), [(9, False), (10, False), (11, True)])
def test_a_test_part_of_more_than_two_training_parts_looks_swapped(test, swapped):
    told = judging.why_other_share({"train": np.arange(5), "test": np.arange(test)})
    assert bool(told) == swapped and ("swapped" in told) == swapped


def test_a_part_of_one_class_is_told_why(blame):
    assert judging.why_one_class(submission_of()) == "The dataset lists all chirps first: shuffle before you split."
    blame("of_data")
    assert judging.why_one_class(submission_of()) == "By of_data."


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's, on the mean of no images
@pytest.mark.parametrize("cause", ["of_data", "of_chance", "of_other_net", "of_training_mode", None])
@pytest.mark.parametrize("learnt", [[1, 2, 3], []], ids=["trained on some", "trained on none"])
def test_another_accuracy_is_told_why(blame, cause, learnt):
    submission = submission_of(lambda images: np.ones(len(images)), train_indices=learnt, test_indices=[7])
    if cause:
        blame(cause)
    told = judging.why_other_accuracy(submission, 0.7, np.where(LABELS, 1.0, -1.0) * CHECKERED, part(LABELS))
    assert told == f"By {cause}." if cause else told.startswith("Use model.eval(), compare logits with 0, watch")


def test_a_slip_explains_another_accuracy_better_than_the_state_of_the_net(blame):
    submission = submission_of(lambda images: np.ones(len(images)), train_indices=[1, 2, 3], test_indices=[7])
    logits = np.where(LABELS, 1.0, -1.0) * CHECKERED
    found = 100 * judging.accuracy(logits, LABELS)
    blame("of_other_net")
    assert "in percent" in judging.why_other_accuracy(submission, found, logits, part(LABELS))
    blame("of_data")
    assert judging.why_other_accuracy(submission, found, logits, part(LABELS)) == "By of_data."


def test_the_accuracy_on_the_training_part_is_known():
    _, y = judging.dataset()
    learnt = np.r_[np.flatnonzero(y == 1)[:3], np.flatnonzero(y == 0)[:13]]  # all called chirp: right in 3 of 16
    submission = submission_of(lambda images: np.ones(len(images)), train_indices=learnt, test_indices=[999])
    logits = np.where(LABELS, 1.0, -1.0) * CHECKERED
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(causes, "of_data", lambda *_: "")
        patch.setattr(causes, "of_chance", lambda *_: "")
        assert "on the training part" in judging.why_other_accuracy(submission, 3 / 16, logits, part(LABELS))


def test_scores_of_another_part_are_known_by_their_number():
    submission = submission_of(train_indices=range(8), test_indices=[8, 9])
    assert "the training part" in judging.why_other_size(submission, 8)
    assert "the whole dataset" in judging.why_other_size(submission, 10)
    assert judging.why_other_size(submission, 9) == ""


@pytest.mark.parametrize("cause", ["of_data", "of_chance", "of_other_net", "of_training_mode", None])
def test_other_scores_are_told_why(blame, cause):
    if cause:
        blame(cause)
    told = judging.why_other_scores(submission_of(), sigmoid(LOGITS) * 0.9, LOGITS)
    assert told == f"By {cause}." if cause else told.startswith("Use model.eval(), torch.sigmoid, the test part")


@pytest.mark.parametrize(("cause", "told"), [("of_data", "By of_data."), ("of_other_net", "They are in percent")])
def test_a_slip_explains_other_scores_better_than_another_net(blame, cause, told):
    blame(cause)
    assert judging.why_other_scores(submission_of(), 100 * sigmoid(LOGITS), LOGITS).startswith(told)


# Tables and mistakes


def table_of(labels, called):
    return np.array([[np.sum((labels == row) & (called == column)) for column in (0, 1)] for row in (0, 1)])


# Six logits, in the order of their positions: of the chirps (odd) 3 is missed, of the blips (even) 2 is called chirp.
SIX = np.array([-2.0, 3.0, 1.0, -4.0, -5.0, 6.0])
SIX_LABELS = np.array([0, 1, 0, 1, 0, 1])


@pytest.mark.parametrize("shape", [(2,), (4,), (1, 4), (2, 2, 1), (3, 3)], ids=str)
def test_a_table_is_two_by_two(shape):
    told = f"`confusion` should be a 2 x 2 table; its shape is {shape}."
    assert said(judging.assert_confusion, np.zeros(shape), SIX, SIX_LABELS) == told


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ([[2, 1], [1, 2]], ""),
        ([[3, 0], [1, 2]], "Such counts come out at another threshold."),
        ([[1, 2], [1, 2]], "Such counts come out at another threshold."),
        ([[2, 1], [3, 0]], "The rows add up, so the true classes are right, but other images are called chirp."),
        ([[2, 1], [2, 2]], "It counts 7 images, and the test part has 6"),
        ([[2, 2], [1, 1]], "Rows are true classes, columns predicted ones"),
        ([[1, 0], [0, 1]], "Rows are true classes, columns predicted ones"),
        ([[3.5, 3.5], [3.5, 3.5]], "Rows are true classes, columns predicted ones"),
    ],
    ids=str,
)
def test_a_wrong_table_is_told_why(found, says):
    told = said(judging.assert_confusion, np.array(found), SIX, SIX_LABELS)
    begins = f"Expected [[2, 1], [1, 2]] in `confusion`, found {found}."
    assert told == "" if not says else told.startswith(begins) and says in told


@pytest.mark.parametrize("found", [[[0, 0], [0, 0]], [[6, 6], [6, 6]], [[0, 3], [0, 3]], [[3, 0], [3, 0]]], ids=str)
def test_a_table_that_counts_something_else_is_wrong_though_the_scores_are_right(found):
    assert said(judging.assert_confusion, np.array(found), SIX, SIX_LABELS, judging.sigmoid(SIX))


def test_a_table_of_shares_is_shown_with_three_digits():
    told = said(judging.assert_confusion, np.array([[2 / 3, 1 / 3], [1 / 3, 2 / 3]]), SIX, SIX_LABELS)
    assert "found [[0.667, 0.333], [0.333, 0.667]]." in told


def test_a_table_may_count_as_many_unsure_images_otherwise_as_there_are_in_a_row():
    logits = np.r_[1e-6, 2e-6, -1e-6, np.full(48, 10.0), np.full(49, -10.0)]
    labels = np.r_[1, 1, 0, np.ones(48), np.zeros(49)]
    assert judging.unsure(logits)[:3].all()
    right = table_of(labels, logits > 0)
    for change, passes in {(0, 0): True, (1, 0): True, (0, 2): True, (2, 0): False, (0, 3): False}.items():
        blips, chirps = change
        found = right + np.array([[-blips, blips], [chirps, -chirps]])
        assert (said(judging.assert_confusion, found, logits, labels) == "") == passes, change
    for change in ([[-1, 0], [0, 0]], [[0, 1], [0, 0]], [[0, 0], [0, 2]]):
        assert said(judging.assert_confusion, right + np.array(change), logits, labels), "the rows add up all the same"


def test_a_table_that_counts_wrong_scores_is_for_the_scores_to_be_mended():
    wrong = np.where(SIX_LABELS == 1, 0.9, 0.1)  # as if the net were always right
    first = "The table counts `scores`, which are not right: correct `scores` first"
    told = said(judging.assert_confusion, np.array([[3, 0], [0, 3]]), SIX, SIX_LABELS, wrong)
    assert told.startswith(first) and told.endswith("Expected [[2, 1], [1, 2]] in `confusion`, found [[3, 0], [0, 3]].")
    assert said(judging.assert_confusion, np.array([[2, 1], [1, 2]]), SIX, SIX_LABELS, wrong) == ""
    for found in ([[1, 2], [0, 3]], [[4, 0], [0, 3]], [[2, 0], [0, 3]]):
        other = said(judging.assert_confusion, np.array(found), SIX, SIX_LABELS, wrong)
        assert other and not other.startswith(first)
    same_calls = np.where(SIX > 0, 0.9, 0.1)
    assert said(judging.assert_confusion, np.array([[2, 1], [1, 2]]), SIX, SIX_LABELS, same_calls) == ""
    halves = np.where(SIX_LABELS == 1, 0.9, 0.5)
    assert said(judging.assert_confusion, np.array([[3, 0], [0, 3]]), SIX, SIX_LABELS, halves).startswith(first)
    rounded = sigmoid(SIX) + 1e-3
    assert not said(judging.assert_confusion, np.array([[3, 0], [0, 3]]), SIX, SIX_LABELS, rounded).startswith(first)


def test_scores_that_are_nearly_right_are_not_blamed_for_the_table():
    logits, labels = np.array([0.002, -0.2, 0.2, -0.2, 0.2]), np.array([1, 0, 1, 0, 1])
    scores = sigmoid(logits) - 1e-3  # too little to call them wrong, and too much to count by them
    told = said(judging.assert_confusion, table_of(labels, scores > 0.5), logits, labels, scores)
    assert told.startswith("Expected [[2, 0], [0, 3]] in `confusion`, found [[2, 0], [1, 2]].")


def test_a_score_of_one_half_is_called_a_blip():
    logits, labels = np.array([1e-6, -3.0, 3.0, -3.0, 3.0]), np.array([1, 0, 1, 0, 1])
    scores = np.round(sigmoid(logits), 3)
    assert said(judging.assert_confusion, table_of(labels, scores > 0.5), logits, labels, scores) == ""
    assert table_of(labels, scores > 0.5).tolist() == [[2, 0], [1, 2]]


@pytest.mark.parametrize(
    ("found", "true_class", "says"),
    [
        ([1], 1, "It looks like the number of mistakes: give their positions."),
        ([1, 5], 1, "They are the chirps that `model` gets right: reverse the comparison."),
        ([0, 4], 0, "They are the blips that `model` gets right: reverse the comparison."),
        ([4, 0], 0, "They are the blips that `model` gets right: reverse the comparison."),
        ([5, 3, 1], 1, "They are all the chirps: take those alone that `model` gets wrong."),
        ([0, 2, 4], 0, "They are all the blips: take those alone that `model` gets wrong."),
        ([3, 2], 1, "They are all mistakes, of both classes: chirps called blip belong in `missed_chirps`"),
        ([2], 1, "They are the blips called chirp. Have `missed_chirps` and `false_chirps` been swapped, or"),
        ([3], 0, "They are the chirps called blip. Have `missed_chirps` and `false_chirps` been swapped, or"),
        ([303], 1, "They are positions in the dataset"),
        ([], 1, ""),
        ([5], 1, ""),
        ([4, 5], 1, ""),
    ],
    ids=str,
)
def test_positions_in_the_place_of_the_mistakes_are_known(found, true_class, says):
    told = judging.why_no_mistakes(np.array(found, int), SIX, part(SIX_LABELS), true_class)
    assert told.startswith(says) and bool(told) == bool(says)


def test_mistakes_of_one_class_are_not_called_all_mistakes():
    logits = np.where(SIX_LABELS == 1, 1.0, -1.0)
    for true_class in (0, 1):
        # All mistakes of both classes, if one class has none, are those of the other.
        one = np.where(np.arange(6) == 3, -1.0, logits)
        assert "all mistakes" not in judging.why_no_mistakes(np.array([3]), one, part(SIX_LABELS), true_class)


def test_strangers_among_the_mistakes_are_told_why(blame):
    submission = submission_of(lambda images: SIX)
    swapped = judging.why_strangers(submission, np.array([2]), part(SIX_LABELS), 1)
    assert "been swapped" in swapped
    told = judging.why_strangers(submission, np.array([0]), part(SIX_LABELS), 1)
    assert told == "Positions count within the test part: position 0 is the image X[test_indices[0]]."
    blame("of_data")
    assert judging.why_strangers(submission, np.array([0]), part(SIX_LABELS), 1) == "By of_data."
    assert judging.why_strangers(submission, np.array([2]), part(SIX_LABELS), 1) == swapped


@pytest.mark.parametrize(
    ("found", "true_class", "message"),
    [
        ([3], 1, ""),
        ([2], 0, ""),
        ([3, 0, 4], 1, "`x` should hold chirps only; it also holds 2 images of the other class."),
        ([2, 1], 0, "`x` should hold blips only; it also holds 1 image of the other class."),
        (
            [3, 2],
            1,
            "`x` should hold chirps only; it also holds 1 image of the other class. They are all mistakes, of both "
            "classes: chirps called blip belong in `missed_chirps`, and blips called chirp in `false_chirps`.",
        ),
        (
            [3, 1],
            1,
            "`x` holds 1 chirp that `model` classifies correctly. Compare with logit 0 (score 0.5), in evaluation "
            "mode, and give positions within the test part.",
        ),
        (
            [1, 5],
            1,
            "`x` holds 2 chirps that `model` classifies correctly. They are the chirps that `model` gets right: "
            "reverse the comparison.",
        ),
        ([], 1, "`x` lacks 1 chirp that `model` gets wrong."),
        ([], 0, "`x` lacks 1 blip that `model` gets wrong."),
    ],
    ids=str,
)
def test_what_is_wrong_with_mistakes_is_said(found, true_class, message):
    assert said(judging.assert_mistakes, np.array(found, int), SIX, part(SIX_LABELS), true_class, "x") == message


@pytest.mark.parametrize("found", [[], [3], [0], [1], [0, 1, 3]], ids=str)
def test_of_mistakes_only_the_images_that_are_looked_at_count(found):
    found = np.array(found, int)
    assert said(judging.assert_mistakes, found, SIX, part(SIX_LABELS), 1, "x", np.array([2, 4, 5])) == ""
    looked_at = said(judging.assert_mistakes, found, SIX, part(SIX_LABELS), 1, "x", slice(0, 4))
    assert (looked_at == "") == (found.tolist() == [3])


def test_an_image_on_the_boundary_may_be_a_mistake_or_not():
    logits = np.r_[1e-9, np.full(20, 10.0), np.full(20, -10.0)]
    labels = np.r_[0, np.ones(20), np.zeros(20)].astype(int)
    for found in ([], [0]):
        assert said(judging.assert_mistakes, np.array(found, int), logits, part(labels), 0, "x") == ""
    assert said(judging.assert_mistakes, np.array([0]), logits, part(labels), 1, "x")


# The most confident


def test_a_ranking_allows_for_rounding_and_no_more():
    ranking = judging.Ranking(np.array([5.0, 4.0, 3.0, 4.5]), 0.5)
    assert ranking.are_best(np.array([0]), np.array([1, 2, 3])) and ranking.are_best(np.array([1]), np.array([3, 2]))
    assert not ranking.are_best(np.array([1]), np.array([0])) and not ranking.are_best(np.array([0, 1]), np.array([0]))
    assert ranking.are_best(np.array([2]), np.zeros(0, int))
    assert ranking.are_in_order(np.array([0, 1, 2])) and ranking.are_in_order(np.array([0, 1, 3]))
    assert not ranking.are_in_order(np.array([2, 1, 0])) and not ranking.are_in_order(np.array([0, 2, 1]))


def test_picks_are_ranked_by_the_students_scores_only_if_these_are_the_models():
    for true_class, sign in ((1, 1), (0, -1)):
        (by_logits,) = judging.rankings(SIX, None, true_class)
        assert by_logits.key.tolist() == (sign * SIX).tolist() and by_logits.slack == judging.slack(SIX)
        assert len(judging.rankings(SIX, np.full(6, 0.5), true_class)) == 1
        _, by_scores = judging.rankings(SIX, sigmoid(SIX), true_class)
        assert by_scores.key.tolist() == (sign * sigmoid(SIX)).tolist() and by_scores.slack == 0


# Eight logits: chirps are odd, the surest first 1, 3, 5, 7; of the blips 0, 2, 4, 6.
EIGHT = np.array([-9.0, 9.0, -7.0, 7.0, -5.0, 5.0, -3.0, 3.0])
SURE_CHIRPS = "`x` should be the 3 chirps with the highest scores; these are others."
SURE_BLIPS = "`x` should be the 3 blips with the lowest scores; these are others."


@pytest.mark.parametrize(
    ("picks", "true_class", "message"),
    [
        ([1, 3, 5], 1, ""),
        ([0, 2, 4], 0, ""),
        ([1, 3], 1, "`x` should hold 3 positions; it holds 2."),
        ([1, 3, 5, 7], 1, "`x` should hold 3 positions; it holds 4."),
        ([1, 3, 2], 1, "`x` should hold true chirps only; it also holds 1 image of the other class."),
        ([1, 2, 3], 0, "`x` should hold true blips only; it also holds 2 images of the other class."),
        ([1, 3, 7], 1, SURE_CHIRPS),
        ([0, 2, 6], 0, SURE_BLIPS),
        ([7, 5, 3], 1, f"{SURE_CHIRPS} They are the chirps with the lowest scores: np.argsort sorts upwards, so sort"),
        ([6, 4, 2], 0, f"{SURE_BLIPS} They are the blips with the highest scores: np.argsort sorts upwards, so leave"),
        ([5, 3, 1], 1, "`x` holds the right images, but not best first. They are in the other order: reverse them"),
        ([1, 5, 3], 1, "`x` holds the right images, but not best first."),
    ],
    ids=str,
)
def test_what_is_wrong_with_the_most_confident_is_said(picks, true_class, message):
    told = said(judging.assert_most_confident, np.array(picks), EIGHT, None, part(labelled(EIGHT)), true_class, "x")
    assert message in told and bool(told) == bool(message)


@pytest.mark.parametrize(
    ("picks", "true_class", "passes"),
    [
        ([1, 3, 5], 1, True),
        ([1, 5, 7], 1, True),  # the second need not be the second best
        ([0, 4, 6], 0, True),
        ([3, 5, 7], 1, False),
        ([1, 7, 5], 1, False),
        ([2, 4, 6], 0, False),
        ([1, 3, 2], 1, False),
    ],
    ids=str,
)
@pytest.mark.parametrize("scores", [None, sigmoid(EIGHT)], ids=["by logits", "by scores"])
def test_picks_begin_with_the_surest(picks, true_class, passes, scores):
    judged = np.array(picks), EIGHT, scores, part(labelled(EIGHT)), true_class, "x"
    told = said(judging.assert_begins_with_the_surest, *judged)
    assert (told == "") == passes
    if not passes and 2 not in picks[2:]:
        kind, extreme = ("chirp", "highest") if true_class else ("blip", "lowest")
        assert told.startswith(f"`x` should begin with the {kind} that has the {extreme} score, and go on best first.")


@pytest.mark.parametrize("judge", [judging.assert_most_confident, judging.assert_begins_with_the_surest])
@pytest.mark.parametrize(("true_class", "picks", "wrong"), [(1, [1, 3, 5], 6), (0, [0, 2, 4], 7)])
def test_images_of_the_other_class_are_no_better_picks(judge, true_class, picks, wrong):
    logits = EIGHT.copy()
    logits[wrong] *= -9  # the net is surest, and mistaken
    assert said(judge, np.array(picks), logits, None, part(labelled(EIGHT)), true_class, "x") == ""


@pytest.mark.parametrize(
    ("picks", "true_class", "says"),
    [
        ([301, 303, 305], 1, "They are positions in the dataset"),
        ([2, 1, 0], 1, "They are positions among the chirps"),
        ([5, 3, 1], 1, "They are in the other order"),
        ([4, 2, 0], 0, "They are in the other order"),
        ([1, 3, 7], 1, ""),
    ],
    ids=str,
)
def test_other_picks_are_known(picks, true_class, says):
    told = judging.why_other_picks(np.array(picks), EIGHT, part(labelled(EIGHT)), true_class)
    assert told.startswith(says) and bool(told) == bool(says)


# Scores


def test_scores_agree_as_precisely_as_they_can_be_told_apart():
    spread = np.ptp(sigmoid(EIGHT))
    for error, agrees in ((1.9e-3, True), (2.1e-3, False)):
        assert judging.agree(sigmoid(EIGHT) + error * spread, EIGHT) == agrees
        assert judging.agree(sigmoid(EIGHT) - error * spread, EIGHT) == agrees
    assert judging.agree(judging.sigmoid(np.zeros(3)), np.zeros(3)), "nothing differs, and nothing can be told apart"
    assert judging.sigmoid(np.array([-1e4, 0.0, 1e4])).tolist() == [0.0, 0.5, 1.0]
    assert judging.sigmoid(EIGHT) == pytest.approx(sigmoid(EIGHT))


@pytest.mark.parametrize(
    ("values", "usable"),
    [
        ({}, False),
        ({"scores": [0.1, 0.2]}, False),
        ({"scores": [0.1, 0.2, 0.3, 0.4]}, False),
        ({"scores": [0.1, 0.2, np.nan]}, False),
        ({"scores": [0.1, 0.2, np.inf]}, False),
        ({"scores": [[0.1], [0.2], [0.3]]}, True),
        ({"scores": [0, 1, 1]}, True),
    ],
    ids=str,
)
def test_scores_are_usable_if_there_is_a_number_for_each_image(values, usable):
    found = judging.student_scores(submission_of(**values), 3)
    assert (found is not None) == usable
    if usable:
        assert found.dtype == np.float64 and found.tolist() == np.ravel(values["scores"]).tolist()


@pytest.mark.parametrize(
    "flip", [np.flipud, np.fliplr, np.rot90, lambda a: a[::-1, ::-1]], ids=["down", "left", "turned", "half turn"]
)
def test_an_image_is_recognised_however_it_is_turned(flip, images):
    assert judging.shown_in(Panel([flip(images[7, 0].astype(np.float64))], ""), images) == 7


def test_an_image_is_recognised_however_bright_the_images_are(images):
    brighter = images + np.arange(30)[:, None, None, None]
    for scale in (1e-4, 1.0, 1e4):
        shown = Panel([scale * images[7, 0].astype(np.float64)], "")
        assert judging.shown_in(shown, scale * brighter) == judging.shown_in(shown, brighter) == 7


@pytest.mark.parametrize(("share", "index"), [(0.25, 7), (0.45, None)])
def test_an_image_is_recognised_under_a_little_noise(share, index, images):
    image = images[7, 0].astype(np.float64)
    noise = np.random.default_rng(0).normal(0, share * image.std(), image.shape)
    assert judging.shown_in(Panel([image + noise], ""), images) == index


def test_the_first_image_that_is_known_counts(images):
    def shown(*pictures):
        return judging.shown_in(Panel(list(pictures), ""), images)

    first, second = images[3, 0].astype(np.float64), images[9, 0].astype(np.float64)
    unknown = np.random.default_rng(0).normal(0, 1, (32, 64))
    assert shown(unknown, np.zeros((5, 5)), np.full((32, 64), np.inf), second, first) == 9
    assert shown() is None and shown(-first) is None, "another colour scale is not the negative"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", []),
        ("0.5", [(0.5, False)]),
        ("-3 and +4", [(-3.0, False), (4.0, False)]),
        ("1,5", [(1.5, False)]),
        (".5 5.", [(0.5, False), (5.0, False)]),
        ("12 %", [(12.0, True)]),
        ("12%, 7", [(12.0, True), (7.0, False)]),
        ("12 \\%", [(12.0, True)]),
        ("1e-3", [(0.001, False)]),
        ("1.5E+2", [(150.0, False)]),
        ("2 x 10^-3", [(0.002, False)]),
        ("2 \u00d7 10\u207b\u00b3", [(0.002, False)]),
        ("2 \\times 10^{-3}", [(0.002, False)]),
        ("2 \\cdot 10 ^ { -3 }", [(0.002, False)]),
        ("2*10**3", [(2000.0, False)]),
        ("2\n%", [(2.0, True)]),
    ],
    ids=repr,
)
def test_numbers_are_read_in_every_notation(text, numbers):
    assert judging.numbers_in(text) == [(pytest.approx(number), percent) for number, percent in numbers]


@pytest.mark.parametrize(
    ("text", "score", "told"),
    [
        ("0.5059", 0.5, True),
        ("0.4941", 0.5, True),
        ("0.5061", 0.5, False),
        ("0.4939", 0.5, False),
        ("50", 0.5, True),  # more than 1 can only be a percentage
        ("1", 0.01, False),
        ("1", 1.0, True),
        ("1 %", 1.0, False),
        ("1 %", 0.01, True),
        ("1 percent", 0.01, True),
        ("in Percent: 0.3", 0.003, True),
        ("100", 1.0, True),
        ("99.5", 0.995, True),
        ("2", 2.0, True),
        ("1.5", 0.015, True),
        ("2", 0.02, True),
    ],
)
def test_a_score_is_told_to_two_digits_as_a_fraction_or_in_percent(text, score, told):
    assert judging.tells_score(text, score) == told


def test_so_many_numbers_as_would_tell_a_third_of_all_scores_are_too_many():
    # Each stands alone for itself and its neighbours: n numbers tell n of 101 scores.
    def text(n):
        return " ".join(f"{number / 100:.2f}" for number in range(n))

    assert judging.tells_score(text(33), 0.05) and not judging.tells_score(text(33), 0.9)
    told = said(judging.tells_score, text(34), 0.05)
    assert told.startswith("The text around an image holds 34 numbers, and many could be its score.")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("score 0.881", ""),
        (
            "score 2",
            "the one with score 0.881 has another number beside it, 2, which is its logit",
        ),
        (
            "score 2.01",
            "the one with score 0.881 has another number beside it, 2, which is its logit",
        ),
        (
            "score 0.119",
            "the one with score 0.881 has 0.119 beside it, the score for a blip",
        ),
        ("score 0.3", "the one with score 0.881 has other numbers beside it."),
        ("score 0.006", "the one with score 0.881 has other numbers beside it."),
        ("score 2.02", "the one with score 0.881 has other numbers beside it."),
        ("score", "the one with score 0.881 has no number beside it."),
    ],
)
def test_what_stands_in_the_place_of_a_score_is_said(text, message):
    told = said(judging.assert_score_told, text, 2.0)
    assert message in told and bool(told) == bool(message)


def test_the_score_for_a_blip_is_known_unless_both_are_nearly_one_half():
    assert "0.119 beside it, the score for a blip" in said(judging.assert_score_told, "score 0.119", 2.0)
    assert "has other numbers beside it" in said(judging.assert_score_told, "score 0.475", 0.1)


def test_what_is_just_near_enough_is_near_enough(monkeypatch, blame):
    assert judging.tells_score("0.75", 0.625, 0.125) and not judging.tells_score("0.75", 0.625, 0.124)
    assert "has another number beside it, 0, which is its logit" in said(judging.assert_score_told, "score 0.006", 0.0)
    for limit, passes in ((5 / 101, True), (4.9 / 101, False)):
        monkeypatch.setattr(judging, "MOST_SCORES_TOLD", limit)
        assert (said(judging.tells_score, "0.10 0.11 0.12 0.13 0.14", 0.1) == "") == passes
    for limit, passes in ((0.5, True), (0.499, False)):
        monkeypatch.setattr(judging, "LOSS_SPREAD", limit)
        assert (said(judging.assert_mean_of_all_batches, np.array([0.5, 1.5]), submission_of()) == "") == passes


@pytest.mark.parametrize(
    ("image", "listed", "message"),
    [
        (3, [3], ""),
        (2, [302], "`f` shows X[302], which is not among your mistakes, while position 302 within the test part is."),
        (
            3,
            [1],
            "`missed_chirps` lacks an image that `f` shows, a chirp that `model` gets wrong: is the list complete?",
        ),
        (2, [1], "`false_chirps` lacks an image that `f` shows, a blip that `model` gets wrong: is the list complete?"),
        (1, [3], "`f` shows an image that `model` classifies correctly: show mistakes only."),
        (0, [3], "`f` shows an image that `model` classifies correctly: show mistakes only."),
    ],
)
def test_a_figure_shows_mistakes_that_are_listed(image, listed, message):
    told = said(judging.assert_listed, image, np.array(listed), SIX, part(SIX_LABELS), "f")
    assert message in told and bool(told) == bool(message)


def test_a_figure_without_images_of_the_test_part_is_told_why(blame):
    blame("of_empty_figure")
    X, _ = judging.dataset()
    strangers = [Panel([np.zeros((32, 64))], ""), Panel([], "")]

    def why(*positions):
        panels = [Panel([X[position, 0].astype(np.float64)], "") for position in positions]
        return judging.why_other_images(submission_of(), [*strangers, *panels], part(SIX_LABELS), "f")

    assert why(7).startswith("It shows other images of the dataset. Are positions within the test part taken for")
    assert why(303) == why() == "By of_empty_figure."
    assert judging.why_other_images(submission_of(), strangers[:1] * 3, part(SIX_LABELS), "f") == "By of_empty_figure."
    fourth = [*strangers, strangers[0], Panel([X[7, 0].astype(np.float64)], "")]
    assert judging.why_other_images(submission_of(), fourth, part(SIX_LABELS), "f") == "By of_empty_figure."


# Classes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("True: CHIRP", ("true", "chirp")),
        ("1 or 0", ("1", "or", "0")),
        ("1.0 and 0.0", ("1.0", "and", "0.0")),
        ("0.5 10 2,1 1.5 0,3 1% 0 %", ()),
        ("label=1.", ("label", "1")),
    ],
)
def test_words_are_read_and_of_numbers_only_those_that_name_a_class(text, words):
    assert judging.words_of(text) == words


@pytest.mark.parametrize(
    ("word", "label"),
    [
        ("chirps", 1),
        ("chirp", 1),
        ("blip", 0),
        ("glitches", 0),
        ("1", 1),
        ("1.0", 1),
        ("0", 0),
        ("0.0", 0),
        ("x", None),
    ],
)
def test_a_class_has_names(word, label):
    assert judging.named_by(word) == label


def test_the_words_about_a_class_begin_and_end_with_one():
    assert judging.class_phrase("time\ntrue: chirp, said blip, score") == ("chirp", "said", "blip")
    assert judging.class_phrase("a chirp") == ("chirp",) and judging.class_phrase("nothing") == ()


def test_the_true_class_is_asked_for_where_it_is_not_told():
    asked = "Tell the true class (chirp or blip) of each image."
    assert said(judging.assert_classes_told, ["chirp", "no class"], np.array([1, 0])) == asked
    predicted = f"{asked} Is it the predicted class that stands there?"
    assert said(judging.assert_classes_told, ["blip", "blip"], np.array([1, 0])) == predicted
    assert said(judging.assert_classes_told, ["chirp", "chirp"], np.array([1, 0])) == predicted
    assert said(judging.assert_classes_told, ["a chirp", "a chirp"], np.array([1, 1])) == ""


# Trainings


@pytest.mark.parametrize("bright_means", [0, 1])
def test_in_the_simple_task_the_bright_images_are_of_one_class(bright_means):
    images, labels = judging.brightness_task(np.random.default_rng(0), 41, bright_means)
    assert images.shape == (41, 1, 32, 64) and images.dtype == labels.dtype == np.float32
    assert sorted(labels) == [0] * 21 + [1] * 20 and labels.tolist() != sorted(labels)
    means = images.mean((1, 2, 3))
    assert means == pytest.approx(np.where(labels == bright_means, 0.5, -0.5), abs=0.1)
    assert images.std((1, 2, 3)) == pytest.approx(np.full(41, simulators.NOISE_SIGMA), rel=0.1)


def training(right=1.0, changed=True, stale_steps=0):
    """A training after which a share of 100 images is on the right side, with their labels."""
    truth = np.arange(100) % 2
    logits = np.where(truth == 1, 0.5, -0.5) * np.where(np.arange(100) < round(100 * right), 1, -1)
    return Training(losses=np.ones(1), logits=logits, stale_steps=stale_steps, changed=changed), truth


@pytest.mark.parametrize(
    ("trained", "causes_known", "message"),
    [
        ({"right": 0.9}, (), ""),
        ({"right": 0.1}, (), "right in 10% of cases after training. It learns the opposite: is there a minus"),
        ({"right": 0.05}, ("of_opposite",), "right in 5% of cases after training. By of_opposite."),
        ({"right": 0.1}, ("of_opposite", "of_small_steps"), "right in 10% of cases after training. By of_opposite."),
        ({"right": 0.11}, ("of_opposite",), "right in 11% of cases after training. Does train_model use its arguments"),
        ({"right": 0.89}, ("of_small_steps",), "right in 89% of cases after training. By of_small_steps."),
        ({"right": 0.89}, ("of_small_steps", "of_training"), "right in 89% of cases after training. By of_training."),
        ({"changed": False}, (), "The net that train_model was given is unchanged afterwards: train it in place."),
        ({"changed": False}, ("of_training",), "unchanged afterwards: train it in place. By of_training."),
    ],
    ids=str,
)
def test_a_training_learns_a_simple_rule_or_is_told_why_not(blame, trained, causes_known, message):
    for cause in causes_known:
        blame(cause)
    told = said(judging.assert_learnt, *training(**trained), submission_of())
    assert message in told and bool(told) == bool(message)


@pytest.mark.parametrize(
    ("trained", "causes_known", "message"),
    [
        ({"right": 0.7}, (), ""),
        ({"stale_steps": -1}, (), "In -1 steps the gradient of an earlier step was still there."),
        ({"stale_steps": 1}, (), "In 1 step the gradient of an earlier step was still there."),
        (
            {"stale_steps": 3},
            ("of_stale_gradients",),
            "In 3 steps the gradient of an earlier step was still there. By of",
        ),
        ({"right": 0.69}, (), "in 69% of its own training images: a training that learns nothing can't show"),
        ({"right": 0.69}, ("of_small_steps",), "can't show whether its steps are right. By of_small_steps."),
        ({"right": 0.69}, ("of_small_steps", "of_training"), "can't show whether its steps are right. By of_training."),
        ({"changed": False}, (), "The net that train_model was given is unchanged afterwards."),
        ({"changed": False}, ("of_training",), "unchanged afterwards. By of_training."),
    ],
    ids=str,
)
def test_a_training_clears_its_gradients_or_is_told_why_not(blame, trained, causes_known, message):
    for cause in causes_known:
        blame(cause)
    told = said(judging.assert_fresh_gradients, *training(**trained), submission_of())
    assert message in told and bool(told) == bool(message)


def test_logit_0_after_a_training_is_a_blip():
    nothing = Training(losses=np.ones(1), logits=np.zeros(10), stale_steps=0, changed=True)
    assert judging.assert_learnt(nothing, np.zeros(10), submission_of()) is None
    assert judging.assert_fresh_gradients(nothing, np.zeros(10), submission_of()) is None


@pytest.mark.parametrize(
    ("losses", "message"),
    [
        ([0.7, 0.0, 1.0], ""),
        ([0.7], ""),
        ([[0.7], [0.6]], ""),
        (0.5, "Return a list with one number for each epoch; train_model returned a single number. By of_losses."),
        (
            np.nan,
            "Return a list with one number for each epoch; train_model returned no list of numbers. By of_losses.",
        ),
        ([], "Called with epochs=3, train_model returned 0 numbers; expected one for each epoch. By of_losses."),
        (
            [1, 1, 1, 1],
            "Called with epochs=3, train_model returned 4 numbers; expected one for each epoch. By of_losses.",
        ),
        ([-0.5, 1], "The losses should be finite and not negative; found -0.5. By of_losses."),
        ([0.25, -1], "The losses should be finite and not negative; found 0.25. By of_losses."),
        ([np.inf, 1], "The losses should be finite and not negative; found inf. By of_losses."),
    ],
    ids=str,
)
def test_there_is_one_loss_for_each_epoch(blame, losses, message):
    blame("of_losses")
    assert said(judging.assert_mean_losses, np.array(losses), 3, submission_of()) == message


def test_negative_losses_are_told_to_come_from_a_minus(blame):
    blame("of_losses")
    blame("of_opposite")
    assert said(judging.assert_mean_losses, np.array([-1.0]), 3, submission_of()).endswith("found -1. By of_opposite.")


@pytest.mark.parametrize(
    ("losses", "epochs", "remarked"),
    [([1.0], 3, True), ([1.0], 1, False), ([1.0, 0.5], 4, False), ([1.0], 2, True), ([1.0, 0.5], 2, False)],
)
def test_one_loss_of_several_epochs_is_remarked(blame, losses, epochs, remarked):
    blame("of_few_losses")
    remark = judging.remark_on_losses(np.array(losses), epochs, submission_of())
    expected = f"Called with epochs={epochs}, train_model returned 1 number. By of_few_losses."
    assert remark == (expected if remarked else None)


def test_an_epoch_that_is_left_out_is_remarked():
    remark = judging.remark_on_losses(np.array([1.0, 0.5]), 3, submission_of())
    assert remark == (
        "Called with epochs=3, train_model returned 2 numbers. Is the first or the last epoch left out? Write "
        "`range(epochs)`."
    )


@pytest.mark.parametrize(("spread", "passes"), [(0.0, True), (0.0699, True), (0.0701, False), (0.5, False)])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_means_over_epochs_are_alike(blame, spread, passes, scale):
    blame("of_losses")
    losses = scale * np.array([1 - spread, 1 + spread])
    told = said(judging.assert_mean_of_all_batches, losses, submission_of())
    assert (told == "") == passes
    if not passes:
        span = (
            f"the numbers for 2 epochs go from {losses[0]:.3g} to {losses[1]:.3g}. Expected the mean over all batches"
        )
        assert span in told and told.endswith("By of_losses.")


def test_losses_of_nothing_are_alike():
    assert judging.assert_mean_of_all_batches(np.zeros(3), submission_of()) is None
