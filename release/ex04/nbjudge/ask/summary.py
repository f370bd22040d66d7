"""The summary that a notebook's last cell shows: all checks by task, and what is left to do before the hand-in."""

import time
from dataclasses import dataclass, replace
from html import escape

from .check import LOOKS, Outcome, as_block, in_colour, in_html

_QUICK = 3.0  # seconds before progress is shown


@dataclass(frozen=True)
class Ready:
    """One thing that a notebook needs before it is handed in.

    Attributes
    ----------
    done : bool or None
        Whether it is done; None if only a person can see this.
    text : str
        A sentence that says what is done, or what to do.
    """

    done: bool | None
    text: str

    @property
    def look(self) -> tuple[str, str]:
        """The status that gives the line its symbol and colour, and the word that is shown."""
        return {True: ("passed", "yes"), False: ("not passed", "not yet"), None: ("not judged", "see for yourself")}[
            self.done
        ]


@dataclass(frozen=True)
class Summary:
    """Outcomes of all visible checks, and what is left to do; Jupyter shows it as a table.

    Attributes
    ----------
    tasks : dict of str to list of Outcome
        The outcomes, by task.
    ready : list of Ready
        What the hand-in needs.
    out_of_date : tuple of str
        Sentences about everything that the checks together found out of date.
    """

    tasks: dict[str, list[Outcome]]
    ready: list[Ready]
    out_of_date: tuple[str, ...] = ()

    @property
    def outcomes(self) -> list[Outcome]:
        """All outcomes."""
        return [outcome for outcomes in self.tasks.values() for outcome in outcomes]

    def total(self) -> str:
        """The sum of the points, in a sentence."""
        earned, at_stake = sum(o.earned for o in self.outcomes), sum(o.points for o in self.outcomes)
        return f"{earned:g} of the {at_stake:g} points that can be seen here; hidden checks follow after you hand in."

    def to_do(self) -> list[Ready]:
        """Lines about everything that is out of date and everything that the hand-in needs, each once."""
        return [*(Ready(False, why) for why in self.out_of_date), *self.ready]

    def __repr__(self) -> str:
        lines = []
        for task, outcomes in self.tasks.items():
            short = [replace(o, out_of_date=("see below",) if o.out_of_date else ()) for o in outcomes]
            lines += [task, *(f"  {line}" for outcome in short for line in str(outcome).splitlines()), ""]
        lines += [self.total(), "", "Ready to hand in?"]
        for line in self.to_do():
            status, word = line.look
            lines.append(f"  {LOOKS[status][0]} {word}: {line.text}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        cell = "text-align: left; vertical-align: top; padding: 0.3em 0.6em;"
        narrow, wide = f'style="{cell} white-space: nowrap;"', f'style="{cell} overflow-wrap: anywhere; width: 100%;"'
        rows = []
        for task, outcomes in self.tasks.items():
            rows.append(f'<tr><th style="{cell}" colspan="3" scope="rowgroup">{escape(task)}</th></tr>')
            for outcome in outcomes:
                stale = in_colour("out of date") if outcome.out_of_date else ""
                rows.append(
                    f"<tr><td {narrow}>{in_colour(outcome.status)}{as_block(stale)}</td>"
                    f"<td {wide}>{escape(outcome.title)}{as_block(in_html(outcome.message))}</td>"
                    f"<td {narrow}>{outcome.earned:g} of {outcome.points:g}</td></tr>"
                )
        head = "".join(f'<th style="{cell}" scope="col">{name}</th>' for name in ("Outcome", "Check", "Points"))
        hanging = 'style="padding-left: 1.2em; text-indent: -1.2em;"'
        ready = "".join(
            f"<li {hanging}>{in_colour(*line.look)} &middot; {in_html(line.text)}</li>" for line in self.to_do()
        )
        return (
            '<table style="table-layout: auto; width: 100%; margin: 0;">'
            f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
            f"<p><strong>{escape(self.total())}</strong></p>"
            f'<p><strong>Ready to hand in?</strong></p><ul style="list-style: none; padding-left: 0;">{ready}</ul>'
        )


class Progress:
    """Shows how many checks have been repeated, if this takes long.

    Parameters
    ----------
    total : int
        How many checks will be repeated.
    """

    def __init__(self, total: int) -> None:
        self._total, self._asked, self._start = total, 0, time.monotonic()

    def step(self, asked: bool = True) -> None:
        """Count one more check, if it was asked."""
        self._asked += asked
        if asked and time.monotonic() - self._start > _QUICK:
            end = "\n" if self._asked == self._total else ""
            print(f"\rAsked {self._asked} of {self._total} checks again.", end=end, flush=True)
