"""A small course with ordinary tests of many kinds, its model solution, and what a hand-in of it earns."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from nbjudge.commands.study import MODEL, RELEASE, _by_cell, _difference
from nbjudge.judge.report import CellReport
from nbjudge.judge.transcript import Transcript
from nbjudge.plugin.autograde.outputs import passes_only_inside
from nbjudge.plugin.ordinary_tests import to_study
from nbjudge.run.job import Job, execute
from nbjudge.run.plan import Instructions, plan
from nbjudge.sandbox.limits import Limits

from helpers.tiny_course import marked

# What stands in the hidden tests and nowhere else: none of it may be seen on the student's side.
MARKERS = ("MARKER", "918273645")
LIMITS = Limits(start=60.0, cell=6.0, answer=4.0, notebook=25.0, memory=2**30, output=2**23, tasks=200, scratch=2**26)
GIVEN = """
import contextlib
import io
import random
import unittest

import numpy as np

case = unittest.TestCase()
GRID = [3.0, 1.0, 2.0]


def is_close(one, other):
    return abs(one - other) < 1e-9
"""
SOLUTIONS = {
    "numbers": "def hypotenuse(a, b):\n    return (a * a + b * b) ** 0.5",
    "squares": "def squares(n):\n    return [k * k for k in range(1, n + 1)]",
    "standardize": "def standardize(x):\n    return (x - x.mean()) / x.std()",
    "stack": """class Stack:
    def __init__(self):
        self.items = []

    def push(self, item):
        self.items.append(item)

    def pop(self):
        if not self.items:
            raise IndexError("empty")
        return self.items.pop()

    def __len__(self):
        return len(self.items)

    def __eq__(self, other):
        return isinstance(other, Stack) and self.items == other.items""",
    "roots": """def root(x):
    if x < 0:
        raise ValueError("no root of a negative number")
    return x**0.5""",
    "greet": "def greet(name):\n    print(f'Hello, {name}!')",
    "twice": "def twice(f, x):\n    return f(f(x))",
    "dice": "def dice(n):\n    return [random.randint(1, 6) for _ in range(n)]",
    "settings": "threshold = 0.25\ntable = {'a': [1, 2], 'b': [3]}",
    "totals": "import pandas as pd\n\n\ndef totals(frame):\n    return frame.groupby('kind')['size'].sum()",
    "median": """def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2""",
    "label": "def label(n):\n    return 'odd' if n % 2 else 'even'",
}
TESTS = {
    "numbers": """# MARKER of numbers
MARKER, expected = 918273645, 73.5
assert abs(hypotenuse(3, 4) - 5) < 1e-9, f"MARKER: expected 5, got {hypotenuse(3, 4)}"
assert is_close(hypotenuse(0.0, 73.5), expected)
assert isinstance(hypotenuse(6, 8), float) and round(hypotenuse(6, 8)) == 10""",
    "squares": """MARKER, want = 918273645, [1, 4, 9, 16, 25]
assert squares(5) == want, f"MARKER: expected {want}, got {squares(5)}"
for n in (0, 1, 2, 50):
    result = squares(n)
    assert len(result) == n and sorted(result) == result and sum(result) == n * (n + 1) * (2 * n + 1) / 6
assert isinstance(result, list) and all(type(k) is int for k in result)""",
    "standardize": """data = np.array(GRID)
expected = (data - 2.0) / np.sqrt(2 / 3)
np.testing.assert_allclose(standardize(data), expected, rtol=1e-9, err_msg="MARKER")
assert np.allclose(standardize(np.arange(10.0)).mean(), 0.0)
assert np.array_equal(data, GRID)
np.testing.assert_array_equal(standardize(data).shape, (3,))""",
    "stack": """s, t = Stack(), Stack()
assert len(s) == 0 and s == t
items = [17, "MARKER", 918273645]
for item in (17, "x", 4.5):
    s.push(item)
assert len(s) == 3 and s != t
assert [s.pop(), s.pop(), s.pop()] == [4.5, "x", 17]
with case.assertRaises(IndexError):
    s.pop()""",
    "roots": """assert root(16) == 4 and root(0) == 0
with case.assertRaises(ValueError):
    root(-918273645 + 918273644)
try:
    root(-5)
except ValueError as error:
    assert "negative" in str(error), "MARKER"
else:
    raise AssertionError("MARKER: root(-5) should fail")""",
    "greet": """printed = io.StringIO()
with contextlib.redirect_stdout(printed):
    greet("Ada")
    answer = greet("Bob")
assert printed.getvalue() == "Hello, Ada!\\nHello, Bob!\\n" and answer is None, "MARKER" """,
    "twice": """calls = []


def add_three(x):
    calls.append(x)
    return x + 3  # MARKER


assert twice(add_three, 10) == 16
assert calls == [10, 13]
assert twice(lambda word: word + "!", "ho") == "ho!!"
""",
    "dice": """random.seed(918273645)
rolls = dice(20)
noise = np.random.normal(size=2)
random.seed(918273645)
expected = [random.randint(1, 6) for _ in range(20)]
assert rolls == expected, "MARKER"
random.seed(5)
assert dice(20) == dice(20) or expected""",
    "settings": """assert threshold == 0.25
assert table == {"a": [1, 2], "b": [3]} and set(table) == {"a", "b"}, "MARKER"
assert sum(sum(row) for row in table.values()) == 6""",
    "totals": """import pandas as pd

frame = pd.DataFrame({"kind": ["x", "y", "x"], "size": [1, 2, 918273645 - 918273640]})
expected = pd.Series([6, 2], index=pd.Index(["x", "y"], name="kind"), name="size")
pd.testing.assert_series_equal(totals(frame), expected, obj="MARKER")
assert totals(frame)["x"] == 6""",
    "median": """points = 0
if median([3, 1, 2]) == 2:
    points += 1
if median([4, 1, 2, 3]) == 2.5:
    points += 1  # MARKER
values = [52, 1, 90]
if median(values) == 52 and values == [52, 1, 90]:
    points += 1
points""",
    "label": """assert [label(n) for n in (1, 2, 7)] == ["odd", "even", "odd"], "MARKER"
assert label(77) in ("odd",)
label(4)""",
}
STUB = "raise NotImplementedError"
POINTS = 3.0


def notebook(cells, first="", last=""):
    """A notebook with these solution cells, and cells of the student's own as the first and the last one."""
    made = [new_code_cell(first, id="first"), marked("given", GIVEN, locked=True)]
    for name in SOLUTIONS:
        made.append(marked(name, cells.get(name, STUB), solution=True))
        made.append(marked(f"{name}-test", TESTS[name], grade=True, locked=True, points=POINTS))
    made.append(new_code_cell(last, id="last"))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=made, metadata={"kernelspec": kernel})


@dataclass(frozen=True)
class Marks:
    """What a hand-in earned: points apart by task, the tasks that wait for the instructor, and the transcript."""

    points: dict[str, float]
    waiting: list[str]
    reports: dict[str, CellReport]
    result: Transcript

    @property
    def seen(self) -> str:
        """All that the student's own cells put out, as the student gets to see it."""
        shown = [report.outputs for name, report in self.reports.items() if not name.endswith("-test")]
        return json.dumps(shown, default=str)


class Course:
    """The course, and what a study of it has found.

    Parameters
    ----------
    folder : Path
        An empty folder.
    """

    def __init__(self, folder: Path) -> None:
        locked = {"given": GIVEN} | {f"{name}-test": source for name, source in TESTS.items()}
        points = {f"{name}-test": POINTS for name in TESTS}
        self.instructions = Instructions(locked, points, frozenset(SOLUTIONS))
        nbformat.write(notebook(SOLUTIONS), folder / "work.ipynb")
        self.by_name = to_study(SimpleNamespace(source=folder, file_names=[]), "work", self.instructions)
        jobs = {MODEL: self.job(notebook(SOLUTIONS), True), RELEASE: self.job(notebook({}), True)}
        results = {what: Transcript(execute(job.pack())) for what, job in jobs.items()}
        reports = {what: _by_cell(jobs[what], results[what]) for what in jobs}
        self.wrong = {name: why for name in self.by_name.apart if (why := _difference(name, reports))}
        apart = {
            name: replace(how, operations=sorted({each for of in reports.values() for each in of[name][1].operations}))
            for name, how in self.by_name.apart.items()
        }
        self.by_name = replace(self.by_name, apart=apart)

    def job(self, written, compares=False, limits=LIMITS):
        """The job of a hand-in."""
        cells = plan(written, self.instructions, ["setup-checks"], notebook({}), self.by_name)
        return Job(
            cells=cells,
            limits=limits,
            imports=self.by_name.imports,
            compares=compares,
        )

    def marks(self, written, limits=LIMITS):
        """Execute a hand-in as the engine does, and mark it."""
        job = self.job(written, limits=limits)
        result = Transcript(execute(job.pack()))
        names = [cell.get("id") if cell.get("id") in ("first", "last") else "" for cell in written.cells]
        reports = {cell.name or name: each for cell, name, each in zip(job.cells, names, result.reports, strict=True)}
        tests = {cell.name.removesuffix("-test"): cell for cell in job.cells if cell.points is not None}
        points = {name: reports[f"{name}-test"].earned(POINTS) for name in tests}
        waiting = [name for name, cell in tests.items() if passes_only_inside(cell, reports[f"{name}-test"])]
        return Marks(points, waiting, reports, result)
