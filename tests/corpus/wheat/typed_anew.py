"""VS Code: every solution cell deleted and typed anew in its place, so that ids and metadata are gone; and the answer.

hands in: checkpoint
"""

# %% before handing in
for cell in notebook.cells:
    if cell.metadata.get("nbgrader", {}).get("solution"):
        cell.id, cell.metadata = f"#VSC-{cell.id[::-1]}", {"vscode": {"languageId": "python"}}
