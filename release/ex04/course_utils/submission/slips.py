"""Slips: answers that the usual mistakes produce. If a student's answer equals one of them, the mistake is known."""

from collections.abc import Iterable

import numpy as np
from nbjudge.ask.wording import count

from .. import simulators

DATASET = 1000  # images, see `simulators.fixed`

Slip = tuple[np.ndarray, str]


def named(found: np.ndarray, slips: Iterable[Slip], tolerance: float = 1e-3) -> str:
    """The message of the first slip that equals an answer within the tolerance; empty if there is none."""
    for wrong, says in slips:
        wrong = np.asarray(wrong, np.float64)
        if found.shape == wrong.shape and np.allclose(found.astype(np.float64), wrong, rtol=0, atol=tolerance):
            return says
    return ""


def of_accuracy(found: float, logits: np.ndarray, labels: np.ndarray, learnt: tuple[np.ndarray, np.ndarray]) -> str:
    """What is wrong with an accuracy; empty if unknown.

    Parameters
    ----------
    found : float
        The student's accuracy.
    logits, labels : (M,) arrays
        Logits and labels of the test part.
    learnt : ((K,) array, (K,) array)
        Logits and labels of the training part.
    """
    chirp = labels == simulators.CHIRP
    right = ((logits > 0) == chirp).mean()
    by_pairs = ((logits > 0)[:, None] == chirp).mean()
    same_class = (
        "all images are called the same class: by a score above 0, by argmax of one output, or by a new net, "
        "GlitchNet(), in the place of `model`?"
    )
    all_alike = f"It is what comes out if {same_class}"
    each_with_each = (
        "It is what comes out if predictions (N, 1) are compared with labels (N,), every one with every other: write "
        ".reshape(-1) behind the predictions."
    )
    all_images = "take all images of the test part."
    take_all = all_images.capitalize()
    of_learnt = (learnt[0] > 0) == (learnt[1] == simulators.CHIRP)
    slips = (
        (100 * right, "It is in percent: give a fraction, without the factor of 100."),
        (((logits > 0) == chirp).sum(), "It is a number of images: divide it by the size of the test part."),
        (
            1 - right,
            "It is as large as the share of wrong answers: is a comparison the wrong way round, != for ==, or < for >?",
        ),
        (
            by_pairs,
            # With as many chirps as blips, both mistakes give one half.
            each_with_each if abs(by_pairs - chirp.mean()) > 1e-4 else f"{each_with_each} Or if {same_class}",
        ),
        (chirp.mean(), all_alike),
        (1 - chirp.mean(), all_alike),
        (((logits > 0.5) == chirp).mean(), "It is the accuracy for logits above 0.5: the boundary of a logit is 0."),
        (of_learnt.mean(), "It is the accuracy on the training part: ask about the images X[test_indices]."),
        (
            np.concatenate([of_learnt, (logits > 0) == chirp]).mean(),
            "It is the accuracy on all images: ask about the test part alone, X[test_indices].",
        ),
        *(
            (
                round(right, digits),
                "Is it rounded? Then give three digits or more. Or is it the accuracy on some of the images only, such "
                f"as the chirps or the last batch? {take_all}",
            )
            for digits in (2, 1)
            if round(right, digits) not in (right, 1.0)
        ),
        (
            1.0,
            "So every answer that was counted is right. Is it the accuracy on some of the images only, such as the "
            f"chirps or the last batch? {take_all}",
        ),
        (((logits > 0) == chirp)[chirp].mean(), f"It is the accuracy on the chirps alone: {all_images}"),
        (((logits > 0) == chirp)[~chirp].mean(), f"It is the accuracy on the blips alone: {all_images}"),
    )
    slip = named(np.array(found), [(np.array(wrong), says) for wrong, says in slips], tolerance=1e-4)
    if not slip and abs(found - 0.5) < 0.1 and right > 0.7:
        return (
            "That is what chance gives. Are nearly all images called the same class, or are the labels not those of "
            "the same images in the same order, y[test_indices]?"
        )
    return slip


def of_scores(found: np.ndarray, logits: np.ndarray) -> str:
    """What is wrong with the scores of a test part, with logits (M,); empty if unknown."""
    scores = 0.5 * (1 + np.tanh(0.5 * logits))
    over_all = np.exp(logits - logits.max())
    in_another_order = "They are sorted: leave them in the order of the test part."
    return named(
        found,
        (
            (100 * scores, "They are in percent: give fractions, without the factor of 100."),
            (np.maximum(scores, 1 - scores), "They are the scores of the class that was predicted: the score is always "
             "that for a chirp, the sigmoid of the logit."),
            (np.abs(scores - 0.5), "They are distances from 0.5: give the sigmoid itself."),
            (np.sort(scores), in_another_order),
            (np.sort(scores)[::-1], in_another_order),
            (over_all / over_all.sum(), "They are a softmax over the test part, which makes all of them depend on each "
             "other: use torch.sigmoid."),
            (np.tanh(logits), "They are the tanh of the logits: use torch.sigmoid."),
            (-np.logaddexp(0, -logits), "They are the logarithms of the scores: use torch.sigmoid."),
            (np.round(scores, 1), "They are rounded: leave all digits, and round only what you print."),
            (logits, "They are the logits themselves: apply torch.sigmoid."),
            (0.5 * (1 + np.tanh(0.5 * scores)), "They went through the sigmoid twice: once is enough."),
            (1 - scores, "They are the scores for a blip: the sigmoid of the logit itself is the score for a chirp."),
            (np.ones_like(scores), "They are all 1, as a softmax over a single output is: use torch.sigmoid."),
            (scores > 0.5, "They are all 0 or 1: the scores are the sigmoid itself, not what it is rounded to."),
        ),
        tolerance=2e-3,
    )  # fmt: skip


def of_size(size: int, parts: dict[str, np.ndarray]) -> str:
    """Which part of the dataset has as many images as an answer; empty if none has."""
    sizes = {"the training part": len(parts["train"]), "the whole dataset": sum(map(len, parts.values()))}
    same = [part for part, images in sizes.items() if images == size]
    return f"That is the size of {same[0]}: ask about X[test_indices]." if same else ""


def of_confusion(found: np.ndarray, expected: np.ndarray) -> str:
    """What is wrong with a table of counts; empty if unknown."""
    rows, whole = np.maximum(expected.sum(1, keepdims=True), 1), max(expected.sum(), 1)
    if found.sum() != expected.sum() and found.sum() > 2 and (found == np.round(found)).all():
        told = f"It counts {count(int(found.sum()), 'image')}, and the test part has {int(expected.sum())}:"
        if found.sum() in (DATASET, DATASET - expected.sum()):
            return f"{told} ask about X[test_indices]."
        return (
            f"{told} count each image of X[test_indices] once, where the row of its class meets the column that the "
            "net says."
        )
    if (found.sum(0) == 0).any() and not (expected.sum(0) == 0).any():
        return "All images are called the same class: compare scores with 0.5, or logits with 0."
    other_order = "The classes are in the other order, chirps first: blips come first, in rows and columns."
    shares = "It holds shares: give counts, do not normalise."
    return named(
        found,
        (
            (expected.T, "It is transposed: rows are the true classes, columns what the net says."),
            (expected[::-1, ::-1], other_order),
            (expected[::-1, ::-1].T, f"It is transposed. {other_order}"),
            (expected[:, ::-1], "The columns are in the other order: blips come first, then chirps."),
            (expected[::-1], "The rows are in the other order: blips come first, then chirps."),
            (expected / rows, shares),
            (expected / whole, shares),
            (expected / np.maximum(expected.sum(0, keepdims=True), 1), shares),
        ),
    )


def of_positions(
    found: np.ndarray, expected: np.ndarray, members: np.ndarray, test_indices: np.ndarray, kind: str
) -> str:
    """Say that positions refer to the whole dataset, or to one class alone; empty if neither is so.

    Parameters
    ----------
    found : (k,) array
        The student's positions.
    expected : (k,) int64 array
        The right positions within the test part.
    members : (m,) int64 array
        Positions of all images of their class within the test part.
    test_indices : (M,) int64 array
        Positions of the test part's images in the dataset.
    kind : str
        The name of the class.
    """
    return named(
        np.sort(found.reshape(-1)),
        (
            (
                np.sort(test_indices[expected]),
                "They are positions in the dataset: give positions within the test part, where 0 is the image "
                "X[test_indices[0]].",
            ),
            (
                np.sort(np.searchsorted(members, expected)),
                f"They are positions among the {kind}s: keep the {kind}s' own positions within the test part, and "
                "index those with yours.",
            ),
        ),
    )


def of_picks(found: np.ndarray, key: np.ndarray, members: np.ndarray, kind: str) -> str:
    """What is wrong with the three most confident images; `key` is (M,), and the surest image has the highest key."""
    best, all_best = members[np.argsort(-key[members])], np.argsort(-key)
    extreme, other = ("highest", "lowest") if kind == "chirp" else ("lowest", "highest")
    return named(
        found.reshape(-1),
        (
            (best[:3][::-1], "They are in the other order: reverse them with [::-1]."),
            (
                best[::-1][:3],
                f"They are the {kind}s with the {other} scores: np.argsort sorts upwards"
                + (", so sort -scores." if extreme == "highest" else ", so leave out the minus."),
            ),
            (
                best[-3:],
                f"They are the {kind}s with the {other} scores: np.argsort sorts upwards.",
            ),
            (
                all_best[::-1][:3],
                f"They are the images with the {other} scores of all. Have `top_chirps` and `top_blips` been swapped, "
                f"or are they from the other end of all images? Pick among the true {kind}s.",
            ),
            (all_best[:3], f"They are picked among all images: pick among the true {kind}s."),
        ),
    )
