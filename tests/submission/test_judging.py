"""The judging functions: a verdict changes when it should, and never when it shouldn't."""

import math
import time

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
from course_utils.submission import judging, slips
from course_utils.submission.questions import Submission

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

    def __init__(self, net, **values):
        self.net, self.answers = net, {name: np.array(value) for name, value in values.items()}

    def ask(self, question, arguments, needed=True):
        known = {"logits": lambda: self.net(arguments["images"]), "values": lambda: self.answers[arguments["name"]]}
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
