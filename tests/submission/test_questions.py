"""The questions: what is no answer is not taken for one."""

import hashlib

import numpy as np
import pytest
from nbjudge.ask import NoAnswer
from nbjudge.ask.figures import MAX_IMAGES, MAX_PANELS, MAX_TEXT
from nbjudge.ask.questions import MAX_MESSAGE

from course_utils.submission.questions import MAX_POSITIONS, Submission

IMAGES = np.zeros((2, 1, 32, 64), np.float32)
TRAINING = {"losses": np.ones(3), "logits": np.ones(2), "stale_steps": 0, "changed": True}
GRADIENTS = {"names": ["a", "b"], "gradient": np.zeros(2), "effect": np.ones(2)}


class Side:
    """Gives the same answer to every question."""

    def __init__(self, answer):
        self.answer = answer

    def ask(self, question, arguments, needed=True):
        return {"answer": self.answer}

    def seed(self, purpose):
        return 0


QUESTIONS = {
    "logits": (lambda s: s.logits("model", IMAGES), np.ones(2)),
    "one logit": (lambda s: s.one_logit_per_image("model", IMAGES), np.ones((2, 1))),
    "alone": (lambda s: s.alone_and_together("model", IMAGES), {"alone": np.ones(2), "together": np.ones(2)}),
    "gradients": (lambda s: s.gradients("GlitchNet", IMAGES, np.ones(2)), GRADIENTS),
    "unregistered": (lambda s: s.unregistered("GlitchNet", IMAGES), {"names": ["layers[0].weight"]}),
    "bend": (lambda s: s.bend("GlitchNet", IMAGES), np.array(0.5)),
    "fixed": (lambda s: s.fixed_losses(IMAGES, np.ones(2), 1.0, 3), np.ones(3)),
    "count": (lambda s: s.parameter_count("GlitchNet"), np.array(5)),
    "training": (lambda s: s.train_probe(IMAGES, np.ones(2), IMAGES, 3), TRAINING),
    "values": (lambda s: s.values("x"), np.ones(2)),
    "figure": (lambda s: s.figure("x"), [{"images": [IMAGES[0, 0]], "text": "chirp"}]),
    "has": (lambda s: s.has("x"), False),
    "trained on": (lambda s: s.trained_on(), np.arange(3)),
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
        ("trained on", np.arange(3.0)),
        ("trained on", np.array(3)),
        ("trained on", np.arange(MAX_POSITIONS + 1)),
    ],
)
def test_an_answer_that_is_nearly_right_is_none(question, wrong):
    ask, _ = QUESTIONS[question]
    with pytest.raises(NoAnswer):
        ask(Submission(Side(wrong)))


@pytest.mark.parametrize("answer", [None, True, 3, b"", [], np.zeros(3)], ids=repr)
def test_whose_net_it_is_has_to_be_said_in_words(answer):
    Submission(Side("")).needs_own_net()
    with pytest.raises(NoAnswer) as refused:
        Submission(Side(answer)).needs_own_net()
    assert refused.value.kind == "broken"
    with pytest.raises(NoAnswer, match="This check is for a net of yours"):
        Submission(Side("`model` is ours.")).needs_own_net()


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


# Seeds


class Listener(Side):
    """Keeps what was asked, with its seed; each purpose has a seed of its own."""

    def __init__(self):
        super().__init__(np.ones(2))
        self.seeds = []

    def ask(self, question, arguments, needed=True):
        self.seeds.append((question, arguments["seed"]))
        return super().ask(question, arguments)

    def seed(self, purpose):
        return int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:16], "big")


def seeds(*checks):
    """The questions of each check, and their seeds."""
    submission, asked = Submission(side := Listener()), []
    for questions in checks:
        side.seeds.clear()
        assert submission.check(lambda questions=questions: [ask(submission) for ask in questions] and None, 1).earned
        asked.append(list(side.seeds))
    return asked


def logits(of="GlitchNet", number=2):
    return lambda submission: submission.logits(of, IMAGES[:number])


def test_a_question_more_changes_no_other_checks_seeds():
    one, other = [logits(), logits()], [logits(), logits("model")]
    assert seeds(one, other) == [seeds(one)[0], seeds(other)[0]]
    assert seeds([logits("model"), *one, *other], other)[1] == seeds(other)[0]
    assert seeds([lambda submission: submission.values("x"), *one])[0][1:] == seeds(one)[0]


def test_equal_questions_in_one_check_have_different_seeds():
    (asked,) = seeds([logits()] * 3)
    assert len(set(asked)) == 3 and all(0 <= seed < 2**63 for _, seed in asked)


def test_different_questions_have_different_seeds():
    (asked,) = seeds([logits(), logits("model"), logits(number=1), lambda submission: submission.values("x")])
    assert len({seed for _, seed in asked}) == 4
