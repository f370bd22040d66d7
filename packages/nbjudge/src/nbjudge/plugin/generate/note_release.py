"""Keeps an outline of each release, to recognise hand-ins that began with an older release."""

from pathlib import Path

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from ...handin.releases import keep_release
from ..gradebook import NbgraderContext


class NoteRelease(NbGraderPreprocessor):
    """Keep an outline of the release; the last of ``c.GenerateAssignment.preprocessors``, see `releases`."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Keep the outline of one notebook."""
        names: NbgraderContext = resources["nbgrader"]
        course = CourseDirectory(config=self.config, parent=self.parent)
        keep_release(Path(course.root), names["assignment"], names["notebook"], nb)
        return nb, resources
