"""The grader kernel: what a test cell's last line earns, and that no cell takes another down with it."""

import contextlib
import json
import math
import socket
import sys
import threading
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from nbjudge.judge.door import Door
from nbjudge.judge.grader_kernel import GraderKernel, reply_of, run
from nbjudge.judge.outputs import MAX_TEXT
from nbjudge.judge.serving import serve
from nbjudge.protocol.wire import Wire, WireError
from nbjudge.sandbox.limits import Limits

PATIENCE = 10.0


@pytest.fixture
def kernel():
    """A grader kernel whose student side is gone."""
    ours, theirs = socket.socketpair()
    theirs.close()
    yield GraderKernel(Door(Wire(ours), 1.0, b"secret"))
    ours.close()


class Judged:
    """What a check returns."""

    def __init__(self, fraction, html="<b>judged</b>"):
        self.fraction = fraction
        self.html = html

    def __repr__(self):
        return f"Judged({self.fraction})"

    def _repr_html_(self):
        return self.html


class Raises:
    @property
    def fraction(self):
        raise RuntimeError("no fraction")


class RaisesInRepr:
    def __repr__(self):
        raise RuntimeError("no repr")


class RaisesInHtml(Judged):
    def _repr_html_(self):
        raise RuntimeError("no html")


# run: a cell of plain Python


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("", None),
        ("# nothing", None),
        ("x = 1", None),
        ("1 + 1", 2),
        ("x = 1\nx + 1", 2),
        ("1\nx = 2", None),
        ("1\nNone", None),
        ("1;", 1),
        ("if True:\n    5", None),
        ("print", print),
    ],
)
def test_run_returns_the_value_of_the_last_line(source, value):
    assert run(source, {}) == value


def test_run_shares_the_namespace():
    namespace = {"x": 1}
    run("def f():\n    return x\ny = f() + 1", namespace)
    assert run("x = 5\nf(), y", namespace) == (5, 2)


@pytest.mark.parametrize("source", ["!touch here", "%time 1", "x = = 1", "await f()"])
def test_run_knows_plain_python_only(source):
    with pytest.raises(SyntaxError):
        run(source, {})


# reply_of: what a value earns


def test_a_cell_that_ends_without_a_value_earns_everything():
    assert reply_of(None) == {"fraction": 1.0}


@pytest.mark.parametrize(
    ("value", "points"),
    [(0, 0.0), (3, 3.0), (2.5, 2.5), (-0.0, 0.0), (1e300, 1e300), (np.float64(1.5), 1.5), (True, 1.0), (False, 0.0)],
    ids=repr,
)
def test_a_number_is_a_number_of_points(value, points):
    reply = reply_of(value)
    assert reply == {"points": points} and type(reply["points"]) is float


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        -1,
        -0.5,
        pytest.param(10**400, id="10**400"),  # no float
        "10",
        "",
        b"10",
        [10],
        {"points": 10},
        {"fraction": 1.0},
        10j,
        Fraction(10),
        np.array(10.0),
        np.bool_(True),
        np.float32(1),
        object,
        Ellipsis,
        NotImplemented,
    ],
    ids=repr,
)
def test_everything_else_earns_nothing_and_says_so(value):
    reply = reply_of(value)
    assert reply["fraction"] == 0.0 and "points" not in reply and "no mark" in reply["text"]


@pytest.mark.parametrize("fraction", [0, 0.0, 0.25, 1, 1.0, True, np.float64(0.5)], ids=repr)
def test_an_object_with_a_fraction_earns_it(fraction):
    reply = reply_of(Judged(fraction))
    assert reply == {"fraction": float(fraction), "html": "<b>judged</b>"} and type(reply["fraction"]) is float
    assert reply_of(SimpleNamespace(fraction=fraction)) == {"fraction": float(fraction), "html": None}


@pytest.mark.parametrize(
    "fraction", [math.nan, math.inf, 1.0000001, -0.1, 2, "1", None, [1], np.ones(1), np.ones(3), Judged(1)], ids=repr
)
def test_a_fraction_that_is_none_earns_nothing(fraction):
    assert reply_of(Judged(fraction))["fraction"] == 0.0


# trusted_cell


def test_a_cell_that_runs_to_its_end_passes(kernel):
    report = kernel.trusted_cell("print('checked')\nassert True")
    assert report == {"passed": True, "fraction": 1.0, "text": "checked\n"}


def test_an_assertion_that_fails_earns_nothing_and_gives_its_reason(kernel):
    report = kernel.trusted_cell("assert 1 == 2, 'one is not two'\n10")
    assert report == {"passed": False, "fraction": 0.0, "text": "AssertionError: one is not two"}


VALUES = {
    "raises": Raises,
    "raises in repr": RaisesInRepr,
    "raises in html": lambda: RaisesInHtml(1.0),
    "huge": lambda: 10**400,
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_value_that_misbehaves_fails_its_own_cell(kernel, value):
    kernel.namespace["value"] = value
    report = kernel.trusted_cell("value()")
    assert report["fraction"] == 0.0 and "points" not in report and report["text"]


@pytest.mark.parametrize(
    "source",
    [
        "raise SystemExit",
        "import sys; sys.exit(0)",
        "raise KeyboardInterrupt",
        "raise GeneratorExit",
        "raise BaseException('base')",
        "class Odd(Exception):\n    def __str__(self): raise RuntimeError\nraise Odd",
        "def f(): return f()\nf()",
        "x = = 1",
        "!ls",
        "nonsense",
    ],
)
def test_a_cell_that_fails_fails_alone(kernel, source):
    report = kernel.trusted_cell(source)
    assert not report["passed"] and report["fraction"] == 0.0 and report["text"]
    assert kernel.trusted_cell("1")["points"] == 1.0


def test_what_a_cell_prints_goes_nowhere_else(kernel, capfd):
    report = kernel.trusted_cell("import sys\nprint('out')\nprint('err', file=sys.stderr)")
    assert report["text"] == "out\nerr\n" and capfd.readouterr() == ("", "")
    kernel.trusted_cell("print('before')\nraise ValueError")
    print("ours again")
    assert capfd.readouterr().out == "ours again\n"


def test_long_texts_are_cut(kernel):
    assert len(kernel.trusted_cell(f"print('x' * {2 * MAX_TEXT})")["text"]) == MAX_TEXT
    assert len(kernel.trusted_cell(f"raise ValueError('x' * {2 * MAX_TEXT})")["text"]) == MAX_TEXT
    assert len(kernel.trusted_cell(f"'x' * {2 * MAX_TEXT}")["text"]) < 1000


@pytest.mark.parametrize(
    "value", [Judged(1.0), Judged(1.0, html=None), Judged(1.0, html=object()), Judged(1.0, html=b"b"), 1, "1", None]
)
def test_every_report_can_be_sent(kernel, value):
    kernel.namespace["value"] = value
    report = kernel.trusted_cell("value")
    assert json.loads(json.dumps(report, allow_nan=False)) == report


@pytest.mark.parametrize(
    "reply", [{}, {"outputs": None}, {"outputs": "text"}, {"failure": {"kind": "broken"}}], ids=repr
)
def test_a_reply_without_outputs_is_an_error(reply):
    with serving(("1", STUDENT), replies=[reply]) as (report,):
        assert [output["name"] for output in report["outputs"]] == ["CellNotRun"]


def test_cells_share_their_names_and_the_door(kernel):
    kernel.trusted_cell("import math\nlimit = 3")
    assert kernel.trusted_cell("math.floor(limit + 0.5)")["points"] == 3.0
    assert kernel.trusted_cell("__door__.ask('q', {})['failure']['kind'] == 'died'")["points"] == 1.0


def test_a_student_side_that_is_gone_leaves_an_error_in_each_cell(kernel):
    for _ in range(2):
        (error,) = kernel.student_cell("1", 1.0)["outputs"]
        assert (error["type"], error["name"]) == ("error", "KernelDied") and "died" in error["traceback"][0]


# serve: the whole plan


STUDENT, GRADER = (True, False), (False, True)


@contextlib.contextmanager
def serving(*cells, replies, output=Limits.output):
    """The reports on some (source, (on student side, on grader side)); the fake runner says `replies` in turn."""
    control, grader_control = map(Wire, socket.socketpair())
    student, door = map(Wire, socket.socketpair())

    def runner():
        with contextlib.suppress(WireError):
            for reply in [{}, *replies]:
                student.send({"id": student.receive(PATIENCE)["id"], **reply}, PATIENCE)

    threads = [threading.Thread(target=runner), threading.Thread(target=serve, args=(grader_control, door))]
    for thread in threads:
        thread.start()
    plan = {
        "cells": [
            {"source": source, "on_student_side": student, "on_grader_side": grader, "draws": True, "apart": None}
            for source, (student, grader) in cells
        ],
        "files": {},
        "path": [],
        "answers": None,
        "secret": np.zeros(16, np.uint8),
        **dict.fromkeys(["start_timeout", "cell_timeout", "answer_timeout"], 1.0),
        "output": output,
        "imports": None,
    }
    try:
        control.send(plan, PATIENCE)
        assert control.receive(PATIENCE) == {"ready": True}
        control.send({"go": True}, PATIENCE)
        yield [control.receive(PATIENCE) for _ in cells]
    finally:
        for wire in (control, student, door, grader_control):
            wire.close()
        for thread in threads:
            thread.join(PATIENCE)


@pytest.mark.parametrize(
    ("failure", "says"), [({"kind": "broken", "message": "why"}, "why"), (None, "no message")], ids=repr
)
def test_a_cell_that_the_runner_could_not_run_says_why(failure, says):
    with serving(("1", STUDENT), replies=[{"failure": failure}]) as (report,):
        (error,) = report["outputs"]
        assert (error["name"], error["value"], error["traceback"]) == ("CellNotRun", says, [f"CellNotRun: {says}"])


def test_there_is_a_most_of_all_outputs_of_a_notebook():
    said = {"type": "stream", "name": "stdout", "text": "x" * 1000}
    replies = [*[{"outputs": [said]}] * 4, {"outputs": []}]
    with serving(*[("1", STUDENT)] * 5, replies=replies, output=2500) as (*reports, quiet):
        assert [report["outputs"][0].get("name") for report in reports] == ["stdout"] * 2 + ["OutputLeftOut"] * 2
        assert "2,500" in reports[-1]["outputs"][0]["value"] and not quiet["outputs"]


def test_a_plan_is_run_in_its_order():
    said = {"type": "stream", "name": "stdout", "text": "hi\n"}
    cells = [("print('hi')", STUDENT), ("limit = 2", (True, True)), ("limit", GRADER)]
    with serving(*cells, replies=[{"outputs": [said]}, {"outputs": []}]) as (first, second, third):
        assert first == {"outputs": [said]}
        assert second == {"outputs": [], "passed": True, "text": "", "fraction": 1.0}
        assert third == {"passed": True, "text": "", "points": 2.0}


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"outputs": None},
        {"outputs": "text"},
        {"outputs": [{"type": np.zeros(3)}]},
        {"outputs": [{"type": "stream", "name": np.zeros(3), "text": "x"}]},
        {"outputs": [{"type": "stream", "name": "stdout", "text": "\ud800"}]},
        {"failure": {"kind": "broken", "message": "x"}},
        {"failure": None},
        # A megabyte of such text is six times as long when it is written as JSON.
        {"outputs": [{"type": "result", "text": "ü" * MAX_TEXT}] * 2 + [{"type": "error", "traceback": ["x"]}]},
    ],
    ids=lambda reply: repr(reply)[:50],
)
def test_no_reply_of_the_students_takes_the_grader_kernel_down(reply):
    with serving(("1", STUDENT), ("5", GRADER), replies=[reply]) as (first, second):
        assert isinstance(first["outputs"], list)
        assert second["points"] == 5.0


def test_a_report_too_long_to_send_costs_its_own_cell_only():
    cells = [
        ("class Long:\n    fraction = 1\n    def _repr_html_(self): return 'x' * 2**25\nLong()", GRADER),
        ("5", GRADER),
    ]
    with serving(*cells, replies=[]) as (first, second):
        assert first["fraction"] == 0.0 and "too long" in first["text"]
        assert second["points"] == 5.0


def test_the_grader_kernel_loads_no_torch():
    # Its memory is copied for every submission, and torch starts threads, of which no copy has any.
    import subprocess

    code = "import sys, nbjudge.judge.forkserver; print('torch' in sys.modules, 'IPython' in sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["False", "False"], done.stderr
