# %% [markdown]
# # The source of a function
# %%
def area(r):
    # a comment
    return 3 * r * r
# %%
import inspect
print(inspect.getsource(area))
#> def area(r):
#>     # a comment
#>     return 3 * r * r
# %% [markdown]
# # The source of a method
# %%
class Circle:
    def area(self):
        return 3
# %%
import inspect
inspect.getsource(Circle.area)
#> '    def area(self):\n        return 3\n'
# %% [markdown]
# # The source of a class, if Python finds it
# %%
class Circle:
    radius = 1
# %%
import inspect, sys
try:
    source = inspect.getsource(Circle)
except (OSError, TypeError):
    source = "class Circle:"
assert source.startswith("class Circle:")
# %% [markdown]
# # The source of a lambda
# %%
double = lambda x: 2 * x
# %%
import inspect
inspect.getsource(double)
#> 'double = lambda x: 2 * x\n'
# %% [markdown]
# # The source of a function that was defined twice
# %%
def f():
    return 1
# %%
def f():
    return 2
# %%
import inspect
inspect.getsource(f)
#> 'def f():\n    return 2\n'
# %% [markdown]
# # The source of a decorated function
# %%
import functools
def loud(function):
    @functools.wraps(function)
    def wrapper(*arguments):
        return function(*arguments)
    return wrapper
@loud
def f():
    return 1
# %%
import inspect
inspect.getsource(f)
#> '@loud\ndef f():\n    return 1\n'
# %% [markdown]
# # A test looks for loops in a function
# %%
def total(numbers):
    return sum(numbers)
# %%
import ast, inspect
tree = ast.parse(inspect.getsource(total))
assert not any(isinstance(node, (ast.For, ast.While)) for node in ast.walk(tree))
# %% [markdown]
# # A test looks for a word in an earlier cell
# %%
x = [number ** 2 for number in range(3)]
# %%
assert "for number in" in In[1] and any("**" in cell for cell in In)
# %% [markdown]
# # A test counts the lines of a function
# %%
def short():
    """One."""
    return 1
# %%
import inspect
len(inspect.getsourcelines(short)[0])
#> 3
# %% [markdown]
# # A function's file exists as far as Python knows
# %%
def f():
    return 1
# %%
import inspect, linecache
assert linecache.getlines(f.__code__.co_filename)[0] == "def f():\n"
assert inspect.getsourcefile(f) == f.__code__.co_filename
# %% [markdown]
# # A signature, a docstring and defaults
# %%
import inspect
def f(a, b: int = 2, *c, d=None, **e) -> float:
    """Do it."""
# %%
str(inspect.signature(f)), inspect.getdoc(f), f.__defaults__, f.__module__
#> ('(a, b: int = 2, *c, d=None, **e) -> float', 'Do it.', (2,), '__main__')
# %% [markdown]
# # Type hints
# %%
import typing
class Node:
    next: "Node | None"
    value: int
def f(node: "Node") -> "list[int]":
    return []
# %%
typing.get_type_hints(f)["node"] is Node, typing.get_type_hints(Node)["value"]
#> (True, int)
# %% [markdown]
# # Hints as strings by a future import
# %%
from __future__ import annotations
def f(x: Later) -> int:
    return 1
# %%
def g(x: AlsoLater):
    return 2
g.__annotations__
#> {'x': 'AlsoLater'}
# %% [markdown]
# # Data classes
# %%
from dataclasses import asdict, dataclass, field, replace
@dataclass(order=True)
class Point:
    x: int
    y: int = 0
    tags: list[str] = field(default_factory=list, compare=False)
# %%
point = Point(1)
replace(point, y=2), asdict(point), point < Point(2), Point.__module__
#> (Point(x=1, y=2, tags=[]), {'x': 1, 'y': 0, 'tags': []}, True, '__main__')
# %% [markdown]
# # Frozen data classes with slots
# %%
from dataclasses import dataclass
@dataclass(frozen=True, slots=True)
class Point:
    x: int
try:
    Point(1).x = 2
except AttributeError as error:
    print(type(error).__name__)
#> FrozenInstanceError
# %% [markdown]
# # pickle of functions and classes of the notebook
# %%
import pickle
class Point:
    def __init__(self, x):
        self.x = x
def f():
    return 5
pickle.loads(pickle.dumps(Point(3))).x, pickle.loads(pickle.dumps(f))()
#> (3, 5)
# %% [markdown]
# # copy of objects of the notebook
# %%
import copy
class Tree:
    def __init__(self):
        self.children = [[1]]
tree = Tree()
copy.deepcopy(tree).children is not tree.children, copy.copy(tree).children is tree.children
#> (True, True)
# %% [markdown]
# # Enumerations, named tuples and abstract classes
# %%
import abc, collections, enum
class Color(enum.Enum):
    RED = 1
Pair = collections.namedtuple("Pair", "a b")
class Base(abc.ABC):
    @abc.abstractmethod
    def f(self): ...
Color.RED, Pair(1, 2), Color(1).name
#> (<Color.RED: 1>, Pair(a=1, b=2), 'RED')
# %%
Base()
#! TypeError
# %% [markdown]
# # The caller's frame
# %%
import inspect, sys
def caller():
    return sys._getframe(1).f_globals is globals(), inspect.stack()[0].function
caller()
#> (True, 'caller')
# %% [markdown]
# # eval, exec and compile
# %%
exec("made = 3")
code = compile("made + 1", "<string>", "eval")
eval(code)
#> 4
# %% [markdown]
# # exec with names of its own
# %%
names = {}
exec("def f(): return x\nx = 5", names)
names["f"](), "x" in globals()
#> (5, False)
# %% [markdown]
# # Disassembly
# %%
import dis, io
out = io.StringIO()
dis.dis(lambda x: x + 1, file=out)
assert "RETURN" in out.getvalue()
# %% [markdown]
# # The module of main
# %%
import __main__, sys
here = 5
__main__.here, getattr(sys.modules["__main__"], "here"), hasattr(__main__, "__file__")
#> (5, 5, False)
# %% [markdown]
# # A test finds all functions of the notebook
# %%
def one(): ...
def two(): ...
# %%
import types
sorted(name for name, value in list(globals().items()) if isinstance(value, types.FunctionType) and value.__module__ == "__main__" and not name.startswith("_"))
#> ['one', 'two']
# %% [markdown]
# # A test deletes and looks for a name
# %%
answer = 1
# %%
del answer
"answer" in globals()
#> False
# %% [markdown]
# # A test replaces a function for a while
# %%
import random
from unittest import mock
def throw():
    return random.randint(1, 6)
# %%
with mock.patch("random.randint", return_value=6):
    value = throw()
value
#> 6
# %% [markdown]
# # A test replaces a function of the notebook
# %%
from unittest.mock import patch
def helper():
    return 1
def main():
    return helper() + 1
# %%
with patch("__main__.helper", lambda: 10):
    value = main()
value
#> 11
# %% [markdown]
# # A test replaces input
# %%
def greet():
    return "hello " + input("Name? ")
# %%
from unittest import mock
with mock.patch("builtins.input", return_value="ada"):
    value = greet()
value
#> 'hello ada'
# %% [markdown]
# # A test replaces print
# %%
def greet():
    print("hello")
# %%
from unittest import mock
with mock.patch("builtins.print") as said:
    greet()
said.call_args.args
#> ('hello',)
# %% [markdown]
# # A cache, a partial function and a property
# %%
import functools
@functools.lru_cache
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
class Circle:
    @functools.cached_property
    def area(self):
        return 3
fib(50), fib.cache_info().misses, functools.partial(pow, 2)(3), Circle().area
#> (12586269025, 51, 8, 3)
# %% [markdown]
# # Help
# %%
def f(x):
    """Say it."""
help(f)
#> Help on function f in module __main__:
#>
#> f(x)
#>     Say it.
# %% [markdown]
# # pydoc
# %%
import pydoc
"sqrt" in pydoc.render_doc("math.sqrt")
#> True
# %% [markdown]
# # open is IPython's
# %%
open.__module__ != "builtins"
#> True
# %% [markdown]
# # A breakpoint does not stop
# %%
def f():
    breakpoint()
    return 1
f()
#> 1
# %%
breakpoint()
x = 3
# %%
x
#> 3
# %% [markdown]
# # A class that counts its objects, made anew
# %%
class Counter:
    count = 0
    def __init__(self):
        type(self).count += 1
Counter(), Counter()
Counter.count
#> 2
# %%
class Counter:
    count = 0
Counter.count
#> 0
# %% [markdown]
# # The debugger has nobody to ask
# %%
import pdb
pdb.set_trace()
y = 3
#! StdinNotImplementedError
# %% [markdown]
# # An error with the debugger switched on
# %%
%pdb off
1 / 0
#! ZeroDivisionError
