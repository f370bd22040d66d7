"""A note of each release, by which hand-ins that began with an older one are known."""

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from ..releases import keep_release


class NoteRelease(NbGraderPreprocessor):
    """Note down what students get; the last of ``c.GenerateAssignment.preprocessors``, see `grading.releases`."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Note down one notebook."""
        names = resources["nbgrader"]
        course = CourseDirectory(config=self.config, parent=self.parent)
        keep_release(course, names["assignment"], names["notebook"], nb)
        return nb, resources
