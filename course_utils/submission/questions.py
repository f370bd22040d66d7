"""The questions."""

import builtins
import hashlib
import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any, Protocol

import numpy as np

from .. import simulators
from ..settings import in_grading, ordinary_settings
from .check import NotPassed, Outcome
from .figures import MAX_IMAGES, MAX_PANELS, MAX_TEXT
from .summary import Progress, Ready, Summary
from .wording import count, sentences

MAX_MESSAGE = 4000
MAX_POSITIONS = 10_000
MAX_LINE = 200  # of what is quoted of the student's code
MAX_NAMES = 20
MAX_OUTPUTS = 4096  # of a net for one image: more are no logits
_BLANK_FIGURE = re.compile(r"\b(?:subplots|subplot_mosaic|figure)\(")  # what is drawn into it, other lines say
TINY = 1e-40  # a probability below the smallest that a net can tell


class NoAnswer(Exception):
    """The student's work gives no answer to a question.

    Attributes
    ----------
    kind : str
        "not attempted" (the cell is as it was handed out), "contract" (not what the task asks for), "error" (the
        student's code raised), "died" or "broken" (there is nobody to ask any more).
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Side(Protocol):
    """Where the questions go."""

    def ask(self, question: str, arguments: dict[str, Any], needed: bool = True) -> dict[str, Any]:
        """Return ``{"answer": ...}`` or ``{"failure": {"kind": ..., "message": ...}}``.

        What only helps to word a message is not `needed`: where nothing can be executed, there may be no answer.
        """

    def seed(self, purpose: str) -> int:
        """Return a 128-bit seed."""


class SameKernel:
    """The student's own notebook: questions are answered on the spot, and seeds are no secret.

    Parameters
    ----------
    namespace : dict
        The notebook's globals.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        # Imported here because the judging side of a grading run has no torch.
        from .answers import follow
        from .freshness import Freshness

        self._namespace = namespace
        self._freshness: Any = None
        if "get_ipython" in namespace:
            shell = namespace["get_ipython"]()
            # In grading each cell is run once and in order: nothing gets out of date.
            if in_grading():
                follow(shell)
            else:
                self._freshness = Freshness(shell)

    def ask(self, question: str, arguments: dict[str, Any], needed: bool = True) -> dict[str, Any]:
        """Answer from the namespace."""
        from .answers import answer

        # Of arrays a copy, as through a door: a net may write into its images.
        own = {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in arguments.items()}
        return answer(self._namespace, question, own)

    def seed(self, purpose: str) -> int:
        """Return the same 128-bit seed on every machine."""
        return int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:16], "big")

    def out_of_date(self, names: set[str]) -> tuple[str, ...]:
        """Say which of the names that a check asks about are out of date, and why."""
        return self._freshness.out_of_date(sorted(names)) if self._freshness else ()

    def readiness(self, written: str) -> list[Ready]:
        """Say what is left to do before the notebook is handed in."""
        from .readiness import readiness

        return readiness(self._namespace, written)


@dataclass(frozen=True)
class Panel:
    """One set of axes in a figure.

    Attributes
    ----------
    images : list of (rows, columns) float64 arrays
        What imshow or pcolormesh shows there.
    text : str
        Its title, labels and other text.
    """

    images: list[np.ndarray]
    text: str


class Submission:
    """A student's work, as the test cells see it.

    Parameters
    ----------
    side : Side
        Where the questions go.
    """

    def __init__(self, side: Side) -> None:
        self._side = side
        self._checks: dict[str, tuple[Callable[[], Any], float]] = {}
        self._asked: Counter[str] = Counter()
        self._names: set[str] = set()
        self._variables: dict[str, None] = {}  # asked about in a check, in that order
        self._figures: set[str] = set()
        # A net that ends in a sigmoid loses one check for that. Whoever took its outputs for what they are, or for
        # logits, has done the later tasks right.
        self._takes_probabilities = self._may_be_probabilities = False

    def seed(self, purpose: str) -> int:
        """A 128-bit seed for one purpose: fixed in the student's notebook, secret in grading."""
        return self._side.seed(purpose)

    def logits(self, of: str, images: np.ndarray) -> np.ndarray:
        """What a net returns for images, in evaluation mode.

        Parameters
        ----------
        of : str
            "model", the trained net, or "GlitchNet", a new instance.
        images : (N, 1, 32, 64) float32 array
            Taken as they are.

        Returns
        -------
        array
            float32, in the shape that the net returns; (N,) or (N, 1) if it is as it should be.

        Raises
        ------
        NoAnswer
            There is no such net, it fails, or it returns values that are not finite, or far too many.
        """
        outputs = _finite(self._ask("logits", of=of, images=images), of)
        if outputs.size > MAX_OUTPUTS * len(images):
            told = f"{of} returns {count(outputs.size, 'number')} for {count(len(images), 'image')}."
            raise NoAnswer("contract", sentences(told, self._last_line_of(of)))
        return outputs

    def one_logit_per_image(self, of: str, images: np.ndarray) -> np.ndarray:
        """Like `logits`, but (N,), checked, and judged by what they mean.

        Of two numbers per image, as for a cross entropy, the logit is the second minus the first. Where all are between
        0 and 1, `check` tries both: that they are logits, and that they are probabilities.

        Raises
        ------
        NoAnswer
            The net does not return finite numbers, one per image or two.
        """
        outputs = self.logits(of, images)
        # Axes of length 1 too many are for the check of the shape; they spoil nothing else.
        n = len(images)
        if outputs.size != n and (outputs.size != 2 * n or outputs.shape[0] != n):
            raise NoAnswer(
                "contract",
                sentences(
                    f"{of} should return one logit per image, ({n},) or ({n}, 1); it returns {outputs.shape}.",
                    self._last_line_of(of),
                ),
            )
        return self._meant(outputs.reshape(n, -1).astype(np.float64))

    def alone_and_together(self, of: str, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Logits of one net for images given one by one, and in one batch.

        Parameters
        ----------
        of : str
            "model" or "GlitchNet", a new instance.
        images : (N, 1, 32, 64) float32 array
            In evaluation mode.

        Returns
        -------
        alone, together : (N,) float64 arrays
            The same numbers, if the net treats each image by itself; (2 N,) if it returns two for each.

        Raises
        ------
        NoAnswer
            The net does not return one logit per image, or two.
        """
        answer = _of(dict, self._ask("alone_and_together", of=of, images=images))
        alone, together = (_finite(answer.get(key), of).reshape(-1) for key in ("alone", "together"))
        if alone.shape != together.shape or alone.size not in (len(images), 2 * len(images)):
            raise NoAnswer("contract", sentences(f"{of} does not return one logit per image.", self._last_line_of(of)))
        return alone.astype(np.float64), together.astype(np.float64)

    def gradients(self, of: str, images: np.ndarray, weights: np.ndarray) -> dict[str, tuple[float, float]]:
        """Which parameters of a new net get a gradient, and which move its output.

        Parameters
        ----------
        of : str
            "GlitchNet".
        images : (N, 1, 32, 64) float32 array
            Input, in evaluation mode.
        weights : (N,) float32 array
            The gradient is that of the weighted sum of the logits.

        Returns
        -------
        dict of str to (float, float)
            For each parameter the largest absolute gradient (0 if it has none) and the largest absolute change of a
            logit when the parameter is nudged.
        """
        answer = _of(dict, self._ask("gradients", of=of, images=images, weights=weights))
        names = [_of(str, name) for name in _of(list, answer.get("names"))]
        gradient, effect = (_array(answer.get(key)) for key in ("gradient", "effect"))
        if gradient.shape != (len(names),) or effect.shape != (len(names),):
            raise _broken()
        return dict(zip(names, zip(gradient.tolist(), effect.tolist(), strict=True), strict=True))

    def unregistered(self, of: str, images: np.ndarray) -> list[str]:
        """Names of what moves the output of a new net, but is kept where an optimiser does not find it.

        Parameters
        ----------
        of : str
            "GlitchNet".
        images : (N, 1, 32, 64) float32 array
            Input, in evaluation mode.
        """
        answer = _of(dict, self._ask("unregistered", of=of, images=images))
        return [_of(str, name) for name in _of(list, answer.get("names"))]

    def bend(self, of: str, images: np.ndarray) -> float:
        """By how much a new net is no linear function of its images, as a share of what it makes of them.

        Parameters
        ----------
        of : str
            "GlitchNet".
        images : (2 N, 1, 32, 64) float32 array
            Input, in evaluation mode: the first half is added to the second.
        """
        bend = _finite(self._ask("bend", of=of, images=images), of)
        if bend.shape != () or bend.dtype.kind != "f":
            raise _broken()
        return float(bend)

    def parameter_count(self, of: str) -> int:
        """Number of parameters of a new net (``of`` is "GlitchNet")."""
        count = _array(self._ask("parameter_count", of=of))
        if count.shape != () or count.dtype.kind != "i":
            raise _broken()
        return int(count)

    def train_probe(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        probes: np.ndarray,
        epochs: int,
        train: str = "train_model",
        classes: int = 2,
    ) -> "Training":
        """Call the student's ``train_model``, or another such function, on a small linear net of ours.

        Parameters
        ----------
        images : (N, 1, 32, 64) float32 array
            Training images.
        labels : (N,) float32 array
            Their labels, 0 or 1; int64 if there are more than two classes.
        probes : (M, 1, 32, 64) float32 array
            Images to classify afterwards.
        epochs : int
            Passed on.
        train : str
            Name of the function.
        classes : int
            How many there are. With more than two, the net has a logit for each.

        Returns
        -------
        Training
            What came of it.

        Raises
        ------
        NoAnswer
            There is no such function, it fails, or the trained net does not return finite logits for each image.
        """
        more = _other_training(train, classes)
        answer = self._ask("train_probe", images=images, labels=labels, probes=probes, epochs=epochs, **more)
        answer = _of(dict, answer)
        trained = f"the net that {train} trained"
        logits = _finite(answer.get("logits"), trained)
        logits = logits.reshape(-1) if classes == 2 else logits
        if logits.shape != ((len(probes),) if classes == 2 else (len(probes), classes)):
            raise NoAnswer(
                "contract", f"{trained} returns {count(len(logits), 'logit')} for {count(len(probes), 'image')}."
            )
        return Training(
            losses=_array(answer.get("losses")),
            logits=logits,
            stale_steps=_of(int, answer.get("stale_steps")),
            changed=_of(bool, answer.get("changed")),
        )

    def fixed_losses(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        gain: float,
        epochs: int,
        train: str = "train_model",
        classes: int = 2,
    ) -> np.ndarray:
        """Call the student's ``train_model``, or another such function, on a net whose logits no training can change.

        Parameters
        ----------
        images : (N, 1, 32, 64) float32 array
            Training images.
        labels : (N,) float32 array
            Their labels, 0 or 1; int64 if there are more than two classes.
        gain : float
            The logit of an image is its mean brightness times this.
        epochs : int
            Passed on.
        train : str
            Name of the function.
        classes : int
            How many there are. With more than two, the net has a logit for each, and all but the last are 0.

        Returns
        -------
        array
            What came back; a single NaN if that was no numbers.

        Raises
        ------
        NoAnswer
            There is no such function, or it fails.
        """
        more = _other_training(train, classes)
        losses = _array(self._ask("fixed_losses", images=images, labels=labels, gain=gain, epochs=epochs, **more))
        return losses.astype(np.float64) if losses.size <= epochs else losses  # too many of them may be very many

    def values(self, name: str) -> np.ndarray:
        """The numbers a student's variable holds.

        Parameters
        ----------
        name : str
            The variable: an array, tensor on any device, list, number, or what ``np.where`` returns.

        Returns
        -------
        array
            bool, int64 or float64.

        Raises
        ------
        NoAnswer
            There is no such variable, or it holds something other than numbers.
        """
        self._variables[name] = None
        return _array(self._ask("values", name=name))

    def figure(self, name: str) -> list[Panel]:
        """What a student's figure shows.

        Parameters
        ----------
        name : str
            The variable: a figure, axes, or a list of them; or None.

        Returns
        -------
        list of Panel
            One for each set of axes, without those that hold no image; empty for None.
        """
        self._variables[name] = None
        self._figures.add(name)
        panels = [_of(dict, panel) for panel in _of(list, self._ask("figure", name=name))[:MAX_PANELS]]
        images = [[_array(image) for image in _of(list, panel.get("images"))[:MAX_IMAGES]] for panel in panels]
        texts = [_of(str, panel.get("text"))[:MAX_TEXT] for panel in panels]
        return [Panel(*panel) for panel in zip(images, texts, strict=True)]

    def source_line(self, of: str, pattern: str) -> str:
        """The student's first line in a function or class, or in what it calls, that holds a pattern; else empty."""
        return self._line("source_line", of=of, pattern=pattern)

    def assignment(self, name: str) -> str:
        """The student's last line that gives a variable its value; empty if that is not known."""
        return self._line("assignment", name=name)

    def symptoms(self, question: str, **arguments: Any) -> dict[str, Any]:
        """What can be seen of a net or a training that failed a check: claims, to word a message with.

        Parameters
        ----------
        question : str
            "net_symptoms" or "training_symptoms".
        **arguments
            Of that question, see `symptoms`.

        Returns
        -------
        dict
            Numbers, short texts and lists of names, by the name of the symptom; empty if nothing can be seen.
        """
        try:
            return {str(key)[:MAX_LINE]: _plain(value) for key, value in self._claims(question, **arguments).items()}
        except NoAnswer:
            return {}

    def has(self, name: str) -> bool:
        """Whether the student defined an optional variable."""
        return _of(bool, self._ask("has", name=name))

    def trained_on(self) -> np.ndarray:
        """Positions of the images that the net in the student's checkpoint learnt from.

        Returns
        -------
        (k,) int64 array
            Empty if there is no checkpoint that fits `GlitchNet`, or one that does not tell.
        """
        positions = _array(self._ask("trained_on"))
        if positions.ndim != 1 or positions.dtype.kind != "i" or positions.size > MAX_POSITIONS:
            raise _broken()
        return positions

    def stand_in(self, of: str = "model") -> str:
        """Say why a trained net is a stand-in of ours; empty if it is the student's own."""
        return _of(str, self._ask("stand_in", of=of))

    def needs_own_net(self, of: str = "model") -> None:
        """For what only a net of the student's can earn.

        Parameters
        ----------
        of : str
            Name of the trained net.

        Raises
        ------
        NoAnswer
            It is a stand-in of ours.
        """
        reason = self.stand_in(of)
        if reason:
            told = "This is for a net of yours. Is what was missing there by now? Then run the training again."
            raise NoAnswer("not attempted", f"{reason} {told}")

    def check(self, question: Callable[[], Any], points: float) -> Outcome:
        """Ask and judge; the last line of a test cell.

        Parameters
        ----------
        question : function without arguments
            Its docstring's first line is the title. It passes by returning None or a remark, earns a part by returning
            ``(fraction, remark)``, and fails by an AssertionError with a message for the student.
        points : float
            Points at stake.

        Returns
        -------
        Outcome
            Shown by Jupyter as one block.

        Raises
        ------
        NotPassed
            Under ``nbgrader validate`` only, which shows students nothing but errors.
        """
        title = (question.__doc__ or question.__name__.replace("_", " ")).strip().splitlines()[0].rstrip(".")
        self._checks[title] = question, points
        outcome = self._outcome(title)
        if outcome.fraction < 1 and os.environ.get("NBGRADER_VALIDATING"):
            raise NotPassed(outcome)
        return outcome

    def summary(self, visible: dict[str, dict[str, float]], written: str = "discussion") -> Summary | None:
        """Ask every check that can be seen again, and say what is left to do before the notebook is handed in.

        Parameters
        ----------
        visible : dict of str to dict of str to float
            For each task the points of its checks, by their titles.
        written : str
            Id of the cell for the answer in words.

        Returns
        -------
        Summary or None
            Shown by Jupyter as a table. None in grading: the marks stand on top of the page there.
        """
        if in_grading() or not isinstance(self._side, SameKernel):
            return None
        counted = Progress(sum(title in self._checks for checks in visible.values() for title in checks))
        tasks: dict[str, list[Outcome]] = {}
        older: set[str] = set()
        for task, checks in visible.items():
            tasks[task] = []
            for title, points in checks.items():
                is_run = title in self._checks
                tasks[task].append(self._outcome(title) if is_run else Outcome(title, "not run", 0.0, points))
                older |= self._names if tasks[task][-1].out_of_date else set()
                counted.step(is_run)
        return Summary(tasks, self._side.readiness(written), self._side.out_of_date(older))

    def _outcome(self, title: str) -> Outcome:
        """Ask a check that was run."""
        question, points = self._checks[title]
        self._names.clear()
        status, fraction, points, message = self._judged(_with_names_of_ours(question, self), points)
        names = self._names.copy()
        out_of_date = self._side.out_of_date(names) if isinstance(self._side, SameKernel) else ()
        if status == "not passed":
            message = self._with_line(message, names, quotes=not out_of_date)[:MAX_MESSAGE]
            message = "" if message in out_of_date else message
        return Outcome(title, status, fraction, points, message, out_of_date)

    def _line(self, question: str, at_most: int = MAX_LINE, **arguments: Any) -> str:
        try:
            return " ".join(_of(str, self._ask(question, False, **arguments)).split())[:at_most]
        except NoAnswer:
            return ""

    def _last_line_of(self, of: str) -> str:
        """Quote the line with which a net returns something."""
        line = self.source_line("GlitchNet" if of == "model" else of, r"^return\b")
        return f"Look at your line `{line}`." if line else ""

    def _claims(self, question: str, **arguments: Any) -> dict[str, Any]:
        return _of(dict, self._ask(question, False, **arguments))

    def _with_line(self, message: str, names: set[str], quotes: bool) -> str:
        """A message about a variable, with what spoilt it, or with the student's line that makes it."""
        for name in sorted(names):
            if replaced := self._line("replaced", MAX_MESSAGE, name=name):
                return replaced
        about = {
            name: found for name in self._variables if (found := re.search(rf"`{name}(?:\[([\d, ]+)\])?`", message))
        }
        # A message that names none is about the last one that was asked for.
        name = min(about, key=lambda name: about[name].start()) if about else next(reversed(self._variables), "")
        if not name:
            return message
        if unfinished := self._line("unfinished", MAX_MESSAGE, name=name):
            return unfinished
        if painted := self._line("painted_over", MAX_MESSAGE, name=name):
            return sentences(painted, message)
        if not about or not quotes or "Look at your line" in message or "of your cell" in message:
            return message
        # A wrong shape is made where the variable begins, wrong numbers where it is filled.
        place = {"at": [int(index) for index in about[name][1].split(",")]} if about[name][1] else {}
        line = self._line("assignment", name=name, **({"fills": False} if "shape" in message else place))
        if name in self._figures and _BLANK_FIGURE.search(line):
            return message
        return sentences(message, f"Look at your line `{line}`." if line else "")

    def _judged(self, question: Callable[[], Any], points: float) -> tuple[str, float, float, str]:
        """Judge with outputs taken for logits, then, if that fails, for the probabilities that they may be."""
        self._asked.clear()
        self._variables.clear()
        self._takes_probabilities = self._may_be_probabilities = False
        first = _judge(question, points)
        if first[1] == 1 or not self._may_be_probabilities:
            return first
        self._asked.clear()
        self._takes_probabilities = True
        return max(first, _judge(question, points), key=lambda judged: judged[1])

    def _meant(self, outputs: np.ndarray) -> np.ndarray:
        """One logit per image for (N, 1) or (N, 2) outputs."""
        if outputs.min(initial=0.0) >= 0 and outputs.max(initial=0.0) <= 1:
            self._may_be_probabilities = True
            if self._takes_probabilities:
                likely = np.maximum(outputs, TINY)
                rest = likely[:, 0] if likely.shape[1] == 2 else np.maximum(1 - outputs[:, 0], TINY)
                return np.log(likely[:, -1]) - np.log(rest)
        return outputs[:, -1] if outputs.shape[1] == 1 else outputs[:, 1] - outputs[:, 0]

    def _ask(self, question: str, needed: bool = True, **arguments: Any) -> Any:
        # Each question has a random state of its own: two new nets differ, and the same notebook gets the same mark.
        # It depends on the question, and within a check on how often it was asked: other checks change nothing.
        about = ", ".join(f"{name}={_outline(value)}" for name, value in sorted(arguments.items()))
        asked = f"{question}({about})"
        trains = question in ("train_probe", "fixed_losses")
        trained_by = {arguments.get("train", "train_model")}
        self._names |= trained_by if trains else {arguments[key] for key in ("of", "name") if key in arguments}
        self._asked[asked] += 1
        seed = self.seed(f"{asked}, {self._asked[asked]}") % 2**63
        reply = self._side.ask(question, {"seed": seed, **arguments}, needed)
        if "failure" in reply:
            raise NoAnswer(reply["failure"]["kind"], reply["failure"]["message"])
        return reply["answer"]


@dataclass(frozen=True)
class Training:
    """What ``train_model`` did with a net, images and labels of ours.

    Attributes
    ----------
    losses : (epochs,) array
        What it returned; a single NaN if that was no numbers, and of any other shape if it isn't as it should be.
    logits : (M,) array
        Of the trained net for the probes; (M, classes) if there are more than two.
    stale_steps : int
        Steps whose gradient still held that of an earlier step.
    changed : bool
        Whether the net it was given is a different one now.
    """

    losses: np.ndarray
    logits: np.ndarray
    stale_steps: int
    changed: bool


def connect(namespace: dict[str, Any]) -> Submission:
    """Connect the test cells with a student's work.

    Parameters
    ----------
    namespace : dict
        ``globals()`` of the notebook. In a grading run the judging process has put the way to the student's process
        there under the name ``__door__``.

    Returns
    -------
    Submission
        The only thing test cells use.
    """
    door = namespace.get("__door__")
    submission = Submission(door or SameKernel(namespace))
    older = namespace.get("submission")
    if door is None and isinstance(older, Submission):  # connected again: what was checked before, the summary knows
        submission._checks |= older._checks
    return submission


def _with_names_of_ours(question: Callable[[], Any], submission: Submission) -> Callable[[], Any]:
    """A question with the names of ours that it uses, whatever they mean in the notebook by now (`np`, `max`, ...)."""
    from .. import stretch
    from . import causes, judging, judging_stretch, thresholds  # which import this module

    if not isinstance(question, FunctionType):
        return question
    ours = {"np": np, "simulators": simulators, "submission": submission}
    ours |= {"causes": causes, "judging": judging, "thresholds": thresholds}
    ours |= {"stretch": stretch, "judging_stretch": judging_stretch}
    names = {name: value for name, value in question.__globals__.items() if not hasattr(builtins, name)}
    names = names | ours | {"__builtins__": builtins}
    return FunctionType(question.__code__, names, question.__name__, question.__defaults__, question.__closure__)


@ordinary_settings()
def _judge(question: Callable[[], Any], points: float) -> tuple[str, float, float, str]:
    try:
        reply = question()
    except AssertionError as failed:
        status, message = "not passed", str(failed)
    except NoAnswer as no_answer:
        attempted = no_answer.kind != "not attempted"
        status, message = "not passed" if attempted else "not attempted", str(no_answer)
    except Exception as error:
        status = "not judged"
        message = f"This check could not be done ({type(error).__name__}: {error}). Please tell your instructor."
    else:
        fraction, remark = reply if isinstance(reply, tuple) else (1.0, reply or "")
        status = "passed" if fraction == 1 else "partly passed" if fraction > 0 else "not passed"
        return status, fraction, points, remark
    return status, 0.0, points, message[:MAX_MESSAGE]


def _other_training(train: str, classes: int) -> dict[str, Any]:
    """What a question needs besides, if it is not about ``train_model``."""
    return {} if (train, classes) == ("train_model", 2) else {"train": train, "classes": classes}


def _outline(value: Any) -> str:
    return f"{value.dtype}{value.shape}" if isinstance(value, np.ndarray) else repr(value)


def _broken() -> NoAnswer:
    return NoAnswer("broken", "your kernel did not answer the question")


def _of(kind: type, value: Any) -> Any:
    """What is of that very type: True is no number here."""
    if type(value) is not kind:
        raise _broken()
    return value


def _plain(value: Any) -> Any:
    """A symptom: a number, a short text, or lists of short texts by name."""
    if isinstance(value, dict):
        return {
            _of(str, name): [_of(str, item)[:MAX_LINE] for item in _of(list, items)[:MAX_NAMES]]
            for name, items in list(value.items())[:MAX_NAMES]
        }
    if value is None or type(value) in (bool, int, float):
        return value
    return _of(str, value)[:MAX_LINE]


def _array(value: Any) -> np.ndarray:
    if not isinstance(value, np.ndarray):
        raise NoAnswer("broken", "your kernel did not answer with numbers")
    return value


def _finite(value: Any, of: str) -> np.ndarray:
    """Numbers that compare: with NaN in the place of an answer, a test would ask in vain whether anything is wrong."""
    numbers = _array(value)
    if not np.isfinite(numbers).all():
        raise NoAnswer("contract", f"{of} returns values that are not finite (NaN or infinity).")
    return numbers
