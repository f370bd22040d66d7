"""Prints the table of marks on the terminal."""

import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..handin.files import printable
from ..plugin.marks import Mark, MostPoints

MAX_REMARKS, MAX_REMARK = 10, 300  # remarks on one student, and characters of one remark


def terminal(stderr: bool = False) -> Console:
    """The terminal. Rich's markup is switched off, because names and problems may contain students' words."""
    return Console(width=None if sys.stdout.isatty() else 140, stderr=stderr, markup=False, emoji=False)


def table(
    marks: list[Mark], most: MostPoints, problems: dict[str, str], remarks: dict[str, list[str]], title: str
) -> Table:
    """Lay out marks, problems and remarks for the terminal. Problems and remarks are given by student."""
    shown = Table(title=as_text(title), title_justify="left")
    shown.add_column("student")
    shown.add_column(f"automatic\nof {most.automatic:g}", justify="right")
    shown.add_column(f"written\nof {most.written:g}", justify="right")
    shown.add_column("late", justify="right")
    shown.add_column(f"total\nof {most.automatic + most.written:g}", justify="right")
    shown.add_column("remarks", overflow="fold")
    by_student = {mark.student: mark for mark in marks}
    for student in sorted(by_student.keys() | problems.keys()):
        mark, said = by_student.get(student), []
        if student in problems:
            said.append(Text.assemble(("problem:", "bold red"), " ", as_text(problems[student], MAX_REMARK)))
        if mark is None:
            shown.add_row(as_text(student), "-", "-", "-", "-", *said)
            continue
        if mark.waiting:
            said.append(Text.assemble(("waits for you:", "bold"), " ", as_text(", ".join(mark.waiting), MAX_REMARK)))
        lost = [test for test in mark.lost if test not in mark.waiting]
        if len(lost) > 6:
            said.append(as_text(f"lost points in {len(lost)} test cells"))
        elif lost:
            said.append(as_text(f"lost {', '.join(lost)}"))
        left = remarks.get(student, [])
        said += [as_text(remark, MAX_REMARK) for remark in left[:MAX_REMARKS]]
        if len(left) > MAX_REMARKS:
            said.append(as_text(f"{len(left) - MAX_REMARKS} more remarks"))
        shown.add_row(
            as_text(student),
            f"{mark.automatic:g}",
            "pending" if mark.pending > len(mark.waiting) else f"{mark.written:g}",
            f"-{mark.penalty:g}" if mark.penalty else "",
            f"{mark.so_far:g} so far" if mark.pending else f"{mark.so_far:g}",
            Text("; ").join(said),
        )
    return shown


def as_text(words: str, most: int | None = None) -> Text:
    """Untrusted text that is shown literally: not read as Rich's markup, and without control characters.

    Parameters
    ----------
    words : str
        Any text, such as the name of a student's file.
    most : int, optional
        How many characters are shown.
    """
    cut = words if most is None or len(words) <= most else f"{words[:most]}..."
    return Text(printable(cut))
