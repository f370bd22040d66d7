"""A note of each release, by which hand-ins that began with an older one are known."""

from pathlib import Path

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from ...handin.releases import keep_release
from ..gradebook import NbgraderContext


class NoteRelease(NbGraderPreprocessor):
    """Note down what students get; the last of ``c.GenerateAssignment.preprocessors``, see `releases`."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Note down one notebook."""
        names: NbgraderContext = resources["nbgrader"]
        course = CourseDirectory(config=self.config, parent=self.parent)
        keep_release(Path(course.root), names["assignment"], names["notebook"], nb)
        return nb, resources
