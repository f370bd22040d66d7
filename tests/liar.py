"""A student side that knows the right answers to all questions of the assignment, and lies when it is told to."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from nbjudge.protocol.wire import DTYPES

from course_utils import simulators
from course_utils.simulators import BLIP, CHIRP, CLASS_NAMES, Dataset
from course_utils.submission.judging import sigmoid
from helpers.hostile import FAILURE, SCALARS, VALUES, deep

Lie = tuple[Any, ...]
HONEST: Lie = ("honest",)


NET_SYMPTOMS = {
    "training": False,
    "ends_in": "",
    "dead_relus": 0,
    "relus": 2,
    "constant": False,
    "data_as_given": True,
    "is_checkpoint": None,
    "is_untrained": False,
}
TRAINING_SYMPTOMS = {
    **dict.fromkeys(("calls", "calls_to_learn", "other_nets", "images_of_notebook", "labels_wrong", "backwards"), 0),
    **dict.fromkeys(("labels_checked", "steps", "other_steps", "cleared_between"), 0),
    "optimiser": "Adam",
    "rate": 1e-3,
    "loss": "binary_cross_entropy_with_logits",
    "reduction": "mean",
    "loss_of": "",
    "two_outputs": False,
    "logits_shape": "(32,)",
    "labels_shape": "(32,)",
    "labels_least": 0.0,
    "changed": True,
    "returned": "list",
    "first_loss": 0.69,
    "from_notebook": {"nets": [], "optimisers": [], "data": []},
}


class Liar:
    """The student's end of the door.

    Attributes
    ----------
    lies : list of Lie
        What becomes of the answers, in turns.
    asked : list of str
        The questions so far.
    """

    def __init__(self) -> None:
        self.lies = [HONEST]
        self.asked: list[str] = []
        self._logits: dict[bytes, float] = {}
        self.learn(simulators.fixed())
        self.variables = self._fill_in(*simulators.fixed_dataset())

    def learn(self, dataset: Dataset) -> None:
        """Get to know images, and classify 19 of 20 as they are."""
        for image, label in zip(dataset.images, dataset.labels, strict=True):
            size = 1 + abs(float(image.sum(dtype=np.float64))) % 3
            right_sign = 1 if label == CHIRP else -1
            self._logits[image.tobytes()] = right_sign * (size if size > 1.15 else -size)

    def reply(self, question: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Answer, in a way."""
        arguments = {name: value for name, value in arguments.items() if name != "seed"}
        lie = self.lies[len(self.asked) % len(self.lies)]
        self.asked.append(question)
        return told(lie, getattr(self, question)(**arguments))

    def logits(self, of: str, images: np.ndarray) -> np.ndarray:
        """The net has learnt its images by heart; others go by their brightness."""
        return np.array([self._logits.get(image.tobytes(), image.mean()) for image in images], np.float32)

    def alone_and_together(self, of: str, images: np.ndarray) -> dict[str, Any]:
        """The same logits twice."""
        return {"alone": self.logits(of, images), "together": self.logits(of, images)}

    def gradients(self, of: str, images: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
        """Two parameters, both in use."""
        return {"names": ["weight", "bias"], "gradient": np.array([0.1, 0.2]), "effect": np.array([0.3, 0.4])}

    def unregistered(self, of: str, images: np.ndarray) -> dict[str, Any]:
        """Everything is registered."""
        return {"names": []}

    def bend(self, of: str, images: np.ndarray) -> np.ndarray:
        """Far from linear."""
        return np.array(1.0)

    def parameter_count(self, of: str) -> np.ndarray:
        """Count the parameters of a small net."""
        return np.array(5000)

    def train_probe(self, images: np.ndarray, labels: np.ndarray, probes: np.ndarray, epochs: int) -> dict[str, Any]:
        """Learn which class is the bright one."""
        brightness = images.mean((1, 2, 3))
        sign = 1 if brightness[labels == 1].mean() > brightness[labels == 0].mean() else -1
        losses = np.linspace(0.7, 0.6, epochs) + 0.01 * images.std()
        return {"losses": losses, "logits": sign * probes.mean((1, 2, 3)), "stale_steps": 0, "changed": True}

    def fixed_losses(self, images: np.ndarray, labels: np.ndarray, gain: float, epochs: int) -> np.ndarray:
        """Compute them: they are the same in every epoch."""
        logits = gain * images.mean((1, 2, 3), dtype=np.float64)
        return np.full(epochs, np.logaddexp(0, np.where(labels == 1, -logits, logits)).mean())

    def stand_in(self, of: str) -> str:
        """Say that the net is the student's own."""
        return ""

    def trained_on(self) -> np.ndarray:
        """Say that no checkpoint was handed in."""
        return np.zeros(0, np.int64)

    def net_symptoms(self, of: str, images: np.ndarray) -> dict[str, Any]:
        """Nothing is the matter with the net."""
        return NET_SYMPTOMS

    def training_symptoms(self, images: np.ndarray, labels: np.ndarray, epochs: int) -> dict[str, Any]:
        """Nothing is the matter with the training, which takes two steps in each epoch."""
        return TRAINING_SYMPTOMS | dict.fromkeys(("calls", "calls_to_learn", "backwards", "steps"), 2 * epochs)

    def source_line(self, of: str, pattern: str) -> str:
        """Quote a line."""
        return f"{of} = {pattern}"

    def assignment(self, name: str, fills: bool = True, at: list[int] | None = None) -> str:
        """Quote a line."""
        return f"{name} = 1"

    def made_from(self, name: str, fills: bool = True, at: list[int] | None = None) -> str:
        """Tell of no other variable."""
        return ""

    def replaced(self, name: str) -> str:
        """Tell of no other net in its place."""
        return ""

    def unfinished(self, name: str) -> str:
        """No cell ended with an error."""
        return ""

    def painted_over(self, name: str) -> str:
        """All images are as they were given."""
        return ""

    def values(self, name: str) -> Any:
        """Look up a variable."""
        return self.variables[name]

    def figure(self, name: str) -> Any:
        """Look up a figure."""
        return self.variables[name]

    def has(self, name: str) -> bool:
        """Look for a variable."""
        return name in self.variables

    def _fill_in(self, X: np.ndarray, y: np.ndarray) -> dict[str, Any]:
        """All that the tasks ask for."""
        test = np.arange(0, len(y), 5)
        labels, logits = y[test], self.logits("model", X[test]).astype(np.float64)
        scores, called = sigmoid(logits), (logits > 0).astype(int)

        def panels(positions: np.ndarray) -> list[dict[str, Any]]:
            return [
                {"images": [X[test[i], 0].astype(np.float64)], "text": f"{CLASS_NAMES[labels[i]]}, {scores[i]:.4f}"}
                for i in positions
            ]

        chirps, blips = np.flatnonzero(labels == CHIRP), np.flatnonzero(labels == BLIP)
        top_chirps, top_blips = chirps[np.argsort(-logits[chirps])[:3]], blips[np.argsort(logits[blips])[:3]]
        missed, false = chirps[called[chirps] == BLIP], blips[called[blips] == CHIRP]
        return {
            "train_indices": np.setdiff1d(np.arange(len(y)), test),
            "test_indices": test,
            "losses": np.linspace(0.7, 0.1, 8),
            "test_accuracy": np.array((called == labels).mean()),
            "missed_chirps": missed,
            "false_chirps": false,
            "mistakes_figure": panels(np.concatenate([missed, false])),
            "scores": scores,
            "confusion": np.array([[np.sum((labels == r) & (called == c)) for c in (0, 1)] for r in (0, 1)]),
            "top_chirps": top_chirps,
            "top_blips": top_blips,
            "confident_figure": panels(np.concatenate([top_chirps, top_blips])),
        }


# Lies


def told(lie: Lie, right: Any) -> dict[str, Any]:
    """What a lie makes of the right answer."""
    match lie:
        case ("honest",):
            return {"answer": right}
        case "twisted", how:
            return {"answer": _twisted(right, TWISTS[how])}
        case "altered", key, value:
            return {"answer": _altered(right, lambda item: {**item, key: value} if key in item else item)}
        case "lacking", key:
            return {"answer": _altered(right, lambda item: {k: v for k, v in item.items() if k != key})}
        case "made up", value:
            return {"answer": value}
        case "failed", failure:
            return {"answer": right, "failure": failure}
    raise ValueError(lie)


TWISTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "NaN": lambda a: np.full(a.shape, np.nan),
    "inf": lambda a: np.full(a.shape, np.inf),
    "-inf": lambda a: np.full(a.shape, -np.inf, np.float32),
    "NaN and inf": lambda a: np.resize([np.nan, np.inf, -np.inf], a.shape),
    "inf and -inf": lambda a: np.resize([np.inf, -np.inf], a.shape),
    "one NaN": lambda a: np.where(np.arange(a.size).reshape(a.shape) == a.size // 2, np.nan, a),
    "one inf": lambda a: np.where(np.arange(a.size).reshape(a.shape) == a.size // 2, np.inf, a),
    **{dtype: lambda a, dtype=dtype: a.astype(dtype) for dtype in DTYPES},
    "empty": lambda a: a[..., :0] if a.ndim else a.reshape(-1)[:0],
    "none": lambda a: np.zeros(0),
    "one number": lambda a: np.array(a.sum()),
    "the first": lambda a: a.reshape(-1)[:1],
    "one less": lambda a: a[1:] if a.ndim else a,
    "one more": lambda a: np.append(a, a.reshape(-1)[:1]),
    "twice": lambda a: np.concatenate([a, a]) if a.ndim else np.array([a, a]),
    "a column": lambda a: a.reshape(-1, 1),
    "eight axes": lambda a: a.reshape((1,) * max(8 - a.ndim, 0) + a.shape),
    "transposed": lambda a: a.T,
    "reversed": lambda a: a[::-1] if a.ndim else a,
    "negative": lambda a: -a.astype(float),
    "and a half": lambda a: a + 0.5,
    "times 1e300": lambda a: a * 1e300,
    "largest": lambda a: np.full(a.shape, 2**63 - 1),
    "smallest": lambda a: np.full(a.shape, -(2**63)),
    "zero": lambda a: np.zeros(a.shape),
    "minus zero": lambda a: np.full(a.shape, -0.0),
    "one": lambda a: np.ones(a.shape, bool),
}
NO_NUMBERS = ("NaN", "inf", "-inf", "NaN and inf", "inf and -inf")


def _twisted(answer: Any, twist: Callable[[np.ndarray], np.ndarray]) -> Any:
    if isinstance(answer, np.ndarray):
        with np.errstate(all="ignore"):
            return twist(answer)
    if isinstance(answer, dict):
        return {key: _twisted(item, twist) for key, item in answer.items()}
    return [_twisted(item, twist) for item in answer] if isinstance(answer, list) else answer


def _altered(answer: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    if isinstance(answer, dict):
        return change(answer)
    return [_altered(item, change) for item in answer] if isinstance(answer, list) else answer


KEYS = st.sampled_from(
    ["alone", "together", "names", "gradient", "effect", "losses", "logits", "stale_steps", "changed", "images", "text"]
) | st.sampled_from(sorted(NET_SYMPTOMS | TRAINING_SYMPTOMS))
NO_ARRAYS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner), max_leaves=8
) | st.integers(0, 400).map(deep)
TWISTED = st.tuples(st.just("twisted"), st.sampled_from(sorted(TWISTS)))
FAILED = st.tuples(st.just("failed"), FAILURE)
# Nothing in such an answer is a number in an array, so no test cell can take it for one.
NO_ANSWER = st.tuples(st.just("made up"), NO_ARRAYS) | FAILED
LIE = (
    st.just(HONEST)
    | TWISTED
    | st.tuples(st.just("altered"), KEYS, VALUES | st.integers(0, 3))
    | st.tuples(st.just("lacking"), KEYS)
    | st.tuples(st.just("made up"), VALUES)
    | NO_ANSWER
)
