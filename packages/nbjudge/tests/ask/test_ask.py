"""What a test cell may ask in any course: it needs NumPy alone, and knows nothing of this exercise."""

import json
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy
import pytest
from nbjudge.plugin.generate.support_files import ASK

NEVER = ("torch", "course_utils", "nbgrader", "matplotlib")
OF_THE_EXERCISE = (
    *("chirp", "blip", "glitch", "logit", "checkpoint", "spectrogram", "ThreeNet", "LinearNet", "train_model"),
    *("train_indices", "test_indices", "test_accuracy", "confusion", "occlusion", "discussion", "setup-fit"),
)

# A notebook whose cells are run as plain Python, and what is told of it.
BARE = """
import json, sys
sys.path[:0] = PATH
cells = [
    "from nbjudge.ask import connect\\nsubmission = connect(globals())",
    "import numpy as np\\nanswers = np.array([1, 2])\\nanswer = (np.arange(3),)",
]
def right(name, expected):
    def question():
        assert submission.values(name).tolist() == expected, f"`{name}` is {submission.values(name)}"
    question.__name__ = f"right_{name}"
    return question

for cell in cells:
    exec(cell, globals())
before = np.random.get_state()[1].tolist()
outcomes = [submission.check(right(name, expected), 1) for name, expected in (
    ("answer", [0, 1, 2]), ("answers", [2, 1]), ("figure", []))]
told = [[outcome.status, outcome.message] for outcome in outcomes]
same = np.random.get_state()[1].tolist() == before
print(json.dumps([told, submission.has("answer"), same, sys.modules["nbjudge.ask"].__file__, sorted(sys.modules)]))
"""

# The same in IPython, where it is known what was run.
IN_IPYTHON = """
import json, sys
sys.path[:0] = PATH
sys.modules.update(dict.fromkeys(NEVER))  # to import them is an error
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
shell = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
shell._showtraceback = lambda *_: None
CHECK = (
    "def right():\\n    assert submission.values('{0}') == {1}, '`{0}` is wrong'\\n"
    "last = submission.check(right, 1)"
)
told = []
for source in [
    "from nbjudge.ask import connect\\nsubmission = connect(globals())",
    "raise NotImplementedError('make first, a number')", CHECK.format("first", 1),
    "firts = 1  # the name should be first", CHECK.format("first", 1),
    "first = 1", CHECK.format("first", 1),
    "second = first + 1", CHECK.format("second", 2),
    "first = 5", CHECK.format("second", 2),
    "third = 1 / 0", CHECK.format("third", 2),
    "second = 7\\n", CHECK.format("second", 2),
]:
    shell.run_cell(source, store_history=True)
    if "right" in source:
        last = shell.user_ns["last"]
        told.append([last.status, last.message, *last.out_of_date])
shell.run_cell("table = submission.summary({'Task 1': {'right': 1, 'other': 2}})")
print(json.dumps([told, repr(shell.user_ns["table"])]))
"""


@pytest.fixture(scope="module")
def beside(tmp_path_factory):
    """A folder with nbjudge/ask as the release has it, and one with NumPy alone."""
    folder = tmp_path_factory.mktemp("beside")
    shutil.copytree(ASK, folder / "nbjudge" / "ask", ignore=shutil.ignore_patterns("__pycache__"))
    packages = tmp_path_factory.mktemp("packages")
    installed = Path(numpy.__file__).parents[1]
    for name in ("numpy", "numpy.libs"):
        if (installed / name).exists():
            (packages / name).symlink_to(installed / name)
    return folder, packages


def run(code, folder, *path, options=()):
    names = f"PATH = {list(map(str, path))!r}\nNEVER = {NEVER!r}\n"
    done = subprocess.run(
        [sys.executable, *options, "-c", names + textwrap.dedent(code)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_numpy_and_the_folder_beside_the_notebook_are_enough(beside):
    folder, packages = beside
    told, has, same, file, modules = run(BARE, folder, folder, packages, options=("-I", "-S"))
    assert file == str(folder / "nbjudge" / "ask" / "__init__.py") and has and same
    assert told[0] == ["passed", ""]
    assert told[1] == ["not passed", "`answers` is [1 2]"]
    assert told[2][0] == "not attempted" and "`figure` does not exist yet" in told[2][1]
    assert {name.partition(".")[0] for name in modules} & {*NEVER, "IPython"} == set()


def test_nothing_else_is_imported_where_it_is_installed():
    code = "import json, sys, nbjudge.ask, nbjudge.ask.answers\nprint(json.dumps(sorted(sys.modules)))"
    modules = run(code, None)
    assert {name.partition(".")[0] for name in modules} & set(NEVER) == set()
    assert {name.split(".")[1] for name in modules if name.startswith("nbjudge.")} == {"ask"}


def test_a_notebook_is_told_what_is_missing_wrong_and_out_of_date(beside):
    folder, _ = beside
    told, table = run(IN_IPYTHON, folder, folder)
    statuses = [status for status, *_ in told]
    assert statuses == ["not attempted", "not passed", "passed", "passed", "passed", "not passed", "not passed"]
    messages = [message for _, message, *_ in told]
    assert messages[0] == "still to do: make first, a number"
    assert "`firts` exists; the checks look for `first`" in messages[1]
    assert "`third` does not exist, because your code raised ZeroDivisionError in line 1 of your cell" in messages[5]
    assert messages[6] == "`second` is wrong Look at your line `second = 7`."
    again = "Run the cell that makes it again, and those below."
    assert told[4][2:] == [f"`second` was made before `first` was made anew. {again}"]
    assert "0 of the 3 points that can be seen here" in table and "not run: other" in table


def test_it_knows_nothing_of_this_exercise():
    for path in ASK.glob("*.py"):
        for word in OF_THE_EXERCISE:
            assert not re.search(rf"(?i){word}", path.read_text()), f"{path.name} speaks of {word}"
