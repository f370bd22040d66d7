"""Puts all marks on top of the feedback page, with the messages of the tests and the remarks."""

import html
import re
from itertools import groupby
from typing import Any

from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from traitlets import Bool

from ..handin.cells import MESSAGE_ONLY, STUDENT_CELL_PREFIX
from ..handin.files import printable

MAX_REMARKS, MAX_WORDS = 50, 1000  # how many remarks are shown, and how many characters of each


class MarksFirst(Preprocessor):
    """Add a cell on top with the marks, under the notebook's headings, and the remarks. Runs after `GetMarks`.

    The cell replaces nbgrader's own list, in which each entry is only "Test cell".
    """

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Add the cell."""
        parts = []
        for heading, group in groupby(graded_cells(nb), lambda found: found[0]):
            cells = [cell for _, cell in group]
            parts.append(f"<h3>{as_line(heading)} &nbsp; {sum_of(cells)}</h3>")
            parts += [said_of(cell) for cell in cells]
        penalty, unread = (resources.get("nbgrader", {}).get(key) for key in ("late_penalty", "unread"))
        if penalty:
            parts.append(f"<p>Handed in late: {penalty:g} points less{' so far' if unread else ''}.</p>")
        if unread:
            parts.append(f"<p>These are your marks so far: {unread:g} points are not graded yet.</p>")
        if remarks := nb.metadata.get("grading", {}).get("remarks", []):
            shown = [f"<li>{as_line(remark)}</li>" for remark in remarks[:MAX_REMARKS]]
            if len(remarks) > MAX_REMARKS:
                shown.append(f"<li>{len(remarks) - MAX_REMARKS} more remarks</li>")
            # Remarks quote the student, so MathJax must not read them.
            parts += ["<h3>Remarks</h3>", '<ul class="tex2jax_ignore">', *shown, "</ul>"]
        if parts:
            nb.cells.insert(
                0,
                new_markdown_cell(
                    "\n".join([f"<h2>Your marks{' so far' if unread else ''}</h2>", *parts]), id="your-marks"
                ),
            )
        return nb, resources


def graded_cells(nb: NotebookNode) -> list[tuple[str, NotebookNode]]:
    """The cells with points, each with the released heading above it; points in the heading are removed."""
    heading, found = "", []
    for cell in nb.cells:
        says = cell.metadata.get("nbgrader", {})
        own = cell.get("id", "").startswith(STUDENT_CELL_PREFIX)
        if cell.cell_type == "markdown" and not says.get("solution") and not own:
            for title in re.findall(r"(?m)^##? +(.+)$", cell.source):
                heading = re.sub(r"\s*\([^)]*points?[^)]*\)$", "", title)
        if says.get("grade") or says.get("task"):
            found.append((heading, cell))
    return found


def sum_of(cells: list[NotebookNode]) -> str:
    """A text with the sum of the points of some cells, and how many points nobody has decided yet."""
    marks = [cell.metadata.nbgrader for cell in cells]
    read = [mark for mark in marks if mark.get("score") is not None]
    most, unread = (sum(mark.get("points") or 0.0 for mark in some) for some in (read, marks))
    unread -= most
    if not read:
        return f"not graded yet ({unread:g} points)"
    earned = f"{sum(mark['score'] for mark in read):g} of {most:g}"
    return f"{earned} so far, {unread:g} points not graded yet" if unread else earned


def said_of(cell: NotebookNode) -> str:
    """The name and points of a cell with points, what its test says, and a link to it.

    What a `check` shows has a title and the points in it, so nothing stands before it.
    """
    says: dict[str, Any] = cell.metadata.nbgrader
    outputs = cell.get("outputs", [])
    shown = next((output for output in outputs if "data" in output), NotebookNode(data={}, metadata={}))
    message = shown.data.get("text/html", "")
    if says.get("by_hand") or not message or shown.metadata.get(MESSAGE_ONLY):
        name = "Written answer" if cell.cell_type == "markdown" else says["grade_id"]
        line = " &middot; ".join(as_line(part) for part in (name, points_of(says), *why_not(outputs)))
        full = says.get("score") == says.get("points")  # then what was printed is of no use here
        message = f"<div>{line}{'' if says.get('by_hand') or full or not message else message}</div>"
    link = f'<a href="#{html.escape(says["grade_id"])}">show</a>'
    # It is one line, because an empty line would end the HTML block in Markdown. It may quote the student, so MathJax
    # must not read it.
    return f'<div class="said tex2jax_ignore">{" ".join(message.split())} {link}</div>'


def points_of(says: dict[str, Any]) -> str:
    """The points of one cell in words."""
    most = f"{says.get('points') or 0.0:g} points"
    if says.get("score") is None:
        return f"not graded yet ({most})"
    return f"{says['score']:g} of {most}{', given by a grader' if says.get('by_hand') else ''}"


def why_not(outputs: list[NotebookNode]) -> list[str]:
    """The reason why nbgrader gave no points, if there is one; at most one reason."""
    for output in outputs:
        if output.output_type == "error":
            return [f"{output.ename}: {output.evalue:.200}".rstrip(": ")]
        if output.output_type == "stream" and output.name == "stderr":
            return ["there was a warning, or other text on standard error"]
    return []


def as_line(words: str) -> str:
    """A text as HTML without line breaks, because an empty line would end the HTML block in Markdown."""
    line = printable(" ".join(words[: MAX_WORDS + 1].split()))
    return html.escape(line if len(words) <= MAX_WORDS else f"{line[:MAX_WORDS]}...")
