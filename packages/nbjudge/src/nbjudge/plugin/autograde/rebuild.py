"""Replaces the submitted notebook by the rebuilt one, which is graded."""

from pathlib import Path

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from ...handin.rebuild import rebuild
from ...handin.releases import kept_releases
from ..folders import assignment_of
from ..gradebook import NbgraderContext


class Rebuild(NbGraderPreprocessor):
    """Rebuild a submitted notebook on the skeleton of the release, before any other step changes it; see `rebuild`."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Rebuild one notebook.

        Raises
        ------
        FileNotFoundError
            The assignment was never released.
        """
        names: NbgraderContext = resources["nbgrader"]
        course = CourseDirectory(config=self.config, parent=self.parent)
        path = assignment_of(course, names["assignment"]).release / f"{names['notebook']}.ipynb"
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing: run 'nbgrader generate_assignment {names['assignment']}'")
        earlier = kept_releases(Path(course.root), names["assignment"], names["notebook"])
        return rebuild(nb, nbformat.read(path, as_version=4), earlier), resources
