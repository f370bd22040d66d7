"""Code, texts and outputs that keep nbconvert busy for minutes, for whoever writes the feedback or opens formgrader."""

# %% scratch after=setup-checks
for _ in range(3):
    print("\x1b[31mx\x1b[0m" * 100_000)
raise ValueError("\x1b[1;1;1m" * 8000)

# %% before handing in
from nbformat.v4 import new_code_cell, new_markdown_cell

notebook.cells.insert(0, new_code_cell("if False:\n    " + "a." * 100_000 + "a"))
notebook.cells[1:1] = [new_markdown_cell("\\\\[" * 3333) for _ in range(50)]
notebook.cells[1:1] = [new_markdown_cell("~|a|b|\n|-|-|\n" * 700), new_markdown_cell("[" * 10_000)]
