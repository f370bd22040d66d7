"""Ordinary test cells use the student's names from another process, and notice nothing of it."""

import sys

import pytest
from nbjudge.sandbox.limits import Limits

from helpers.ordinary_sessions import locked, outcomes, reports, test

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

# What the student has, and tests that pass in the student's own process. All names differ, so one session suffices.
STUDENT = '''
import collections, math, random
import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
from fractions import Fraction
from math import sqrt

def squares(n):
    """All squares."""
    if n < 0:
        raise ValueError("n must not be negative")
    return [k * k for k in range(n)]

def sum_of_squares(n):
    return sum(squares(n))

class Empty(Exception):
    def __init__(self, code):
        super().__init__(f"empty ({code})")
        self.code = code

class VeryEmpty(Empty):
    pass

class Stack:
    kinds = 1
    def __init__(self, *items):
        self.items = list(items)
    def push(self, item):
        self.items.append(item)
        return self
    def pop(self):
        if not self.items:
            raise VeryEmpty(3)
        return self.items.pop()
    def __len__(self):
        return len(self.items)
    def __eq__(self, other):
        return isinstance(other, Stack) and self.items == other.items
    def __add__(self, other):
        return Stack(*self.items, *other.items)
    def __iter__(self):
        return iter(self.items)
    def __getitem__(self, k):
        return self.items[k]
    def __contains__(self, item):
        return item in self.items
    def __repr__(self):
        return f"Stack{tuple(self.items)}"
    def __enter__(self):
        return self
    def __exit__(self, *error):
        self.items.clear()
    @property
    def top(self):
        return self.items[-1]
    @staticmethod
    def make():
        return Stack(1)

Point = collections.namedtuple("Point", "x y")

def origin():
    return Point(0, 0)

def countdown(n):
    while n:
        yield n
        n -= 1

def apply(function, *values, **named):
    return [function(value, **named) for value in values]

def sort_in_place(values):
    values.sort()

def scale(array, by):
    array *= by

def add_column(frame):
    frame["double"] = frame["a"] * 2

def greet():
    print("hello", input("name? "))

def dice(n):
    return [random.randint(1, 6) for _ in range(n)] + list(np.random.randint(0, 9, n))

def adder(n):
    return lambda m: n + m

def walk(node):
    return [] if node is None else [node.value, *walk(node.next)]

def read_all(file):
    return file.read().split()

def deposit(amount):
    global balance
    balance += amount

balance = 10
table = {"a": [1, 2], (1, 2): {3}}
matrix = np.arange(6.0).reshape(2, 3)
frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
nested = [[0] * 3] * 2
third = Fraction(1, 3)
model = LinearRegression()
counter = 7

def bump():
    global counter
    counter += 1

def half(n: int) -> float:
    return n / 2

class Dog:
    def __init__(self, number):
        self._number = number
    def told(self):
        return self._number

square = np.matrix([[1, 2], [3, 4]])
'''
TESTS = {
    "a function": "assert squares(3) == [0, 1, 4] and type(squares(3)) is list",
    "in a function of the test": (
        "def check(n):\n    return squares(n)[-1]\nassert [check(n) for n in (1, 2)] == [0, 1]"
    ),
    "an error": (
        "try:\n    squares(-1)\nexcept ValueError as error:\n    assert 'negative' in str(error)\n"
        "else:\n    raise AssertionError"
    ),
    "an error in pytest": "import pytest\nwith pytest.raises(ValueError, match='negative'):\n    squares(-1)",
    "an error in unittest": (
        "import unittest\nclass Case(unittest.TestCase):\n    def test(self):\n"
        "        with self.assertRaises(ValueError):\n            squares(-1)\n"
        "assert unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(Case)).wasSuccessful()"
    ),
    "an error of the student's class": (
        "try:\n    Stack().pop()\nexcept Empty as error:\n    assert error.code == 3 and str(error) == 'empty (3)'\n"
        "    assert type(error) is VeryEmpty and issubclass(VeryEmpty, Empty)\nelse:\n    raise AssertionError"
    ),
    "a class": (
        "s = Stack(1, 2)\ns.push(3).push(4)\nassert len(s) == 4 and s.pop() == 4\n"
        "assert list(s) == [1, 2, 3]\n"
        "assert s.items == [1, 2, 3] and s.top == 3 and s[0] == 1 and 2 in s and repr(s) == 'Stack(1, 2, 3)'\n"
        "assert isinstance(s, Stack) and type(s).__name__ == 'Stack' and type(s) == Stack\n"
        "assert not isinstance(3, Stack)\n"
        "assert hasattr(s, 'push') and not hasattr(s, 'pull') and Stack.kinds == 1 and len(Stack.make()) == 1"
    ),
    "operators": "assert Stack(1) + Stack(2) == Stack(1, 2) and Stack(1) != Stack(2) and not Stack()",
    "a context manager": "with Stack(1) as s:\n    assert len(s) == 1\nassert len(s) == 0",
    "an attribute that is set": (
        "s = Stack()\ns.items = [7]\nassert s.top == 7\ndel s.items\nassert not hasattr(s, 'items')"
    ),
    "a named tuple": "p = origin()\nassert p == (0, 0) and p.x == 0 and isinstance(p, tuple) and tuple(p) == (0, 0)",
    "a generator": "g = countdown(3)\nassert next(g) == 3 and list(g) == [2, 1] and next(g, None) is None",
    "a function of the test's": "assert apply(lambda v, up=0: v + up, 1, 2, up=3) == [4, 5]",
    "an error of the test's own": (
        "def bad(v):\n    raise KeyError(v)\ntry:\n    apply(bad, 1)\nexcept KeyError as error:\n"
        "    assert error.args == (1,)\n"
        "else:\n    raise AssertionError"
    ),
    "functions that both sides can import": (
        "import math\nassert apply(math.sqrt, 4) == [2] and apply(str, 1) == ['1']"
    ),
    "a list changed in place": "l = [3, 1, 2]\nassert sort_in_place(l) is None and l == [1, 2, 3]",
    "an array changed in place": "import numpy as np\na = np.ones(3)\nscale(a, 2)\nassert (a == 2).all()",
    "a data frame changed in place": (
        "import pandas as pd\nf = pd.DataFrame({'a': [1]})\nadd_column(f)\nassert list(f['double']) == [2]"
    ),
    "what is printed": (
        "import contextlib, io\nfrom unittest.mock import patch\nout = io.StringIO()\n"
        "with contextlib.redirect_stdout(out), patch('builtins.input', lambda prompt: 'Ada'):\n    greet()\n"
        "assert out.getvalue() == 'hello Ada\\n'"
    ),
    "seeds": (
        "import random\nimport numpy as np\nrandom.seed(3); np.random.seed(3)\nfirst = dice(4)\n"
        "random.seed(3); np.random.seed(3)\nassert dice(4) == first and dice(4) != first\n"
        "random.seed(3); np.random.seed(3)\n"
        "own = [random.randint(1, 6) for _ in range(4)] + list(np.random.randint(0, 9, 4))\n"
        "assert own == first"
    ),
    "a closure": "assert adder(2)(3) == 5",
    "objects of the test's": (
        "class Node:\n    def __init__(self, value, next=None):\n        self.value, self.next = value, next\n"
        "assert walk(Node(1, Node(2))) == [1, 2]"
    ),
    "a file of the test's": "import io\nassert read_all(io.StringIO('a b')) == ['a', 'b']",
    "an iterator of the test's": "assert sum_of_squares(3) == 5 and apply(next, iter([7])) == [7]",
    "variables": (
        "import numpy as np\nassert table == {'a': [1, 2], (1, 2): {3}}\n"
        "np.testing.assert_allclose(matrix[1], [3, 4, 5])\n"
        "assert matrix.shape == (2, 3) and frame.loc[0, 'b'] == 'x' and frame['a'].sum() == 3\n"
        "from fractions import Fraction\nassert third == Fraction(1, 3)"
    ),
    "identity": "assert nested[0] is nested[1]\nnested[0].append(1)\nassert nested == [[0, 0, 0, 1]] * 2",
    "a variable changed by a call": "deposit(5)\nassert balance == 15",
    "names": (
        "assert 'squares' in globals() and 'nothing' not in globals() and 'squares' in dir()\n"
        "assert callable(squares) and squares.__name__ == 'squares' and squares.__doc__ == 'All squares.'"
    ),
    "a signature": (
        "import inspect\nassert list(inspect.signature(squares).parameters) == ['n']\n"
        "assert inspect.isfunction(squares) and inspect.isclass(Stack) and 'push' in dir(Stack())"
    ),
    "source code": (
        "import inspect\nassert 'k * k' in inspect.getsource(squares) and 'append' in inspect.getsource(Stack.push)\n"
        "assert 'self.items' in inspect.getsource(Stack.__init__) and inspect.getsourcelines(squares)[0][-1].strip()"
    ),
    "globals as a dict": (
        "assert globals().get('squares') is squares and globals().get('nothing') is None\n"
        "assert 'squares' in [*globals()] and dict(globals().items())['third'] == third"
    ),
    "a function in NumPy": "import numpy as np\nassert np.vectorize(adder(1))([1, 2]).tolist() == [2, 3]",
    "a class of a library": (
        "from sklearn.linear_model import LinearRegression\nassert isinstance(model, LinearRegression)\n"
        "assert model.get_params()['fit_intercept'] is True"
    ),
    "an array of a class of NumPy's": "assert square.shape == (2, 2) and square.sum() == 10",
    "the text of a class": "assert str(type(Stack())) == \"<class '__main__.Stack'>\"",
    "a method is a method": "import inspect\nassert inspect.ismethod(Stack().push)",
    "a test case of unittest": (
        "import unittest\nclass Right(unittest.TestCase):\n    def test(self):\n"
        "        self.assertEqual(squares(2), [0, 1])\n"
        "result = unittest.main(argv=[''], exit=False).result\nassert result.wasSuccessful() and result.testsRun"
    ),
    "private attributes": "d = Dog(77)\nassert d._number == 77\nd._number = 5\nassert d.told() == 5",
    "a variable that the test sets and the student's code changes": "counter = 0\nbump()\nbump()\nassert counter == 2",
    "annotations": "import typing\nassert typing.get_type_hints(half) == {'n': int, 'return': float}",
    "magics": "%matplotlib inline\nassert squares(2) == [0, 1]",
    "what the student imports": "assert sqrt(4) == 2 and np.pi > 3 and math.floor(2.5) == 2",
    "a name that nobody has": (
        "try:\n    nothing\nexcept NameError as error:\n    assert 'nothing' in str(error)\nelse:\n"
        "    raise AssertionError"
    ),
    "a deleted function": (  # nbgrader's own idiom; the last test, for it can't be undone
        "del squares\ntry:\n    sum_of_squares(2)\nexcept NameError:\n    pass\nelse:\n"
        "    raise AssertionError('squares unused')"
    ),
}


@pytest.fixture(scope="module")
def both_ways():
    return dict(zip(TESTS, reports(STUDENT, *map(test, TESTS.values()), compares=True)[1:], strict=True))


@pytest.mark.parametrize("what", TESTS)
def test_a_test_that_passes_in_the_students_process_passes_apart(both_ways, what):
    report = both_ways[what]
    assert not [output for output in report.inside if output["type"] == "error"]  # as with nbgrader itself
    assert report.passed and report.fraction == 1, report.text


def test_a_replaced_function_is_replaced_on_both_sides():
    student = "def helper():\n    return 1\ndef user():\n    return helper()"
    assert outcomes(student, test("helper = lambda: 5\nassert user() == 5 and helper() == 5")) == [None]


def test_what_a_test_sets_for_the_students_next_cell_is_there():
    assert outcomes(test("n = 3", hands_over=["n"]), "twice = 2 * n", test("assert twice == 6")) == [None, None]


def test_what_only_a_test_imports_is_there_when_the_students_function_uses_it():
    student = "def f(x):\n    return copy(x)"
    assert outcomes(student, test("from copy import copy\nassert f([1]) == [1]", hands_over=["copy"])) == [None]


def test_a_students_cell_may_call_a_function_of_a_test_that_uses_the_students_names():
    student = "def twice(x):\n    return 2 * x"
    first = test("def shout(x):\n    return str(twice(x)) + '!'\nassert shout(1) == '2!'", hands_over=["shout"])
    assert outcomes(student, first, "loud = shout(3)", test("assert loud == '6!'")) == [None, None]


def test_the_class_of_an_object_is_equal_to_the_librarys_class_of_which_it_is():
    student = "import animals\nclass Puppy(animals.Dog):\n    pass\ndog, puppy = animals.Dog(), Puppy()"
    student += "\nclass Dog(animals.Dog):\n    pass\nother = Dog()"
    source = """
import animals
assert type(dog) == animals.Dog and animals.Dog == type(dog) and animals.Dog in [type(dog)]
assert type(dog) != animals.Cat and not type(dog) == animals.Cat
assert type(puppy) != animals.Dog and type(puppy) == Puppy and len({type(dog), type(puppy)}) == 2
assert type(other) != animals.Dog and type(other) == Dog
"""
    release = {"animals.py": b"class Dog:\n    pass\n\n\nclass Cat:\n    pass\n"}
    assert outcomes(student, test(source), release=release) == [None]
    (refused,) = outcomes(student, test("import animals\nassert type(dog) == animals.Dog", []), release=release)
    assert "AssertionError" in refused


def test_a_students_cell_that_calls_a_function_of_a_test_without_end_ends_in_time():
    first = test("def shout(x):\n    return str(x)\nassert shout(1) == '1'", hands_over=["shout"])
    endless = "x = 1\nwhile True:\n    try:\n        shout(x)\n    except Exception:\n        pass"
    limits = Limits(cell=3.0, answer=10.0, notebook=60.0)
    assert outcomes(first, endless, test("assert x == 1"), limits=limits) == [None, None]


def test_a_students_cell_that_calls_a_function_of_a_test_that_never_ends_fails_alone():
    first = test("def wait(x):\n    while x:\n        pass\n    return 1\nassert wait(0) == 1", hands_over=["wait"])
    limits = Limits(cell=3.0, answer=10.0, notebook=60.0)
    assert outcomes(first, "x = wait(0)\nwait(1)", test("assert x == 1"), limits=limits) == [None, None]


def test_a_method_that_a_test_imports_as_a_function_is_handed_over():
    first = test("from random import randint\nassert randint(1, 1) == 1", hands_over=["randint"])
    assert outcomes(first, "ones = [randint(1, 1) for _ in range(3)]", test("assert ones == [1, 1, 1]")) == [None, None]


def test_a_function_that_a_test_deletes_and_puts_back_is_there_again():
    student = "def helper(x):\n    return x\ndef use(x):\n    return helper(x)"
    idiom = "orig = helper\ndel helper\ntry:\n    use(1)\nexcept NameError:\n    pass\nfinally:\n    helper = orig"
    assert outcomes(student, test(idiom), "y = use(3)", test("assert y == 3")) == [None, None]


def test_a_generator_of_numpy_crosses_with_its_state():
    student = "from numpy import random\nrng = random.default_rng(seed=7)"
    same = "from numpy import random\nassert rng.integers(0, 99) == random.default_rng(7).integers(0, 99)"
    again = "rng = random.default_rng(7)"
    cells = [student, test(same + "\n" + again), "u = rng.uniform(0, 1, 3)"]
    assert outcomes(
        *cells, test("from numpy import random\nassert (u == random.default_rng(7).uniform(0, 1, 3)).all()")
    ) == [
        None,
        None,
    ]


def test_what_can_not_cross_is_gone_from_the_students_side():
    student = "import threading\nlock = 1\ndef use():\n    return lock"
    test_cells = ["lock = threading.Lock()\nassert not lock.locked()", "use()"]
    first, second = outcomes(student, *map(test, ["import threading\n" + test_cells[0], test_cells[1]]))
    assert first is None and "NameError" in second


def test_what_the_student_sets_after_a_test_counts():
    cells = ["def f():\n    return 1", test("result = f()"), "result = 2", test("assert result == 2")]
    assert outcomes(*cells) == [None, None]


def test_students_do_not_replace_what_the_instructor_gives():
    given = locked("def tolerance():\n    return 0.1\nlimits = [1, 2]")
    student = "tolerance = lambda: 1e9\nlimits = [1, 2, 3]"
    assert outcomes(given, student, test("assert tolerance() == 0.1 and limits == [1, 2]")) == [None]


def test_data_of_the_instructor_that_the_task_fills_is_the_students_where_the_study_says_so():
    cells = [locked("found = []"), "found.append(1)", test("assert found == [1]", theirs=True)]
    assert outcomes(*cells) == [None]


def test_a_module_of_the_release_is_imported_as_it_was_released():
    check = "from helper import right\nassert right(answer())"
    student = "open('helper.py', 'w').write('right = lambda value: True')\ndef answer():\n    return 42"
    release = {"helper.py": b"def right(value):\n    return value == 42\n"}
    assert outcomes(student, test(check), release=release) == [None]
    (message,) = outcomes(student.replace("42", "41"), test(check), release=release)
    assert "AssertionError" in message


def test_objects_of_a_released_modules_class_go_to_the_students_code():
    release = {"shop.py": b"class Item:\n    def __init__(self, price):\n        self.price = price\n"}
    student = "def total(items):\n    return sum(item.price for item in items)"
    assert outcomes(student, test("from shop import Item\nassert total([Item(1), Item(2)]) == 3"), release=release) == [
        None
    ]


def test_a_claim_that_the_model_solution_did_not_need_is_not_believed():
    lie = (
        "class Any:\n    def __eq__(self, other):\n        return True\n    def __len__(self):\n"
        "        return 3\ndef f():\n    return Any()"
    )
    ours = ["assert f() == [1, 2, 3]", "assert len(f()) == 3", "assert not f() != [1, 2, 3]"]
    believed = [test(source, operations=["eq data", "ne data", "len"]) for source in ours]
    doubted = [test(source, operations=[]) for source in ours]
    assert outcomes(lie, *believed) == [None] * 3
    messages = outcomes(lie, *doubted)
    assert all(messages) and "plain" in messages[1]


@pytest.mark.parametrize("last", ["f()", "f", "thing", "[f][0]", "g()[0]"])
def test_a_mark_is_never_what_the_student_says(last):
    student = "class Thing:\n    fraction = 1.0\nthing = Thing()\ndef f():\n    return 1.0\ndef g():\n    return [1]"
    (report,) = reports(student, test(last))[1:]
    assert report.earned(1.0) == 0 and "no mark" in report.text


@pytest.mark.parametrize(("last", "points"), [("0.5", 0.5), ("7", 1.0), ("-1", 0.0), ("'done'", 1.0), ("None", 1.0)])
def test_the_last_value_of_a_test_counts_as_with_nbgrader(last, points):
    (report,) = reports(test(last))
    assert report.earned(1.0) == points


def test_a_test_that_never_ends_fails():
    endless = "import time\ndef forever():\n    while True:\n        yield 1\ndef sleepy():\n    time.sleep(60)"
    tests = ["list(forever())", "sleepy()", "while True: pass", "assert True"]
    messages = outcomes(endless, *map(test, tests), limits=Limits(cell=3.0, answer=2.0))
    assert [bool(message) for message in messages] == [True, True, True, False]


def test_a_function_of_the_test_that_is_called_without_end_fails_the_test_only():
    student = """
def again(function):
    while True:
        try:
            function()
        except Exception:
            pass

def once(function):
    return function()
"""
    endless = "def forever():\n    while True:\n        pass\nonce(forever)"
    messages = outcomes(
        student,
        test("again(lambda: 1)"),
        test(endless),
        test("assert once(lambda: 2) == 2"),
        limits=Limits(cell=3.0, answer=2.0),
    )
    assert [bool(message) for message in messages] == [True, True, False], messages


def test_what_else_cells_import_does_no_harm_to_a_method_that_crosses():
    released = {"tables.py": b"import numpy\nGRID = numpy.arange(3)\n"}
    source = "from tables import GRID\nfrom random import randint\nassert use(randint) == 1"
    assert outcomes("def use(function):\n    return function(1, 1)", test(source), release=released) == [None]


def test_a_students_function_that_a_function_of_the_test_calls_has_its_own_time():
    student = "def once(function):\n    return function()\ndef forever():\n    while True:\n        pass"
    first, second = outcomes(
        student,
        test("once(lambda: forever())"),
        test("assert once(lambda: 2) == 2"),
        limits=Limits(cell=20.0, answer=2.0),
    )
    assert "stopped after 2 s" in first and second is None


def test_a_student_process_that_dies_fails_its_tests_only():
    fatal = "import os\ndef f():\n    os._exit(0)"
    first, second, third = reports(fatal, test("f()"), test("f()"), test("assert True"))[1:]
    assert first.died and first.fraction == second.fraction == 0 and third.lost is None


def test_a_students_name_for_something_dangerous_is_not_taken_for_the_instructors():
    given = locked("import os\nfrom os import system")
    student = "import os\nsquares = os.system\nstack = os\nfound = [os.system]"
    tests = [
        "squares('touch here')\nassert os.path.exists('here')",
        "stack.mkdir('there')",
        "assert found[0]('touch here') is not None",
    ]
    ours = [test(source, operations=[]) for source in tests]
    first, second, third = outcomes(given, student, *ours, test("assert os.listdir() == []"))[:3]
    assert first and second and third is None  # the last ran on the student's side


def test_what_is_imported_by_name_is_the_judging_sides_own():
    student = "import os.path as p\nfrom math import *\nfrom numpy import linspace as points, sqrt as root, linalg"
    given = locked(
        "import os.path as p\nfrom math import *\nfrom numpy import linspace as points, sqrt as root, linalg"
    )
    assert outcomes(given, student, test("assert p.sep == '/' and floor(1.5) == 1 and root(4) == 2", [])) == [None]
    assert outcomes(student, test("assert len(points(0, 1, 5)) == 5 and linalg.norm([3, 4]) == 5", [])) == [None]
