"""A graded notebook becomes one that can be shown in bounded time."""

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from ...handin.showable import make_showable


class Showable(NbGraderPreprocessor):
    """Make plain text of what is too much; the last of ``c.Autograde.autograde_preprocessors``."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Look at one graded notebook."""
        make_showable(nb)
        return nb, resources
