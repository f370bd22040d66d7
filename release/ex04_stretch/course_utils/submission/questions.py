"""The questions of this exercise, in addition to those that every course may ask."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from nbjudge import ask
from nbjudge.ask.replies import NoAnswer, array_of, broken, of_type
from nbjudge.ask.student_code import MAX_LINE
from nbjudge.ask.summary import Summary
from nbjudge.ask.wording import count, sentences

from .. import simulators

MAX_POSITIONS = 10_000
MAX_NAMES = 20
MAX_OUTPUTS = 4096  # of a net for one image; more numbers can't be logits
TINY = 1e-40  # a probability below the smallest that a net can return


class Submission(ask.Submission):
    """A student's nets and training, and the rest of their work, as the test cells see it.

    Parameters
    ----------
    side : Side
        Receives the questions and returns the answers.
    """

    answers: ClassVar[str] = f"{__package__}.answers"

    def __init__(self, side: ask.sides.Side) -> None:
        super().__init__(side)
        # A net that ends in a sigmoid loses one check for this. The later tasks are right both for students who treat
        # its outputs as probabilities and for students who treat them as logits.
        self._takes_probabilities = self._may_be_probabilities = False

    def logits(self, of: str, images: np.ndarray) -> np.ndarray:
        """The outputs of a net for images, in evaluation mode.

        Parameters
        ----------
        of : str
            "model" for the trained net, or "GlitchNet" for a new instance.
        images : (N, 1, 32, 64) float32 array
            Passed to the net unchanged.

        Returns
        -------
        array
            float32, in the shape that the net returns; (N,) or (N, 1) for a correct net.

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
        """Like `logits`, but checked, of shape (N,), and converted to logits if the net returns something else.

        If the net returns two numbers per image, as for a cross entropy, the logit is the second minus the first. If
        all outputs are between 0 and 1, `check` tries both meanings: that they are logits, and that they are
        probabilities.

        Raises
        ------
        NoAnswer
            The net does not return finite numbers, one per image or two.
        """
        outputs = self.logits(of, images)
        # The check of the shape reports needless axes of length 1; they don't matter here.
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
            "model" for the trained net, or "GlitchNet" for a new instance.
        images : (N, 1, 32, 64) float32 array
            Passed to the net in evaluation mode.

        Returns
        -------
        alone, together : (N,) float64 arrays
            Equal if the net treats each image by itself; of shape (2 N,) if the net returns two numbers per image.

        Raises
        ------
        NoAnswer
            The net does not return one logit per image, or two.
        """
        answer = of_type(dict, self._ask("alone_and_together", of=of, images=images))
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
            Passed to the net in evaluation mode.
        weights : (N,) float32 array
            The gradient is that of the sum of the logits with these weights.

        Returns
        -------
        dict of str to (float, float)
            For each parameter, the largest absolute gradient (0 if it has none), and the largest absolute change of a
            logit when the parameter is changed.
        """
        answer = of_type(dict, self._ask("gradients", of=of, images=images, weights=weights))
        names = [of_type(str, name) for name in of_type(list, answer.get("names"))]
        gradient, effect = (array_of(answer.get(key)) for key in ("gradient", "effect"))
        if gradient.shape != (len(names),) or effect.shape != (len(names),):
            raise broken()
        return dict(zip(names, zip(gradient.tolist(), effect.tolist(), strict=True), strict=True))

    def unregistered(self, of: str, images: np.ndarray) -> list[str]:
        """Names of tensors that change the output of a new net, but that an optimiser does not find.

        Parameters
        ----------
        of : str
            "GlitchNet".
        images : (N, 1, 32, 64) float32 array
            Passed to the net in evaluation mode.
        """
        answer = of_type(dict, self._ask("unregistered", of=of, images=images))
        return [of_type(str, name) for name in of_type(list, answer.get("names"))]

    def bend(self, of: str, images: np.ndarray) -> float:
        """How far a new net is from a linear function of its images, as a share of the spread of its outputs.

        Parameters
        ----------
        of : str
            "GlitchNet".
        images : (2 N, 1, 32, 64) float32 array
            Passed to the net in evaluation mode: the first half, the second half, and their sum.
        """
        bend = _finite(self._ask("bend", of=of, images=images), of)
        if bend.shape != () or bend.dtype.kind != "f":
            raise broken()
        return float(bend)

    def parameter_count(self, of: str) -> int:
        """Number of parameters of a new net (``of`` is "GlitchNet")."""
        count = array_of(self._ask("parameter_count", of=of))
        if count.shape != () or count.dtype.kind != "i":
            raise broken()
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
        """Call the student's ``train_model``, or another training function, on a small linear net of ours.

        Parameters
        ----------
        images : (N, 1, 32, 64) float32 array
            Training images.
        labels : (N,) float32 array
            Their labels, 0 or 1; int64 if there are more than two classes.
        probes : (M, 1, 32, 64) float32 array
            Images that the trained net classifies.
        epochs : int
            Passed to the function.
        train : str
            Name of the function.
        classes : int
            Number of classes. With more than two, the net has a logit for each.

        Returns
        -------
        Training
            The losses, the logits for the probes, and what was seen of the training.

        Raises
        ------
        NoAnswer
            There is no such function, it fails, or the trained net does not return finite logits for each image.
        """
        more = _other_training(train, classes)
        answer = self._ask("train_probe", images=images, labels=labels, probes=probes, epochs=epochs, **more)
        answer = of_type(dict, answer)
        trained = f"the net that {train} trained"
        logits = _finite(answer.get("logits"), trained)
        logits = logits.reshape(-1) if classes == 2 else logits
        if logits.shape != ((len(probes),) if classes == 2 else (len(probes), classes)):
            raise NoAnswer(
                "contract", f"{trained} returns {count(len(logits), 'logit')} for {count(len(probes), 'image')}."
            )
        return Training(
            losses=array_of(answer.get("losses")),
            logits=logits,
            stale_steps=of_type(int, answer.get("stale_steps")),
            changed=of_type(bool, answer.get("changed")),
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
        """Call the student's ``train_model``, or another training function, on a net that no training can change.

        Parameters
        ----------
        images : (N, 1, 32, 64) float32 array
            Training images.
        labels : (N,) float32 array
            Their labels, 0 or 1; int64 if there are more than two classes.
        gain : float
            The logit of an image is its mean brightness times this.
        epochs : int
            Passed to the function.
        train : str
            Name of the function.
        classes : int
            Number of classes. With more than two, the net has a logit for each, and all but the last are 0.

        Returns
        -------
        array
            The numbers that the function returned; a single NaN if it returned something else.

        Raises
        ------
        NoAnswer
            There is no such function, or it fails.
        """
        more = _other_training(train, classes)
        losses = array_of(self._ask("fixed_losses", images=images, labels=labels, gain=gain, epochs=epochs, **more))
        return losses.astype(np.float64) if losses.size <= epochs else losses  # there may be very many

    def symptoms(self, question: str, **arguments: Any) -> dict[str, Any]:
        """Symptoms of a net or a training that failed a check: claims that only help to word a message.

        Parameters
        ----------
        question : str
            "net_symptoms" or "training_symptoms".
        **arguments
            Arguments of that question, see the module `symptoms`.

        Returns
        -------
        dict
            Numbers, short texts and lists of names, by the name of the symptom; empty if nothing can be seen.
        """
        try:
            return {str(key)[:MAX_LINE]: _plain(value) for key, value in self._claims(question, **arguments).items()}
        except NoAnswer:
            return {}

    def trained_on(self) -> np.ndarray:
        """Positions in the dataset of the images from which the net in the student's checkpoint learnt.

        Returns
        -------
        (k,) int64 array
            Empty if no checkpoint fits `GlitchNet`, or if the checkpoint does not tell.
        """
        positions = array_of(self._ask("trained_on"))
        if positions.ndim != 1 or positions.dtype.kind != "i" or positions.size > MAX_POSITIONS:
            raise broken()
        return positions

    def stand_in(self, of: str = "model") -> str:
        """Say why a trained net is a stand-in of ours; empty if it is the student's own."""
        return of_type(str, self._ask("stand_in", of=of))

    def needs_own_net(self, of: str = "model") -> None:
        """Refuse points that only a net of the student's own can earn, if the trained net is a stand-in.

        Parameters
        ----------
        of : str
            Name of the trained net.

        Raises
        ------
        NoAnswer
            The trained net is a stand-in of ours.
        """
        reason = self.stand_in(of)
        if reason:
            told = "This check is for a net of yours. Once that is corrected, run the training again."
            raise NoAnswer("not attempted", f"{reason} {told}")

    def summary(self, visible: dict[str, dict[str, float]], written: str = "discussion") -> Summary | None:
        """Like the summary of any course; the answer in words is the discussion."""
        return super().summary(visible, written)

    def _names_of_ours(self) -> dict[str, Any]:
        from .. import stretch
        from . import causes, judging, judging_stretch, thresholds  # which import this module

        ours = {"simulators": simulators, "causes": causes, "judging": judging, "thresholds": thresholds}
        return super()._names_of_ours() | ours | {"stretch": stretch, "judging_stretch": judging_stretch}

    def _names_in(self, question: str, arguments: dict[str, Any]) -> set[str]:
        trains = question in ("train_probe", "fixed_losses")
        return {arguments.get("train", "train_model")} if trains else super()._names_in(question, arguments)

    def _last_line_of(self, of: str) -> str:
        """Quote the line with which a net returns its outputs; empty if there is none."""
        line = self.source_line("GlitchNet" if of == "model" else of, r"^return\b")
        return f"Look at your line `{line}`." if line else ""

    def _claims(self, question: str, **arguments: Any) -> dict[str, Any]:
        return of_type(dict, self._ask(question, False, **arguments))

    def _judged(self, question: Callable[[], Any], points: float) -> tuple[str, float, float, str]:
        """Judge outputs as logits; if this fails and they may be probabilities, judge them as probabilities."""
        self._takes_probabilities = self._may_be_probabilities = False
        first = super()._judged(question, points)
        if first[1] == 1 or not self._may_be_probabilities:
            return first
        self._takes_probabilities = True
        return max(first, super()._judged(question, points), key=lambda judged: judged[1])

    def _meant(self, outputs: np.ndarray) -> np.ndarray:
        """One logit per image for (N, 1) or (N, 2) outputs."""
        if outputs.min(initial=0.0) >= 0 and outputs.max(initial=0.0) <= 1:
            self._may_be_probabilities = True
            if self._takes_probabilities:
                likely = np.maximum(outputs, TINY)
                rest = likely[:, 0] if likely.shape[1] == 2 else np.maximum(1 - outputs[:, 0], TINY)
                logits: np.ndarray = np.log(likely[:, -1]) - np.log(rest)
                return logits
        return outputs[:, -1] if outputs.shape[1] == 1 else outputs[:, 1] - outputs[:, 0]


@dataclass(frozen=True)
class Training:
    """What ``train_model`` did with our net, images and labels.

    Attributes
    ----------
    losses : (epochs,) array
        The numbers that it returned, in another shape if it is wrong; a single NaN if it returned no numbers.
    logits : (M,) array
        Logits of the trained net for the probes; (M, classes) if there are more than two classes.
    stale_steps : int
        Number of steps whose gradient still contained the gradient of an earlier step.
    changed : bool
        Whether the weights of the given net have changed.
    """

    losses: np.ndarray
    logits: np.ndarray
    stale_steps: int
    changed: bool


connect = Submission.connect


def _other_training(train: str, classes: int) -> dict[str, Any]:
    """The further arguments of a question that is not about ``train_model`` with two classes."""
    return {} if (train, classes) == ("train_model", 2) else {"train": train, "classes": classes}


def _plain(value: Any) -> Any:
    """Check and shorten a symptom, which is a number, a short text, or lists of short texts by name."""
    if isinstance(value, dict):
        return {
            of_type(str, name): [of_type(str, item)[:MAX_LINE] for item in of_type(list, items)[:MAX_NAMES]]
            for name, items in list(value.items())[:MAX_NAMES]
        }
    if value is None or type(value) in (bool, int, float):
        return value
    return of_type(str, value)[:MAX_LINE]


def _finite(value: Any, of: str) -> np.ndarray:
    """Refuse numbers that are not finite: comparisons with NaN are false, so a test would not notice what is wrong."""
    numbers = array_of(value)
    if not np.isfinite(numbers).all():
        raise NoAnswer("contract", f"{of} returns values that are not finite (NaN or infinity).")
    return numbers
