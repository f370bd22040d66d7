"""nbgrader's metadata are of versions that do not exist."""

# %% before handing in
for number, cell in enumerate(notebook.cells):
    if "nbgrader" in cell.metadata:
        cell.metadata.nbgrader["schema_version"] = [99, -1, "3", None, 1e308][number % 5]
