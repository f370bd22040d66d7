"""Cells with the ids of others, with ids that the engine makes, and with none."""

# %% before handing in
from copy import deepcopy

(pattern,) = [cell for cell in notebook.cells if cell.id == "glitchnet-size"]
for number, ident in enumerate(["glitchnet-size", "students-own-0", "setup-checks", "", 7, None, ["x"], {}]):
    own = {"cell_type": "code", "id": ident, "source": ["1000.0", {}, 3], "metadata": [], "outputs": {}}
    notebook.cells.insert(2 * number, own)
notebook.cells += [None, [], 3, {"cell_type": "code"}, {"cell_type": {}, "source": {}}]
