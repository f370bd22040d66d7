"""Files that students get beside the notebook, written into the release with it."""

from pathlib import Path

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import List, Unicode


class SupportFiles(NbGraderPreprocessor):
    """Add files of the course to the release, at the same place relative to the notebook."""

    files = List(Unicode(), help="Glob patterns relative to the course's folder, e.g. 'helpers/*.py'.").tag(config=True)
    root = Unicode(".", help="Where the patterns start.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Hand the files to nbconvert's writer.

        Raises
        ------
        FileNotFoundError
            A pattern matches nothing.
        """
        root = Path(self.root)
        outputs = resources.setdefault("outputs", {})
        for pattern in self.files:
            paths = sorted(path for path in root.glob(pattern) if path.is_file())
            if not paths:
                raise FileNotFoundError(f"SupportFiles.files: nothing matches '{pattern}' in {root.resolve()}")
            outputs.update({path.relative_to(root).as_posix(): path.read_bytes() for path in paths})
        return nb, resources
