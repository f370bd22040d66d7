# %% [markdown]
# # Time
# %%
%time x = sum(range(10))
# %%
%%time
y = x + 1
# %%
x, y
#> (45, 46)
# %% [markdown]
# # timeit
# %%
%timeit -n 2 -r 2 sum(range(10))
# %%
%%timeit -n 2 -r 2 numbers = range(10)
sum(numbers)
# %%
result = %timeit -n 1 -r 1 -o -q pass
result.loops
#> 1
# %% [markdown]
# # capture
# %%
%%capture captured
print("hidden")
import sys
print("error", file=sys.stderr)
display("shown")
3
# %%
captured.stdout, captured.stderr, len(captured.outputs)
#> ('hidden\n', 'error\n', 2)
# %%
captured.show()
# %% [markdown]
# # capture without a name
# %%
%%capture
print("hidden")
# %% [markdown]
# # writefile, and import what was written
# %%
%%writefile helper_of_mine.py
def twice(x):
    return 2 * x
#> Writing helper_of_mine.py
# %%
import helper_of_mine
helper_of_mine.twice(4)
#> 8
# %% [markdown]
# # writefile appends and overwrites
# %%
%%writefile notes.txt
one
#> Writing notes.txt
# %%
%%writefile -a notes.txt
two
#> Appending to notes.txt
# %%
%%writefile notes.txt
three
#> Overwriting notes.txt
# %%
%cat notes.txt
# %% [markdown]
# # A module is changed and loaded again
# %%
%%writefile changing.py
VALUE = 1
# %%
%load_ext autoreload
%autoreload 2
import changing
changing.VALUE
#> 1
# %%
import time
time.sleep(0.01)
open("changing.py", "w").write("VALUE = 20000\n");
# %%
changing.VALUE
#> 20000
# %% [markdown]
# # reload by hand
# %%
import importlib, pathlib
pathlib.Path("by_hand.py").write_text("VALUE = 1\n")
import by_hand
pathlib.Path("by_hand.py").write_text("VALUE = 20000\n")
importlib.reload(by_hand).VALUE
#> 20000
# %% [markdown]
# # run a script
# %%
%%writefile script.py
import sys
value = len(sys.argv)
print(__name__, sys.argv[1:])
# %%
%run script.py a b
#> __main__ ['a', 'b']
# %%
value
#> 3
# %% [markdown]
# # run another notebook
# file other.ipynb: {"cells": [{"cell_type": "code", "execution_count": null, "id": "a", "metadata": {}, "outputs": [], "source": "from_other = 42"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
# %%
%run other.ipynb
# %%
from_other
#> 42
# %% [markdown]
# # Names that exist
# %%
a = 1
b = "x"
# %%
%who
# %%
%who_ls
#> ['a', 'b']
# %%
%whos int
# %% [markdown]
# # store and restore
# %%
kept = [1, 2]
%store kept
#> Stored 'kept' (list)
# %%
del kept
%store -r kept
# %%
kept
#> [1, 2]
# %% [markdown]
# # History
# %%
x = 1
# %%
%history
#> x = 1
#> %history
# %% [markdown]
# # Environment variables
# %%
%env COURSE=ml
#> env: COURSE=ml
# %%
import os
os.environ["COURSE"], get_ipython().run_line_magic("env", "COURSE")
#> ('ml', 'ml')
# %%
!echo $$COURSE
#> ml
# %%
%set_env OTHER=2
# %% [markdown]
# # Change the folder
# %%
import os
os.makedirs("sub/folder", exist_ok=True)
start = os.getcwd()
# %%
%cd sub
assert os.getcwd() == os.path.join(start, "sub")
# %%
%pwd
# %%
%cd ..
assert os.getcwd() == start
# %%
%mkdir another
%ls -d another
# %% [markdown]
# # Modules of the folder that was changed to
# file inner/in_there.py: NAME = 'inner'
# %%
%cd inner
# %%
import in_there
in_there.NAME
#> 'inner'
# %% [markdown]
# # Python in a cell of its own
# %%
%%python
import numpy
print(numpy.arange(3))
#> [0 1 2]
# %%
%%python3
print("three")
#> three
# %% [markdown]
# # Python on the shell's line
# %%
!python -c "import numpy; print(numpy.ones(2))"
#> [1. 1.]
# %%
!python3 --version
# %%
out = !python -c "print(6 * 7)"
out
#> ['42']
# %% [markdown]
# # A script on the shell's line
# file script.py: import helper\nprint(helper.NAME)\n
# file helper.py: NAME = 'helper'
# %%
!python script.py
#> helper
# %% [markdown]
# # A module on the shell's line
# %%
!echo '{"b": 1}' | python -m json.tool --compact
#> {"b":1}
# %% [markdown]
# # bash and sh
# %%
%%bash
for i in 1 2; do echo $i; done
#> 1
#> 2
# %%
%%sh
echo hello
#> hello
# %% [markdown]
# # bash that fails
# %%
%%bash
exit 3
#! CalledProcessError
# %%
%%bash --no-raise-error
exit 3
# %% [markdown]
# # bash with its output in a variable
# %%
%%bash --out words
echo one two
# %%
words
#> 'one two\n'
# %% [markdown]
# # Shell lines
# %%
!echo hello
#> hello
# %%
!false
# %%
_exit_code
#> 1
# %% [markdown]
# # Variables in shell lines
# %%
name, number = "ada", 3
!echo $name {number + 1}
#> ada 4
# %%
!echo $HOME | wc -l
#> 1
# %% [markdown]
# # Files by the shell
# file data/a.csv: x\n1\n
# file data/b.csv: x\n2\n
# %%
!ls data
#> a.csv  b.csv
# %%
files = !ls data
files
#> ['a.csv', 'b.csv']
# %%
!head -n 1 data/a.csv
#> x
# %%
!wc -l < data/b.csv
#> 2
# %% [markdown]
# # A pipe, a list and fields
# %%
lines = !printf 'b 2\na 1\n'
lines.sort(), lines.fields(1)
#> (['a 1', 'b 2'], ['2', '1'])
# %% [markdown]
# # %%script
# %%
%%script bash
echo scripted
#> scripted
# %% [markdown]
# # sx and system
# %%
%sx echo hi
#> ['hi']
# %%
%system echo hi
#> ['hi']
# %%
!!echo hi
#> ['hi']
# %% [markdown]
# # Macros, aliases and recall
# %%
x = 1
# %%
%macro again 1
# %%
%alias greet echo hello %s
# %%
greet("x") if False else None
# %%
%greet ada
#> hello ada
# %% [markdown]
# # Automatic magic without a percent sign
# %%
pwd
# %%
who_ls
#> []
# %% [markdown]
# # Reset
# %%
x = 1
# %%
%reset -f
# %%
x
#! NameError
# %% [markdown]
# # reset_selective and xdel
# %%
apple, pear = 1, 2
# %%
%reset_selective -f apple
# %%
"apple" in globals(), pear
#> (False, 2)
# %% [markdown]
# # Profile
# %%
%prun -q -T profile.txt sum(range(10))
# %%
open("profile.txt").read().count("function calls")
#> 1
# %% [markdown]
# # An extension that does not exist
# %%
%load_ext no_such_extension
#! ModuleNotFoundError
# %% [markdown]
# # A magic that does not exist
# %%
%nosuchmagic
# %% [markdown]
# # A magic and code in one cell
# %%
import math
%time root = math.sqrt(16)
print(root)
# %%
root
#> 4.0
# %% [markdown]
# # Magics in a function
# %%
def measured():
    result = %timeit -n 1 -r 1 -q -o pass
    return result is not None
measured()
#> True
# %% [markdown]
# # run_line_magic and run_cell_magic
# %%
get_ipython().run_line_magic("time", "z = 3")
get_ipython().run_cell_magic("capture", "out", "print('x')")
assert (z, out.stdout) == (3, "x\n")
# %% [markdown]
# # getoutput and system
# %%
get_ipython().getoutput("echo hi")
#> ['hi']
# %%
get_ipython().system("echo hi")
#> hi
# %% [markdown]
# # Backends of matplotlib
# %%
%matplotlib inline
# %%
%matplotlib --list
# %% [markdown]
# # An interactive backend in a notebook
# %%
%matplotlib notebook
import matplotlib.pyplot as plt
fig, ax = plt.subplots()
line, = ax.plot([1, 2])
# %%
line.get_ydata().tolist()
#> [1, 2]
# %% [markdown]
# # pylab
# %%
%pylab inline --no-import-all
# %% [markdown]
# # config
# %%
%config InlineBackend.figure_format = "retina"
# %%
%config InteractiveShell.ast_node_interactivity = "all"
# %%
1
2
#> 1
#> 2
# %% [markdown]
# # xmode
# %%
%xmode Minimal
# %%
1 / 0
#! ZeroDivisionError
# %% [markdown]
# # Show a file and a source
# file shown.py: VALUE = 3\n
# %%
%pycat shown.py
# %%
%pfile os
# %%
import inspect
%psource inspect.cleandoc
# %% [markdown]
# # load a file
# file loaded.py: LOADED = 3\n
# %%
%load loaded.py
# %% [markdown]
# # HTML, LaTeX, JavaScript, SVG and Markdown cells
# %%
%%html
<b>bold</b>
#> <IPython.core.display.HTML object>
# %%
%%latex
$\alpha$
#> <IPython.core.display.Latex object>
# %%
%%javascript
console.log(1)
#> <IPython.core.display.Javascript object>
# %%
%%markdown
**bold**
#> <IPython.core.display.Markdown object>
# %% [markdown]
# # A long answer in the pager
# %%
%quickref
# %%
%lsmagic
# %% [markdown]
# # pip shows what is installed
# %%
%pip --version
# %% [markdown]
# # pip is asked for a package that is there
# %%
%pip install -q numpy
# %%
!python -m pip --version | cut -c1-3
#> pip
# %% [markdown]
# # autosave and other magics of the kernel
# %%
%autosave 60
# %%
%notebook exported.ipynb
# %% [markdown]
# # colors and doctest_mode
# %%
%colors nocolor
# %% [markdown]
# # dhist, bookmark and logging
# %%
%logstart -q session.log
# %%
%logstop
# %% [markdown]
# # rerun and save
# %%
x = 10
# %%
%save -f saved.py 1
# %%
open("saved.py").read().splitlines()[-1]
#> 'x = 10'
# %% [markdown]
# # exec in a cell magic of one's own with names of the notebook
# %%
from IPython.core.magic import register_cell_magic
@register_cell_magic
def check(line, cell):
    exec(cell, get_ipython().user_ns)
# %%
%%check
checked = 5
# %%
checked
#> 5
# %% [markdown]
# # skip a cell
# %%
from IPython.core.magic import register_cell_magic
@register_cell_magic
def skip(line, cell):
    pass
# %%
%%skip
raise ValueError
