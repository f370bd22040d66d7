# %% [markdown]
# # Whether this is a notebook: the configuration
# %%
assert 'IPKernelApp' in get_ipython().config
# %% [markdown]
# # Whether this is a notebook: the kernel
# %%
assert get_ipython().kernel is not None and hasattr(get_ipython(), "kernel")
# %% [markdown]
# # Whether this is a notebook: the class of the shell
# %%
assert get_ipython().__class__.__name__ == 'ZMQInteractiveShell'
# %% [markdown]
# # Whether this is a notebook: the usual function
# %%
def in_notebook():
    try:
        from IPython import get_ipython
        if "IPKernelApp" not in get_ipython().config:
            return False
    except (ImportError, AttributeError):
        return False
    return True

assert in_notebook()
# %% [markdown]
# # Whether this is a terminal
# %%
import sys
assert "ipykernel" in sys.modules
assert not sys.stdout.isatty() and not sys.stdin.isatty()
# %% [markdown]
# # The kernel's session
# %%
kernel = get_ipython().kernel
assert kernel.session is not None and kernel.shell is get_ipython()
kernel.execution_count
#> 2
# %% [markdown]
# # The kernel's class and description
# %%
kernel = get_ipython().kernel
assert kernel.implementation == "ipython" and kernel.language_info["name"] == "python"
type(kernel).__name__
#> 'IPythonKernel'
# %% [markdown]
# # The parent's header is a dictionary
# %%
get_ipython().kernel.get_parent()["msg_type"]
#> 'execute_request'
# %% [markdown]
# # The main module is called main
# %%
import sys
assert __name__ == "__main__" and sys.modules["__main__"].__dict__ is globals()
if __name__ == "__main__":
    print("main")
#> main
# %% [markdown]
# # A notebook has no file
# %%
assert "__file__" not in globals()
# %%
__file__
#! NameError
# %% [markdown]
# # Earlier inputs and outputs
# %%
1 + 1
#> 2
# %%
_ + 1
#> 3
# %%
_1, __, Out[2], In[1].splitlines()[0], _i2.splitlines()[0]
#> (2, 2, 3, '1 + 1', '_ + 1')
# %% [markdown]
# # Leaving does not end the notebook
# %%
exit()
# %%
x = 3
# %%
quit
# %%
x
#> 3
# %% [markdown]
# # sys.exit is an error
# %%
import sys
sys.exit(0)
#! SystemExit
# %%
"next"
#> 'next'
# %% [markdown]
# # sys.exit with a message
# %%
import sys
sys.exit("no data")
#! SystemExit: no data
# %% [markdown]
# # Nobody answers a question
# %%
name = input("Name? ")
#! StdinNotImplementedError
# %% [markdown]
# # A question that nobody answers can be caught
# %%
try:
    age = int(input("Age? "))
except Exception:
    age = 30
age
#> 30
# %% [markdown]
# # Nobody types a password
# %%
import getpass
getpass.getpass()
#! StdinNotImplementedError
# %% [markdown]
# # The path of modules
# %%
import sys
assert "" in sys.path
# %% [markdown]
# # What sys.argv holds
# %%
import sys
assert isinstance(sys.argv, list) and sys.argv[0].endswith("ipykernel_launcher.py")
# %% [markdown]
# # A parser of arguments that gets none
# %%
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=3)
parser.parse_args([]).epochs
#> 3
# %% [markdown]
# # A parser of arguments that ignores the kernel's
# %%
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=3)
arguments, others = parser.parse_known_args()
arguments.epochs
#> 3
# %% [markdown]
# # Events of the shell
# %%
count = []
get_ipython().events.register("post_run_cell", lambda result: count.append(result.success))
# %%
1
# %%
count
#> [True, True]
# %% [markdown]
# # A magic of one's own
# %%
from IPython.core.magic import register_line_magic, register_cell_magic
@register_line_magic
def twice(line):
    return 2 * line
@register_cell_magic
def lines(line, cell):
    return len(cell.splitlines())
# %%
%twice ab
#> 'abab'
# %%
%%lines
1
2
#> 2
# %% [markdown]
# # A transformer of inputs
# %%
def shout(lines):
    return [line.replace("SAY", "print") for line in lines]
get_ipython().input_transformers_cleanup.append(shout)
# %%
SAY("hello")
#> hello
# %% [markdown]
# # Run a cell from a cell
# %%
result = get_ipython().run_cell("y = 40 + 2\ny")
assert result.success
y
#> 42
#> 42
# %% [markdown]
# # Push and evaluate
# %%
get_ipython().push({"z": 5})
get_ipython().ev("z + 1")
#> 6
# %% [markdown]
# # All expressions are shown
# %%
from IPython.core.interactiveshell import InteractiveShell
InteractiveShell.ast_node_interactivity = "all"
# %%
1
2
#> 1
#> 2
# %% [markdown]
# # A handler of exceptions of one's own
# %%
def handler(shell, kind, value, traceback, tb_offset=None):
    print("caught", kind.__name__)
get_ipython().set_custom_exc((ZeroDivisionError,), handler)
# %%
1 / 0
#> caught ZeroDivisionError
# %% [markdown]
# # Help and sources
# %%
def area(r):
    """The area of a circle."""
    return 3 * r * r
# %%
area?
# %%
area??
# %%
?area
# %% [markdown]
# # Global and local names are the same
# %%
a = 1
assert globals() is locals() and "a" in vars() and globals()["a"] == 1
"get_ipython" in dir()
#> True
