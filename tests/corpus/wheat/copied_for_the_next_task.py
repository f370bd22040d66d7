"""Each cell of work begun as a copy of the trainer's, with its metadata; the cells for them deleted, a stub pasted, too.

hands in: checkpoint
"""

# %% before handing in
import json
from copy import deepcopy
from pathlib import Path

from tests.corpus.build import NOTEBOOK, RELEASE

stubs = {cell["id"]: "".join(cell["source"]) for cell in json.loads(Path(RELEASE, NOTEBOOK).read_text())["cells"]}
cells = {cell.id: cell for cell in notebook.cells}
for ident in ("evaluate", "mistakes", "confidence"):
    copy = deepcopy(cells["train"])
    copy.id, copy.source = f"copy-for-{ident}", cells[ident].source
    notebook.cells[notebook.cells.index(cells[ident])] = copy
for ident in ("glitchnet", "train"):
    copy = deepcopy(cells[ident])
    copy.id, copy.source = f"copy-of-{ident}", stubs[ident]
    notebook.cells.insert(notebook.cells.index(cells[ident]) + 1, copy)
