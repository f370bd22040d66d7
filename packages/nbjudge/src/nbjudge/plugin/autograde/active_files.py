"""Removes students' files that a browser would run if formgrader served them."""

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from ...handin.active_files import remove_active
from ...handin.hand_in import SubmissionKey
from ..folders import assignment_of, folder_of
from ..gradebook import NbgraderContext


class NoActiveFiles(NbGraderPreprocessor):
    """Remove such files from the copies in ``autograded/``, which formgrader serves at its own address."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Remove such files from nbgrader's copies."""
        names: NbgraderContext = resources["nbgrader"]
        course = CourseDirectory(config=self.config, parent=self.parent)
        copies = folder_of(course, "autograded", SubmissionKey(names["assignment"], names["student"]))
        remove_active(copies, but_keep=assignment_of(course, names["assignment"]).source)
        return nb, resources
