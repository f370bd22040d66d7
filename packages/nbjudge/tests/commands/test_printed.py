"""What comes from outside is text on the terminal: neither markup nor a command, whoever prints it."""

import io
import json
import logging
import shutil
import subprocess
import sys

import nbformat
import pytest
from nbjudge.commands.marks_table import MAX_REMARKS, table
from nbjudge.plugin.marks import Mark, MostPoints
from nbjudge.plugin.plain_log import PlainLog
from rich.console import Console
from rich.text import Text

from helpers import commands
from helpers.tiny_class import build, command, grade, notebooks

MARKUP = [r"\[/]", "[/]", "[/bold]", "[link=http://example.org]a[/link]", "[red]", ":smile:", r"\\[", "[@click=x]y[/]"]
COMMANDS = [
    "\x1b[2J",
    "\x1b]8;;http://example.org\x1b\\",
    "\x9b31m",
    "a\nb",
    "a\r\n\rb",
    "\u2028",
    "\u202e",
    "\u200b",
    "\udce9",
]
TEXTS = [*MARKUP, *COMMANDS]


def mark(student, *lost):
    return Mark(student, 1.0, 0.0, 0.0, 0, lost)


def printed(renderable):
    """What a terminal gets, on lines that are long enough."""
    file = io.StringIO()
    Console(file=file, width=2000, force_terminal=True, color_system="truecolor", markup=True).print(renderable)
    return file.getvalue()


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
@pytest.mark.parametrize("place", ["student", "test cell", "problem", "problem of a mark", "remark", "title"])
def test_the_table_is_no_markup_and_no_command(place, text):
    marks = [mark("ada"), mark(text if place == "student" else "bob", *([text] if place == "test cell" else []))]
    problems = {"problem": {"cy": text}, "problem of a mark": {"bob": text}}.get(place, {})
    remarks = {"bob": [text, text]} if place == "remark" else {}
    title = text if place == "title" else "Marks"
    shown = printed(table(marks, MostPoints(1, 0), problems, remarks, title))
    expected = "".join(char if char.isprintable() else "?" for char in text)
    plain = Text.from_ansi(shown).plain
    assert expected in plain and "ada" in plain
    assert "\x1b]8" not in shown and "\x1b[2J" not in shown and "\x9b" not in shown and "\u202e" not in shown


def test_remarks_have_an_end():
    many, long = [f"remark {n}" for n in range(500)], ["x" * 10**7]
    shown = table(
        [mark("ada"), mark("bob")], MostPoints(1, 0), {"bob": "y" * 10**7}, {"ada": many, "bob": long}, "Marks"
    )
    first, second = (str(cell) for cell in shown.columns[5].cells)
    assert first.endswith(f"remark {MAX_REMARKS - 1}; {500 - MAX_REMARKS} more remarks")
    assert second == f"problem: {'y' * 300}...; {'x' * 300}..."


# The log


def test_what_is_logged_is_plain_for_all_handlers():
    files = [io.StringIO(), io.StringIO()]
    log = logging.Logger("one of its own")
    for file in files:
        log.addHandler(logging.StreamHandler(file))
    log.handlers[0].addFilter(PlainLog())
    log.error("%s and %s", "\x1b[2J\nb", ["\x1b"])
    log.warning("100 %s")
    try:
        raise ValueError("\x1b]0;owned\x07\n\u202eab")
    except ValueError:
        log.exception("\x9b")
    for file in files:
        said = file.getvalue()
        assert all(char == "\n" or char.isprintable() for char in said)
        assert "?[2J\nb and ['\\x1b']\n100 %s\n?\nTraceback" in said and "ValueError: ?]0;owned?\n?ab" in said


NAMES = {
    "ada": "ada",
    "[red]eve": "[red]eve",
    "esc\x1b[31m": "esc?[31m",
    "line\nbreak": "line?break",
    "by\udce9te": "by?te",
}
REFUSED = ["esc\x1b[31m", "line\nbreak", "by\udce9te"]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = tmp_path_factory.mktemp("printed") / "course"
    build(course, {"ada": "1"})
    folder = course / "submitted" / "ada" / "ex1"
    for name in NAMES.keys() - {"ada"}:
        shutil.copytree(folder, course / "submitted" / name / "ex1")
    for name in (r"\[b].bin", "[link=x].bin", "\u202egpj.bin", "\udce9.bin"):
        with (folder / name).open("wb") as file:
            file.truncate(50 * 2**20 + 1 if name.startswith("\\") else 1)
    path = folder / "work.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[2].source = r"raise type('\x1b[2J\n[/]', (Exception,), {})('\x1b]0;x\x07\n[/]')"
    notebook.cells[2].metadata.tags = ["\x1b[31m"] * 2
    notebook.cells[2].outputs = [{"output_type": "\x1b[31m"}]
    path.write_text(json.dumps(notebook))
    return course


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")
def test_a_class_of_odd_names_is_graded(course, tmp_path):
    course = shutil.copytree(course, tmp_path / "course")
    for words in (["--dry-run"], []):
        done = subprocess.run(command(*words), cwd=course, capture_output=True, timeout=300)
        said = done.stdout.decode()
        assert done.returncode == (0 if words else 3), done.stderr
        assert all(name in said for name in NAMES.values())  # [red]eve is no red eve
        assert not any(char in said for char in "\x1b\x9b\u202e\r")
    assert r"\[b].bin was left out" in said and "Marks for ex1 (course)" in said
    assert set(notebooks(course)) == {"ada", "[red]eve"}
    told = json.loads(grade(course, "--json", code=3).stdout.encode("utf-8"))
    assert {mark["student"] for mark in told["marks"]} == {"ada", "[red]eve"}
    assert ["control characters" in said for said in told["problems"].values()] == [True] * len(REFUSED)


@pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")
def test_nbgrader_prints_no_commands(course, tmp_path):
    course = shutil.copytree(course, tmp_path / "course")
    log = tmp_path / "nbgrader.log"
    for words in (["generate_assignment", "ex1"], ["autograde", "ex1", "--debug", f"--NbGrader.logfile={log}"]):
        done = commands.run("nbgrader", *words, cwd=course)
    for said in (done.stdout, done.stderr, log.read_bytes().decode()):
        assert all(char in "\n\t" or char.isprintable() for char in said)
    assert all(f"submitted/{NAMES[name]}/ex1 is not graded: " in done.stderr for name in REFUSED)
    assert set(notebooks(course)) == {"ada", "[red]eve"}
