"""The five examples of docs/writing_tests.md, as the page shows them: in a notebook, in grading, and judged again."""

import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import matplotlib
import pytest
from IPython.core.interactiveshell import InteractiveShell
from matplotlib import pyplot
from nbjudge.ask import history
from nbjudge.judge.archive import unpack
from nbjudge.judge.rejudge import judge
from nbjudge.plugin.generate.support_files import ASK
from nbjudge.run.job import Job, execute
from nbjudge.run.plan import PlannedCell
from nbjudge.sandbox.limits import Limits
from traitlets.config import Config

matplotlib.use("agg")
PAGE = Path(__file__).resolve().parents[4] / "docs" / "writing_tests.md"
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"


@dataclass(frozen=True)
class Example:
    """One section of the page: a solution, a test, a wrong solution, and what this is told."""

    name: str
    solution: str
    test: str
    wrong: str
    told: str

    @property
    def points(self):
        return float(re.search(r"points=(\d+)\)\n\Z", self.test)[1])

    @property
    def stub(self):
        return re.sub(r"### BEGIN SOLUTION\n.*### END SOLUTION", STUB, self.solution, flags=re.DOTALL)

    @property
    def mistaken(self):
        """The wrong solution, in the place of the right one."""
        return re.sub(r"### BEGIN.*### END SOLUTION\n", lambda _: self.wrong, self.solution, flags=re.DOTALL)

    @property
    def earned(self):
        return float(re.search(r"\(([\d.]+) of \d+ points?\)", self.told)[1])


def blocks(text, kind):
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def read():
    opening, *sections = re.split(r"^## (?=A |Printed)", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    examples = [
        Example(section.splitlines()[0], *blocks(section, "python")[:3], *blocks(section, "text"))
        for section in sections
    ]
    return blocks(opening, "python")[0], examples


SETUP, EXAMPLES = read()
each = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
VARIANTS = ("solution", "mistaken", "stub")


def test_there_are_five():
    names = ["A function", "A data frame", "A plot", "Printed text", "A class"]
    assert [example.name for example in EXAMPLES] == names


# In the student's notebook


@pytest.fixture
def outcome(monkeypatch):
    """What a check says after a cell was run in a notebook."""
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    history._RUNS.clear()
    shell = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
    shell._showtraceback = lambda *_: None

    def run(cell, test):
        shell.run_cell(SETUP, store_history=True)
        shell.run_cell(cell, store_history=True)
        return shell.run_cell(test, store_history=True).result

    yield run
    pyplot.close("all")
    shell.events.callbacks["post_run_cell"].clear()


@each
def test_in_a_notebook_the_solution_earns_all(outcome, example):
    found = outcome(example.solution, example.test)
    assert (found.status, found.earned, found.message) == ("passed", example.points, "")


@each
def test_in_a_notebook_a_wrong_solution_is_told_what_the_page_says(outcome, example):
    assert f"{outcome(example.mistaken, example.test)}\n" == example.told


@each
def test_in_a_notebook_the_stub_earns_nothing(outcome, example):
    found = outcome(example.stub, example.test)
    assert (found.status, found.earned) == ("not attempted", 0.0)


# In grading


def job(variant):
    cells = [PlannedCell(SETUP, "setup-checks", on_student_side=True, on_grader_side=True)]
    for example in EXAMPLES:
        cells.append(PlannedCell(getattr(example, variant), example.name, on_student_side=True))
        cells.append(PlannedCell(example.test, f"{example.name}-test", on_grader_side=True, points=example.points))
    return Job(
        cells,
        answers="nbjudge.ask.answers",
        secret=b"of a class",
        limits=Limits(cell=60.0, answer=60.0, notebook=200.0),
        release={f"nbjudge/ask/{path.name}": path.read_bytes() for path in ASK.glob("*.py")},
    )


@pytest.fixture(scope="module", params=VARIANTS)
def graded(request):
    """A variant, its job, and its transcript."""
    made = job(request.param)
    return request.param, made.pack(), execute(made.pack())


def marks(transcript):
    """What each test earned, and what it said."""
    reports = unpack(transcript)["reports"][2::2]
    return [(report["fraction"], unescape(re.sub(r"<[^>]*>", "", report["html"]))) for report in reports]


def without_inputs(text):
    """In grading, inputs are secret, so numbers may differ. Names of code are marked in another way."""
    return re.sub(r"\d+", "#", text.replace("`", ""))


def test_in_grading_each_earns_the_same(graded):
    variant, _, transcript = graded
    for example, (fraction, said) in zip(EXAMPLES, marks(transcript), strict=True):
        earned = {"solution": example.points, "mistaken": example.earned, "stub": 0.0}[variant]
        assert fraction * example.points == earned, (example.name, said)
        if variant == "mistaken":
            message = example.told.splitlines()[1].strip()
            assert without_inputs(message) in without_inputs(said)


def test_the_transcript_is_enough_to_judge_again(graded):
    _, made, transcript = graded
    assert marks(judge(made, transcript)) == marks(transcript)
