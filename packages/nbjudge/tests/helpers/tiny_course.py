"""A course with a tiny assignment of two tasks, for what has nothing to do with chirps: it is graded quickly."""

import json

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from helpers.gradebooks import begin

CONFIG = """
import nbjudge

c = get_config()
nbjudge.configure(c)
c.CourseDirectory.course_id = "tiny-course"
c.ClearSolutions.text_stub = "*Write your answer here.*"
c.UnpackDownloads.platform = "moodle"
c.AssignLatePenalties.plugin_class = "nbjudge.plugin.late_penalty.PenaltyPerDay"
c.Execute.timeout = 8
c.ExecuteApart.answer_timeout = 60
c.ExecuteApart.notebook_timeout = 25
c.ExecuteApart.memory = 0.75
c.ExecuteApart.scratch = 0.125
c.ExecuteApart.tasks = 200

from nbjudge.sandbox import load
load.MOST_TAKEN = 2.0  # where tests run, much else runs: timeouts count all the same
"""

TIMESTAMPS = {  # what students may put into their hand-in under the name of timestamp.txt
    "a time": lambda path: path.write_text("1999-01-01 00:00:00 UTC"),
    "nonsense": lambda path: path.write_text("yesterday"),
    "a year that is none": lambda path: path.write_text("99999-01-01 00:00:00 UTC"),
    "the first year": lambda path: path.write_text("0001-01-01 00:00:00 UTC"),
    "the last year": lambda path: path.write_text("9999-12-31 23:59:59 UTC"),
    "a number": lambda path: path.write_text("9" * 16),
    "ten megabytes": lambda path: path.write_bytes(b"1" * 10**7),
    "no text": lambda path: path.write_bytes(bytes(range(256))),
    "nothing": lambda path: path.touch(),
    "a folder": lambda path: path.mkdir(),
    "a folder with a file": lambda path: (path.mkdir(), (path / "x.txt").write_text("1999-01-01")),
}


def marked(ident, source, new_cell=new_code_cell, **says):
    """A cell with nbgrader's metadata."""
    defaults = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return new_cell(source, id=ident, metadata={"nbgrader": {**defaults, "grade_id": ident, **says}})


def check(name, value):
    return f"""def right_{name}():
    assert submission.values("{name}") == {value}


submission.check(right_{name}, points=2)"""


def master():
    setup = "from nbjudge.ask import connect\n\nsubmission = connect(globals())"
    cells = [marked("setup-checks", setup, locked=True)]
    for name, value in (("first", 1), ("second", 2)):
        solution = f"### BEGIN SOLUTION: make {name}\n{name} = {value}\n### END SOLUTION"
        cells.append(marked(name, solution, solution=True))
        cells.append(marked(f"{name}-right", check(name, value), grade=True, locked=True, points=2))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def build(course, config="", notebook=None):
    """Write what an instructor writes."""
    (course / "source" / "ex1").mkdir(parents=True)
    (course / "nbgrader_config.py").write_text(CONFIG + config)
    nbformat.write(notebook or master(), course / "source" / "ex1" / "work.ipynb")


# The door to all this is the real one; what answers behind it says things that the real one does not.
SETUP = "from nbjudge.ask import connect\n\nsubmission = '__door__' in globals() and connect(globals())"
ANSWERING = """
import sys
import numpy as np

def answer(namespace, question, arguments):
    name = arguments["name"]
    if name not in namespace:
        return {"failure": {"kind": "error", "message": f"no {name}, for {sys.last_value!s}"}}
    if type(namespace[name]) is object:
        return {"failure": {"kind": "contract", "message": f"{name} is no number"}}
    return {"answer": np.asarray(namespace[name])}
"""


def light():
    notebook = master()
    cell(notebook, "setup-checks").source = SETUP
    return notebook


def build_light(course, config="", notebook=None):
    """Write such an assignment, and begin a gradebook."""
    build(course, f"{config}c.ExecuteApart.answers = 'answering'\n", notebook or light())
    begin(course)
    (course / "source" / "ex1" / "answering.py").write_text(ANSWERING)


def hand_in(course, student, notebook=None, name="work.ipynb"):
    """Put a notebook, by default a right one, into submitted/; its folder is returned."""
    folder = course / "submitted" / student / "ex1"
    folder.mkdir(parents=True, exist_ok=True)
    # Not by nbformat, which would repair it.
    (folder / name).write_text(json.dumps(master() if notebook is None else notebook))
    return folder


def cell(notebook, ident):
    (found,) = (cell for cell in notebook.cells if cell.id == ident)
    return found
