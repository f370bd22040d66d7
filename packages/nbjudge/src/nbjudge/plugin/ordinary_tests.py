"""Ordinary test cells, which use the student's names: what a study found out about judging them apart.

The findings lie in ``.judged_apart/ASSIGNMENT/NOTEBOOK.json`` in the course folder. They hold as long as the notebook,
the release and the further solutions are as they were in the study, with the same versions of everything installed.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from glob import escape
from pathlib import Path
from typing import Any

import nbformat

from ..handin.hand_in import Assignment
from ..run.disk import new_folder
from ..run.job import installed_versions
from ..run.names_used import bound, free, imports_of
from ..run.plan import Apart, ByName, Instructions

FOLDER = ".judged_apart"
SOLUTIONS = "solutions"  # the folder with further solutions: solutions/ASSIGNMENT/ANY NAME/NOTEBOOK.ipynb


@dataclass(frozen=True)
class Findings:
    """What a study found out about one notebook.

    Attributes
    ----------
    study : str
        The digest of what was studied; see `study_digest`.
    by_name : ByName
        The test cells that are judged apart, and how.
    inside : dict of str to str
        For each other test cell, why it is judged in the student's own process.
    """

    study: str
    by_name: ByName
    inside: dict[str, str] = field(default_factory=dict)


def further_solutions(course: Path, assignment: str, notebook: str) -> dict[str, Path]:
    """The further solutions that the instructor has put into ``solutions/``, by name."""
    found = sorted((course / SOLUTIONS / assignment).glob(f"*/{escape(notebook)}.ipynb"))
    return {f"solution {path.parent.name}": path for path in found}


def study_digest(course: Path, assignment: Assignment, notebook: str, instructions: Instructions) -> str:
    """SHA-256 of what a study of a notebook depends on."""
    notebooks = [assignment.source / f"{notebook}.ipynb", assignment.release / f"{notebook}.ipynb"]
    notebooks += further_solutions(course, assignment.name, notebook).values()
    cells = [[(cell.cell_type, cell.source) for cell in nbformat.read(path, as_version=4).cells] for path in notebooks]
    files = {name: _sha256((assignment.source / name).read_bytes()) for name in assignment.file_names}
    told = [instructions.sources, instructions.points, sorted(instructions.written)]
    return _sha256(json.dumps([cells, files, told, installed_versions()], sort_keys=True).encode())


def to_study(assignment: Assignment, notebook: str, instructions: Instructions) -> ByName:
    """How all ordinary test cells of a notebook are judged in a study: apart, with everything granted.

    Parameters
    ----------
    assignment : Assignment
        The instructor's files.
    notebook : str
        The name of the notebook, without its ending.
    instructions : Instructions
        What the notebook says about its cells.
    """
    source = nbformat.read(assignment.source / f"{notebook}.ipynb", as_version=4)
    cells = [cell for cell in source.cells if cell.cell_type == "code"]
    # What the model solution uses, and only tests define: its code on the student's side needs it.
    needed = free(cell.source for cell in cells if not _is_test(cell, instructions))
    apart = {
        cell.metadata.nbgrader.grade_id: Apart(None, hands_over=sorted(bound(cell.source) & needed))
        for cell in cells
        if _is_test(cell, instructions)
    }
    return ByName(apart, _imports(assignment, cells))


def _imports(assignment: Assignment, cells: list[Any]) -> list[tuple[str, str, str]]:
    """What cells import; of the assignment's own modules, only what cells import that are not the student's.

    Such a module may keep what it was called with. If only the student's code imports it, the student's counts.
    """
    own = {Path(name).stem for name in assignment.file_names if name.endswith(".py")}
    given = imports_of(cell.source for cell in cells if not cell.metadata.get("nbgrader", {}).get("solution"))
    everything = imports_of(cell.source for cell in cells)
    return [each for each in everything if each[1].partition(".")[0] not in own or each in given]


def _is_test(cell: Any, instructions: Instructions) -> bool:
    name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
    return name in instructions.points and name in instructions.sources


def read_findings(course: Path, assignment: str, notebook: str) -> Findings | None:
    """The findings of the last study; None if there are none that can be read."""
    try:
        content = json.loads(_path(course, assignment, notebook).read_text("utf-8"))
        by_name = content["by_name"]
        apart = {name: Apart(**each) for name, each in by_name["apart"].items()}
        imports = [(name, module, part) for name, module, part in by_name["imports"]]
        return Findings(content["study"], ByName(apart, imports), content["inside"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def holding_findings(
    course: Path, assignment: Assignment, notebook: str, instructions: Instructions
) -> Findings | None:
    """The findings of the last study, if it is of this version of the notebook; None otherwise."""
    found = read_findings(course, assignment.name, notebook)
    holds = found is not None and found.study == study_digest(course, assignment, notebook, instructions)
    return found if holds else None


def write_findings(course: Path, assignment: str, notebook: str, findings: Findings) -> None:
    """Keep the findings of a study.

    Raises
    ------
    OSError
        They can't be written, for example because the disk is full.
    """
    path = _path(course, assignment, notebook)
    path.parent.mkdir(parents=True, exist_ok=True)
    with new_folder(course) as folder:
        made = folder / path.name
        made.write_text(json.dumps(asdict(findings), indent=1, sort_keys=True), "utf-8")
        made.replace(path)


def findings_digest(course: Path, assignment: str) -> str:
    """SHA-256 of how the test cells of an assignment are judged, as far as marks depend on it."""
    paths = sorted((course / FOLDER / assignment).glob("*.json"))
    found = [(path.stem, read_findings(course, assignment, path.stem)) for path in paths]
    return _sha256(json.dumps([(name, each and asdict(each.by_name)) for name, each in found]).encode())


def _path(course: Path, assignment: str, notebook: str) -> Path:
    return course / FOLDER / assignment / f"{notebook}.json"


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
