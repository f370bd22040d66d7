"""Write ``docs/tests.md``, the tables of the test cells, from the notebooks.

Run ``python docs/make_test_table.py``. With ``--check`` nothing is written; the exit code is 1 if the page is out of
date.
"""

import ast
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

HERE = Path(__file__).resolve().parent
NOTEBOOKS = tuple(
    HERE.parent / "source" / path for path in ("ex04/glitch_or_chirp.ipynb", "ex04_stretch/where_does_it_end.ipynb")
)
PAGE = HERE / "tests.md"

INTRODUCTION = """\
# The test cells

<!-- Written by docs/make_test_table.py from the notebooks in source/. Change these, not this page. -->

Each test's name begins with the name of the cell it tests. *Visible* tests answer in the student's notebook; *hidden*
ones run after the hand-in, and students see that they exist. Every mark comes from one line of these tables.
"""


def main() -> None:
    """Write the page, or check it."""
    tables = (make_tables(path.parent.name, nbformat.read(path, as_version=4)) for path in NOTEBOOKS)
    page = "\n".join([INTRODUCTION, *tables])
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(page, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page:
        sys.exit("docs/tests.md is out of date: run 'python docs/make_test_table.py'")


def make_tables(assignment: str, notebook: NotebookNode) -> str:
    """The tables of one assignment, one for each cell that students fill in.

    Raises
    ------
    ValueError
        A test cell belongs to no task.
    """
    marked = {cell.metadata["nbgrader"]["grade_id"]: cell for cell in notebook.cells if "nbgrader" in cell.metadata}
    filled_in = [name for name, cell in marked.items() if cell.metadata["nbgrader"]["solution"]]
    graded = {name: cell for name, cell in marked.items() if cell.metadata["nbgrader"]["grade"]}
    strays = [name for name in graded if not name.startswith(tuple(filled_in))]
    if strays:
        raise ValueError(f"these test cells are named after no cell that students fill in: {', '.join(strays)}")
    tables = [f"## `{assignment}`\n"]
    for task in filled_in:
        tests = {name: cell for name, cell in graded.items() if name == task or name.startswith(f"{task}-")}
        points = sum(map(points_of, tests.values()))
        rows = [f"| `{name}` | {points_of(cell)} | {how(cell)} | {title(cell)} |" for name, cell in tests.items()]
        head = ["| test | points | | what it looks at |", "|---|---:|---|---|"]
        tables.append("\n".join([f"### `{task}`: {points} points", "", *head, *rows]) + "\n")
    everything = sum(map(points_of, graded.values()))
    hidden = sum(points_of(cell) for cell in graded.values() if how(cell) == "hidden")
    tables.append(f"Together {everything} points, {hidden} of them by hidden tests.\n")
    return "\n".join(tables)


def points_of(cell: NotebookNode) -> int | float:
    """Points in the gradebook."""
    return cell.metadata["nbgrader"]["points"]


def how(cell: NotebookNode) -> str:
    """Who judges it, and who sees that."""
    if cell.metadata["nbgrader"]["solution"]:
        return "by hand"
    return "hidden" if "### BEGIN HIDDEN TESTS" in cell.source else "visible"


def title(cell: NotebookNode) -> str:
    """First line of the docstring of the function that the cell checks.

    Raises
    ------
    ValueError
        The cell checks nothing, or shows other points than the gradebook has.
    """
    if cell.metadata["nbgrader"]["solution"]:
        return "A written answer, read by a person"
    name, tree = cell.metadata["nbgrader"]["grade_id"], ast.parse(cell.source)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "check":
            shown = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}.get("points")
            if shown != points_of(cell):
                raise ValueError(f"{name} shows {shown} points and has {points_of(cell)} in its metadata")
            docstring = ast.get_docstring(functions[call.args[0].id]) or call.args[0].id.replace("_", " ")
            return docstring.splitlines()[0].replace("|", "\\|")
    raise ValueError(f"{name} ends without submission.check(...)")


if __name__ == "__main__":
    main()
