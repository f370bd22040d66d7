"""Everything written in new cells above the cells for it, which stay as they were handed out.

hands in: checkpoint
"""

# %% before handing in
import json
from pathlib import Path

from tests.corpus.build import NOTEBOOK, RELEASE

stubs = {cell["id"]: "".join(cell["source"]) for cell in json.loads(Path(RELEASE, NOTEBOOK).read_text())["cells"]}
for number, cell in reversed(list(enumerate(notebook.cells))):
    if cell.metadata.get("nbgrader", {}).get("solution"):
        notebook.cells.insert(number, {"cell_type": cell.cell_type, "metadata": {}, "source": cell.source})
        cell.source = stubs[cell.id]
