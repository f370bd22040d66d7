"""A rule of `causes`: when something is the cause of what was seen, and what is said of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Symptoms = dict[str, Any]


@dataclass(frozen=True)
class Rule:
    """A cause, when to name it, and where the student's line is that shows it.

    Attributes
    ----------
    when : function of the symptoms
        Whether it is the cause.
    says : str
        The cause, and what to do.
    where : (str, str)
        `GlitchNet` or `train_model`, and a pattern of the line; a variable and nothing, for the line that makes it; or
        "seen" and the symptom that is the line.
    """

    when: Callable[[Symptoms], Any]
    says: str
    where: tuple[str, str] | None = None


# Last steps after which no logit is negative, in the student's words.
POSITIVE = {"relu": "a ReLU", "abs": "abs", "softplus": "softplus", "expbackward": "exp"}
BCE = "binary_cross_entropy_with_logits"
