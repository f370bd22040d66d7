"""A rule of `causes`: the symptoms of a cause, and what to say about it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Symptoms = dict[str, Any]


@dataclass(frozen=True)
class Rule:
    """A cause, when to name it, and which line of the student's to quote.

    Attributes
    ----------
    when : function of the symptoms
        Tells whether this is the cause.
    says : str
        Names the cause, and says what to do.
    where : (str, str)
        `GlitchNet` or `train_model`, and a pattern that the line matches; a variable and an empty string, for the line
        that makes the variable; or "seen" and the name of the symptom that holds the line.
    """

    when: Callable[[Symptoms], Any]
    says: str
    where: tuple[str, str] | None = None


# Last steps of a net after which no logit is negative, and their names in messages.
POSITIVE = {"relu": "a ReLU", "abs": "abs", "softplus": "softplus", "expbackward": "exp"}
BCE = "binary_cross_entropy_with_logits"
