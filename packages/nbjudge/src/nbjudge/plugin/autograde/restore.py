"""Restores what the release does not show, such as hidden tests, from the gradebook."""

import json
from typing import Any

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.api import MissingEntry
from nbgrader.preprocessors import NbGraderPreprocessor, OverwriteCells

from ..gradebook import Master, MasterCell, NbgraderContext, master_of


class Restore(OverwriteCells):
    """Do what nbgrader's OverwriteKernelspec and OverwriteCells do, but read the gradebook only once for all cells.

    nbgrader's CheckCellMetadata is not needed: it comes after `Rebuild`, which keeps none of the student's metadata.
    """

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Restore one notebook."""
        names: NbgraderContext = resources["nbgrader"]
        master = master_of(names)
        if kernelspec := json.loads(master.kernelspec or "null"):
            nb.metadata["kernelspec"] = kernelspec
        self.gradebook, self.notebook_id, self.assignment_id = _Cells(master), names["notebook"], names["assignment"]
        nb, resources = NbGraderPreprocessor.preprocess(self, nb, resources)
        return nb, resources


class _Cells:
    """The part of `Gradebook` that OverwriteCells uses."""

    def __init__(self, master: Master) -> None:
        self._cells = master.cells

    def find_source_cell(self, name: str, *_: Any) -> MasterCell:
        if name not in self._cells:
            raise MissingEntry(f"no cell {name}")
        return self._cells[name]

    find_graded_cell = find_source_cell
