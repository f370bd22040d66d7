# %% [markdown]
# # Print and show
# %%
print("a")
"b"
#> a
#> 'b'
# %% [markdown]
# # A semicolon hides the value
# %%
1 + 1;
# %%
assert Out == {}
# %% [markdown]
# # display shows several things
# %%
display(1, "two", [3])
#> 1
#> 'two'
#> [3]
# %% [markdown]
# # display with an id, changed later
# %%
handle = display("before", display_id="one")
handle.update("after")
#> 'after'
# %% [markdown]
# # HTML, Markdown and LaTeX
# %%
from IPython.display import HTML, Latex, Markdown, Math
display(HTML("<b>x</b>"), Markdown("**x**"))
Math(r"\alpha")
#> <IPython.core.display.HTML object>
#> <IPython.core.display.Markdown object>
#> <IPython.core.display.Math object>
# %% [markdown]
# # Audio, a page in a frame and a link to a file
# %%
import numpy as np
from IPython.display import Audio, FileLink, IFrame
open("data.txt", "w").write("x")
display(Audio(np.arange(100), rate=8000), IFrame("https://example.org", 10, 10))
assert "data.txt" in FileLink("data.txt")._repr_html_()
#> <IPython.lib.display.Audio object>
#> <IPython.lib.display.IFrame at 0x>
# %% [markdown]
# # clear_output
# %%
from IPython.display import clear_output
for step in range(3):
    clear_output(wait=True)
    print("step", step)
#> step 2
# %% [markdown]
# # More than two hundred outputs before the last value
# %%
for number in range(300):
    display(number)
"last"
# %%
_
#> 'last'
# %% [markdown]
# # Much text before the last value
# %%
for number in range(20000):
    print("x" * 100)
1.5
# %%
_ + 1
#> 2.5
# %% [markdown]
# # An object whose repr raises
# %%
class Mute:
    def __repr__(self):
        raise RuntimeError("mute")
mute = Mute()
# %%
mute
#! RuntimeError: mute
# %%
"next"
#> 'next'
# %% [markdown]
# # An object whose HTML raises
# %%
class Half:
    def __repr__(self):
        return "half"
    def _repr_html_(self):
        raise RuntimeError("no HTML")
Half()
#! RuntimeError: no HTML
# %% [markdown]
# # An object that is shown in its own way
# %%
class Own:
    def _repr_pretty_(self, printer, cycle):
        printer.text("my own")
Own()
#> my own
# %% [markdown]
# # An object that displays itself
# %%
class Shows:
    def _ipython_display_(self):
        print("shown")
Shows()
#> shown
# %% [markdown]
# # A bundle of types
# %%
class Bundle:
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": "bundled"}
Bundle()
#> bundled
# %% [markdown]
# # A formatter for a class
# %%
formatter = get_ipython().display_formatter.formatters["text/plain"]
formatter.for_type(complex, lambda value, printer, cycle: printer.text("complex!"))
# %%
1j
#> complex!
# %% [markdown]
# # Long lists are shown in many lines
# %%
list(range(3)) * 2
#> [0, 1, 2, 0, 1, 2]
# %%
{"b": 1, "a": [1, 2]}
#> {'b': 1, 'a': [1, 2]}
# %% [markdown]
# # The precision of numbers
# %%
%precision 3
# %%
3.14159265
#> 3.142
# %% [markdown]
# # Unicode everywhere
# %%
größe = "Ω ≈ 🐦"
print(größe, len(größe))
größe
#> Ω ≈ 🐦 5
#> 'Ω ≈ 🐦'
# %% [markdown]
# # Bytes and lone surrogates
# %%
b"\xff\x00"
#> b'\xff\x00'
# %%
len("\ud800")
#> 1
# %% [markdown]
# # Carriage returns of a bar of one's own
# %%
import sys
for step in range(3):
    sys.stdout.write(f"\rstep {step}")
    sys.stdout.flush()
# %% [markdown]
# # Standard output as a file
# %%
import sys
assert isinstance(sys.stdout.fileno(), int)
sys.stdout.writelines(["a\n", "b\n"])
print("c", file=sys.stdout, flush=True)
#> a
#> b
#> c
# %% [markdown]
# # Standard output has no buffer of bytes
# %%
import sys
sys.stdout.buffer.write(b"bytes")
#! AttributeError
# %% [markdown]
# # Standard output's encoding
# %%
import sys
assert sys.stdout.encoding.lower() == sys.stderr.encoding.lower() == "utf-8"
assert sys.stdout.writable() and not sys.stdout.closed
# %% [markdown]
# # What os.write and the shell write
# %%
import os
print("a")
os.write(1, b"b\n")
os.system("echo c")
print("d");
# %%
import time; time.sleep(0.3)
# %% [markdown]
# # What a subprocess writes
# %%
import subprocess
subprocess.run(["echo", "from a program"], check=True);
# %%
import time; time.sleep(0.3)
# %% [markdown]
# # The output of a subprocess is captured
# %%
import subprocess
subprocess.run("echo out; echo err >&2", shell=True, capture_output=True, text=True)
#> CompletedProcess(args='echo out; echo err >&2', returncode=0, stdout='out\n', stderr='err\n')
# %% [markdown]
# # A subprocess writes to sys.stdout
# %%
import subprocess, sys
subprocess.run(["echo", "to the terminal"], stdout=sys.stdout, stderr=sys.stderr).returncode
#> 0
# %% [markdown]
# # Output is redirected
# %%
import contextlib, io
with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
    print("hidden")
    import sys
    print("too", file=sys.stderr)
out.getvalue(), err.getvalue()
#> ('hidden\n', 'too\n')
# %% [markdown]
# # sys.stdout is replaced and put back
# %%
import io, sys
kept, sys.stdout = sys.stdout, io.StringIO()
print("hidden")
said, sys.stdout = sys.stdout.getvalue(), kept
said
#> 'hidden\n'
# %% [markdown]
# # IPython captures output
# %%
from IPython.utils.capture import capture_output
with capture_output() as captured:
    print("hidden")
    display("shown")
captured.stdout, len(captured.outputs)
#> ('hidden\n', 1)
# %% [markdown]
# # Descriptor 1 is redirected and put back
# %%
import os, tempfile
kept = os.dup(1)
with tempfile.TemporaryFile() as file:
    os.dup2(file.fileno(), 1)
    os.system("echo into the file")
    os.dup2(kept, 1)
    file.seek(0)
    said = file.read()
os.close(kept)
said
#> b'into the file\n'
# %% [markdown]
# # A crash handler is switched on
# %%
import faulthandler
faulthandler.enable()
assert faulthandler.is_enabled()
# %% [markdown]
# # A traceback is dumped
# %%
import faulthandler, tempfile
with tempfile.TemporaryFile("w+") as file:
    faulthandler.dump_traceback(file)
    file.seek(0)
    assert "most recent call first" in file.read()
# %% [markdown]
# # Standard input is empty
# %%
import sys
sys.stdin.read()
#> ''
# %% [markdown]
# # Reading a line from standard input
# %%
import sys
sys.stdin.readline()
#> ''
# %% [markdown]
# # Threads print
# %%
import threading
threads = [threading.Thread(target=print, args=(number,)) for number in range(3)]
for thread in threads:
    thread.start()
    thread.join()
#> 0
#> 1
#> 2
# %% [markdown]
# # A pool of threads prints
# %%
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(1) as pool:
    list(pool.map(print, "ab"))
#> a
#> b
# %% [markdown]
# # A thread fails
# %%
import threading
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
# %%
"next"
#> 'next'
# %% [markdown]
# # A process prints
# %%
import multiprocessing, sys
def speak():
    print("from a process", flush=True)
process = multiprocessing.get_context("fork").Process(target=speak)
process.start()
process.join()
assert process.exitcode == 0
# %%
import time; time.sleep(0.3)
# %% [markdown]
# # logging
# %%
import logging
logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", force=True)
logging.info("hello")
#> INFO hello
# %% [markdown]
# # A logger with a handler of its own
# %%
import logging, sys
logger = logging.getLogger("mine")
logger.setLevel(logging.DEBUG)
logger.addHandler(logging.StreamHandler(sys.stdout))
logger.debug("detail")
#> detail
# %% [markdown]
# # Logs in a file
# %%
import logging
logger = logging.getLogger("filed")
logger.addHandler(logging.FileHandler("log.txt"))
logger.warning("noted")
logging.shutdown()
# %%
open("log.txt").read()
#> 'noted\n'
# %% [markdown]
# # Logs below the level are not shown
# %%
import logging
logging.debug("not shown")
logging.getLogger("other").info("not shown either")
# %% [markdown]
# # Warnings
# %%
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    warnings.warn("careful")
[str(warning.message) for warning in caught]
#> ['careful']
# %% [markdown]
# # Warnings as errors
# %%
import warnings
warnings.simplefilter("error")
warnings.warn("careful")
#! UserWarning: careful
# %% [markdown]
# # rich text of a table
# %%
import pandas as pd
pd.DataFrame({"a": [1, 2]})
#>    a
#> 0  1
#> 1  2
# %% [markdown]
# # pprint
# %%
from pprint import pprint
pprint({"b": list(range(3)), "a": "x"})
#> {'a': 'x', 'b': [0, 1, 2]}
# %% [markdown]
# # A traceback of one's own
# %%
import traceback
try:
    1 / 0
except ZeroDivisionError:
    said = traceback.format_exc()
said.splitlines()[-1]
#> 'ZeroDivisionError: division by zero'
# %% [markdown]
# # tqdm
# %%
from tqdm import tqdm
total = 0
for number in tqdm(range(3), disable=True):
    total += number
total
#> 3
# %% [markdown]
# # tqdm chooses a bar for notebooks
# %%
from tqdm.auto import tqdm
tqdm.__module__
#> 'tqdm.auto'
# %%
issubclass(tqdm, __import__("tqdm.notebook").notebook.tqdm)
#> True
# %%
from tqdm.notebook import tqdm, trange
[number for number in trange(2)]
# %% [markdown]
# # A handler of exceptions in sys
# %%
import sys
sys.excepthook = lambda *error: print("mine")
1 / 0
#! ZeroDivisionError
# %% [markdown]
# # An error with notes and a cause
# %%
try:
    1 / 0
except ZeroDivisionError as error:
    error.add_note("a note")
    raise ValueError("outer") from error
#! ValueError: outer
# %% [markdown]
# # An error whose text raises
# %%
class Odd(Exception):
    def __str__(self):
        raise RuntimeError("no text")
try:
    raise Odd
except Odd as error:
    caught = type(error).__name__
caught
#> 'Odd'
# %% [markdown]
# # An error in the middle keeps what was before
# %%
before = 1
raise KeyError("x")
#! KeyError: 'x'
# %%
before
#> 1
# %% [markdown]
# # A syntax error
# %%
x = = 1
#! SyntaxError
# %%
"next"
#> 'next'
# %% [markdown]
# # A name that is not defined
# %%
undefined_name
#! NameError: name 'undefined_name' is not defined
# %% [markdown]
# # A group of exceptions is caught
# %%
try:
    raise ExceptionGroup("several", [ValueError("a"), KeyError("b")])
except* ValueError as group:
    print(len(group.exceptions))
except* KeyError:
    print("key")
#> 1
#> key
# %% [markdown]
# # An interrupt of one's own
# %%
raise KeyboardInterrupt
#! KeyboardInterrupt
# %%
"next"
#> 'next'
