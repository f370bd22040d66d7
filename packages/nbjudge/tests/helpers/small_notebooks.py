"""Small notebooks of what real courses do, and how a Jupyter kernel and the sandbox run them.

They are in ``tests/student/notebooks/``, many in a file, as cells in percent format. A Markdown cell begins a notebook:

- ``# # Title`` is its name;
- ``# file NAME: TEXT`` puts a file beside it, written with the escapes of a Python string;
- ``# is refused: why`` says that the sandbox refuses it on purpose.

In a cell, ``#> TEXT`` is a line that it must print or show, and ``#! ValueError`` the error with which it must end.
"""

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

FOLDER = Path(__file__).parents[1] / "student" / "notebooks"
NAME = "work.ipynb"
_EXPECTED = ("#>", "#! ")
_PASSING = re.compile(r"\x1b\[[0-9;]*m|(?<= at 0x)[0-9a-f]+")  # colours and addresses


@dataclass(frozen=True)
class Cell:
    """A cell, and what must come out.

    Attributes
    ----------
    source : str
        Its source.
    shows : list of str
        The lines that it prints and shows; if there are none, this is not looked at.
    error : str
        A part of the error's name and message with which it ends; empty for no error.
    """

    source: str
    shows: list[str]
    error: str

    @staticmethod
    def read(text: str) -> "Cell":
        """The cell of a text in percent format."""
        lines = text.strip("\n").splitlines()
        source = [line for line in lines if not line.startswith(_EXPECTED)]
        shows = [line[3:] for line in lines if line.startswith("#>")]
        error = "".join(line[3:] for line in lines if line.startswith("#! "))
        return Cell("\n".join(source), shows, error)

    def complaints(self, outputs: list[tuple[str, str]]) -> list[str]:
        """What is not as it must be; `outputs` are a kind and a text each."""
        text = _PASSING.sub("", "".join(text.rstrip("\n") + "\n" for kind, text in outputs if kind != "error"))
        errors, found = [text for kind, text in outputs if kind == "error"], []
        if len(errors) != bool(self.error) or any(self.error not in error for error in errors):
            found.append(f"{errors or 'no error'} instead of {self.error or 'no error'}; it shows {text!r}")
        shown = [line.rstrip() for line in text.splitlines() if line.strip()]
        if self.shows and shown != [line for line in self.shows if line.strip()]:
            found.append(f"it shows {shown} instead of {self.shows}")
        return found


@dataclass
class Small:
    """A small notebook.

    Attributes
    ----------
    topic, title : str
        Its file, and its name in there.
    cells : list of Cell
        Its cells.
    files : dict of str to bytes
        The files beside it.
    refused : str
        Why the sandbox refuses on purpose what it does; empty if it does not.
    """

    topic: str
    title: str
    cells: list[Cell] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    refused: str = ""

    @property
    def name(self) -> str:
        """The name of its test."""
        return f"{self.topic}: {self.title}"

    def notebook(self) -> nbformat.NotebookNode:
        """It as Jupyter has it."""
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        return new_notebook(cells=[new_code_cell(cell.source) for cell in self.cells], metadata={"kernelspec": kernel})

    def contents(self) -> dict[str, bytes]:
        """The files of its folder, itself included."""
        return self.files | {NAME: nbformat.writes(self.notebook()).encode()}


def read(path: Path) -> list[Small]:
    """The small notebooks of a file."""
    found: list[Small] = []
    for part in re.split(r"^# %%", path.read_text(), flags=re.MULTILINE)[1:]:
        kind, _, text = part.partition("\n")
        if "[markdown]" not in kind:
            found[-1].cells.append(Cell.read(text))
            continue
        for line in text.splitlines():
            if title := re.match(r"# # (.*)", line):
                found.append(Small(path.stem, title[1]))
            elif file := re.match(r"# file (\S+): (.*)", line):
                found[-1].files[file[1]] = ast.literal_eval(f'"""{file[2]}"""').encode()
            elif why := re.match(r"# is refused: (.*)", line):
                found[-1].refused = why[1]
    return found


def read_all() -> list[Small]:
    """All small notebooks, sorted by file."""
    return [small for path in sorted(FOLDER.glob("*.py")) for small in read(path)]


def complaints(small: Small, outputs: list[list[tuple[str, str]]]) -> list[str]:
    """What is not as a small notebook expects; `outputs` has the outputs of each cell."""
    several = enumerate(zip(small.cells, outputs, strict=True))
    return [f"cell {number}: {why}" for number, (cell, shown) in several for why in cell.complaints(shown)]
