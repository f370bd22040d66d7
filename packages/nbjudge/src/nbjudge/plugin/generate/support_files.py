"""Adds files to the release that students get beside the notebook."""

import re
from pathlib import Path

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, List, Unicode

from ... import ask

ASK = Path(ask.__file__).parent
_IMPORTS_ASK = re.compile(rb"\bnbjudge(?:\.| import )ask\b")


class SupportFiles(NbGraderPreprocessor):
    """Add files of the course to the release, at the same place relative to the notebook."""

    files = List(Unicode(), help="Glob patterns relative to the course's folder, e.g. 'helpers/*.py'.").tag(config=True)
    root = Unicode(".", help="Where the patterns start.").tag(config=True)
    ask = Bool(
        True,
        help="Whether nbjudge/ask, which answers test cells, is added when the notebook or one of these files imports "
        "it. Students need it there, unless they install nbjudge.",
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Pass the files to nbconvert's writer.

        Raises
        ------
        FileNotFoundError
            A pattern matches nothing.
        """
        root = Path(self.root)
        added: dict[str, bytes] = {}
        for pattern in self.files:
            paths = sorted(path for path in root.glob(pattern) if path.is_file())
            if not paths:
                raise FileNotFoundError(f"SupportFiles.files: nothing matches '{pattern}' in {root.resolve()}")
            added |= {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
        code = (cell.source.encode() for cell in nb.cells if cell.cell_type == "code")
        if self.ask and any(map(_IMPORTS_ASK.search, (*code, *added.values()))):
            # nbjudge/__init__.py is left out, so that Python prefers an installed nbjudge.
            added |= {f"nbjudge/ask/{path.name}": path.read_bytes() for path in sorted(ASK.glob("*.py"))}
        resources.setdefault("outputs", {}).update(added)
        return nb, resources
