"""The questions: what is no answer is not taken for one."""

import numpy as np
import pytest

from course_utils.submission.figures import MAX_IMAGES, MAX_PANELS, MAX_TEXT
from course_utils.submission.questions import MAX_MESSAGE, NoAnswer, Submission

IMAGES = np.zeros((2, 1, 32, 64), np.float32)
TRAINING = {"losses": np.ones(3), "logits": np.ones(2), "stale_steps": 0, "changed": True}
GRADIENTS = {"names": ["a", "b"], "gradient": np.zeros(2), "effect": np.ones(2)}


class Side:
    """Gives the same answer to every question."""

    def __init__(self, answer):
        self.answer = answer

    def ask(self, question, arguments):
        return {"answer": self.answer}

    def seed(self, purpose):
        return 0


QUESTIONS = {
    "logits": (lambda s: s.logits("model", IMAGES), np.ones(2)),
    "one logit": (lambda s: s.one_logit_per_image("model", IMAGES), np.ones((2, 1))),
    "alone": (lambda s: s.alone_and_together("model", IMAGES), {"alone": np.ones(2), "together": np.ones(2)}),
    "gradients": (lambda s: s.gradients("GlitchNet", IMAGES, np.ones(2)), GRADIENTS),
    "count": (lambda s: s.parameter_count("GlitchNet"), np.array(5)),
    "training": (lambda s: s.train_probe(IMAGES, np.ones(2), IMAGES, 3), TRAINING),
    "values": (lambda s: s.values("x"), np.ones(2)),
    "figure": (lambda s: s.figure("x"), [{"images": [IMAGES[0, 0]], "text": "chirp"}]),
    "has": (lambda s: s.has("x"), False),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_right_answer_is_one(question):
    ask, right = QUESTIONS[question]
    ask(Submission(Side(right)))


@pytest.mark.parametrize("answer", [None, 1, 0.5, "text", b"", {}, ["x"], [[]], [{}], [None], {"images": 1}], ids=repr)
@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_of_another_kind_is_none(question, answer):
    ask, _ = QUESTIONS[question]
    with pytest.raises(NoAnswer) as refused:
        ask(Submission(Side(answer)))
    assert refused.value.kind == "broken" and str(refused.value)


@pytest.mark.parametrize(
    ("question", "wrong"),
    [
        ("count", np.array([5])),
        ("count", np.array(5.0)),
        ("count", np.array(np.nan)),
        ("count", np.array(True)),
        ("gradients", GRADIENTS | {"names": ["a"]}),
        ("gradients", GRADIENTS | {"names": ["a", 1]}),
        ("gradients", GRADIENTS | {"effect": np.ones((2, 1))}),
        ("gradients", GRADIENTS | {"gradient": np.ones(3)}),
        ("training", TRAINING | {"stale_steps": False}),
        ("training", TRAINING | {"stale_steps": 0.0}),
        ("training", TRAINING | {"stale_steps": "0"}),
        ("training", TRAINING | {"changed": 1}),
        ("training", TRAINING | {"losses": [1.0]}),
        ("training", TRAINING | {"logits": np.ones(1)}),
        ("figure", [{"images": [np.ones(1)], "text": 1}]),
        ("figure", [{"images": np.ones(1), "text": ""}]),
        ("has", np.array(True)),
    ],
)
def test_an_answer_that_is_nearly_right_is_none(question, wrong):
    ask, _ = QUESTIONS[question]
    with pytest.raises(NoAnswer):
        ask(Submission(Side(wrong)))


def test_figures_are_cut():
    panel = {"images": [np.ones((1, 1))] * (MAX_IMAGES + 1), "text": "x" * (MAX_TEXT + 1)}
    panels = Submission(Side([panel] * (MAX_PANELS + 1))).figure("x")
    assert len(panels) == MAX_PANELS
    assert {(len(panel.images), len(panel.text)) for panel in panels} == {(MAX_IMAGES, MAX_TEXT)}


@pytest.mark.parametrize("kind", [AssertionError, ValueError, lambda message: NoAnswer("error", message)])
def test_messages_are_cut(kind):
    def question():
        raise kind("x" * 2 * MAX_MESSAGE)

    outcome = Submission(Side(None)).check(question, 1)
    assert len(outcome.message) == MAX_MESSAGE and outcome.fraction == 0
