"""The whole folder, as macOS and Windows leave it: a folder of the student's own, with junk in and beside it.

hands in: checkpoint
"""

# %% before handing in
name = "ex04 [final]/glitch_or_chirp.ipynb"
(folder / "ex04 [final]" / ".ipynb_checkpoints").mkdir(parents=True)
(folder / "glitch_or_chirp.pt").rename(folder / "ex04 [final]" / "glitch_or_chirp.pt")
for junk in ("Icon\r", ".DS_Store", "Thumbs.db", "ex04 [final]/._glitch_or_chirp.ipynb", "ex04 [final]/~$notes.docx"):
    (folder / junk).write_bytes(b"\0")
(folder / "ex04 [final]" / ".ipynb_checkpoints" / "glitch_or_chirp-checkpoint.ipynb").write_text("{}")
