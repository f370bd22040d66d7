"""Splice the example submissions into the release."""

import ast
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

CORPUS = Path(__file__).parent
REPOSITORY = CORPUS.parent.parent


@dataclass(frozen=True)
class Assignment:
    """An assignment that there are examples of.

    Attributes
    ----------
    name : str
        Such as "ex04".
    notebook, checkpoint : str
        Names of its files.
    examples : Path
        The folder with its examples.
    trains : tuple of str
        The cells in which its net is trained, and what they need. The net's own weights come from the last of them;
        seeds are set before the first that begins with "setup-net" or "setup-fit".
    used : frozenset of str
        Given cells that are no setup cells, but without which others don't run.
    beside : str
        An assignment whose checkpoint is handed in along with this one's, or empty.
    """

    name: str
    notebook: str
    checkpoint: str
    examples: Path
    trains: tuple[str, ...]
    used: frozenset[str] = frozenset()
    beside: str = ""

    @property
    def source(self) -> Path:
        """Folder of the instructor's version."""
        return REPOSITORY / "source" / self.name

    @property
    def release(self) -> Path:
        """Folder of the released version."""
        return REPOSITORY / "release" / self.name


EX04 = Assignment(
    "ex04",
    "glitch_or_chirp.ipynb",
    "glitch_or_chirp.pt",
    CORPUS,
    ("setup-tools", "setup-checks", "setup-data", "glitchnet", "train", "setup-fit"),
)
STRETCH = Assignment(
    "ex04_stretch",
    "where_does_it_end.ipynb",
    "three_classes.pt",
    CORPUS / "ex04_stretch",
    ("setup-tools", "setup-checks", "glitchnet", "three-classes", "setup-fit-three"),
    used=frozenset({"glitchnet", "look-at-stretched"}),
    beside="ex04",
)
ASSIGNMENTS = {assignment.name: assignment for assignment in (EX04, STRETCH)}
NOTEBOOK, SOURCE, RELEASE, CHECKPOINT = EX04.notebook, EX04.source, EX04.release, EX04.checkpoint
# The class that is graded when nothing was handed in: enough to see everything, quick enough to wait for.
SAMPLE = (
    "wheat-model",
    "wheat-dataloader-batchnorm",
    "wheat-flatten-percent-titles",
    "wheat-sklearn-early-stopping",
    "chaff-accuracy-in-percent",
    "chaff-linear-on-pixels",
    "chaff-mistakes-that-are-none",
    "chaff-no-zero-grad",
    "chaff-picks-index-the-dataset",
    "chaff-probabilities",
    "chaff-unshuffled-split",
    "forgeries-input-transformer",
    "forgeries-reads-the-source",
)
KINDS = ("chaff", "forgeries", "wheat")
_CELL = re.compile(r"(?m)^# %% ?(.*)$")


@dataclass(frozen=True)
class Example:
    """One example submission.

    Attributes
    ----------
    name : str
        Such as "chaff-no-zero-grad".
    about : str
        First line of its docstring.
    loses : frozenset of str
        Ids of the test cells that do not earn all their points; empty for wheat, and where all are lost.
    base : str
        What it builds on: "solution", "untouched", or the name of another example.
    blank : bool
        Whether cells that nobody filled in are as in the release, not as in the solution.
    checkpoint : bool
        Whether the model solution's checkpoint is handed in with it.
    cells : dict of str to str
        Sources by the id of the cell they replace.
    scratch : list of (str, str)
        Extra cells: the id of the cell before, and the source.
    before_handing_in : str
        Code that changes what is handed in.
    assignment : Assignment
        Whose example it is.
    """

    name: str
    about: str
    loses: frozenset[str] = frozenset()
    base: str = "solution"
    blank: bool = False
    checkpoint: bool = False
    cells: dict[str, str] = field(default_factory=dict)
    scratch: list[tuple[str, str]] = field(default_factory=list)
    before_handing_in: str = ""
    assignment: Assignment = EX04


def examples(assignment: Assignment = EX04) -> list[Example]:
    """All example submissions of an assignment, by name."""
    paths = (path for kind in KINDS for path in (assignment.examples / kind).glob("*.py"))
    return [_read(path, assignment) for path in sorted(paths)]


def untouched(assignment: Assignment = EX04) -> Example:
    """The release as it is, handed in."""
    return Example("untouched", "The release as it is.", base="untouched", blank=True, assignment=assignment)


def find(name: str, assignment: Assignment = EX04) -> Example:
    """The example of that name."""
    if name == "untouched":
        return untouched(assignment)
    kind, _, stem = name.partition("-")
    return _read(assignment.examples / kind / f"{stem.replace('-', '_')}.py", assignment)


def sample() -> list[Example]:
    """The examples in the sample class."""
    return [example for example in examples() if example.name in SAMPLE]


def build_notebook(example: Example) -> nbformat.NotebookNode:
    """The notebook that this student hands in.

    Raises
    ------
    ValueError
        The example names a cell that the release does not have.
    """
    of = example.assignment
    notebook = nbformat.read(of.release / of.notebook, as_version=4)
    solutions = {cell.id: cell.source for cell in nbformat.read(of.source / of.notebook, as_version=4).cells}
    known = [cell.id for cell in notebook.cells]
    unknown = (example.cells.keys() | {after for after, _ in example.scratch}) - set(known)
    if unknown:
        raise ValueError(f"{example.name}: the release has no cell {', '.join(sorted(unknown))}")
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            unchanged = cell.source if example.blank else solutions[cell.id]
            cell.source = example.cells.get(cell.id, unchanged)
        elif cell.id in example.cells:
            cell.source = example.cells[cell.id]
    for number, (after, source) in reversed(list(enumerate(example.scratch))):
        position = next(i for i, cell in enumerate(notebook.cells) if cell.id == after)
        notebook.cells.insert(position + 1, new_code_cell(source, id=f"scratch-{number}"))
    return notebook


def hand_in(example: Example, folder: Path) -> None:
    """Put what this student hands in into a folder."""
    notebook = build_notebook(example)
    of = example.assignment
    if example.checkpoint:
        shutil.copy(model_checkpoint(of), folder / of.checkpoint)
        if of.beside:
            shutil.copy(model_checkpoint(ASSIGNMENTS[of.beside]), folder / ASSIGNMENTS[of.beside].checkpoint)
    names = {"notebook": notebook, "folder": folder, "name": of.notebook}
    exec(example.before_handing_in, names)
    if ".ipynb" not in names["name"]:
        raise ValueError(f"{example.name} calls something else `name`, which is the notebook's")
    # Not by nbformat, which would repair it.
    (folder / names["name"]).write_text(json.dumps(notebook))


def build_class(root: Path, chosen: list[Example] | None = None) -> None:
    """Make a course folder with a class of example students.

    Parameters
    ----------
    root : Path
        The new course folder. What is there of an earlier class is removed; its gradebook, too.
    chosen : list of Example, optional
        Who is in it; by default the sample, the untouched release and a damaged file.
    """
    if root.exists():
        shutil.rmtree(root)
    students = sample() if chosen is None else chosen
    for of in {example.assignment for example in students} or {EX04}:
        shutil.copytree(
            of.source, root / "source" / of.name, ignore=shutil.ignore_patterns("*.pt", ".ipynb_checkpoints")
        )
    for example in students:
        hand_in(example, _folder(root, example.name, example.assignment))
    if chosen is None:
        hand_in(untouched(), _folder(root, "untouched"))
        (_folder(root, "not-a-notebook") / NOTEBOOK).write_text('{"cells": [{"cell_type": "code", "sour')


def model_checkpoint(assignment: Assignment = EX04) -> Path:
    """The checkpoint that the model solution makes when its notebook is run, kept in ``.cache/`` once made."""
    notebook = nbformat.read(assignment.source / assignment.notebook, as_version=4)
    script = "\n\n".join(cell.source for cell in notebook.cells if cell.id in assignment.trains)
    helpers = (REPOSITORY / "course_utils" / name for name in ("checkpoint.py", "digests.py", "simulators.py"))
    digest = hashlib.sha256(script.encode() + b"".join(path.read_bytes() for path in helpers)).hexdigest()[:16]
    kept = REPOSITORY / ".cache" / f"model-solution-{digest}.pt"
    if not kept.exists():
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, "-c", script],
                cwd=folder,
                capture_output=True,
                text=True,
                env=os.environ | {"MPLBACKEND": "agg", "PYTHONPATH": str(REPOSITORY)},
            )
            if done.returncode:
                raise RuntimeError(f"the model solution does not run:\n{done.stderr[-2000:]}")
            kept.parent.mkdir(exist_ok=True)
            shutil.move(Path(folder) / assignment.checkpoint, kept)
    return kept


def _folder(root: Path, student: str, assignment: Assignment = EX04) -> Path:
    folder = root / "submitted" / student / assignment.name
    folder.mkdir(parents=True)
    return folder


def _names(listed: str) -> frozenset[str]:
    return frozenset(name.strip() for name in listed.split(",") if name.strip())


def _read(path: Path, assignment: Assignment = EX04) -> Example:
    text = path.read_text()
    docstring = ast.get_docstring(ast.parse(text.split("# %%")[0])) or ""
    about = docstring.splitlines()[0] if docstring else path.stem
    said = dict(re.findall(r"(?m)^([a-z ]+): +(.+(?:\n +.+)*)$", docstring))
    default = "untouched" if path.parent.name == "forgeries" else "solution"
    base = said.get("builds on", default).strip()
    below = Example("solution", "") if base == "solution" else find(base, assignment)
    cells, scratch, before_handing_in = dict(below.cells), list(below.scratch), below.before_handing_in
    pieces = _CELL.split(text)[1:]
    for head, body in zip(pieces[::2], pieces[1::2], strict=True):
        if head.startswith("scratch after="):
            scratch.append((head.removeprefix("scratch after=").strip(), body.strip("\n")))
        elif head == "before handing in":
            before_handing_in += body
        else:
            cells[head.strip()] = body.strip("\n")
    return Example(
        name=f"{path.parent.name}-{path.stem.replace('_', '-')}",
        about=about,
        loses=_names(said.get("loses", "")) or below.loses,
        base=base,
        blank=below.blank,
        checkpoint=below.checkpoint or said.get("hands in", "").strip() == "checkpoint",
        cells=cells,
        scratch=scratch,
        before_handing_in=before_handing_in,
        assignment=assignment,
    )
