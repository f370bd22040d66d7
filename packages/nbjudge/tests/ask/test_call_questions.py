"""Questions that run the student's code, in a notebook and in grading: answers, messages, and no trace of them."""

import random
import re

import matplotlib
import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from matplotlib import pyplot
from nbjudge.ask import NoAnswer, Submission, connect, history
from nbjudge.judge.archive import unpack
from nbjudge.plugin.generate.support_files import ASK
from nbjudge.run.job import Job, execute
from nbjudge.run.plan import PlannedCell
from nbjudge.sandbox.limits import Limits
from traitlets.config import Config

matplotlib.use("agg")

WORK = '''
import functools, random, sys
from math import sqrt
import numpy as np
import pandas as pd
import matplotlib.pyplot as plt

calls, log, twice = 0, [], np.ones(3)
alias = log

def same(*things, **named):
    return [things, named]

def counts(word):
    global calls, last
    calls += 1
    last = word
    log.append(word)
    twice[:] *= 2
    return calls, len(alias)

@functools.cache
def cached(n):
    log.append(n)
    return n

def lazy(n):
    return map(str, range(n))

def divided(a, b=2):
    """Divide."""
    return a / b

def asks():
    name = input("Name? ")
    print("Hello,", name, end="")
    return int(input())

def draws():
    plt.plot([1, 2])
    plt.show()
    return len(plt.get_fignums())

def table(frame):
    return frame.groupby("a").sum()

def ends():
    sys.exit()

def unwritten():
    raise NotImplementedError("write it")

def talks():
    while True:
        print("x" * 1000)

square = lambda x: x * x
number = 3

class Stack:
    """A stack."""

    def __init__(self, *items):
        self.items = [*items]

    def push(self, item):
        self.items.append(item)

    def pop(self):
        return self.items.pop()

class Node:
    def __init__(self, following):
        self.following = following

stack, node, nodes = Stack(1), Node(Node(None)), [Stack()]
text = {"a": (1, 2)}
frame = pd.DataFrame({"a": [1, 1], "b": [2, 3]})
'''


@pytest.fixture(scope="module")
def shell():
    history._RUNS.clear()
    shell = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
    shell.run_cell("from nbjudge.ask import connect\nsubmission = connect(globals())", store_history=True)
    assert shell.run_cell(WORK, store_history=True).success
    yield shell
    pyplot.close("all")
    shell.events.callbacks["post_run_cell"].clear()


@pytest.fixture
def notebook(shell):
    return shell.user_ns


@pytest.fixture
def submission(notebook):
    return notebook["submission"]


def refusal(ask):
    with pytest.raises(NoAnswer) as refused:
        ask()
    return refused.value.kind, str(refused.value)


# What comes back


def test_a_call_returns_what_the_function_returns(submission):
    assert submission.call("divided", 3, b=4) == 0.75 and submission.call("square", x=3) == 9
    given = ((1, [2], {3: {4}}), {"a": None, "name": "b"})
    assert submission.call("same", *given[0], **given[1]) == [*given]
    (array,), _ = submission.call("same", np.arange(3, dtype=np.int16))
    assert array.dtype == np.int16 and array.tolist() == [0, 1, 2]


def test_tables_go_both_ways(submission):
    found = submission.call("table", pd.DataFrame({"a": ["x", "y", "x"], "b": [1, 2, 3]}))
    assert found["b"].to_dict() == {"x": 4, "y": 2} and found.index.name == "a"
    assert submission.frame("frame").to_dict("list") == {"a": [1, 1], "b": [2, 3]}


def test_variables_hold_plain_data(submission):
    assert submission.variable("text") == {"a": (1, 2)} and submission.variable("number") == 3


def test_what_is_printed_and_typed(submission):
    assert submission.printed("asks", answers=["Ada", "3"]) == "Hello, Ada"
    assert submission.call("asks", answers=["Ada", "3"]) == 3
    assert submission.printed("divided", 1) == ""


def test_which_error_is_raised(submission):
    assert submission.raises("divided", 1, b=0) == ("ZeroDivisionError", "ArithmeticError", "Exception")
    assert submission.raises("divided", 1) == ()
    assert submission.raises("asks", answers=["Ada", "x"])[0] == "ValueError"


def test_lines_are_run_one_after_the_other(submission):
    assert submission.run("stack = Stack()\nstack.push(3)\nstack.pop(), len(stack.items)") == (3, 0)
    assert submission.run("found = sorted(numbers)\nnumbers.sort()\nfound == numbers", numbers=[3, 1, 2]) is True
    assert submission.run("x = number\n") is None and submission.run("") is None
    assert submission.run("def f(n):\n    return n + number\nf(1)") == 4
    assert submission.run("[square(k) for k in range(3)]") == [0, 1, 4]


def test_the_source_is_what_was_run(submission):
    assert submission.source_of("divided") == 'def divided(a, b=2):\n    """Divide."""\n    return a / b'
    assert submission.source_of("cached").startswith("@functools.cache\ndef cached(n):\n")
    assert submission.source_of("square") == "square = lambda x: x * x"
    source = submission.source_of("Stack")
    assert source.startswith('class Stack:\n    """A stack."""\n') and source.endswith("return self.items.pop()")


# What the student is told


@pytest.mark.parametrize(
    ("ask", "kind", "says"),
    [
        (lambda s: s.call("missing"), "not attempted", "`missing` does not exist yet"),
        (lambda s: s.call("dividde", 1), "contract", "`divided` exists; the checks look for `dividde`"),
        (lambda s: s.run("Stak()"), "contract", "`Stack` exists; the checks look for `Stak`"),
        (lambda s: s.call("number"), "contract", "`number` should be a function; it is of type int."),
        (
            lambda s: s.call("divided"),
            "contract",
            "called as the task says: divided() missing 1 required positional argument: 'a'.",
        ),
        (lambda s: s.call("divided", "a"), "error", "TypeError in line"),
        (lambda s: s.call("divided", 1, 0), "error", "of your cell with `divided`, `return a / b`: division by zero"),
        (lambda s: s.call("unwritten"), "not attempted", "still to do: write it"),
        (lambda s: s.raises("unwritten"), "not attempted", "still to do: write it"),
        (lambda s: s.raises("divided"), "contract", "missing 1 required positional argument"),
        (lambda s: s.call("ends"), "error", "your code ended Python, as `sys.exit()` does: use `return`."),
        (lambda s: s.call("asks"), "error", '`name = input("Name? ")`: input() was called more often'),
        (lambda s: s.printed("asks", answers=["a"]), "error", "more often than expected; the check gives 1 answer"),
        (lambda s: s.printed("talks"), "contract", "more than 262,144 characters: does a loop never end?"),
        (
            lambda s: s.call("lazy", 2),
            "contract",
            "; it returned an object of type map. Make a list of it: `list(...)`.",
        ),
        (lambda s: s.run("stack.push"), "contract", "`stack.push` should be plain data"),
        (lambda s: s.run("stack.top()"), "error", "AttributeError: 'Stack' object has no attribute 'top'"),
        (lambda s: s.run("Stack().pop()"), "error", "with `pop`, `return self.items.pop()`: pop from empty list"),
        (lambda s: s.variable("node"), "contract", "`node` should hold plain data"),
        (lambda s: s.variable("nodes"), "contract", "holds a list, and in it there is an object of type Stack."),
        (lambda s: s.run("['x'] * 30000"), "contract", "it is a list, but it has more than 20,000 parts."),
        (lambda s: s.frame("number"), "contract", "`number` should be a DataFrame; it is of type int."),
        (lambda s: s.frame("fram"), "contract", "`frame` exists; the checks look for `fram`"),
        (lambda s: s.source_of("stac"), "contract", "`Stack` exists; the checks look for `stac`"),
        (lambda s: s.source_of("connect"), "contract", "the code of `connect` can't be found"),
        (lambda s: s.source_of("sqrt"), "contract", "define it in a cell of this notebook."),
    ],
    ids=range(26),
)
def test_what_goes_wrong_is_told(submission, ask, kind, says):
    found, message = refusal(lambda: ask(submission))
    assert found == kind and says in message


def test_a_check_shows_it(submission):
    def question():
        """Halves."""
        assert submission.call("divided", 3, b=0) == 1

    outcome = submission.check(question, points=1)
    assert outcome.status == "not passed" and "division by zero" in outcome.message


def test_an_argument_that_can_not_be_sent_is_the_instructors_mistake(submission):
    def question():
        submission.call("same", print)

    outcome = submission.check(question, points=1)
    assert outcome.status == "not judged" and "NotPlain" in outcome.message


# No trace


def random_states():
    return random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002


def test_a_call_changes_nothing(submission, notebook):
    names, states = set(notebook), random_states()
    for _ in range(2):
        assert submission.call("counts", "a") == (1, 1)
        assert submission.call("cached", 5) == 5
        assert submission.run("stack.push(number)\nstack.items") == [1, 3]
        assert submission.run("number = random.random()\nnew = 1\nnew") == 1
    assert set(notebook) == names and notebook["calls"] == 0 and notebook["number"] == 3
    assert notebook["log"] == [] and notebook["alias"] is notebook["log"] and notebook["stack"].items == [1]
    assert notebook["twice"].tolist() == [1, 1, 1]
    assert random_states() == states


def test_an_error_changes_nothing_either(submission, notebook):
    refusal(lambda: submission.run("log.append(1)\ncounts(1)\nmissing_method.x", missing_method=1))
    assert notebook["log"] == [] and notebook["calls"] == 0
    assert input.__module__ != "nbjudge.ask.call_answers"


def test_arguments_are_copies(submission):
    numbers = [3, 1]
    submission.run("numbers.sort()", numbers=numbers)
    assert numbers == [3, 1]


def test_figures_are_closed(submission):
    own = pyplot.figure()
    other = pyplot.figure(own.number + 5)
    pyplot.figure(own.number)
    shows = pyplot.show
    assert submission.call("draws") == 2
    assert pyplot.get_fignums() == [own.number, other.number] and pyplot.gcf() is own and pyplot.show is shows
    pyplot.close("all")


def test_an_optimizer_still_knows_its_tensors(shell, submission):
    torch = pytest.importorskip("torch")
    shell.run_cell(
        "import torch\nweights = torch.ones(1, requires_grad=True)\nboth = [weights]\n"
        "steps = torch.optim.SGD(both, 0.5)\n"
        "def step():\n    both[0].sum().backward()\n    steps.step()\n    return float(weights[0].detach())",
        store_history=True,
    )
    assert submission.call("step") == 0.5 and isinstance(torch.ones(1), torch.Tensor)


# Replies are not trusted


class Liar:
    """A student's side that answers what it likes."""

    def __init__(self, answer):
        self._answer = answer

    def ask(self, question, arguments, needed=True):
        return {"answer": self._answer}

    def seed(self, purpose):
        return 1


@pytest.mark.parametrize("answer", [{}, ["list", ["set", ["list"]]], ["array", "O", [1], 1], [[]]], ids=repr)
@pytest.mark.parametrize(
    "ask",
    [
        lambda s: s.call("f"),
        lambda s: s.run("1"),
        lambda s: s.variable("x"),
        lambda s: s.frame("x"),
        lambda s: s.printed("f"),
        lambda s: s.source_of("f"),
        lambda s: s.raises("f"),
    ],
    ids=["call", "run", "variable", "frame", "printed", "source_of", "raises"],
)
def test_a_reply_that_is_none_is_broken(ask, answer):
    assert refusal(lambda: ask(Submission(Liar(answer))))[0] == "broken"


def test_plain_python_is_enough():
    namespace = {"__name__": "__main__", "double": lambda x: 2 * x}
    assert connect(namespace).call("double", 2) == 4 and connect(namespace).run("double(3)") == 6


# In grading


def graded(*tests, limits=None):
    """What tests said that are done apart from the student's process."""
    setup = "from nbjudge.ask import connect\nsubmission = connect(globals())"
    cells = [
        PlannedCell(setup, "setup-checks", on_student_side=True, on_grader_side=True),
        PlannedCell(WORK, "work", on_student_side=True),
        *(PlannedCell(test, f"test{number}", on_grader_side=True, points=1.0) for number, test in enumerate(tests)),
    ]
    release = {f"nbjudge/ask/{path.name}": path.read_bytes() for path in ASK.glob("*.py")}
    limits = limits or Limits(cell=30.0, answer=30.0, notebook=90.0)
    made = Job(cells, answers="nbjudge.ask.answers", secret=b"of a class", limits=limits, release=release)
    return [re.sub("<[^>]*>", "", report["html"]) for report in unpack(execute(made.pack()))["reports"][2:]]


CHECK = "def question():\n    {}\nsubmission.check(question, 1)"


def test_in_grading_answers_and_messages_are_the_same():
    same = """
    import pandas as pd
    assert submission.call("same", (1, {2}), x=float("inf")) == [((1, {2}),), {"x": float("inf")}]
    assert submission.call("counts", "a") == submission.call("counts", "b") == (1, 1)
    assert submission.call("table", pd.DataFrame({"a": [1, 1], "b": [2, 3]}))["b"].tolist() == [5]
    assert submission.printed("asks", answers=["Ada", "3"]) == "Hello, Ada"
    assert submission.raises("divided", 1, 0)[0] == "ZeroDivisionError"
    assert submission.run("items = Stack(1)\\nitems.push(2)\\nitems.pop(), number") == (2, 3)
    assert submission.variable("log") == [] and submission.frame("frame").shape == (2, 2)
    assert submission.source_of("Stack").startswith("class Stack:")
    assert submission.call("draws") == 1
    """.strip()
    passed, lazy, ended = graded(
        CHECK.format(same), CHECK.format("submission.call('lazy', 1)"), CHECK.format("submission.call('ends')")
    )
    assert "✓ passed" in passed
    assert "it returned an object of type map" in lazy and "your code ended Python" in ended


def test_in_grading_time_is_bounded():
    endless = CHECK.format("submission.run('while True: number')")
    limits = Limits(cell=30.0, answer=1.0, notebook=90.0)
    stopped, after = graded(endless, CHECK.format("assert submission.call('divided', 1) == 0.5"), limits=limits)
    assert "your code took too long and was stopped after 1 s" in stopped and "✓ passed" in after
