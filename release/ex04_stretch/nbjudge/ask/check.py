"""The outcome that a test cell shows, such as passed, partly passed, not passed or not attempted."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from .replies import NoAnswer
from .settings import ordinary_settings

MAX_MESSAGE = 4000
# Symbol and colour of each status. Symbol and word say the same as the colour: some readers can't tell colours apart.
LOOKS = {
    "passed": ("✓", "#1a7f37"),
    "partly passed": ("◐", "#9a6700"),
    "not passed": ("✗", "#cf222e"),
    "not attempted": ("○", "#6e7781"),
    "not judged": ("?", "#6e7781"),
    "not run": ("○", "#6e7781"),
    "out of date": ("↻", "#9a6700"),
}
SHARE = 0.33  # of a status's colour in the colour in which its name is shown


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
        What was expected, what was found, and what the student can try.
    out_of_date : tuple of str
        Sentences that say why this outcome may belong to older code than the cells hold now; empty if it doesn't. The
        first sentence says what to do first, and only this one is shown.
    """

    title: str
    status: str
    fraction: float
    points: float
    message: str = ""
    out_of_date: tuple[str, ...] = ()

    @property
    def earned(self) -> float:
        """Points earned."""
        return round(self.fraction * self.points, 4)

    @property
    def worth(self) -> str:
        """The points in words: "1 of 1 point", "1.5 of 3 points"."""
        return f"{self.earned:g} of {self.points:g} point{'' if self.points == 1 else 's'}"

    def __repr__(self) -> str:
        # Where nbgrader runs the notebook, it reads the points of a test cell from this text; a front end without HTML
        # shows it to the student.
        return repr(self.earned) if os.environ.get("NBGRADER_EXECUTION") else str(self)

    def __str__(self) -> str:
        symbol, _ = LOOKS[self.status]
        lines = [f"{symbol} {self.status}: {self.title} ({self.worth})"]
        if self.out_of_date:
            lines.append(f"  {LOOKS['out of date'][0]} out of date: {self.out_of_date[0]}")
        return "\n".join([*lines, f"  {self.message}"] if self.message else lines)

    def _repr_html_(self) -> str:
        _, colour = LOOKS[self.status]
        return (
            f'<div style="border-left: 4px solid {colour}; padding: 0.3em 0.8em; margin: 0.2em 0;">'
            f"{in_colour(self.status)} &middot; {escape(self.title)} &middot; {self.worth}"
            + "".join(as_block(f"{in_colour('out of date')} &middot; {in_html(why)}") for why in self.out_of_date[:1])
            + as_block(in_html(self.message))
            + "</div>"
        )


def as_block(html: str) -> str:
    """Wrap HTML in a block of its own, to stand below another one; empty if the HTML is empty."""
    return f'<div style="margin-top: 0.2em;">{html}</div>' if html else ""


def in_html(text: str) -> str:
    """Turn text into HTML; parts in `backticks` become code."""
    return re.sub("`([^`\n]+)`", r"<code>\1</code>", escape(text)).replace("\n", "<br>")


def in_colour(status: str, word: str = "") -> str:
    """A status with its symbol as HTML, readable on a light and on a dark background.

    No colour has a contrast of 4.5 : 1 both to white and to nearly black. So the status's colour is mixed into a larger
    share of the colour of the surrounding text, which every theme chooses to suit its background. A browser that can't
    mix colours (before 2023) shows the colour of the surrounding text alone.
    """
    symbol, colour = LOOKS[status]
    style = f"color: color-mix(in srgb, {colour} {SHARE:.0%}, currentColor); font-weight: bold;"
    return f'<span style="{style}">{symbol} {escape(word or status)}</span>'


class NotPassed(AssertionError):
    """Raised if a check did not earn all its points; its traceback shows only the outcome."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(str(outcome))

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


@ordinary_settings()
def judge(question: Callable[[], Any], points: float) -> tuple[str, float, float, str]:
    """Ask a question, and return status, fraction, points and message, whatever the question returns or raises."""
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
