"""What a test cell shows: passed, partly passed, not passed or not attempted."""

from dataclasses import dataclass
from html import escape

# Symbol and word say the same as the colour, for whoever can't tell the colours apart.
_LOOKS = {
    "passed": ("✓", "#1a7f37"),
    "partly passed": ("◐", "#9a6700"),
    "not passed": ("✗", "#cf222e"),
    "not attempted": ("○", "#6e7781"),
    "not judged": ("?", "#6e7781"),
    "not run": ("○", "#6e7781"),
}


@dataclass(frozen=True)
class Outcome:
    """The outcome of one check.

    Attributes
    ----------
    title : str
        What was checked.
    status : str
        "passed", "partly passed", "not passed", "not attempted", "not judged" or "not run".
    fraction : float
        Share of the points earned, in [0, 1].
    points : float
        Points at stake.
    message : str
        What was expected, what was found, what to try.
    """

    title: str
    status: str
    fraction: float
    points: float
    message: str = ""

    @property
    def earned(self) -> float:
        """Points earned."""
        return round(self.fraction * self.points, 4)

    def __repr__(self) -> str:
        # nbgrader reads the points of a test cell from this text.
        return repr(self.earned)

    def __str__(self) -> str:
        symbol, _ = _LOOKS[self.status]
        line = f"{symbol} {self.status}: {self.title} ({self.earned:g} of {self.points:g} points)"
        return f"{line}\n  {self.message}" if self.message else line

    def _repr_html_(self) -> str:
        symbol, colour = _LOOKS[self.status]
        message = escape(self.message).replace("\n", "<br>")
        return (
            f'<div style="border-left: 4px solid {colour}; padding: 0.3em 0.8em; margin: 0.2em 0;">'
            f'<span style="color: {colour}; font-weight: bold;">{symbol} {self.status}</span> &middot; '
            f"{escape(self.title)} &middot; {self.earned:g} of {self.points:g} points"
            + (f'<div style="margin-top: 0.2em;">{message}</div>' if message else "")
            + "</div>"
        )


class NotPassed(AssertionError):
    """A check that did not earn all its points, as an error whose traceback is just the outcome."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(str(outcome))

    def _render_traceback_(self) -> list[str]:
        return [str(self)]
