"""Functions with which the test cells judge answers. NumPy only: the judging process has no torch.

Answers may be wrong in any way; the functions raise AssertionError with a message for the student.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from nbjudge.ask import NoAnswer, Panel
from nbjudge.ask.wording import count, sentences

from .. import simulators
from . import causes, slips
from .questions import Submission, Training

# Half precision changes logits by this share of their spread (see `slack`), and another batch size by a millionth.
# Images closer than this to the boundary may fall on either side, but at most this share of all images.
LOGIT_TOLERANCE = 2e-3
UNSURE_SHARE = 0.03
# Scores may differ from ours by this much, for example because of half precision or rounding to three digits.
SCORE_TOLERANCE = 2e-3
# Means over an epoch of 1,024 images differ by less than this share; losses of single batches differ by more.
LOSS_SPREAD = 0.07
# If a test part had fewer different images than this, right answers about it could be lucky guesses.
FEWEST_TEST_IMAGES = 20
# If a net's accuracy is higher by this much in the test part than in fresh images, it knows the test part by heart.
BY_HEART = 0.35
FRESH_BESIDE = 400
# Captions may hold numbers besides the score, but not so many that they match more than this share of all scores.
MOST_SCORES_TOLD = 1 / 3


@dataclass(frozen=True)
class TestPart:
    """The student's test part, with pristine images and labels.

    Attributes
    ----------
    images : (M, 1, 32, 64) float32 array
        Images.
    labels : (M,) int64 array
        True classes.
    indices : (M,) int64 array
        Their positions in the dataset.
    """

    images: np.ndarray
    labels: np.ndarray
    indices: np.ndarray


def positions(values: np.ndarray, size: int, name: str, repeats: bool = False) -> np.ndarray:
    """Turn indices or a boolean mask into integer positions.

    Parameters
    ----------
    values : array
        Integers in any shape with one long axis, a mask of length `size`, or anything empty.
    size : int
        Number of images to which the positions can point.
    name : str
        The variable's name, for the message.
    repeats : bool
        Whether a position may occur twice.

    Returns
    -------
    (k,) int64 array
        In the order given.
    """
    flat = values.reshape(-1)
    if flat.size == 0:
        return np.zeros(0, np.int64)
    if flat.dtype == np.bool_:
        assert flat.size == size, f"`{name}` is a mask of length {flat.size}; expected {size}, one for each image."
        return np.flatnonzero(flat)
    pixels = np.prod(dataset()[0].shape[1:])
    assert flat.size <= size, sentences(
        f"`{name}` holds {count(flat.size, 'number')}; there are only {size} images to point at.",
        "Are these the images themselves? Give their positions." if flat.size % pixels == 0 else "",
    )
    assert np.isfinite(flat).all() and (flat == np.round(flat)).all(), (
        f"`{name}` should hold positions, whole numbers; found {flat[:3]}."
    )
    whole = flat.astype(np.int64)
    assert whole.min() >= 0 and whole.max() < size, sentences(
        f"`{name}` should point at {size} images with numbers from 0 to {size - 1}; "
        f"found {whole.min()} to {whole.max()}.",
        "Counted from 1? The first image has the number 0." if (whole.min(), whole.max()) == (1, size) else "",
    )
    assert repeats or len(np.unique(whole)) == whole.size, sentences(
        f"`{name}` holds some numbers twice.",
        ""
        if not name.endswith("_indices")
        else "Are these labels? Give positions."
        if whole.size > 2 and set(whole.tolist()) <= {0, 1}
        else "Are they drawn at random, each by itself? Shuffle all positions once, with permutation, and cut them in "
        "two.",
    )
    return whole


def positions_in(part: TestPart, values: np.ndarray, name: str) -> np.ndarray:
    """Turn indices or a mask into positions within the test part, (k,) int64, like `positions`."""
    outside = values.dtype != np.bool_ and values.size > 0 and values.max() >= len(part.labels)
    assert not (outside and np.isin(values, part.indices).all()), (
        f"`{name}` holds positions in the dataset, up to {values.max():g}: give positions within the test part, from 0 "
        f"to {len(part.labels) - 1}, where 0 is the image X[test_indices[0]]."
    )
    return positions(values, len(part.labels), name)


@cache
def dataset() -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of the fixed dataset, made once, because making them takes as long as most questions."""
    return simulators.fixed_dataset()


def split(submission: Submission) -> dict[str, np.ndarray]:
    """The student's parts of the fixed dataset: (k,) int64 positions for "train", "test" and "validation"."""
    _, y = dataset()
    parts = {}
    for part in ("train", "test", "validation"):
        name = f"{part}_indices"
        if part == "validation" and not (submission.has(name) and submission.values(name).size):
            continue
        parts[part] = positions(submission.values(name), len(y), name)
    return parts


def test_part(submission: Submission) -> TestPart:
    """The student's test part."""
    X, y = dataset()
    chosen = positions(submission.values("test_indices"), len(y), "test_indices", repeats=True)
    different = len(np.unique(chosen))
    if different < FEWEST_TEST_IMAGES:
        found = f"holds {count(different, 'different image')}" if different else "is empty"
        raise NoAnswer(
            "contract", f"The test part, `test_indices`, {found}; at least {FEWEST_TEST_IMAGES} are needed to judge by."
        )
    return TestPart(X[chosen], y[chosen], chosen)


def test_logits(submission: Submission, part: TestPart) -> np.ndarray:
    """Logits of ``model`` for the test part, if the net is useful for other images, too.

    A net that learnt the test part by heart, or looks its images up, makes no mistakes there, so all later tasks would
    be easy.

    Parameters
    ----------
    submission : Submission
        The student's work.
    part : TestPart
        The test part.

    Returns
    -------
    (M,) float64 array
        Logits of the test part, in its order.

    Raises
    ------
    AssertionError
        The net is right in the test part far more often than in fresh images.
    """
    logits = submission.one_logit_per_image("model", part.images)
    fresh = simulators.fresh(FRESH_BESIDE, submission.seed("beside the test part"))
    beside = submission.one_logit_per_image("model", fresh.images)
    here, there = accuracy(logits, part.labels), accuracy(beside, fresh.labels)
    assert here - there < BY_HEART, (
        f"`model` is right in {here:.0%} of the test part, but in {there:.0%} of fresh images: it knows the test part "
        "by heart. Was it trained on these images? Train on train_indices only, and then ask again."
    )
    return logits


def accuracy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Share of images on the right side of logit 0."""
    return float(((logits > 0) == (labels == simulators.CHIRP)).mean())


def slack(logits: np.ndarray) -> float:
    """By how much rounding may change a logit: a share of the interquartile range, so it scales with the logits."""
    return LOGIT_TOLERANCE * float(np.subtract(*np.percentile(logits, [75, 25])))


def assert_disjoint(parts: dict[str, np.ndarray], submission: Submission) -> None:
    """Assert that no image is in two of the parts that `split` returns."""
    learnt, asked = parts["train"], parts["test"]
    assert not np.intersect1d(learnt, asked).size, (
        "Some images are in two parts at once: `train_indices` and `test_indices` must be disjoint."
    )
    twice = np.intersect1d(parts.get("validation", np.zeros(0, np.int64)), np.concatenate([learnt, asked]))
    # The line that makes a part is quoted only if it is still in its cell.
    assert not twice.size, sentences(
        f"`validation_indices` holds {count(twice.size, 'image')} that `train_indices` or `test_indices` "
        f"{'holds' if twice.size == 1 else 'hold'} as well: each image belongs to one part only.",
        ""
        if submission.assignment("validation_indices")
        else "Is it left over from an earlier run? Then write `del validation_indices`, or restart the kernel.",
    )


def why_other_share(parts: dict[str, np.ndarray]) -> str:
    """Why a test part is too large or too small; empty if unknown."""
    test, learnt = len(parts["test"]), len(parts["train"])
    return "Have `train_indices` and `test_indices` been swapped?" if test > 2 * learnt else ""


def why_one_class(submission: Submission) -> str:
    """Why a part of the dataset holds nearly one class only."""
    return causes.of_data(submission) or "The dataset lists all chirps first: shuffle before you split."


def why_other_accuracy(submission: Submission, found: float, logits: np.ndarray, part: TestPart) -> str:
    """Why an accuracy is not that of `model` on the test part."""
    changed = causes.of_data(submission) or causes.of_chance(submission, "model")
    if changed:
        return changed
    X, y = dataset()
    learnt = split(submission)["train"]
    learnt_logits = submission.one_logit_per_image("model", X[learnt]) if learnt.size else np.zeros(0)
    slip = slips.of_accuracy(found, logits, part.labels, (learnt_logits, y[learnt]))
    return (
        slip
        or causes.of_other_net(submission)
        or causes.of_training_mode(submission)
        or (
            "Use model.eval(), compare logits with 0, watch the shapes (N, 1) and (N,), and take the test part only, "
            "with its images as they are."
        )
    )


def why_other_size(submission: Submission, size: int) -> str:
    """Why there are more or fewer scores than test images; empty if unknown."""
    return slips.of_size(size, split(submission))


def why_other_scores(submission: Submission, scores: np.ndarray, logits: np.ndarray) -> str:
    """Why scores are not the sigmoid of the logits of `model` for the test part."""
    return (
        causes.of_data(submission)
        or causes.of_chance(submission, "model")
        or slips.of_scores(scores, logits)
        or causes.of_other_net(submission)
        or causes.of_training_mode(submission)
        or (
            "Use model.eval(), torch.sigmoid, the test part in its own order, and the images as they are (any scaling "
            "belongs inside GlitchNet)."
        )
    )


def unsure(logits: np.ndarray) -> np.ndarray:
    """Which images are so close to the boundary that they may fall on either side.

    These are at most `UNSURE_SHARE` of all images, rounded up to whole images.
    """
    distance = np.abs(logits)
    farthest = np.quantile(distance, UNSURE_SHARE, method="higher")
    close: np.ndarray = (distance < slack(logits)) & (distance < farthest)
    return close


def accuracy_range(logits: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Lowest and highest accuracy when images too close to the boundary may fall on either side."""
    right = (logits > 0) == (labels == simulators.CHIRP)
    either = unsure(logits)
    return float((right & ~either).mean()), float((right | either).mean())


def assert_confusion(
    found: np.ndarray, logits: np.ndarray, labels: np.ndarray, scores: np.ndarray | None = None
) -> None:
    """Assert that a table counts true classes in rows and predicted classes in columns.

    The classes may be predicted from the logits, or from the student's own scores if they are the model's scores: a
    score may be rounded to one half.
    """
    assert found.shape == (2, 2), f"`confusion` should be a 2 x 2 table; its shape is {found.shape}."
    chirp = labels == simulators.CHIRP

    def counted(called_chirp: Any) -> np.ndarray:
        return np.array([[np.sum((chirp == row) & (called_chirp == column)) for column in (0, 1)] for row in (0, 1)])

    expected = counted(logits > 0)
    either = np.array([np.sum(unsure(logits) & (chirp == row)) for row in (0, 1)])
    rows_add_up = bool((found.sum(axis=1) == expected.sum(axis=1)).all())
    by_logits = rows_add_up and (np.abs(found - expected) <= either[:, None]).all()
    by_scores = scores is not None and agree(scores, logits) and (found == counted(scores > 0.5)).all()
    told = f"Expected {expected.tolist()} in `confusion`, found {np.round(found, 3).tolist()}."
    are_wrong = scores is not None and np.abs(scores - sigmoid(logits)).max() > SCORE_TOLERANCE
    assert by_logits or by_scores or scores is None or not are_wrong or (found != counted(scores > 0.5)).any(), (
        f"The table counts `scores`, which are not right: correct `scores` first, as their own check says. {told}"
    )
    assert by_logits or by_scores, sentences(
        told,
        slips.of_confusion(found, expected)
        or _why_other_calls(rows_add_up, any((found == counted(logits > threshold)).all() for threshold in logits)),
    )


def _why_other_calls(rows_add_up: bool, at_another_threshold: bool) -> str:
    """Why a table may be wrong; the line that makes the table is to blame only if its rows don't add up."""
    if at_another_threshold:
        return (
            "Such counts come out at another threshold. Does the line of your cell that compares take 0.5 for scores, "
            "or 0 for logits?"
        )
    if rows_add_up:
        return (
            "The rows add up, so the true classes are right, but other images are called chirp. Does the line of your "
            "cell that compares take the scores of the whole test part, in its order, by model in evaluation mode?"
        )
    return "Rows are true classes, columns predicted ones, in the order (blip, chirp), as counts."


def mistakes_among(logits: np.ndarray, labels: np.ndarray, true_class: int) -> np.ndarray:
    """Positions of the images of one class that are on the wrong side of logit 0, (k,) int64."""
    return np.flatnonzero((labels == true_class) & ((logits > 0) != (labels == simulators.CHIRP)))


def why_no_mistakes(found: np.ndarray, logits: np.ndarray, part: TestPart, true_class: int) -> str:
    """Which other positions were given instead of the mistakes among the images of one class; empty if unknown."""
    kind, other_class = simulators.CLASS_NAMES[true_class], 1 - true_class
    others = mistakes_among(logits, part.labels, other_class)
    expected = mistakes_among(logits, part.labels, true_class)
    members = np.flatnonzero(part.labels == true_class)
    if found.size == 1 and found[0] == expected.size:
        return "It looks like the number of mistakes: give their positions."
    if found.size and np.array_equal(np.sort(found), members):
        return f"They are all the {kind}s: take those alone that `model` gets wrong."
    if found.size and np.array_equal(np.sort(found), np.setdiff1d(members, expected)):
        return f"They are the {kind}s that `model` gets right: reverse the comparison."
    if expected.size and others.size and np.array_equal(np.sort(found), np.union1d(expected, others)):
        return (
            "They are all mistakes, of both classes: chirps called blip belong in `missed_chirps`, and blips called "
            "chirp in `false_chirps`."
        )
    if found.size and np.array_equal(np.sort(found), others):
        return (
            f"They are the {simulators.CLASS_NAMES[other_class]}s called {kind}. Have `missed_chirps` and "
            "`false_chirps` been swapped, or is the condition on the true class missing?"
        )
    return slips.of_positions(found, expected, members, part.indices, kind)


def why_strangers(submission: Submission, found: np.ndarray, part: TestPart, true_class: int) -> str:
    """Why positions of mistakes belong to images of the other class."""
    logits = submission.one_logit_per_image("model", part.images)
    return why_no_mistakes(found, logits, part, true_class) or (
        causes.of_data(submission)
        or "Positions count within the test part: position 0 is the image X[test_indices[0]]."
    )


def assert_mistakes(
    found: np.ndarray,
    logits: np.ndarray,
    part: TestPart,
    true_class: int,
    name: str,
    only: np.ndarray | slice = slice(None),
) -> None:
    """Assert that positions are exactly the mistakes among the images of one class, in all or some of the test part."""
    labels = part.labels
    wrong = (logits > 0) != (labels == simulators.CHIRP)
    either = unsure(logits)
    candidates = labels == true_class
    chosen = np.zeros(len(labels), bool)
    chosen[found] = True
    kind = simulators.CLASS_NAMES[true_class]
    looked_at = np.zeros(len(labels), bool)
    looked_at[only] = True
    misplaced = looked_at & chosen & ~candidates
    needless = looked_at & chosen & candidates & ~wrong & ~either
    missing = looked_at & ~chosen & candidates & wrong & ~either
    slip = why_no_mistakes(found, logits, part, true_class) if (misplaced | needless | missing).any() else ""
    assert not misplaced.any(), sentences(
        f"`{name}` should hold {kind}s only; it also holds {count(misplaced.sum(), 'image')} of the other class.", slip
    )
    assert not needless.any(), sentences(
        f"`{name}` holds {count(needless.sum(), kind)} that `model` classifies correctly.",
        slip or "Compare with logit 0 (score 0.5), in evaluation mode, and give positions within the test part.",
    )
    assert not missing.any(), sentences(f"`{name}` lacks {count(missing.sum(), kind)} that `model` gets wrong.", slip)


@dataclass(frozen=True)
class Ranking:
    """How sure a net is of the images of one class, by one measure.

    Attributes
    ----------
    key : (M,) float64 array
        One number for each image; a higher number means that the net is surer.
    slack : float
        Differences up to this size may come from rounding.
    """

    key: np.ndarray
    slack: float

    def are_best(self, picks: np.ndarray, others: np.ndarray) -> bool:
        """Whether no other image is surer than the picks."""
        return not others.size or bool(self.key[picks].min() >= self.key[others].max() - self.slack)

    def are_in_order(self, picks: np.ndarray) -> bool:
        """Whether the picks are sorted, the surest first."""
        return bool((np.diff(self.key[picks]) <= self.slack).all())


def rankings(logits: np.ndarray, scores: np.ndarray | None, true_class: int) -> list[Ranking]:
    """Rankings by the logits and by the student's own scores, among which scores near 1 may be equal in float32.

    The scores are used only if they are the model's: with constant scores, every pick would be right.
    """
    sign = 1.0 if true_class == simulators.CHIRP else -1.0
    by_logits = Ranking(sign * logits, slack(logits))
    if scores is None or not agree(scores, logits):
        return [by_logits]
    return [by_logits, Ranking(sign * scores, 0.0)]


def assert_of_class(picks: np.ndarray, logits: np.ndarray, part: TestPart, true_class: int, name: str) -> None:
    """Assert that picks are three images of one class."""
    assert picks.size == 3, f"`{name}` should hold 3 positions; it holds {picks.size}."
    kind = simulators.CLASS_NAMES[true_class]
    strangers = int((part.labels[picks] != true_class).sum())
    assert strangers == 0, sentences(
        f"`{name}` should hold true {kind}s only; it also holds {count(strangers, 'image')} of the other class.",
        why_other_picks(picks, logits, part, true_class),
    )


def why_other_picks(picks: np.ndarray, logits: np.ndarray, part: TestPart, true_class: int) -> str:
    """Which other images were picked instead of the most confident ones of one class; empty if unknown."""
    kind, members = simulators.CLASS_NAMES[true_class], np.flatnonzero(part.labels == true_class)
    key = rankings(logits, None, true_class)[0].key
    best = members[np.argsort(-key[members])[:3]]
    return slips.of_positions(picks, best, members, part.indices, kind) or slips.of_picks(picks, key, members, kind)


def assert_begins_with_the_surest(
    picks: np.ndarray, logits: np.ndarray, scores: np.ndarray | None, part: TestPart, true_class: int, name: str
) -> None:
    """Assert that the first of three picks is the most confident image of one class."""
    assert_of_class(picks, logits, part, true_class, name)
    kind = simulators.CLASS_NAMES[true_class]
    others = np.setdiff1d(np.flatnonzero(part.labels == true_class), picks)
    extreme = "highest" if true_class == simulators.CHIRP else "lowest"
    fitting = [ranking for ranking in rankings(logits, scores, true_class) if ranking.are_best(picks[:1], others)]
    assert any(ranking.are_in_order(picks) for ranking in fitting), sentences(
        f"`{name}` should begin with the {kind} that has the {extreme} score, and go on best first.",
        why_other_picks(picks, logits, part, true_class),
    )


def assert_most_confident(
    picks: np.ndarray, logits: np.ndarray, scores: np.ndarray | None, part: TestPart, true_class: int, name: str
) -> None:
    """Assert that picks are the three most confident images of one class, best first.

    The order may be that of the logits or that of the student's own scores; see `rankings`.
    """
    assert_of_class(picks, logits, part, true_class, name)
    kind = simulators.CLASS_NAMES[true_class]
    others = np.setdiff1d(np.flatnonzero(part.labels == true_class), picks)
    fitting = [ranking for ranking in rankings(logits, scores, true_class) if ranking.are_best(picks, others)]
    extreme = "highest" if true_class == simulators.CHIRP else "lowest"
    assert fitting, sentences(
        f"`{name}` should be the 3 {kind}s with the {extreme} scores; these are others.",
        why_other_picks(picks, logits, part, true_class),
    )
    assert any(ranking.are_in_order(picks) for ranking in fitting), sentences(
        f"`{name}` holds the right images, but not best first.", why_other_picks(picks, logits, part, true_class)
    )


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Scores for logits, without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * logits))


def agree(scores: np.ndarray, logits: np.ndarray) -> bool:
    """Whether scores are the sigmoid of the logits; the tolerance is a share of the range of the right scores."""
    expected = sigmoid(logits)
    return bool(np.abs(scores - expected).max() <= SCORE_TOLERANCE * np.ptp(expected))


def student_scores(submission: Submission, size: int) -> np.ndarray | None:
    """The student's `scores` as (size,) float64, or None if they are not usable."""
    try:
        scores = submission.values("scores").reshape(-1)
    except NoAnswer:
        return None
    return scores.astype(np.float64) if scores.size == size and np.isfinite(scores).all() else None


def shown_in(panel: Panel, images: np.ndarray) -> int | None:
    """Which of some images a panel shows, flipped or not and with any colour scale; None if it shows none of them.

    Parameters
    ----------
    panel : Panel
        From the student's figure.
    images : (M, 1, 32, 64) float32 array
        Candidates.
    """
    rows, columns = images.shape[-2:]
    flat = images.reshape(len(images), -1).astype(np.float64)
    flat = flat - flat.mean(1, keepdims=True)
    norms = np.linalg.norm(flat, axis=1)
    for shown in panel.images:
        upright = shown.T if shown.shape == (columns, rows) else shown
        if upright.shape != (rows, columns) or not np.isfinite(upright).all():
            continue
        for view in (upright, upright[::-1], upright[:, ::-1], upright[::-1, ::-1]):
            centred = view.ravel() - view.mean()
            likeness = flat @ centred / (norms * np.linalg.norm(centred) + 1e-12)
            if likeness.max() > 0.95:
                return int(likeness.argmax())
    return None


def numbers_in(text: str) -> list[tuple[float, bool]]:
    """All numbers in a text, with powers of ten in every notation, and whether a percent sign follows."""
    # With single spaces only, no pattern can match the same spaces in more than one way, which would take long.
    text = " ".join(text.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻\u2212", "0123456789--")).split())
    text = re.sub(r" ?(?:\\times|\\cdot|[\u00d7\u00b7*x]) ?10 ?(?:\^|\*\*)? ?\{? ?([-+]?\d+) ?\}?", r"e\1", text)
    found = re.findall(r"([-+]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][-+]?\d+)?) ?(\\?%)?", text)
    return [(float(number.replace(",", ".")), bool(percent)) for number, percent in found]


def why_other_images(submission: Submission, panels: list[Panel], part: TestPart, name: str) -> str:
    """Why a figure shows no images of the test part, or shows other images than it should."""
    shown = [shown_in(panel, dataset()[0]) for panel in panels[:3]]
    known = [image for image in shown if image is not None]
    if known and not np.isin(known, part.indices).any():
        return (
            "It shows other images of the dataset. Are positions within the test part taken for positions in `X`? "
            "Draw the images X[test_indices][...]."
        )
    return causes.of_empty_figure(submission, name)


def tells_score(text: str, score: float, decimals: float = 0.006) -> bool:
    """Whether a text contains a score, rounded to two digits or better, as a fraction or in percent.

    Raises
    ------
    AssertionError
        The text contains so many numbers that one of them would match almost any score.
    """
    in_percent = "%" in text or "percent" in text.lower()
    numbers = numbers_in(text)
    fractions = [
        value
        for number, percent in numbers
        for value in ([] if percent else [number]) + ([number / 100] if in_percent or number > 1 else [])
    ]
    told = np.array(fractions)
    every = np.linspace(0, 1, 101)
    share = (np.abs(told[:, None] - every) <= decimals).any(axis=0).mean()
    assert share <= MOST_SCORES_TOLD, (
        f"The text around an image holds {count(len(numbers), 'number')}, and many could be its score. Print the "
        "score of each image with it, and not many other numbers."
    )
    return bool((np.abs(told - score) <= decimals).any())


def assert_score_told(text: str, logit: float) -> None:
    """Assert that the text around an image contains its score."""
    score = float(sigmoid(np.asarray(logit)))
    if tells_score(text, score):
        return
    shown = [number for number, _ in numbers_in(text)]

    def is_shown(value: float) -> bool:
        return any(abs(number - value) <= max(0.006, 0.006 * abs(value)) for number in shown)

    told = f"Tell the score of each image; the one with score {score:.3g} has"
    assert not is_shown(logit), (
        f"{told} another number beside it, {logit:.3g}, which is its logit: the score is the sigmoid of the logit."
    )
    # Near one half, the scores for a chirp and for a blip are nearly the same.
    assert abs(2 * score - 1) < 0.2 or not is_shown(1 - score), (
        f"{told} {1 - score:.3g} beside it, the score for a blip: show the sigmoid itself."
    )
    raise AssertionError(f"{told} {'other numbers' if shown else 'no number'} beside it.")


def assert_listed(
    image: int, listed: np.ndarray, logits: np.ndarray, part: TestPart, figure: str = "mistakes_figure"
) -> None:
    """Assert that an image shown in a figure is among the mistakes that the student found."""
    if image in listed:
        return
    labels, place = part.labels, part.indices[image]
    assert place not in listed, (
        f"`{figure}` shows X[{place}], which is not among your mistakes, while position {place} within the test part "
        "is. Draw the images X[test_indices][...], not X[...]."
    )
    is_chirp = labels[image] == simulators.CHIRP
    lacking = "missed_chirps" if is_chirp else "false_chirps"
    assert (logits[image] > 0) == is_chirp, (
        f"`{lacking}` lacks an image that `{figure}` shows, a {simulators.CLASS_NAMES[labels[image]]} that `model` "
        "gets wrong: is the list complete?"
    )
    raise AssertionError(f"`{figure}` shows an image that `model` classifies correctly: show mistakes only.")


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, and 0 and 1 where they may mean a class; other numbers are left out."""
    return tuple(re.findall(r"[a-z]+|(?<![\d.])(?<!\d,)[01](?:\.0)?(?![.,]?\d| ?\\?%)", text.lower()))


def named_by(word: str) -> int | None:
    """The class that a word names, if any."""
    names = {"chirp": simulators.CHIRP, "blip": simulators.BLIP, "glitch": simulators.BLIP, "1": 1, "0": 0}
    return next((label for name, label in names.items() if name in word.removesuffix(".0")), None)


def tells_class(text: str, true_class: int) -> bool:
    """Whether a text names a class, in words or as its number."""
    return true_class in map(named_by, words_of(text))


def class_phrase(text: str) -> tuple[str, ...]:
    """The words from the first that names a class to the last that names one; so labels of the axes are left out."""
    words = words_of(text)
    where = [number for number, word in enumerate(words) if named_by(word) is not None]
    return words[where[0] : where[-1] + 1] if where else ()


def assert_classes_told(texts: list[str], labels: np.ndarray) -> None:
    """Assert that each image's text names its true class, and that the words differ between the classes."""
    for text, label in zip(texts, labels, strict=True):
        assert tells_class(text, label), sentences(
            "Tell the true class (chirp or blip) of each image.",
            "Is it the predicted class that stands there?" if tells_class(text, 1 - label) else "",
        )
    chirps, blips = (
        {class_phrase(text) for text, label in zip(texts, labels, strict=True) if label == true_class}
        for true_class in (simulators.CHIRP, simulators.BLIP)
    )
    assert not chirps & blips, (
        "The same words stand around a chirp and around a blip, so they don't tell which is which: tell the true class "
        "of each image."
    )


def brightness_task(rng: np.random.Generator, n: int, bright_means: int) -> tuple[np.ndarray, np.ndarray]:
    """Images that any training loop can learn to classify: noise that is brighter in one class.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the noise.
    n : int
        Number of images.
    bright_means : int
        Label of the bright images, 0 or 1.

    Returns
    -------
    images : (n, 1, 32, 64) float32 array
        White noise of the simulators' strength, shifted by half a unit up or down.
    labels : (n,) float32 array
        0 or 1.
    """
    labels = rng.permutation(np.arange(n) % 2)
    shift = np.where(labels == bright_means, 0.5, -0.5)
    images = shift[:, None, None, None] + rng.normal(0.0, simulators.NOISE_SIGMA, (n, 1, 32, 64))
    return images.astype(np.float32), labels.astype(np.float32)


def assert_learnt(training: Training, truth: np.ndarray, submission: Submission) -> None:
    """Assert that `train_model` taught a simple rule to the net that it was given.

    Parameters
    ----------
    training : Training
        With logits for images that follow the rule and were not used for training.
    truth : (M,) array
        Labels of these images.
    submission : Submission
        The student's work, which is asked why if the net did not learn the rule.
    """
    assert training.changed, sentences(
        "The net that train_model was given is unchanged afterwards: train it in place.",
        causes.of_training(submission),
    )
    right = ((training.logits > 0) == (truth == 1)).mean()
    assert right >= 0.9, sentences(
        f"On a simple task with other images and labels, the net is right in {right:.0%} of cases after training.",
        causes.of_training(submission) or _why_little_is_learnt(right, submission),
    )


def _why_little_is_learnt(right: float, submission: Submission) -> str:
    if right <= 0.1:
        return causes.of_opposite(submission) or (
            "It learns the opposite: is there a minus before the logits, or are 0 and 1 exchanged in the labels?"
        )
    return (
        causes.of_small_steps(submission)
        or "Does train_model use its arguments model, X and y, and nothing else from the notebook? Have logits "
        "and labels the same shape in the loss?"
    )


def assert_fresh_gradients(training: Training, labels: np.ndarray, submission: Submission) -> None:
    """Assert that every step of a training that learnt something started from fresh gradients.

    Parameters
    ----------
    training : Training
        With logits for the images that were used for training.
    labels : (M,) array
        Labels of these images.
    submission : Submission
        The student's work, which is asked why if some steps did not.
    """
    assert training.changed, sentences(
        "The net that train_model was given is unchanged afterwards.", causes.of_training(submission)
    )
    assert training.stale_steps == 0, sentences(
        f"In {count(training.stale_steps, 'step')} the gradient of an earlier step was still there.",
        causes.of_stale_gradients(submission),
    )
    right = ((training.logits > 0) == (labels == 1)).mean()
    assert right >= 0.7, sentences(
        f"After three epochs on a simple task the net is right in {right:.0%} of its own training images: a training "
        "that learns nothing can't show whether its steps are right.",
        causes.of_training(submission) or _why_little_is_learnt(right, submission),
    )


def assert_mean_losses(losses: np.ndarray, epochs: int, submission: Submission) -> None:
    """Assert that `train_model` returned one number for each epoch, finite and not negative."""
    assert losses.ndim >= 1, sentences(
        "Return a list with one number for each epoch; train_model returned",
        "no list of numbers." if np.isnan(losses) else "a single number.",
        causes.of_losses(submission),
    )
    assert 1 <= losses.size <= epochs, sentences(
        f"Called with epochs={epochs}, train_model returned {count(losses.size, 'number')}; expected one for each "
        "epoch.",
        causes.of_losses(submission),
    )
    assert np.isfinite(losses).all() and (losses >= 0).all(), sentences(
        f"The losses should be finite and not negative; found {losses.reshape(-1)[0]:.3g}.",
        causes.of_opposite(submission) or causes.of_losses(submission),
    )


def remark_on_losses(losses: np.ndarray, epochs: int, submission: Submission) -> str | None:
    """A remark on right losses of fewer epochs than asked for. It takes no points: early stopping is allowed."""
    told = f"Called with epochs={epochs}, train_model returned {count(losses.size, 'number')}."
    if 1 < losses.size == epochs - 1:
        return f"{told} Is the first or the last epoch left out? Write `range(epochs)`."
    if losses.size > 1 or epochs == 1:
        return None
    return f"{told} {causes.of_few_losses(submission)}"


def assert_mean_of_all_batches(losses: np.ndarray, submission: Submission) -> None:
    """Assert that the losses of a net that no training changes are nearly equal, as means over whole epochs are.

    With half of the labels wrong, the losses of single batches differ by more than `LOSS_SPREAD`, for batches of mostly
    up to 64 images. Means over epochs differ by less, whatever the loss function is, even if an epoch's images are
    drawn with replacement.
    """
    spread = losses.std() / max(losses.mean(), 1e-12)
    assert spread <= LOSS_SPREAD, sentences(
        f"With a net that stays the same, the numbers for {count(losses.size, 'epoch')} go from {losses.min():.3g} to "
        f"{losses.max():.3g}. Expected the mean over all batches of an epoch, which is the same each time. Is it the "
        "loss of the last batch only, or a sum that is not reset?",
        causes.of_losses(submission),
    )
