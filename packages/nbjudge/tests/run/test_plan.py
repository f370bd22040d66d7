"""Where a cell runs follows from the instructor's notebook: apart from student code, if a setup cell declares it."""

from copy import deepcopy
from dataclasses import FrozenInstanceError

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbjudge.handin.rebuild import rebuild
from nbjudge.plugin.gradebook import Master, MasterCell
from nbjudge.plugin.instructions import from_gradebook
from nbjudge.run.plan import Instructions, PlannedCell, plan, speaks_of

SETUP = "submission = connect(globals())"
ASKS = "submission.check(right)"
ASSERTS = "assert square(2) == 4"
INSIDE, OUTSIDE, BOTH, NOWHERE = (True, False), (False, True), (True, True), (False, False)


def marked(name, source, new_cell=new_code_cell, **says):
    return new_cell(source, metadata={"nbgrader": {"grade_id": name, "solution": True}}, **says)


def sides(sources, tests=("one", "two"), patterns=("setup-checks",)):
    """Where the cells run of a notebook in which a student has changed all of them."""
    own = [new_markdown_cell("My text on submission"), new_code_cell("submission = 'mine'")]
    answers = [marked("solution", "def square(x): return submission"), marked("essay", "submission", new_markdown_cell)]
    notebook = new_notebook(cells=[*own, *(marked(name, "submission") for name in sources), *answers])
    points = dict.fromkeys([*tests, "essay"], 2.0)
    instructions = Instructions(sources, points, written=frozenset(["solution", "essay"]))
    cells = plan(notebook, instructions, list(patterns))
    assert cells[0] == PlannedCell("My text on submission")
    assert cells[1] == PlannedCell("submission = 'mine'", on_student_side=True)
    assert cells[-2:] == [
        PlannedCell("def square(x): return submission", "solution", on_student_side=True),
        PlannedCell("submission", "essay"),
    ]
    theirs = cells[2:-2]
    assert {cell.name: cell.source for cell in theirs} == sources
    assert {cell.name: cell.points for cell in theirs} == {name: points.get(name) for name in sources}
    return {cell.name: (cell.on_student_side, cell.on_grader_side) for cell in theirs}


def test_ordinary_tests_run_where_the_students_code_does():
    found = sides({"given": "import math", "setup-plots": "%matplotlib inline", "one": ASSERTS, "two": "assert True"})
    assert set(found.values()) == {INSIDE}


def test_tests_run_apart_where_a_setup_cell_declares_it():
    found = sides({"given": "import math", "setup-checks": SETUP, "one": ASKS, "two": ASKS})
    assert found == {"given": INSIDE, "setup-checks": BOTH, "one": OUTSIDE, "two": OUTSIDE}


def test_the_declaration_counts_and_not_the_word():
    declared = sides({"setup-checks": "import math", "one": ASSERTS, "two": ASKS})
    assert declared == {"setup-checks": BOTH, "one": OUTSIDE, "two": OUTSIDE}
    assert sides({"given": SETUP, "one": ASSERTS, "two": ASKS}) == {"given": INSIDE, "one": INSIDE, "two": INSIDE}


def test_the_word_warns_where_the_declaration_is_missing():
    def doubt(**sources):
        return Instructions(sources, {"one": 1.0, "two": 1.0}, frozenset()).doubt(["setup-checks", "setup-door"])

    said = "two speak of 'submission', but no locked cell setup-checks or setup-door declares"
    assert doubt(one=ASSERTS, two=ASKS, given=SETUP).startswith(said)
    assert doubt(one=ASSERTS, given="submission = read('submission.csv')") is None
    assert doubt(one=ASKS, **{"setup-checks": SETUP}) is None


def test_a_task_is_no_test_and_may_use_the_word():
    cells = [
        MasterCell("one", "code", ASSERTS, "", locked=True, solution=False, task=False, max_score=2.0),
        MasterCell("task", "markdown", "Your submission:", "", locked=True, solution=False, task=True, max_score=4.0),
    ]
    masters = {("ex1", "work"): Master(None, {cell.name: cell for cell in cells})}
    instructions = from_gradebook({"assignment": "ex1", "notebook": "work", "masters": masters})
    assert instructions.points == {"one": 2.0} and not instructions.are_apart([])


@pytest.mark.parametrize("side", [INSIDE, OUTSIDE, BOTH, NOWHERE])
def test_a_cell_runs_if_it_runs_on_any_side(side):
    assert PlannedCell("x", "one", *side).runs == any(side)


@pytest.mark.parametrize("decided", [PlannedCell("x"), Instructions({}, {}, frozenset())], ids=["cell", "instructions"])
def test_what_is_planned_stays(decided):
    for name in vars(decided):
        with pytest.raises(FrozenInstanceError):
            setattr(decided, name, None)


def test_a_cell_that_is_there_twice_runs_once():
    notebook = new_notebook(cells=[marked("one", ""), marked("one", "")])
    for setup, side in ({}, INSIDE), ({"setup": ""}, OUTSIDE):
        cells = plan(notebook, Instructions({"one": "", **setup}, {"one": 1.0}, frozenset()), ["setup"])
        assert [(cell.on_student_side, cell.on_grader_side) for cell in cells] == [side, NOWHERE]


# Pictures


def drawn(submitted):
    """Which code cells' pictures are kept of a submission with these cells, by their sources."""
    released = new_notebook(cells=[given(name) for name in "abc"] + [marked("task", "...", id="task"), given("d")])
    cells = rebuild(new_notebook(cells=submitted), deepcopy(released))
    instructions = Instructions({}, {}, written=frozenset(["task"]))
    return {cell.source: cell.draws for cell in plan(cells, instructions, [], released)}


def given(name, source=None):
    return new_code_cell(source or f"plot({name!r})", id=name)


A, B, C, D = (given(name) for name in "abcd")
TASK = marked("task", "mine", id="task")
OWN = new_code_cell("own", id="mine")


@pytest.mark.parametrize(
    ("submitted", "first"),
    [
        ([A, B, C, TASK, D], "mine"),
        ([TASK, D], "mine"),
        ([C, B, A, TASK, D], "mine"),  # they are put back in order
        ([A, given("b", "plot(0)"), C, TASK, D], "plot(0)"),
        ([A, OWN, B, C, TASK, D], "own"),
        ([OWN, A, B, C, TASK, D], "own"),
        ([A, C, OWN, B, TASK, D], "own"),
    ],
    ids=["untouched", "deleted", "moved", "edited", "own", "own first", "own and moved"],
)
def test_pictures_are_drawn_from_the_first_cell_with_anything_of_the_students(submitted, first):
    draws = drawn(submitted)
    before = list(draws)[: list(draws).index(first)]
    assert [source for source in draws if not draws[source]] == before


def test_without_the_release_all_is_drawn():
    cells = plan(new_notebook(cells=[A]), Instructions({}, {}, frozenset()), [])
    assert [cell.draws for cell in cells] == [True]


# Who asks


@pytest.mark.parametrize(
    ("source", "does"),
    [
        ("submission", True),
        ("submission.check(f)", True),
        ("f'{submission.values(1)}'", True),
        ("await submission.x()", True),
        ("%matplotlib inline\nsubmission.check(f)", True),
        ("%%time\nsubmission.check(f)", True),
        ("lines = !ls\nsubmission", True),
        ("from my_course.submission import connect\nask = connect(globals())", True),
        ("import my_course.submission as s", True),
        ("x = = submission", True),
        ("%%bash\necho submission", True),
        ("\0submission", True),
        ("", False),
        ("submissions + resubmission", False),
        ("# submission", False),
        ('"""Runs on your submission"""\nassert f("submission")', False),
        ("%matplotlib inline\nx = 1  # submission", False),
        ("%%time\nassert f(1)  # submission", False),
        ("!ls submission", False),
        ("x = = 1", False),
    ],
)
def test_names_count_and_words_in_texts_do_not(source, does):
    assert speaks_of("submission", source) == does
