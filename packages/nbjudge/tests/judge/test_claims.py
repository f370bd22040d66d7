"""What a student's object says of itself proves nothing, nor does an error of ours that a test takes for theirs."""

import sys

import pytest
from nbjudge.sandbox.limits import Limits

from helpers.ordinary_sessions import outcomes, test

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

STUDENT = """
import os, time

class int_:
    def __setitem__(self, key, value): pass
    def __add__(self, other): return self
    def __len__(self): return 3
    def __iter__(self): return iter([1, 2, 3])
    def __eq__(self, other): return True
    def __str__(self): return "25"

Liar = type("int", (int_,), {})
Texts = type("25 and 16", (), {})

def lie():
    return Liar()

def text():
    return Texts()

def take(value):
    return 1

def call(function):
    try:
        return function()
    except Exception:
        return 1

def stop(value):
    raise StopIteration

def large():
    return 10**5000

def cyclic():
    found = [1]
    found.append(found)
    for _ in range(80):
        found = [found, found, found, found, found]
    return found

def flood():
    for _ in range(60):
        print("x" * 50_000)
"""
SWALLOWED = {
    "an operation": "try:\n    lie()[0] = 1\nexcept TypeError:\n    pass\nelse:\n    raise AssertionError",
    "arithmetic": "try:\n    lie() + 1\nexcept Exception:\n    pass\nelse:\n    raise AssertionError",
    "what can't cross": "import threading\ntry:\n    take(threading.Lock())\nexcept TypeError:\n    pass",
    "within a callback": "def probe():\n    return lie() + 1\nassert call(probe) == 1",
    "the end of an iteration": "assert all(map(lambda n: stop(n) == n, [1, 2]))",
    "the name of a type": "assert type(lie()).__name__ == 'int'",
    "words in a text": "assert '25' in str(text()) and '16' in f'{text()} {text()!r}'",
    "a number in a text": "assert '25' in str(lie())",
}


def test_no_claim_and_no_error_of_ours_makes_a_test_pass():
    messages = outcomes(STUDENT, *(test(source, operations=[]) for source in SWALLOWED.values()))
    assert [what for what, message in zip(SWALLOWED, messages, strict=True) if message is None] == []


def test_what_the_model_solution_said_may_be_said():
    believed = [test(source) for source in ("assert type(text()).__name__ == '25 and 16'", "assert '25' in str(lie())")]
    assert outcomes(STUDENT, *believed) == [None, None]


def test_odd_values_are_no_failure_of_ours():
    right = [
        "assert large() == 10**5000",
        "assert len(cyclic()) == 5",
        "assert list(lie()) == sorted(lie()) == [1, 2, 3]",
        "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()) as found:\n    flood()\n"
        "assert 10**6 < len(found.getvalue()) <= 2**20",
    ]
    assert outcomes(STUDENT, *(test(source, operations=[]) for source in right)) == [None] * 4


def test_an_end_that_a_test_takes_for_an_error_makes_no_test_pass():
    student = "import os\ndef slow(n):\n    while True:\n        pass\ndef end(n):\n    os._exit(0)"
    student += "\ndef fine():\n    return 1"
    caught = "try:\n    {}(-1)\nexcept {}:\n    pass\nelse:\n    raise AssertionError"
    cells = [caught.format("slow", "Exception"), "assert fine() == 1", caught.format("end", "BaseException")]
    messages = outcomes(
        student, *(test(source, operations=[]) for source in cells), limits=Limits(cell=6.0, answer=2.0)
    )
    assert [message is None for message in messages] == [False, True, False]
