# %% [markdown]
# # doctest
# %%
def twice(x):
    """
    >>> twice(2)
    4
    """
    return 2 * x
# %%
import doctest
doctest.testmod()
#> TestResults(failed=0, attempted=1)
# %% [markdown]
# # doctest that fails
# %%
def twice(x):
    """
    >>> twice(2)
    5
    """
    return 2 * x
# %%
import contextlib, doctest, io
with contextlib.redirect_stdout(io.StringIO()) as said:
    result = doctest.testmod()
assert "Expected:" in said.getvalue()
result.failed
#> 1
# %% [markdown]
# # doctest of one function
# %%
import doctest
def one():
    """
    >>> one()
    1
    """
    return 1
doctest.run_docstring_examples(one, globals())
# %% [markdown]
# # unittest
# %%
import unittest
class Tests(unittest.TestCase):
    def test_one(self):
        self.assertEqual(1, 1)
result = unittest.main(argv=[""], exit=False).result
# %%
result.testsRun, result.wasSuccessful()
#> (1, True)
# %% [markdown]
# # unittest with a stream of its own
# %%
import io, unittest
class Tests(unittest.TestCase):
    def setUp(self):
        self.x = 1
    def test_fails(self):
        self.assertEqual(self.x, 2)
suite = unittest.defaultTestLoader.loadTestsFromTestCase(Tests)
result = unittest.TextTestRunner(stream=io.StringIO()).run(suite)
len(result.failures)
#> 1
# %% [markdown]
# # unittest takes the kernel's arguments for its own
# %%
import unittest
class Tests(unittest.TestCase):
    def test_one(self):
        pass
unittest.main()
#! SystemExit
# %% [markdown]
# # unittest of coroutines
# %%
import io, unittest
class Tests(unittest.IsolatedAsyncioTestCase):
    async def test_one(self):
        self.assertTrue(True)
suite = unittest.defaultTestLoader.loadTestsFromTestCase(Tests)
unittest.TextTestRunner(stream=io.StringIO()).run(suite)
#! RuntimeError: Cannot run the event loop while another loop is running
# %% [markdown]
# # assertRaises in a cell
# %%
import unittest
case = unittest.TestCase()
with case.assertRaises(ZeroDivisionError):
    1 / 0
case.assertAlmostEqual(0.1 + 0.2, 0.3)
# %% [markdown]
# # pytest in a program
# file test_it.py: def test_one():\n    assert 1 == 1\n
# %%
import subprocess, sys
done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"], capture_output=True, text=True)
done.returncode
#> 0
# %% [markdown]
# # pytest in the notebook
# file test_it.py: def test_one():\n    assert 1 == 1\n
# %%
import contextlib, io, pytest
with contextlib.redirect_stdout(io.StringIO()):
    code = pytest.main(["-q", "-p", "no:cacheprovider", "test_it.py"])
int(code)
#> 0
# %% [markdown]
# # pytest.raises and approx
# %%
import pytest
with pytest.raises(ValueError, match="invalid literal"):
    int("x")
0.1 + 0.2 == pytest.approx(0.3)
#> True
# %% [markdown]
# # NumPy's assertions
# %%
import numpy as np
np.testing.assert_allclose([1.0, 2.0], [1.0, 2.0 + 1e-9])
np.testing.assert_array_equal([1], [2])
#! AssertionError
# %% [markdown]
# # pandas' assertions
# %%
import pandas as pd
pd.testing.assert_frame_equal(pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]}))
# %% [markdown]
# # An assertion with a message
# %%
assert 1 + 1 == 3, "expected 2"
#! AssertionError: expected 2
# %% [markdown]
# # A test cell that ends with points
# %%
points = 0
points += 1.5
points
#> 1.5
# %% [markdown]
# # A test catches its own assertion
# %%
try:
    assert [] == [1]
except AssertionError:
    result = "partly"
result
#> 'partly'
# %% [markdown]
# # A test with a limit of time in a thread
# %%
import threading
done = []
def slow():
    done.append(sum(range(1000)))
thread = threading.Thread(target=slow)
thread.start()
thread.join(5)
thread.is_alive(), done
#> (False, [499500])
# %% [markdown]
# # Hypothesis
# %%
from hypothesis import given, settings, strategies
@settings(max_examples=5, database=None)
@given(strategies.lists(strategies.integers()))
def check(numbers):
    assert sorted(numbers) == sorted(reversed(numbers))
check()
# %% [markdown]
# # The debugger after an error
# %%
import pdb, sys
try:
    1 / 0
except ZeroDivisionError:
    traceback = sys.exc_info()[2]
traceback.tb_lineno
#> 3
# %% [markdown]
# # pdb runs a statement
# %%
import pdb
class Quiet(pdb.Pdb):
    def interaction(self, *_):
        pass
Quiet(nosigint=True).runeval("1 + 1")
#> --Return--
#> 2
# %% [markdown]
# # A profile of a function
# %%
import cProfile, io, pstats
profile = cProfile.Profile()
profile.runcall(sum, [1, 2])
out = io.StringIO()
pstats.Stats(profile, stream=out).print_stats()
assert "function calls" in out.getvalue()
# %% [markdown]
# # timeit of the library
# %%
import timeit
assert timeit.timeit("x + 1", globals={"x": 1}, number=10) >= 0
