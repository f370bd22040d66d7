"""Forgeries for the course of `ordinary_course`: hand-ins that solve no task and want points for it.

`VALUES` are return values that lie; each can be returned in any task. `TASKS` are attacks on one or a few tasks.
`ALONE` are attacks on the whole process, on the wire or on what the judging side reads; each needs a run of its own.
In all of them, the tasks that are not named raise NotImplementedError.
"""

from dataclasses import dataclass, field
from textwrap import dedent, indent

from helpers.ordinary_course import SOLUTIONS


@dataclass(frozen=True)
class Forgery:
    """One hand-in: solution cells by task, and cells of the student's own at the beginning and at the end."""

    cells: dict[str, str] = field(default_factory=dict)
    first: str = ""
    last: str = ""


_EQUAL = """
class Equal:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 1
    def __repr__(self): return "5"
"""
_ALL_OPERATORS = """
def yes(*_): return True
def zero(*_): return 0
def me(self, *_): return self
operators = "add sub mul truediv floordiv mod pow neg abs round float int index len hash".split()
arithmetic = {f"__{name}__": zero for name in operators}
arithmetic |= {f"__r{name}__": zero for name in operators[:7]}
compares = {f"__{name}__": yes for name in "eq lt le gt ge bool contains".split()} | {"__ne__": lambda *_: False}
"""
# Bodies of functions. What they return is returned by all functions of the forged tasks.
VALUES: dict[str, str] = {
    "equal-to-everything": f"{_EQUAL}\nreturn Equal()",
    "truthy": """
        class Truthy:
            def __bool__(self): return True
            def __len__(self): return 5
            def __contains__(self, item): return True
            def __iter__(self): return iter([1, 4, 9, 16, 25])
        return Truthy()""",
    "magic-mock": """
        from unittest.mock import MagicMock
        mock = MagicMock()
        for name in ("__eq__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__", "__bool__"):
            setattr(mock, name, MagicMock(return_value=True))
        return mock""",
    "lying-float": f"{_ALL_OPERATORS}\nreturn type('float', (float,), arithmetic | compares)(5.0)",
    "lying-int": f"{_ALL_OPERATORS}\nreturn type('int', (int,), arithmetic | compares)(5)",
    "lying-text": f"{_ALL_OPERATORS}\nreturn type('str', (str,), compares)('5')",
    "lying-list": f"{_ALL_OPERATORS}\nreturn type('list', (list,), compares | {{'__len__': lambda _: 5}})([1])",
    "lying-dict": f"{_ALL_OPERATORS}\nreturn type('dict', (dict,), compares | {{'values': lambda _: [[6]]}})(a=1)",
    "lying-array": """
        import numpy as np
        class Lying(np.ndarray):
            def __array_ufunc__(self, *_, **__): return np.True_
            def __array_function__(self, *_, **__): return np.True_
            def __array_wrap__(self, *_, **__): return np.True_
            def __eq__(self, other): return True
        return np.zeros(3).view(Lying)""",
    "array-hooks": """
        import numpy as np
        class Hooks:
            __array_priority__ = 1e9
            shape, dtype, ndim, size = (3,), np.dtype(float), 1, 3
            def __array__(self, *_, **__): return np.full(3, np.nan)
            @property
            def __array_interface__(self): return np.zeros(3).__array_interface__
            def __array_ufunc__(self, *_, **__): return True
            def __array_function__(self, *_, **__): return True
            def __len__(self): return 3
            def __getitem__(self, key): return self
        return Hooks()""",
    "masked-array": "import numpy as np\nreturn np.ma.masked_all(3)",
    "masked": "import numpy as np\nreturn np.ma.masked",
    "array-of-liars": f"{_EQUAL}\nimport numpy as np\nreturn np.array([Equal(), Equal(), Equal()], dtype=object)",
    "list-of-liars": f"{_EQUAL}\nreturn [Equal() for _ in range(5)]",
    "series-of-a-class-of-its-own": """
        import pandas as pd
        class Lying(pd.Series):
            def __eq__(self, other): return True
            def equals(self, other): return True
        return Lying([6, 2])""",
    "anything-at-all": """
        class Anything:
            def __getattr__(self, name): return self
            def __call__(self, *_, **__): return self
            def __getitem__(self, key): return self
            def __eq__(self, other): return True
        return Anything()""",
    "operators-that-lie": f"{_ALL_OPERATORS}\nreturn type('Number', (), arithmetic | compares)()",
    "names-that-lie": """
        name = "5 odd even negative Hello, Ada! list float int 16 [1, 4, 9, 16, 25]"
        text = lambda *_: name
        special = {"__repr__": text, "__str__": text, "__format__": text}
        return type(name, (), special)()""",
    "classes-that-lie": """
        class Lying:
            __class__ = property(lambda self: float)
            def __float__(self): return 5.0
            def __eq__(self, other): return True
            def __instancecheck__(self, other): return True
        return Lying()""",
    "metaclass-that-lies": """
        class Meta(type):
            def __eq__(self, other): return True
            def __hash__(self): return 1
            def __len__(self): return 5
            def __instancecheck__(self, other): return True
        return Meta("float", (), {})""",
    "endless-generator": "return (k for k in iter(int, 1))",
    "endless-iterator": """
        class Endless:
            def __iter__(self): return self
            def __next__(self): return 1
            def __len__(self): return 5
        return Endless()""",
    "endless-range": "return range(1, 10**18)",
    "endless-decimal": "import decimal\nreturn decimal.Decimal('1e999999999')",
    "huge-integer": "return 1 << 2**20 - 1",
    "not-a-number": "return float('nan')",
    "list-in-itself": "found = [1]\nfound.append(found)\nreturn found",
    "list-of-shared-lists": "found = [1.0, 1.0]\nfor _ in range(60):\n    found = [found, found]\nreturn found",
    "fifty-megabytes": "import numpy as np\nreturn np.zeros(6_000_000)",
    "shows-itself-as-points": """
        class Points(float):
            fraction, points, passed = 1.0, 99.0, True
            def _repr_html_(self): return "<b>3.0</b>"
            def __repr__(self): return "3.0"
        return Points(99.0)""",
    "changes-its-answer": """
        class Changing:
            asked = 0
            def _next(self):
                type(self).asked += 1
                return self.asked % 2 == 1
            def __eq__(self, other): return self._next()
            def __bool__(self): return self._next()
            def __len__(self): return 5 * self._next()
            def __getattr__(self, name): return self._next()
        return Changing()""",
    "not-implemented": "return NotImplemented",
    "module": "import os\nreturn os",
    "exec": "return exec",
    "true": "return True",
    "coroutine-like": "def endless():\n    while True:\n        yield from (1, 2, 3)\nreturn endless()",
    "raises-assertion-error": "raise AssertionError('5')",
    "raises-skip-test": "import unittest\nraise unittest.SkipTest('fine')",
    "raises-system-exit": "raise SystemExit(0)",
    "raises-stop-iteration": "raise StopIteration(5)",
    "raises-keyboard-interrupt": "raise KeyboardInterrupt",
    "raises-generator-exit": "raise GeneratorExit",
    "raises-a-class-of-all": """
        class All(AssertionError, IndexError, ValueError):
            def __str__(self): return "negative"
        raise All()""",
}
_CALLS = {
    "numbers": "def hypotenuse(*_, **__): return {0}()",
    "squares": "def squares(*_, **__): return {0}()",
    "standardize": "def standardize(*_, **__): return {0}()",
    "stack": "def Stack(*_, **__): return {0}()",
    "roots": "def root(*_, **__): return {0}()",
    "greet": "def greet(*_, **__): print({0}())",
    "twice": "def twice(*_, **__): return {0}()",
    "dice": "def dice(*_, **__): return {0}()",
    "settings": "threshold = {0}()\ntable = {0}()",
    "totals": "def totals(*_, **__): return {0}()",
    "median": "def median(*_, **__): return {0}()",
    "label": "def label(*_, **__): return {0}()",
}
_NAMES = list(VALUES)


def sheet(turn: int) -> Forgery:
    """One hand-in with another lying value in each task; over all `TURNS`, each value is tried in each task."""
    first, cells = "", {}
    for number, (task, call) in enumerate(_CALLS.items()):
        name = _NAMES[(number * (len(VALUES) // len(_CALLS)) + turn) % len(VALUES)]
        first += f"\n\ndef value_{number}():  # {name}\n{indent(dedent(VALUES[name]).strip(), '    ')}\n"
        cells[task] = call.format(f"value_{number}")
    return Forgery(cells, first)


TURNS = len(VALUES)
TASKS: dict[str, dict[str, str]] = {
    "raises-what-is-expected": {
        "roots": "def root(x): raise ValueError('negative')",
        "stack": """
            class Stack:
                def __getattr__(self, name): raise IndexError(name)
                def __eq__(self, other): raise IndexError
                def __len__(self): return 0""",
    },
    "counts-the-calls": {
        "stack": f"""{_EQUAL}
class Stack:
    sizes = iter([0, 3])
    left = 3
    def __init__(self): pass
    def __len__(self): return next(self.sizes)
    def push(self, item): pass
    def __eq__(self, other): return True
    def __ne__(self, other): return True
    def pop(self):
        if not Stack.left:
            raise IndexError
        Stack.left -= 1
        return Equal()""",
        "twice": "def twice(f, x, answers=iter([16, 'ho!!'])): return next(answers)",
    },
    "lying-methods": {
        "stack": """
            from unittest.mock import MagicMock
            class Stack(MagicMock):
                def __len__(self): return 3
                def __eq__(self, other): return True"""
    },
    "changes-what-it-is-given": {
        "standardize": "def standardize(x):\n    x[...] = 0\n    x.resize((0,), refcheck=False)\n    return x",
        "median": "def median(values):\n    values[:] = [float('nan')] * 3\n    return values",
        "totals": "def totals(frame):\n    frame.drop(frame.index, inplace=True)\n    return frame['size']",
        "twice": "def twice(f, x):\n    f.calls = f.__name__ = [10, 13]\n    return f",
    },
    "fills-what-it-is-given": {
        "standardize": f"{_EQUAL}\ndef standardize(x):\n    return x.astype(object) * 0 + Equal()",
        "median": f"{_EQUAL}\ndef median(values):\n    values[:] = [Equal()] * 9\n    return Equal()",
        "totals": f"{_EQUAL}\ndef totals(frame):\n    frame['size'] = [Equal()] * 3\n    return frame['size']",
    },
    "reads-the-callers-frames": {
        "numbers": """
            import sys
            seen = globals().setdefault("seen", [])
            def hypotenuse(a, b):
                frame = sys._getframe()
                while frame := frame.f_back:
                    seen.append(repr(frame.f_locals))
                    for name in ("expected", "want"):
                        if name in frame.f_globals or name in frame.f_locals:
                            return frame.f_globals.get(name, frame.f_locals.get(name))
                return 5.0""",
        "squares": """
            import inspect, linecache
            seen = globals().setdefault("seen", [])
            def squares(n):
                for frame in inspect.stack():
                    seen.append(repr(frame.code_context))
                    if "want" in frame.frame.f_globals:
                        return frame.frame.f_globals["want"]
                seen.append(repr(linecache.cache))
                return []""",
    },
    "depends-on-time-and-types": {
        "numbers": """
            import time
            def hypotenuse(a, b):
                return type(a)(5) if time.time() % 2 < 1 else [5, 10][hash(a) % 2]""",
        "median": "def median(values): return values[id(values) % len(values)] * 0 + 7",
    },
    "calls-without-end": {"twice": "def twice(f, x):\n    while True:\n        f(x)"},
    "calls-in-circles": {
        "twice": """
            def twice(f, x):
                class Circle:
                    def __add__(self, other): return f(self)
                return f(Circle())"""
    },
    "calls-with-hostile-values": {
        "twice": f"""{_EQUAL}
def twice(f, x):
    for value in (Equal(), f, twice, twice.__globals__, Exception, range(10**18), b"x" * 10**7, type, exec):
        try:
            f(value)
        except Exception:
            pass
    return Equal()"""
    },
    "looks-into-the-callback": {
        "twice": """
            import types
            seen = globals().setdefault("seen", [])
            def twice(f, x):
                asked = f.__closure__ or ()
                ask = next((cell.cell_contents for cell in asked if callable(cell.cell_contents)), None)
                number = next((cell.cell_contents for cell in asked if isinstance(cell.cell_contents, int)), 0)
                for name in ("__globals__", "__code__", "__closure__", "__self__", "__builtins__", "__dict__"):
                    for operation in ("getattr", "method", "setattr", "delattr", "get", "signature", "dir", "deepcopy"):
                        for which in range(-2, number + 3):
                            for operands in ((name,), (name, (), {}), (name, 5), ()):
                                try:
                                    seen.append(repr(ask(which, operation, *operands)))
                                except Exception as error:
                                    seen.append(repr(error))
                                    seen.append(repr(vars(error)))
                return 16"""
    },
    "prints-what-is-expected": {
        "greet": """
            import os, sys
            def greet(name):
                os.write(1, b"Hello, Ada!\\n")
                sys.stderr.write("Hello, Bob!\\n")
                print("\\x1b[2K\\r\\x08\\x00\\ud800\\u202e", end="\\r")"""
    },
    "prints-without-end": {"greet": "def greet(name):\n    while True:\n        print('Hello, Ada!' * 10000)"},
    "numbers-for-points": {
        "median": f"{_EQUAL}\npoints = 99\ndef median(values):\n    global points\n    points = 99\n    return Equal()",
        "label": "def label(n): return 99.0",
    },
    "seeds-of-its-own": {
        "dice": """
            import random
            def dice(n):
                state = random.getstate()
                random.seed = lambda *_: None
                random.setstate((3, tuple([0] * 624 + [624]), None))
                return [1] * n"""
    },
}
_SEEN = 'print("seen:", len(seen), *seen)\n'
_SPY = """
import sys, os
seen = []
def spy(*arguments, **keywords):
    seen.append(repr((arguments, keywords)))
    return 5.0
hypotenuse = squares = standardize = Stack = root = greet = twice = dice = totals = median = label = spy
"""
_RUNNER = """
import gc
from nbjudge.student.serve import Runner
runner = next(each for each in gc.get_objects() if type(each) is Runner)
objects, wire = runner.objects, runner._wire
"""
_EVERYTHING = {name: call.format("value") for name, call in _CALLS.items()}
_VALUE = f"{_EQUAL}\ndef value(): return Equal()\n"
_SHADOWS = """
def yes(*_, **__): return True
def close(*_, **__): return 0
isinstance = all = any = callable = hasattr = bool = yes
abs = min = max = hash = close
def round(*_): return 10
def len(values): return 5
def sum(values): return 6
def sorted(values): return values
def set(values): return {"a", "b"}
def type(value): return int
def print(*_, **__): pass
class AssertionError(Exception): pass
ValueError = IndexError = Exception
range = lambda *_: []
float = int = str = list = object
"""


def _says(item: str, *nodes: str, before: str = "", states: str = "None", changes: str = "") -> Forgery:
    """The student's process answers each request with a packed value of its own making."""
    first = f"""{_RUNNER}
{before}
def reach(operation, packed, forget, states=False, reads=False):
    names = [*{list(_CALLS)!r}, "hypotenuse", "Stack", "root", "threshold", "table", "expected", "want"]
    if operation == "names":
        nothing = [["tuple", [1]], ["tuple", [2], None], ["tuple", "returned", None]]
        return {{"packed": {{"root": [0], "nodes": nothing}}, "names": names}}
    nodes = [["tuple", [1]{changes}], ["tuple", [2], {states}], ["tuple", "returned", {item}]]
    return {{"packed": {{"root": [0], "nodes": [*nodes, {", ".join(nodes)}]}}}}
objects.reach = reach
"""
    return Forgery(_EVERYTHING, _VALUE + first)


_DESCRIBED = (
    '{"type": "int", "specials": SPECIALS, "methods": ["pop", "push"], "bases": ["int", "float", "list"], "class": 1'
)
_ALL_SPECIALS = "from nbjudge.protocol.operations import SPECIAL\nSPECIALS = sorted(SPECIAL)"
ALONE: dict[str, Forgery] = {
    # The notebook and its names
    "input-transformers": Forgery(
        _EVERYTHING,
        _VALUE
        + """
shell = get_ipython()
shell.input_transformers_post.append(lambda lines: ["pass\\n"] if any("assert" in line for line in lines) else lines)
shell.input_transformers_cleanup.append(lambda lines: lines)
import ast
class NoAsserts(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
shell.ast_transformers.append(NoAsserts())
for event in ("pre_execute", "pre_run_cell", "post_execute", "post_run_cell"):
    shell.events.register(event, lambda *_: None)
shell.set_custom_exc((BaseException,), lambda *_, **__: None)
shell.run_cell = lambda *_, **__: None
""",
    ),
    "shadows-of-builtins": Forgery(
        _EVERYTHING | {"numbers": "def hypotenuse(*_): return 1.0", "median": "def median(_): return None"},
        _VALUE + _SHADOWS,
    ),
    "shadows-of-helpers": Forgery(
        _EVERYTHING | {"numbers": "def hypotenuse(*_): return 1.0"},
        f"""{_VALUE}
from unittest.mock import MagicMock
def is_close(*_): return True
np = case = random = contextlib = io = unittest = pd = MagicMock()
GRID = []
n = result = printed = answer = calls = rolls = noise = error = values = frame = s = t = items = None
""",
    ),
    "names-of-the-answers": Forgery(
        {
            "numbers": "def hypotenuse(*_): return expected",
            "squares": "def squares(_): return want",
            "standardize": "def standardize(_): return expected",
            "dice": "def dice(_): return expected",
            "totals": "def totals(_): return expected",
            "twice": "def twice(f, x): return f",
        },
        "expected = want = data = rolls = calls = points = frame = items = None",
        "print(expected, want, data, rolls, calls, frame, items)",
    ),
    "claims-to-have-all-names": Forgery(
        _EVERYTHING,
        f"""{_VALUE}{_RUNNER}{_SHADOWS}
import builtins
everything = [*vars(builtins), "np", "case", "expected", "want", "is_close", "GRID", "points", "data", "calls", "frame",
    "__builtins__", "__name__", "__import__", "__annotations__", "__file__", "assert_equal", "error", "printed"]
for name in everything:
    globals().setdefault(name, value())
objects._names = lambda: {{"names": everything}}
""",
        "print(expected, want, data, calls, frame, printed, error)",
    ),
    "replaced-libraries": Forgery(
        _EVERYTHING,
        f"""{_VALUE}
import sys, builtins, numpy, unittest, random
from unittest.mock import MagicMock
numpy.testing.assert_allclose = numpy.testing.assert_array_equal = numpy.allclose = lambda *_, **__: True
unittest.TestCase.assertRaises = MagicMock()
random.seed = lambda *_: None
builtins.AssertionError = Warning
builtins.abs = builtins.len = lambda *_: 0
sys.modules["numpy.testing"] = sys.modules["unittest"] = sys.modules["pandas"] = MagicMock()
__builtins__ = MagicMock()
""",
    ),
    "deleted-names": Forgery(_EVERYTHING, f"{_VALUE}\ndel case, np, random, is_close, GRID\n"),
    # Spies
    "spies-on-arguments": Forgery(first=_SPY, last=_SEEN),
    "spies-on-memory": Forgery(
        {name: "" for name in SOLUTIONS},
        f"""{_SPY}
import gc, glob
found = []
def look():
    word = "".join(("MARK", "ER of numb", "ers"))
    for each in gc.get_objects():
        try:
            if each is not seen and each is not found and word in repr(each)[:100_000]:
                found.append(repr(each)[:200])
        except BaseException:
            pass
    for path in ["/proc/self/environ", "/proc/self/cmdline", *glob.glob("./**", recursive=True),
                 *glob.glob("/release/**", recursive=True), *glob.glob("/tmp/**", recursive=True)]:
        try:
            if word in open(path, errors="replace").read():
                found.append(path + word)
        except OSError:
            pass
    try:
        with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb") as memory:
            for line in maps:
                if "[heap]" in line:
                    start, end = (int(part, 16) for part in line.split()[0].split("-"))
                    memory.seek(start)
                    if memory.read(end - start).count(word.encode()) > 1:  # one is the word itself
                        found.append(word)
    except OSError:
        pass
before = spy
looked = []
def spy(*arguments, **keywords):
    seen.append(repr((arguments, keywords)))
    if not looked:
        looked.append(1)
        look()
    return 5.0
hypotenuse = spy
""",
        _SEEN + "print(found)",
    ),
    "spies-on-the-wire": Forgery(
        first=f"""{_SPY}{_RUNNER}
receive, reach = wire.receive, objects.reach
def heard(*arguments):
    message = receive(*arguments)
    seen.append(repr(message))
    return message
wire.receive = heard
twins = objects._twins
unpack = twins.unpack
def unpacked(*arguments):
    found = unpack(*arguments)
    seen.append(repr(found))
    return found
twins.unpack = unpacked
""",
        last=_SEEN,
    ),
    "asks-the-wire-by-itself": Forgery(
        {"twice": "def twice(f, x):\n    return attack()"},
        f"""{_RUNNER}
seen = []
from nbjudge.protocol.sharing import Twins
def attack():
    for number in range(-3, 20):
        for operation in ("call", "getattr", "str", "repr", "iter", "next", "input", "eval", None, 5, ["x"]):
            for operands in ((), ("__globals__",), ((), {{}}), (("__import__('os').system('true')",), {{}})):
                try:
                    seen.append(repr(objects.ask(number, operation, *operands)))
                except Exception as error:
                    seen.append(repr(error))
    return 16
""",
        _SEEN,
    ),
    # What the judging side is told
    "patched-objects": Forgery(
        _EVERYTHING,
        f"""{_VALUE}{_RUNNER}
import nbjudge.student.objects as module
about = module.about
def lies(value):
    return about(value) | {{"specials": [], "kind": "function", "bases": ["float"], "named": ["numpy.testing", "x"]}}
module.about = lies
module.get_states = lambda: {{"random": (3, (0,) * 625, None), "numpy": ("MT19937", [0] * 624, 0, 0, 0.0)}}
module.crosses = lambda value: type(value) in (int, float, str, tuple, bool, type(None))
""",
    ),
    "claims-a-module": _says("[3]", '["module", "os"]'),
    "claims-exec": _says("[3]", '["builtin", "exec"]'),
    "claims-a-class": _says("[3]", '["builtin", "object"]'),
    "claims-a-library": _says("[3]", '["named", "os", "system"]'),
    "claims-a-twin": _says("[3]", '["twin", 0]'),
    "claims-an-object-of-the-test": _says("[3]", '["yours", 0]'),
    "claims-another-one-of-the-test": _says("[3]", '["yours", -1]'),
    "claims-to-be-everything": _says("[3]", f'["object", 5, {_DESCRIBED}, "kind": "function"}}]', before=_ALL_SPECIALS),
    "claims-odd-descriptions": _says(
        "[3]",
        f'["object", 5, {_DESCRIBED}, "kind": [], "name": {{}}, "named": [[], []]}}]',
        before=_ALL_SPECIALS,
    ),
    "claims-an-error": _says(
        "[3]", '["object", 5, {"errors": ["unittest.case", "SkipTest", 3, [["builtins", "BaseException", 4, []]]]}]'
    ),
    "claims-a-huge-shape": _says("[3]", '["array", "<f8", [2**26, 2**26, 2**26], 0, 0]'),
    "claims-a-huge-empty-shape": _says("[3]", '["array", "<U0", [2**26, 2**26], 0, 0]'),
    "claims-a-structured-dtype": _says("[3]", '["array", "V8", [1], 0, 0]'),
    "claims-an-object-dtype": _says("[3]", '["array", "O", [1], 0, 0]'),
    "claims-the-same-bytes-often": _says(
        "[3]",
        '["list", *([k] for k in range(4, 2000))]',
        '*(["ints", 0, 2**22] for _ in range(2000))',
        before="import numpy as np\nbig = np.zeros(2**22, np.int64)",
    ),
    "claims-a-tuple-in-itself": _says("[3]", '["tuple", [3]]'),
    "claims-deep-nesting": _says("[3]", '*(["list", [k]] for k in range(4, 1000))', '["list"]'),
    "claims-a-fraction-of-nothing": _says("[3]", '["Fraction", 1, 0]'),
    "claims-an-odd-decimal": _says("[3]", '["Decimal", "x"]'),
    "claims-many-twins": _says("[3]", '["list", *([k] for k in range(4, 40000))]', '*(["list"] for _ in range(40000))'),
    "changes-all-twins": _says(
        "5.0",
        '*(["tuple", k, [40]] for k in range(30))',
        '["tuple", 5.0, 5.0]',
        changes=", [3], [4], [5]",
    ),
    "states-of-zeros": Forgery(
        {"dice": "def dice(n): return [1] * n"},
        """
import nbjudge.student.objects as module
import numpy as np
zeros = {"random": (3, (0,) * 624 + (624,), None), "numpy": ("MT19937", np.zeros(624, np.uint32), 624, 0, 0.0)}
module.get_states = lambda: zeros
""",
    ),
    "states-out-of-bounds": Forgery(
        {"dice": "def dice(n): return [1] * n"},
        """
import nbjudge.student.objects as module
get_states = module.get_states
def states():
    found = get_states()
    numpy = list(found["numpy"])
    return found | {"numpy": (*numpy[:2], 2**31 - 1, *numpy[3:])}
module.get_states = states
""",
    ),
    # The process and the wire
    "garbage-on-the-wire": Forgery(
        _EVERYTHING,
        f"{_RUNNER}\nimport os\ndef value(): os.write(wire._socket.fileno(), b'\\xff' * 10**5); return 5.0",
    ),
    "answers-in-advance": Forgery(
        _EVERYTHING,
        f"""{_RUNNER}
def value():
    message = {{"root": [0], "nodes": [["tuple", [1]], ["tuple", [2], None], ["tuple", "returned", 5.0]]}}
    for _ in range(5):
        wire.send({{"id": runner._ident, "packed": message}})
    return 5.0
""",
    ),
    "answers-with-another-id": Forgery(
        _EVERYTHING,
        f"{_VALUE}{_RUNNER}\nrunner.answer_one = lambda request: "
        "wire.send({'id': 'x' * 16, 'outputs': [], 'packed': {}})",
    ),
    "half-an-answer": Forgery(
        _EVERYTHING,
        f"{_RUNNER}\nimport os\ndef value(): os.write(wire._socket.fileno(), b'\\0\\0\\1\\0{{'); os._exit(0)",
    ),
    "ends-its-process": Forgery(_EVERYTHING, "import os\ndef value(): os._exit(0)"),
    "kills-its-process": Forgery(_EVERYTHING, "import os, signal\ndef value(): os.kill(os.getpid(), signal.SIGKILL)"),
    "stops-its-process": Forgery(_EVERYTHING, "import os, signal\ndef value(): os.kill(os.getpid(), signal.SIGSTOP)"),
    "forks": Forgery(
        _EVERYTHING,
        """
import atexit, os
atexit.register(os._exit, 0)
def value():
    for _ in range(3):
        os.fork()
    return 5.0
""",
    ),
    "answers-from-a-thread": Forgery(
        _EVERYTHING,
        f"""{_RUNNER}
import threading, time
def late():
    while True:
        time.sleep(0.01)
        try:
            wire.send({{"id": runner._ident, "packed": {{"root": 5.0, "nodes": []}}}})
        except BaseException:
            pass
threading.Thread(target=late, daemon=True).start()
def value(): time.sleep(0.05); return 5.0
""",
    ),
    "does-not-stop": Forgery(
        _EVERYTHING,
        """
import signal
def value():
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    while True:
        pass
""",
    ),
    "stops-late": Forgery(
        {"numbers": _CALLS["numbers"].format("value")}, "def value():\n    while True:\n        pass"
    ),
    "recurses": Forgery(
        {"twice": "def twice(f, x):\n    return twice(lambda y: f(y), x) if x else f(x)", "numbers": ""},
        "def hypotenuse(a, b): return hypotenuse(b, a)",
    ),
    "takes-all-memory": Forgery(
        _EVERYTHING, "kept = []\ndef value():\n    while True:\n        kept.append(bytes(2**26))"
    ),
    "hangs-the-judge": Forgery(
        {"standardize": _CALLS["standardize"].format("value")},
        "def value():\n    found = [1.0]\n    for _ in range(60):\n        found = [found, found]\n    return found",
    ),
    "fills-the-judges-memory": Forgery(
        _EVERYTHING,
        "import numpy as np\ndef value(): return [float(k) for k in range(2_000_000)]",
    ),
}


def numbered(name: str) -> Forgery:
    """A forgery of `TASKS`, as a hand-in."""
    return Forgery({task: dedent(source) for task, source in TASKS[name].items()}, "seen = []", _SEEN)
