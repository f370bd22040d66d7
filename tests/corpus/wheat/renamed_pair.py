"""Downloaded twice: notebook and checkpoint have the browser's " (1)" in their names.

hands in: checkpoint
"""

# %% before handing in
name = "glitch_or_chirp (1).ipynb"
(folder / "glitch_or_chirp.pt").rename(folder / "glitch_or_chirp (1).pt")
