"""Makes sure that a graded notebook can be shown in bounded time."""

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from ...handin.showable import make_showable


class Showable(NbGraderPreprocessor):
    """Turn what takes too long to show into plain text; the last of ``c.Autograde.autograde_preprocessors``."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Bound the time that one graded notebook takes to show."""
        make_showable(nb)
        return nb, resources
