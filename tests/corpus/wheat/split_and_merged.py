"""JupyterLab: the trainer split in two, with the metadata in both parts; the last two tasks merged into one cell.

hands in: checkpoint
"""

# %% before handing in
from copy import deepcopy

cells = {cell.id: cell for cell in notebook.cells}
head, _, tail = cells["train"].source.partition("def train_model")
second = deepcopy(cells["train"])
second.id, second.source, cells["train"].source = "second-half", f"def train_model{tail}", head
notebook.cells.insert(notebook.cells.index(cells["train"]) + 1, second)
cells["mistakes"].source += "\n\n" + cells["confidence"].source
notebook.cells.remove(cells["confidence"])
