"""A tiny assignment of two tasks, so that a class is graded quickly."""

from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from tests.corpus.build import REPOSITORY

CONFIG = f"""
load_subconfig("nbgrader_config.py", path={str(REPOSITORY)!r})
c = get_config()
"""


def marked(ident, source, new_cell=new_code_cell, **says):
    """A cell with nbgrader's metadata."""
    defaults = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return new_cell(source, id=ident, metadata={"nbgrader": {**defaults, "grade_id": ident, **says}})


def check(name, value):
    return f"""def right_{name}():
    assert submission.values("{name}") == {value}


submission.check(right_{name}, points=2)"""


def master() -> NotebookNode:
    """The instructor's notebook: make ``first`` and ``second``."""
    setup = "from course_utils.submission import connect\n\nsubmission = connect(globals())"
    cells = [marked("setup-checks", setup, locked=True)]
    for name, value in (("first", 1), ("second", 2)):
        solution = f"### BEGIN SOLUTION: make {name}\n{name} = {value}\n### END SOLUTION"
        cells.append(marked(name, solution, solution=True))
        cells.append(marked(f"{name}-right", check(name, value), grade=True, locked=True, points=2))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def make_course(course: Path, notebook: NotebookNode, config: str = "") -> None:
    """Make a course folder with the assignment ``ex1``, this project's configuration and more."""
    (course / "source" / "ex1").mkdir(parents=True)
    (course / "nbgrader_config.py").write_text(CONFIG + config)
    nbformat.write(notebook, course / "source" / "ex1" / "work.ipynb")


def cell(notebook, ident):
    (found,) = (cell for cell in notebook.cells if cell.id == ident)
    return found
