"""The style of the feedback page."""

from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from traitlets import Bool

CSS = """
/* Figures and long lines stay inside the page. */
img { max-width: 100%; height: auto; }
pre { white-space: pre-wrap; word-break: normal; overflow-wrap: anywhere; }
/* On a narrow screen, the mark stands beside the cell's name or below it, and the code has the whole width. */
.panel-heading::after { content: ""; display: table; clear: both; }
@media (max-width: 600px) { .container, #notebook-container, .panel-body { padding: 5px; } }
td, th { padding: 0.1em 0.6em; }
/* The list of marks has more to say than nbgrader's. */
#toc { display: none; }
.said { display: flex; justify-content: space-between; gap: 1em; align-items: baseline; max-width: 60em; }
"""


class FeedbackStyle(Preprocessor):
    """Add our style to the page. Runs after nbconvert's CSSHTMLHeaderPreprocessor."""

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Pass the style to the page's template."""
        resources.setdefault("inlining", {}).setdefault("css", []).append(CSS)
        return nb, resources
