"""A course with questions of its own, as the README of the engine shows it."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from nbjudge import ask
from nbjudge.ask import history

README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.fixture
def connect(tmp_path, monkeypatch):
    modules = re.findall(r"```python\n# (my_course/\w+\.py)\n(.*?)```", README.read_text(), re.DOTALL)
    assert [name for name, _ in modules] == ["my_course/answers.py", "my_course/questions.py"]
    for name, source in modules:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    history._RUNS.clear()  # of other tests in this process: without any, nobody has attempted anything
    from my_course.questions import connect

    yield connect
    for name in [name for name in sys.modules if name.partition(".")[0] == "my_course"]:
        del sys.modules[name]


def squares(submission: ask.Submission) -> ask.check.Outcome:
    inputs = [2.0, 5.0]

    def question():
        """Numbers are squared."""
        assert np.allclose(submission.results("square", inputs), np.square(inputs)), "Found other numbers."

    return submission.check(question, points=2)


def raises(value):
    return value / 0


@pytest.mark.parametrize(
    ("namespace", "status", "says"),
    [
        ({"square": lambda value: value**2}, "passed", ""),
        ({"square": lambda value: value + value}, "not passed", "Found other numbers."),
        ({"square": raises}, "not passed", "ZeroDivisionError"),
        ({"sqare": lambda value: value**2}, "not passed", "`sqare` exists; the checks look for `square`"),
        ({}, "not attempted", "`square`"),
    ],
)
def test_the_example_is_asked_and_judged(connect, namespace, status, says):
    outcome = squares(connect(namespace))
    assert outcome.status == status and says in outcome.message
    assert outcome.fraction == (status == "passed")
