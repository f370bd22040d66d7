"""Network and trainer in one cell at the top of Task 1; the other solutions typed anew, without ids, tests deleted.

hands in: checkpoint
"""

# %% before handing in
cells = {cell.id: cell for cell in notebook.cells}
both = {"cell_type": "code", "metadata": {}, "source": cells["glitchnet"].source + "\n\n\n" + cells["train"].source}
notebook.cells.insert(notebook.cells.index(cells["task-build"]), both)
for ident in ("glitchnet", "train", "confidence-figure", "confidence-scores", "glitchnet-size"):
    notebook.cells.remove(cells[ident])
for ident in ("evaluate", "mistakes", "confidence"):
    cells[ident].metadata = {}
for cell in notebook.cells:
    cell.pop("id", None)
