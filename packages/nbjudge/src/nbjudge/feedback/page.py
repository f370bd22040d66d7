"""Exports the feedback as an HTML page."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from nbconvert import HTMLExporter
from nbformat import NotebookNode

# The only script allowed is MathJax. It needs 'unsafe-eval', because it evaluates its own settings.
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src https://cdnjs.cloudflare.com/ajax/libs/mathjax/ 'unsafe-eval'",
        "font-src https://cdnjs.cloudflare.com/ajax/libs/mathjax/",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
)

# The scores in nbgrader's template: of the notebook, and two for each cell with points. Students' texts can't contain
# these patterns.
_OF_NOTEBOOK = re.compile(r"(?<=<h4>)(.*) \(Score: ([-\d.]+) / ([\d.]+)\)(?=</h4>)")
_IN_LIST = re.compile(r"(?<=</a> \()Score: [-\d.]+ / ([\d.]+)(?=\)</li>)")
_AT_CELL = re.compile(r"(?<=<span class=\"pull-right\">)\s*Score: [-\d.]+ / ([\d.]+)(?= <a href=\"#top\">)")


class FeedbackPage(HTMLExporter):
    """A page in which a browser runs only MathJax, and loads nothing else from other sites.

    Students' texts are made harmless before they come here (see `nbjudge.handin.texts`); this is a second protection.
    """

    def from_notebook_node(  # type: ignore[override]  # as nbconvert's own, which gives text, too
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        """Write the page."""
        page, resources = super().from_notebook_node(nb, resources, **options)
        if resources.get("nbgrader", {}).get("unread"):
            page = _without_unread(page, **resources["nbgrader"])
        policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"/>'
        return page.replace("<head>", f"<head>\n{policy}", 1), resources


def _without_unread(page: str, read: list[bool], unread: float, **_: Any) -> str:
    """Replace the 0 that nbgrader's template shows for answers that nobody has read; see `GetMarks`."""
    for place in (_IN_LIST, _AT_CELL):
        page = place.sub(partial(_of_cell, iter(read)), page, len(read))
    return _OF_NOTEBOOK.sub(rf"\1 (Score: \2 so far; {unread:g} of \3 points not graded yet)", page, 1)


def _of_cell(read: Iterator[bool], said: re.Match[str]) -> str:
    return said[0] if next(read) else f"Not graded yet ({said[1]} points)"
