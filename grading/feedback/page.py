"""The feedback as a page of HTML."""

from typing import Any

from nbconvert import HTMLExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode

# Of scripts, MathJax alone; it evaluates its own settings.
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


class FeedbackPage(HTMLExporter):
    """A page in which a browser runs MathJax and nothing else, and loads nothing from elsewhere.

    Students' words are harmless before they come here (see `grading.sanitize.texts`); this is a second wall.
    """

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, ResourcesDict]:
        """Write the page."""
        page, resources = super().from_notebook_node(nb, resources, **options)
        policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"/>'
        return page.replace("<head>", f"<head>\n{policy}", 1), resources
