"""Modules with the names of installed ones lie beside the notebook."""

# %% before handing in
for module in ("numpy", "torch", "json", "socket", "struct", "IPython", "matplotlib", "nbjudge", "course_utils"):
    (folder / f"{module}.py").write_text("print('got through:', __name__)")
(folder / "torch").mkdir()
(folder / "torch" / "__init__.py").write_text("print('got through:', __name__)")
