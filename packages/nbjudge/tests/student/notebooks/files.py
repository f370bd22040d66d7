# %% [markdown]
# # A table beside the notebook
# file data.csv: a,b\n1,2\n3,4\n
# %%
import csv
with open("data.csv", newline="") as file:
    rows = list(csv.DictReader(file))
rows[1]["b"]
#> '4'
# %% [markdown]
# # A table in a folder
# file data/x.csv: a\n5\n
# %%
from pathlib import Path
Path("data/x.csv").read_text(), sorted(path.name for path in Path("data").iterdir())
#> ('a\n5\n', ['x.csv'])
# %% [markdown]
# # A table in the folder above that the notebook made
# %%
import os
os.makedirs("../data", exist_ok=True)
with open("../data/x.csv", "w") as file:
    file.write("a\n6\n")
# %%
open("../data/x.csv").read()
#> 'a\n6\n'
# %% [markdown]
# # The folder above can be listed
# %%
import os
assert os.path.basename(os.getcwd()) in os.listdir("..")
# %% [markdown]
# # The notebook reads itself
# %%
import json
cells = json.load(open("work.ipynb"))["cells"]
len(cells)
#> 1
# %% [markdown]
# # nbformat reads the notebook
# %%
import nbformat
notebook = nbformat.read("work.ipynb", as_version=4)
notebook.cells[0].source.splitlines()[0]
#> 'import nbformat'
# %% [markdown]
# # The notebook is found in its folder
# %%
import glob
glob.glob("*.ipynb")
#> ['work.ipynb']
# %% [markdown]
# # The home folder
# %%
from pathlib import Path
import os
assert Path.home().is_dir() and Path("~").expanduser() == Path.home() == Path(os.environ["HOME"])
assert os.access(Path.home(), os.W_OK)
# %% [markdown]
# # A settings file in the home folder
# %%
from pathlib import Path
folder = Path.home() / ".mycourse"
folder.mkdir(exist_ok=True)
(folder / "settings.ini").write_text("[a]\nb = 1\n")
# %%
import configparser
settings = configparser.ConfigParser()
settings.read(Path.home() / ".mycourse" / "settings.ini")
settings["a"]["b"]
#> '1'
# %% [markdown]
# # A script with its executable bit
# file hello.sh: #!/bin/sh\necho hello $1\n
# %%
import os
os.chmod("hello.sh", os.stat("hello.sh").st_mode | 0o111)
!./hello.sh ada
#> hello ada
# %% [markdown]
# # A Python script that is executed
# file tool.py: #!/usr/bin/env python\nprint('tool')\n
# %%
import os
os.chmod("tool.py", 0o755)
!./tool.py
#> tool
# %% [markdown]
# # Temporary files and folders
# %%
import os, tempfile
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "x")
    open(path, "w").close()
    assert os.path.exists(path)
assert not os.path.exists(folder)
with tempfile.NamedTemporaryFile("w+") as file:
    file.write("x")
    file.seek(0)
    print(file.read())
#> x
# %% [markdown]
# # Paths of one's own
# %%
import os
from pathlib import Path
assert os.path.isabs(os.getcwd()) and Path.cwd() == Path(".").resolve()
Path("a/b/c").mkdir(parents=True)
Path("a/b/c/d.txt").touch()
sorted(str(path) for path in Path("a").rglob("*"))
#> ['a/b', 'a/b/c', 'a/b/c/d.txt']
# %% [markdown]
# # Move, copy and remove
# %%
import os, shutil
open("one.txt", "w").write("x")
shutil.copy("one.txt", "two.txt")
shutil.move("two.txt", "three.txt")
os.remove("one.txt")
os.mkdir("folder")
shutil.copytree("folder", "folder2")
shutil.rmtree("folder")
sorted(name for name in os.listdir() if not name.startswith(".") and not name.endswith("ipynb"))
#> ['folder2', 'three.txt']
# %% [markdown]
# # Archives
# %%
import shutil, tarfile, zipfile
open("x.txt", "w").write("x")
with zipfile.ZipFile("x.zip", "w") as archive:
    archive.write("x.txt")
with tarfile.open("x.tar.gz", "w:gz") as archive:
    archive.add("x.txt")
zipfile.ZipFile("x.zip").namelist(), tarfile.open("x.tar.gz").getnames()
#> (['x.txt'], ['x.txt'])
# %% [markdown]
# # Links
# %%
import os
open("x.txt", "w").write("linked")
os.symlink("x.txt", "link.txt")
os.link("x.txt", "hard.txt")
open("link.txt").read(), os.stat("x.txt").st_nlink
#> ('linked', 2)
# %% [markdown]
# # Permissions
# %%
import os, stat
open("x.txt", "w").close()
os.chmod("x.txt", 0o640)
stat.filemode(os.stat("x.txt").st_mode)
#> '-rw-r-----'
# %% [markdown]
# # A file with a name in Unicode
# %%
open("größe 1.txt", "w", encoding="utf-8").write("ü")
open("größe 1.txt").read()
#> 'ü'
# %% [markdown]
# # A file that is not there
# %%
open("nowhere.csv")
#! FileNotFoundError
# %% [markdown]
# # Change the folder and back
# %%
import os
here = os.getcwd()
os.mkdir("inside")
os.chdir("inside")
open("x.txt", "w").write("x")
os.chdir(here)
os.path.exists("inside/x.txt")
#> True
# %% [markdown]
# # contextlib.chdir
# %%
import contextlib, os
os.mkdir("inside")
with contextlib.chdir("inside"):
    name = os.path.basename(os.getcwd())
name
#> 'inside'
# %% [markdown]
# # A module in the folder
# file helper.py: VALUE = 3\n
# %%
from helper import VALUE
VALUE
#> 3
# %% [markdown]
# # A package in the folder
# file tools/__init__.py: from .numbers import ONE\n
# file tools/numbers.py: ONE = 1\n
# %%
from tools import ONE
import tools.numbers as numbers
ONE, numbers.__name__
#> (1, 'tools.numbers')
# %% [markdown]
# # A folder without an init file is a package
# file parts/one.py: ONE = 1\n
# %%
import parts.one
parts.one.ONE
#> 1
# %% [markdown]
# # A folder is put into the path
# file src/deep.py: DEEP = 1\n
# %%
import sys
sys.path.append("src")
import deep
deep.DEEP
#> 1
# %% [markdown]
# # A folder is put first into the path
# file src/mine.py: MINE = 1\n
# %%
import os, sys
sys.path.insert(0, os.path.abspath("src"))
import mine
mine.MINE
#> 1
# %% [markdown]
# # A module reads a file beside itself
# file helper.py: from pathlib import Path\nTEXT = (Path(__file__).parent / 'text.txt').read_text()\n
# file text.txt: beside
# %%
import helper
helper.TEXT
#> 'beside'
# %% [markdown]
# # Modules with names of tests
# file tests.py: NAME = 'mine'\n
# file utils.py: NAME = 'my utils'\n
# file helpers.py: NAME = 'my helpers'\n
# %%
import tests, utils, helpers
tests.NAME, utils.NAME, helpers.NAME
#> ('mine', 'my utils', 'my helpers')
# %% [markdown]
# # A module of the standard library can't be had by its name
# file code.py: NAME = 'mine'\n
# file random.py: NAME = 'mine'\n
# %%
import code, random
hasattr(code, "InteractiveConsole"), hasattr(random, "NAME")
#> (True, False)
# %% [markdown]
# # A module of an installed package is the student's
# file tabulate.py: NAME = 'mine'\n
# file sympy.py: NAME = 'mine'\n
# %%
import sympy
sympy.NAME
#> 'mine'
# %% [markdown]
# # A module that was imported by another file
# file a.py: import b\nVALUE = b.VALUE + 1\n
# file b.py: VALUE = 1\n
# %%
import a
a.VALUE
#> 2
# %% [markdown]
# # The source of a module is rewritten before it is imported
# file given.py: VALUE = 1\n
# %%
%%writefile given.py
VALUE = 2
# %%
import given
given.VALUE
#> 2
# %% [markdown]
# # A file is written by one cell and read by the next
# %%
with open("results.json", "w") as file:
    import json
    json.dump({"a": [1, 2.5, None]}, file)
# %%
json.load(open("results.json"))
#> {'a': [1, 2.5, None]}
# %% [markdown]
# # pickle of a class of the notebook
# %%
import pickle
class Point:
    def __init__(self, x):
        self.x = x
with open("point.pkl", "wb") as file:
    pickle.dump(Point(3), file)
# %%
pickle.load(open("point.pkl", "rb")).x
#> 3
# %% [markdown]
# # shelve and dbm
# %%
import shelve
with shelve.open("shelf") as shelf:
    shelf["a"] = [1]
with shelve.open("shelf") as shelf:
    print(shelf["a"])
#> [1]
# %% [markdown]
# # sqlite
# %%
import sqlite3
connection = sqlite3.connect("course.db")
connection.execute("create table marks (name text, points real)")
connection.executemany("insert into marks values (?, ?)", [("ada", 1.5), ("bob", 2.5)])
connection.commit()
# %%
sqlite3.connect("course.db").execute("select sum(points) from marks").fetchone()
#> (4.0,)
# %% [markdown]
# # sqlite in memory, with a function of one's own
# %%
import sqlite3
connection = sqlite3.connect(":memory:")
connection.create_function("twice", 1, lambda x: 2 * x)
connection.execute("select twice(21)").fetchone()
#> (42,)
# %% [markdown]
# # Memory maps
# %%
import mmap
open("x.bin", "wb").write(bytes(100))
with open("x.bin", "r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
    mapped[0] = 7
open("x.bin", "rb").read(1)
#> b'\x07'
# %% [markdown]
# # NumPy's files
# %%
import numpy as np
np.save("a.npy", np.arange(3))
np.savez("b.npz", x=np.ones(2))
np.savetxt("c.txt", [[1, 2]])
np.load("a.npy").sum() + np.load("b.npz")["x"].sum() + np.loadtxt("c.txt").sum()
#> np.float64(8.0)
# %% [markdown]
# # Watch a folder by its times
# %%
import os, time
open("x.txt", "w").close()
assert abs(os.path.getmtime("x.txt") - time.time()) < 60
os.utime("x.txt", (1, 2))
os.path.getmtime("x.txt")
#> 2.0
# %% [markdown]
# # A named pipe
# %%
import os, threading
os.mkfifo("pipe")
thread = threading.Thread(target=lambda: open("pipe", "w").write("through"))
thread.start()
said = open("pipe").read()
thread.join()
said
#> 'through'
# %% [markdown]
# # A lock on a file
# %%
import fcntl
with open("lock", "w") as file:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.lockf(file, fcntl.LOCK_EX)
# %% [markdown]
# # The size of the disk
# %%
import shutil
assert shutil.disk_usage(".").free > 0
# %% [markdown]
# # A file outside of the course is written
# is refused: only /home, /tmp and /dev/shm can be written to, and nothing in them outlives the hand-in
# %%
import os
folder = "/var/tmp/nbjudge-kernel-test"
os.makedirs(folder, exist_ok=True)
# %% [markdown]
# # A package that is missing is installed
# is refused: the instructor says what is installed, and everybody has the same
# file mine/pyproject.toml: [project]\nname = "mine-of-a-test"\nversion = "1"\n
# %%
import os
assert "PIP_NO_INDEX" not in os.environ
