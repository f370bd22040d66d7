"""No stale answers: what was run, in which order, and what of it is older than what the cells say now."""

import json
import os
import time

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from nbjudge.ask import freshness, front_end, history, readiness
from nbjudge.ask.cell_names import names_in

from course_utils import checkpoint, simulators
from course_utils.submission import connect, judging
from course_utils.submission.answers import ANSWERS
from tests.shells import new_shell

NET = """class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2048, 1)

    def forward(self, images):
        return self.layer(images.flatten(1)){}"""
SPLIT = "train_indices, test_indices = np.arange(40), np.arange(40, {})"
TRAIN = """def train_model(model, X, y, epochs=1):
    for parameter in model.parameters():
        parameter.data += {} * len(X)
    return [1.0]"""
FIT = "from course_utils.checkpoint import fit\n\nmodel, losses = fit(globals())"
EVALUATE = """with torch.no_grad():
    test_logits = model(torch.from_numpy(X[test_indices]))
test_accuracy = float((test_logits > 0).float().mean())"""
SCORES = "shown = range(3)\nscores = torch.sigmoid(test_logits)\nscores_figure = None"
ALL = {
    "glitchnet": NET.format(""),
    "train": SPLIT.format(60) + "\n\n\n" + TRAIN.format(1),
    "fit": FIT,
    "evaluate": EVALUATE,
    "confidence": SCORES,
}


DATASET = simulators.fixed_dataset()


class Notebook:
    """A notebook in this process: an IPython shell, in which every cell has its id."""

    def __init__(self, folder, with_ids=True):
        history._RUNS.clear()
        self.with_ids, self.folder = with_ids, folder
        self.shell = new_shell()
        self.shell._showtraceback = lambda *_: None
        X, y = (part[:60] for part in DATASET)
        self.shell.user_ns |= {"torch": torch, "nn": torch.nn, "np": np, "X": X, "y": y}
        self.connect()

    def connect(self):
        self.submission = connect(self.shell.user_ns)

    def run(self, source, cell=""):
        known = {"cell_id": cell} if self.with_ids and cell else {}
        self.shell.run_cell(source, store_history=True, **known)

    def run_all(self, **changed):
        for cell, source in (ALL | changed).items():
            self.run(source, cell)

    def check(self, *names, points=1, title="A check"):
        def question():
            for name in names:
                if name == "train_model":
                    self.submission.fixed_losses(np.ones((2, 1, 32, 64), np.float32), np.ones(2, np.float32), 1.0, 1)
                elif name in ("GlitchNet", "model"):
                    self.submission.logits(name, np.ones((2, 1, 32, 64), np.float32))
                else:
                    self.submission.values(name)

        question.__doc__ = title
        return self.submission.check(question, points)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    for module in (checkpoint, readiness, front_end):
        monkeypatch.setattr(module, "NOTEBOOK_FOLDER", tmp_path)
    for name in ("NBGRADER_EXECUTION", "NBGRADER_VALIDATING", "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)
    return Notebook(tmp_path)


# What a check says of what is older than the cells


def interrupted(source):
    return source + "\nraise KeyboardInterrupt"


BROKEN = {
    "syntax": (NET.format(" +* 2"), "failed with SyntaxError in line 7: `return self.layer(images.flatten(1)) +* 2`"),
    "error": ("missing_name\n" + NET.format(" * 2"), "failed with NameError in line 1: `missing_name`"),
    "interrupt": ("raise KeyboardInterrupt\n" + NET.format(""), "was interrupted in line 1: `raise KeyboardInterrupt`"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_cell_whose_last_run_failed_is_named_in_every_check_of_what_it_made(notebook, kind):
    source, how = BROKEN[kind]
    notebook.run_all()
    assert notebook.check("GlitchNet", "model").out_of_date == ()
    notebook.run(source, "glitchnet")
    for asked in ("GlitchNet", "model", "test_accuracy", "scores"):
        outcome = notebook.check(asked)
        assert outcome.status == "passed" and outcome.earned == 1
        (why,) = outcome.out_of_date
        assert why == (
            f"The last run of the cell that makes `GlitchNet` {how}. The check judges what was there before. "
            + ("Run the cell again." if kind == "interrupt" else "Correct the cell and run it again.")
        )
        assert f"↻ out of date: {why}" in repr(outcome) and "↻ out of date</span> &middot; The" in outcome._repr_html_()
    assert notebook.check("train_model").out_of_date == ()
    notebook.run(NET.format(""), "glitchnet")
    assert notebook.check("GlitchNet", "scores").out_of_date == ()


def test_a_failure_below_the_line_that_makes_a_name_does_not_make_it_older(notebook):
    notebook.run_all()
    notebook.run(EVALUATE + "\n1 / 0", "evaluate")
    assert notebook.check("test_accuracy").out_of_date == ()
    notebook.run(EVALUATE.replace("float(", "float(1 / 0, "), "evaluate")
    (why,) = notebook.check("test_accuracy").out_of_date
    assert "the cell that makes `test_accuracy` failed with ZeroDivisionError" in why


CHANGES = {
    "GlitchNet": ("glitchnet", NET.format(" * 2"), "you changed `GlitchNet`"),
    "train_model": ("train", ALL["train"].replace("+= 1 ", "+= 2 "), "you changed `train_model`"),
    "train_indices": ("train", ALL["train"].replace("arange(40),", "arange(39),"), "`train_indices` was made anew"),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("with_ids", [True, False])
def test_what_was_computed_from_something_older_says_so_until_it_is_computed_again(notebook, name, with_ids):
    cell, source, says = CHANGES[name]
    notebook.with_ids = with_ids
    notebook.run_all()
    notebook.run(source, cell)
    expected = f"`model` was trained before {says}. Run the training again."
    assert notebook.check("model").out_of_date == notebook.check("scores").out_of_date == (expected,)
    notebook.run(FIT, "fit")
    assert notebook.check("model", "GlitchNet", "train_model").out_of_date == ()
    anew = " was made before `model` was trained anew. Run the cell that makes it again, and those below."
    assert notebook.check("test_accuracy").out_of_date == ("`test_accuracy`" + anew,)
    assert notebook.check("scores").out_of_date == ("`test_logits`" + anew,)
    notebook.run(EVALUATE, "evaluate")
    assert notebook.check("test_accuracy").out_of_date == ()
    assert notebook.check("scores").out_of_date == (
        "`scores` was made before `test_logits` was made anew. Run the cell that makes it again, and those below.",
    )
    notebook.run(SCORES, "confidence")
    assert notebook.check("scores", "test_accuracy", "model").out_of_date == ()


SAME = {
    "all again": lambda notebook: notebook.run_all(),
    "only comments": lambda notebook: notebook.run("# a remark\n" + NET.format("  # linear"), "glitchnet"),
    "the training, loaded": lambda notebook: notebook.run(FIT, "fit"),
    "connected again": lambda notebook: notebook.connect(),
    "another cell with names of its own": lambda notebook: notebook.run("shown, test_logits2 = 3, 4", "scratch"),
    "a name that another cell uses for itself": lambda notebook: notebook.run("test_logits = 5", "scratch"),
    "a check of the training": lambda notebook: notebook.check("train_model"),
    "a class that keeps something": lambda notebook: notebook.run(
        "from collections import Counter\nCounter.n = 1", "s"
    ),
    "a magic": lambda notebook: notebook.run("%time\nprint(scores)", "scratch"),
}


@pytest.mark.parametrize("what", SAME)
def test_what_changes_nothing_makes_nothing_older(notebook, what):
    notebook.run_all()
    SAME[what](notebook)
    assert notebook.check("GlitchNet", "train_model", "model", "test_accuracy", "scores").out_of_date == ()


def test_a_net_that_is_trained_where_it_is_makes_what_it_answered_older(notebook):
    notebook.run_all()
    notebook.run("train_model(model, X, y)", "scratch")
    (why,) = notebook.check("test_accuracy").out_of_date
    assert "`test_accuracy` was made before `model` was trained anew" in why


def test_what_functions_look_up_counts_when_they_are_called(notebook):
    ask = "def ask(images):\n    return model(torch.from_numpy(images))"
    evaluate = "test_logits = ask(X[test_indices])\ntest_accuracy = 0.5"
    notebook.run_all(evaluate=evaluate, fit=ask + "\n\n" + FIT)
    notebook.run("train_model(model, X, y)", "scratch")
    assert "before `model` was trained anew" in str(notebook.check("test_accuracy").out_of_date)
    notebook.run(evaluate, "evaluate")
    assert notebook.check("test_accuracy").out_of_date == ()


def test_in_grading_nothing_is_said(notebook, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    notebook.run_all()
    notebook.connect()
    notebook.run("scores = 1 / 0", "confidence")
    assert notebook.check("scores").out_of_date == ()
    assert notebook.submission.summary({"Task": {"A check": 1}}) is None
    assert "Stuck" not in notebook.check("unknown").message


def test_a_cell_that_failed_is_named_once_for_all_that_it_makes(notebook):
    notebook.run_all()
    names = ("train_indices", "test_indices", "train_model")
    for name in names:
        notebook.check(name, title=name)
    notebook.run("train_indices, test_indices = np.arange(40), np.arange(40, 60)\n\ndef train_model(:", "train")
    summary = notebook.submission.summary({"Task": dict.fromkeys(names, 1)})
    why = {why for outcome in summary.outcomes for why in outcome.out_of_date}
    (only,) = why
    assert "the cell that makes `train_indices`, `test_indices` and `train_model` failed with SyntaxError" in only


@pytest.mark.parametrize(
    ("cell", "source", "name"),
    [
        ("glitchnet", NET.format("").replace("GlitchNet", "Glitchnet"), "GlitchNet"),
        ("evaluate", EVALUATE.replace("test_accuracy", "accuracy"), "test_accuracy"),
    ],
)
def test_a_cell_that_no_longer_makes_a_name_is_named(notebook, cell, source, name):
    notebook.run_all()
    notebook.run(source, cell)
    outcome = notebook.check(name)
    assert outcome.status == "passed" and outcome.out_of_date == (
        f"The cell that made `{name}` was run again and makes it no longer. The check judges what was there before. "
        "Does the cell still use this name?",
    )
    notebook.run(ALL[cell], cell)
    assert notebook.check(name).out_of_date == ()


def test_a_net_that_a_cell_no_longer_makes_comes_from_the_training_again(notebook):
    notebook.run_all()
    notebook.run("model = GlitchNet()\n" + EVALUATE, "evaluate")
    assert notebook.submission.assignment("model") == "model = GlitchNet()"
    notebook.run(EVALUATE, "evaluate")
    (why,) = notebook.check("model").out_of_date
    assert why.endswith("Run the training again, to have `model` from there.") and "spelt" not in why
    assert notebook.submission.assignment("model") == ""  # the line is gone


def test_no_line_is_quoted_that_did_not_make_the_value(notebook):
    notebook.run_all(evaluate='test_accuracy = "97 %"')
    quoted = 'Look at your line `test_accuracy = "97 %"`.'
    assert notebook.check("test_accuracy").message.endswith(quoted)
    notebook.run("x = y_test\ntest_accuracy = 0.97", "evaluate")
    outcome = notebook.check("test_accuracy")
    assert "holds str values" in outcome.message and "Look at" not in outcome.message
    assert "failed with NameError in line 1" in str(outcome.out_of_date)


@pytest.mark.parametrize("source", [SPLIT.format(60), "validation_indices = [3]"])
def test_a_validation_part_is_left_over_only_if_no_cell_makes_it(notebook, source):
    parts = {"train": np.arange(40), "test": np.arange(40, 60), "validation": np.array([3])}
    notebook.run(f"{SPLIT.format(60)}\nvalidation_indices = [3]", "train")
    notebook.run(source, "train")
    with pytest.raises(AssertionError, match="holds 1 image that") as told:
        judging.assert_disjoint(parts, notebook.submission)
    assert ("left over" in str(told.value)) == ("validation" not in source)


def test_a_syntax_error_that_is_gone_is_not_told_any_more(notebook):
    notebook.run_all()
    notebook.run("scores = (", "confidence")
    assert "SyntaxError" in str(notebook.check("scores").out_of_date)
    notebook.run("pass", "confidence")
    assert "SyntaxError" not in str(notebook.check("scores").out_of_date)
    assert "makes it no longer" in str(notebook.check("scores").out_of_date)
    notebook.run("del scores", "scratch")
    assert notebook.check("scores").message.startswith("`scores` does not exist, though the cell that should")


def test_a_cell_that_only_tried_to_make_a_name_gives_nothing_up(notebook):
    notebook.run_all()
    notebook.run("scores = 1 / 0", "scratch")
    assert "ZeroDivisionError" in str(notebook.check("scores").out_of_date)
    notebook.run("pass", "scratch")
    assert notebook.check("scores").out_of_date == ()


# Whose name is missing

STUB = "# Leaves behind test_accuracy\n\nraise NotImplementedError('compute the accuracy')"


def ask(notebook, name, cell):
    """Run a test cell, as the notebook has them, and return its message."""
    notebook.shell.user_ns |= {"submission": notebook.submission}
    notebook.run(
        f'def question():\n    """Of {name}"""\n    submission.values("{name}")\n\n\n'
        "outcome = submission.check(question, points=1)",
        cell,
    )
    return notebook.shell.user_ns["outcome"].message


@pytest.mark.parametrize("with_ids", [True, False])
@pytest.mark.parametrize("stub", [STUB, None])
def test_neither_the_summary_nor_a_comment_is_blamed_for_a_name(notebook, with_ids, stub):
    notebook.with_ids = with_ids
    notebook.run(ALL["glitchnet"], "glitchnet")
    if stub:
        notebook.run(stub, "evaluate")
    says = "still to do: compute the accuracy" if stub else "`test_accuracy` does not exist yet"
    summary = 'submission.summary({"Task 2": {"test_accuracy is the accuracy": 1, "Of test_accuracy": 1}})'
    for source, cell in ((summary, "summary"), ("# test_accuracy comes later", "scratch"), ("x = 1", "scratch")):
        assert ask(notebook, "test_accuracy", "evaluate-test-accuracy").startswith(says)
        notebook.run(source, cell)
    (outcome,) = notebook.submission.summary({"Task 2": {"Of test_accuracy": 1}}).outcomes
    assert outcome.message.startswith(says)


def test_a_cell_that_lacks_a_name_of_ours_is_not_asked_to_make_it(notebook):
    for name in ("nn", "torch"):
        del notebook.shell.user_ns[name]
    notebook.run(ALL["glitchnet"], "glitchnet")
    message = notebook.check("GlitchNet").message
    assert "No cell that makes `nn` has been run since the kernel started. Stuck after a restart?" in message
    assert "`nn` does not exist, because" not in message


def test_a_cell_that_ran_and_makes_other_names_is_told_so(notebook):
    notebook.run_all(confidence="scores, conf = [0.5], [[1, 0], [0, 1]]")
    message = ask(notebook, "confusion", "confidence-confusion")
    assert message == (
        "`confusion` does not exist, though the cell that should make it ran. Is it spelt like that, and made outside "
        "of functions? The cell makes `scores` and `conf`."
    )
    notebook.run("x = 1", "scratch")
    (outcome,) = notebook.submission.summary({"Task 4": {"Of confusion": 1}}).outcomes
    assert outcome.message == message


def test_a_name_that_was_deleted_is_not_out_of_date(notebook):
    notebook.run("validation_indices = np.arange(3)", "train")
    assert notebook.check("validation_indices").status == "passed"
    notebook.run("pass", "train")
    assert "makes it no longer" in notebook.check("validation_indices").out_of_date[0]
    notebook.run("del validation_indices")
    assert notebook.check("validation_indices").out_of_date == ()


def test_what_a_deleted_name_was_made_from_still_makes_answers_older(notebook):
    notebook.run_all()
    notebook.run("shown = test_indices * 2\ntest_count = len(shown)", "count")
    notebook.run("del shown")
    assert notebook.check("test_count").out_of_date == ()
    notebook.run(ALL["train"].replace("60)", "59)"), "train")
    assert any("`test_count`" in why for why in notebook.check("test_count").out_of_date)


def test_advice_that_fails_costs_no_message(notebook):
    notebook.run(
        NET.format("").replace("self.layer =", "self.parameters = [torch.zeros(3)]\n        self.layer ="), "glitchnet"
    )
    notebook.run("model = GlitchNet()\nscores = model(torch.zeros(2, 3))", "confidence")
    assert "RuntimeError" in notebook.check("scores").message


def test_positions_that_are_sorted_in_place_make_answers_older(notebook):
    notebook.run_all(train=ALL["train"].replace("np.arange(40, 60)", "np.arange(40, 60)[::-1].copy()"))
    assert notebook.check("test_accuracy").out_of_date == ()
    notebook.run("test_indices.sort()", "scratch")
    (why,) = notebook.check("test_accuracy").out_of_date
    assert "`test_accuracy` was made before `test_indices` was made anew" in why


def test_images_that_have_another_shape_spoil_no_training(notebook, capsys):
    notebook.shell.user_ns |= dict(zip(("X", "y"), simulators.fixed_dataset(), strict=True))
    notebook.run_all()
    before = (notebook.folder / checkpoint.FILE).read_bytes()
    for spoils in ("X = X[test_indices]", "X, y = simulators.fixed_dataset()\ny = y.reshape(-1, 1)"):
        notebook.shell.user_ns["simulators"] = simulators
        notebook.run(spoils, "evaluate")
        capsys.readouterr()
        notebook.run(FIT, "fit")
        said = capsys.readouterr().out
        assert "is no longer what it was given as" in said and "as they were" in said, said
        assert "using the trained net" in said and (notebook.folder / checkpoint.FILE).read_bytes() == before


def test_other_ids_than_ours_blame_nobody(notebook):
    notebook.run("scores, conf = [0.5], [[1, 0], [0, 1]]", "vscode-cell:1")
    assert ask(notebook, "confusion", "vscode-cell:1-2").startswith("`confusion` does not exist yet")


def test_a_function_with_an_argument_model_is_not_blamed_for_the_model(notebook):
    notebook.run(ALL["train"], "train")
    assert ask(notebook, "model", "train-loss-falls").startswith("`model` does not exist yet")


# After a restart


def test_a_name_whose_cell_was_not_run_sends_to_the_menu(notebook):
    notebook.run("print(scores)", "scratch")
    outcome = notebook.check("scores")
    assert outcome.status == "not attempted"
    assert "Stuck after a restart? Run all cells above: Run > Run All Above Selected Cell." in outcome.message
    assert "NameError" not in outcome.message


@pytest.mark.parametrize("ask", ["scores", "test_accuracy"])
def test_a_cell_that_uses_a_name_is_not_blamed_for_it(notebook, ask):
    notebook.run(EVALUATE, "evaluate")
    notebook.run(SCORES, "confidence")
    message = notebook.check(ask).message
    assert "No cell that makes `model` has been run since the kernel started. Stuck after a restart?" in message


def test_where_the_menu_is(notebook, monkeypatch):
    notebook.shell.user_ns["__vsc_ipynb_file__"] = "work.ipynb"
    assert "Execute Above Cells" in notebook.check("scores").message
    monkeypatch.setitem(__import__("sys").modules, "google.colab", object())
    assert "Runtime > Run before" in notebook.check("scores").message


def test_an_interrupted_cell_without_a_result_is_noted(notebook):
    for callback in notebook.shell.events.callbacks["pre_run_cell"]:
        callback(type("Info", (), {"raw_cell": "scores = slow()"}))
    notebook.shell.events.trigger("post_run_cell", None)
    assert notebook.check("scores").message == (
        "`scores` does not exist, because the cell that makes it was interrupted. Run it again."
    )


def test_events_of_old_ipython_are_enough(notebook):
    info = type("Info", (), {"raw_cell": "scores = [1.0]"})  # no cell_id before IPython 8
    result = type("Result", (), {"info": info, "error_before_exec": None, "error_in_exec": None})
    notebook.shell.user_ns["scores"] = [1.0]
    notebook.shell.events.trigger("post_run_cell", result)
    assert history.last_that_made("scores").cell == "" and notebook.check("scores").out_of_date == ()


@pytest.mark.parametrize(
    ("source", "made", "read"),
    [
        ("x = a\ny: int = x", {"x": 1, "y": 2}, {"a", "x", "int"}),
        ("def f():\n    local = a", {"f": 2}, set()),
        ("class C(B):\n    z = 1", {"C": 2}, set()),
        ("if a:\n    x = 1\nelse:\n    y = 2", {"x": 2, "y": 4}, {"a"}),
        ("for i in n:\n    x = i", {"x": 2, "i": 2}, {"n", "i"}),
        ("z = [i for i in n]", {"z": 1}, {"n"}),
        ("import a.b as c, d.e\nfrom f import g", {"c": 1, "d": 1, "g": 2}, set()),
        ("%matplotlib inline\n%time x = f(a)\n!ls", {"x": 2}, {"f", "a"}),
        ("%%time\nx, (y, *z) = a", {"x": 2, "y": 2, "z": 2}, {"a"}),
        ("print('%d'\n% a)\nx = 1", {"x": 3}, {"print", "a"}),
        ("lambda v: (w := v)", {}, set()),
    ],
)
def test_names_of_a_cell(source, made, read):
    found = names_in(source)
    assert (found.made, found.read, found.is_python) == (made, read, True)


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("class GlitchNet(nn.Module:\n    x = 1", {"GlitchNet", "x"}),
        ("a, b = f(", {"a", "b"}),
        ("print(score, end='')\nif score == 3 x", set()),
        ("score: float = (1,", {"score"}),
    ],
)
def test_names_of_a_broken_cell(source, made):
    assert set(names_in(source).made) == made


class Odd:
    def __getattribute__(self, name):
        raise RuntimeError(name)


def test_what_cannot_be_compared_is_not():
    for thing in (Odd(), [Odd()], {1: 2}, open, np.array([None]), torch.nn.LazyLinear(1).weight):
        assert freshness._digest(thing, frozenset()) is None
    assert freshness._digest(torch.empty(2, device="meta"), frozenset()) is None


# The summary

VISIBLE = {"Task 1": {"Net": 3}, "Task 2": {"Score": 2, "Other": 5}}


def save(notebook, answer="Blips are short.", name="work.ipynb", **changed):
    cells = [{"cell_type": "code", "id": cell, "source": source} for cell, source in (ALL | changed).items()]
    cells.append({"cell_type": "markdown", "id": "discussion", "source": [answer]})
    cells.append({"cell_type": "code", "id": "summary", "source": "submission.summary({})"})
    path = notebook.folder / name
    path.write_text(json.dumps({"cells": cells}))
    return path


def test_summary_asks_again_and_lists_what_was_not_run(notebook):
    notebook.run_all()
    notebook.check("GlitchNet", points=3, title="Net")
    notebook.check("scores", points=2, title="Score")
    notebook.run("scores = 'high'", "confidence")
    summary = notebook.submission.summary(VISIBLE)
    assert [outcome.status for outcome in summary.outcomes] == ["passed", "not passed", "not run"]
    text, html = repr(summary), summary._repr_html_()
    assert "✓ passed: Net (3 of 3 points)" in text and "○ not run: Other (0 of 5 points)" in text
    assert "3 of the 10 points that can be seen here" in text and "3 of the 10 points" in html
    assert "`scores` should hold numbers" in text and "<code>scores</code> should hold numbers" in html
    for word in ("Task 1", "Task 2", "✗ not passed", "Ready to hand in?", "Other"):
        assert word in text and word in html
    assert "<script" not in html and "background" not in html


def test_summary_knows_what_was_checked_before_the_checks_were_connected_again(notebook):
    notebook.run_all()
    notebook.check("scores", title="Scores")
    notebook.shell.user_ns["submission"] = notebook.submission
    notebook.connect()
    (outcome,) = notebook.submission.summary({"Task": {"Scores": 1}}).outcomes
    assert outcome.status == "passed"


def test_summary_tells_how_far_it_is_only_if_that_takes_long(notebook, capsys, monkeypatch):
    notebook.run_all()
    notebook.check("GlitchNet", title="Net")
    capsys.readouterr()
    notebook.submission.summary(VISIBLE)
    assert capsys.readouterr().out == ""
    monkeypatch.setattr("nbjudge.ask.summary._QUICK", -1.0)
    notebook.submission.summary(VISIBLE)
    assert capsys.readouterr().out == "\rAsked 1 of 1 checks again.\n"


def test_summary_says_once_what_is_out_of_date(notebook):
    notebook.run_all()
    for title, name in (("Net", "GlitchNet"), ("Score", "scores"), ("Other", "unknown")):
        notebook.check(name, title=title)
    notebook.run("GlitchNet = 1 / 0", "glitchnet")
    summary = notebook.submission.summary(VISIBLE)
    assert [bool(outcome.out_of_date) for outcome in summary.outcomes] == [True, True, False]
    for shown in (repr(summary), summary._repr_html_()):
        assert shown.count("failed with ZeroDivisionError in line 1") == 1
        assert shown.count("out of date") == 2


def test_a_check_shows_one_reason_and_the_summary_all_of_them_once(notebook):
    notebook.run_all()
    names = {"Net": "model", "Score": "scores", "Other": "test_accuracy"}
    for title, name in names.items():
        notebook.check(name, title=title)
    notebook.run(CHANGES["GlitchNet"][1], "glitchnet")
    notebook.run(CHANGES["train_model"][1], "train")
    notebook.run(EVALUATE.replace("test_logits = ", "test_logits = 2 * "), "evaluate")
    changed = "`model` was trained before you changed `GlitchNet` and `train_model`. Run the training again."
    made = "`scores` was made before `test_logits` was made anew. Run the cell that makes it again, and those below."
    outcome = notebook.check("scores")
    assert outcome.out_of_date == (changed, made)
    for shown in (str(outcome), outcome._repr_html_().replace("<code>", "`").replace("</code>", "`")):
        assert shown.count("out of date") == 1 and changed in shown and made not in shown
    summary = notebook.submission.summary({"Task": dict.fromkeys(names, 1)})
    for shown in (repr(summary), summary._repr_html_().replace("<code>", "`").replace("</code>", "`")):
        assert shown.count(changed) == shown.count(made) == 1


# What is saved, and was not run


def save_later(notebook, monkeypatch, seconds=60, **changed):
    path = save(notebook, **changed)
    os.utime(path, (time.time() + seconds,) * 2)
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    return path


def test_a_cell_that_was_changed_and_not_run_is_named_in_every_check_of_what_it_made(notebook, monkeypatch):
    notebook.run_all()
    save_later(notebook, monkeypatch)
    assert notebook.check("GlitchNet", "scores").out_of_date == ()
    save_later(notebook, monkeypatch, 90, glitchnet=NET.format(" * 2"))
    says = "You changed the cell that makes `GlitchNet` after it ran. The check judges what ran: run the cell again."
    for name in ("GlitchNet", "model", "scores"):
        assert notebook.check(name).out_of_date == (says,)
    assert notebook.check("train_model").out_of_date == ()
    notebook.run(NET.format(" * 2"), "glitchnet")
    assert notebook.check("GlitchNet").out_of_date == ()
    assert "you changed `GlitchNet`" in str(notebook.check("scores").out_of_date)


UNKNOWN = {
    "only a comment": lambda n, m: save_later(n, m, glitchnet="# linear\n" + NET.format("")),
    "saved before it ran": lambda n, m: save_later(n, m, -60, glitchnet=NET.format(" * 2")),
    "the front end names no file": lambda n, m: (
        save_later(n, m, glitchnet=NET.format(" * 2")),
        m.delenv("JPY_SESSION_NAME"),
    ),
    "no such file": lambda n, m: save_later(n, m, glitchnet=NET.format(" * 2")).unlink(),
    "no notebook": lambda n, m: save_later(n, m).write_text("{"),
    "another cell": lambda n, m: save_later(n, m, scratch="x = 1"),
}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_what_is_not_known_to_have_changed_is_not_named(notebook, monkeypatch, kind):
    notebook.run_all()
    UNKNOWN[kind](notebook, monkeypatch)
    assert notebook.check("GlitchNet", "scores", "test_accuracy").out_of_date == ()


@pytest.mark.parametrize("with_ids", [True, False])
@pytest.mark.parametrize("source", [STUB, "test_accuracy = ("])
def test_a_cell_that_was_filled_in_after_its_run_is_to_be_run_again(notebook, monkeypatch, source, with_ids):
    notebook.with_ids = with_ids
    notebook.run(source, "evaluate")
    save_later(notebook, monkeypatch, evaluate="test_accuracy = 0.5")
    message = ask(notebook, "test_accuracy", "evaluate-test-accuracy")
    assert message.endswith("You changed the cell after that run: run it again.") == with_ids


def ready(notebook):
    return ANSWERS.readiness(notebook.shell.user_ns, "discussion")


def test_a_notebook_that_is_ready(notebook):
    save(notebook)
    notebook.run("1  # submission.summary", "summary")  # too early, which changes nothing
    notebook.run_all()
    assert [(line.done, line.text) for line in ready(notebook)] == [
        (True, "glitch_or_chirp.pt holds the network of this notebook. Hand it in, too."),
        (True, "The discussion is written: 3 words in work.ipynb as last saved (just now)."),
        (True, "Every cell ran since the last restart, from top to bottom, without an error."),
    ]


def weights_of_another_net(notebook):
    torch.save({"weights": {"a": torch.ones(1)}, "losses": []}, notebook.folder / checkpoint.FILE)


def interrupted_training(notebook):
    notebook.run(ALL["train"].replace("return", "raise KeyboardInterrupt\n    return"), "train")
    notebook.run(FIT, "fit")


CHECKPOINTS = {
    "none": (lambda n: (n.folder / checkpoint.FILE).unlink(), "There is no glitch_or_chirp.pt"),
    "damaged": (lambda n: (n.folder / checkpoint.FILE).write_text("?"), "glitch_or_chirp.pt can't be read"),
    "another": (weights_of_another_net, "holds the weights of another network than `GlitchNet`"),
    "older": (lambda n: n.run(CHANGES["GlitchNet"][1], "glitchnet"), "Changed since: GlitchNet."),
    "split": (lambda n: n.run(CHANGES["train_indices"][1], "train"), "Changed since: the training part."),
    "interrupted": (interrupted_training, "comes from a training that was interrupted"),
    "replaced": (
        lambda n: n.run("model = GlitchNet()", "scratch"),
        "`model` is not the network that is kept in glitch_or",
    ),
    "trained on": (lambda n: n.run("train_model(model, X, y)", "scratch"), "replaced, or changed since."),
    "no net": (lambda n: n.run("del GlitchNet"), "can't be compared with the notebook"),
}


@pytest.mark.parametrize("kind", CHECKPOINTS)
def test_a_checkpoint_that_does_not_fit_says_why(notebook, kind, capsys):
    happens, says = CHECKPOINTS[kind]
    notebook.run_all()
    happens(notebook)
    capsys.readouterr()
    before = torch.random.get_rng_state()
    line = ready(notebook)[0]
    assert line.done is False and says in line.text and line.text.endswith("Run the cell with `fit(globals())` again.")
    assert capsys.readouterr().out == "" and torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("answer", ["", " \n", "*Write your answer here.*"])
def test_an_empty_discussion_is_not_ready(notebook, answer):
    save(notebook, answer)
    line = ready(notebook)[1]
    assert line.done is False and "The discussion is empty in work.ipynb as last saved" in line.text


def test_what_stands_in_place_of_the_discussion_is_not_counted(notebook):
    save(notebook, "*Write your answer here.*\n\nBlips are short.")
    assert "The discussion is written: 3 words" in ready(notebook)[1].text


@pytest.mark.parametrize(
    ("below", "says"),
    [("Blips are short.", "move the text of the cell below up into it, and"), ("## Task 4", "Write it,")],
)
def test_a_discussion_in_a_cell_of_its_own_is_to_be_moved(notebook, below, says):
    path = save(notebook, "*Write your answer here.*")
    cells = json.loads(path.read_text())["cells"]
    cells.insert(-1, {"cell_type": "markdown", "id": "0f3a", "source": below})
    path.write_text(json.dumps({"cells": cells}))
    line = ready(notebook)[1]
    assert line.done is False and says in line.text


@pytest.mark.parametrize("file", [None, "{", "[]", '{"cells": [{}]}', "\udcff"])
def test_a_discussion_that_cannot_be_found_is_for_the_student_to_see(notebook, file):
    if file is not None:
        (notebook.folder / "work.ipynb").write_bytes(file.encode("utf-8", "surrogateescape"))
    assert ready(notebook)[1].done is None


def test_the_notebook_is_the_one_that_the_front_end_names_else_the_newest(notebook, monkeypatch):
    save(notebook, name="Copy.ipynb")
    os.utime(save(notebook, "", name="work.ipynb"), (time.time() - 7500,) * 2)
    assert "Copy.ipynb as last saved (just now)" in ready(notebook)[1].text
    monkeypatch.setenv("JPY_SESSION_NAME", str(notebook.folder / "work.ipynb"))
    assert "work.ipynb as last saved (2 hours ago)" in ready(notebook)[1].text


ORDERS = {
    "error": (
        lambda n: n.run("scores = 1 / 0", "confidence"),
        False,
        "begins with `scores = 1 / 0` failed with ZeroDivisionError.",
    ),
    "stub": (lambda n: n.run("raise NotImplementedError('go on')", "confidence"), False, "error: still to do: go on."),
    "left out": (lambda n: history._RUNS.remove(history._RUNS[2]), False, "1 cell, the first begins with `from course"),
    "not to the end": (lambda n: history._RUNS.pop(), False, "1 cell, the first begins with `shown = range(3)`"),
    "failed, and deleted": (lambda n: n.run("1 / 0", "scratch"), True, "without an error."),
    "backwards": (lambda n: n.run(ALL["train"], "train"), False, "begins with `train_indices, test_indices"),
    "changed, not run": (
        lambda n: save(n, glitchnet=NET.format(" * 2")),
        False,
        "The saved notebook is not what ran (1 cell, the first begins with `class GlitchNet(nn.Module):`). Save it.",
    ),
    "only a comment": (lambda n: save(n, glitchnet="# linear\n" + NET.format("")), True, "without an error."),
    "training again": (lambda n: n.run(FIT, "fit"), True, "without an error."),
    "no file": (lambda n: (n.folder / "work.ipynb").unlink(), None, "Kernel > Restart Kernel and Run All Cells"),
}


@pytest.mark.parametrize("kind", ORDERS)
def test_what_was_not_run_from_top_to_bottom_is_named(notebook, kind):
    happens, done, says = ORDERS[kind]
    save(notebook)
    notebook.run_all()
    happens(notebook)
    line = ready(notebook)[2]
    assert line.done is done and says in line.text


def test_checks_may_be_run_as_often_as_one_likes(notebook):
    check = "outcome = None  # submission.check("
    save(notebook, **{"glitchnet-size": check, "scratch": "x = 1"})
    notebook.run_all(**{"glitchnet-size": check, "scratch": "x = 1"})
    notebook.run(check, "glitchnet-size")
    assert ready(notebook)[2].done is True


def test_a_net_without_forward_that_the_student_asks_is_no_stub(notebook):
    notebook.run("import torch\nanswer = torch.nn.Module()(0)")
    reason = str(history.why_missing("answer", notebook.shell.user_ns, {}))
    assert "forward" in reason and "still to do" not in reason


def test_the_variable_of_a_comprehension_is_not_read():
    assert names_in("shown = [x[i] + k for i in range(n) for k in y]").read == {"x", "n", "y", "range"}
    assert names_in("a = {i: [j for j in b] for i in c}\nprint(i)").read == {"b", "c", "print", "i"}


def test_shells_of_tests_leave_no_file_open():
    before = len(os.listdir("/proc/self/fd"))
    shells = [new_shell() for _ in range(3)]
    assert len(shells) == 3 and len(os.listdir("/proc/self/fd")) == before
