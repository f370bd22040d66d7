"""No files of students' that a browser would run where formgrader serves them."""

import mimetypes
import re
from pathlib import Path

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

_ACTIVE = re.compile("html|xml|xsl|message|multipart")


class NoActiveFiles(NbGraderPreprocessor):
    """Remove them from the copies in ``autograded/``, which formgrader serves at its own address."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Look at what nbgrader has copied."""
        names = resources["nbgrader"]
        course = CourseDirectory(config=self.config, parent=self.parent)
        copies = Path(course.format_path(course.autograded_directory, names["student"], names["assignment"]))
        remove_active(copies, but_keep=Path(course.format_path(course.source_directory, ".", names["assignment"])))
        return nb, resources


def remove_active(copies: Path, but_keep: Path) -> None:
    """Remove what a browser would run, were it served to it, from a folder, except files that another one has, too."""
    for copy in copies.rglob("*"):
        # By the whole path: a name of its own may look like an address, of which only the beginning counts.
        kind = mimetypes.guess_type(copy.absolute())[0] or ""
        if _ACTIVE.search(kind) and copy.is_file() and not (but_keep / copy.relative_to(copies)).exists():
            copy.unlink()
