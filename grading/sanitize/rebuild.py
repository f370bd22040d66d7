"""The notebook that is graded: the release's cells with the student's words in them."""

from difflib import SequenceMatcher
from itertools import takewhile
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from .room import REMARK, Room
from .texts import inactive

OWN = "students-own"  # so begin the ids of the student's own cells


class Rebuild(NbGraderPreprocessor):
    """Rebuild a submitted notebook on the skeleton of the release, before any other step changes it.

    Whatever happened to the instructor's cells (deleted, copied, moved, edited, another type, other flags or metadata),
    they are as they were released. Of the student's notebook these are taken over:

    - the sources of the solution cells, known by their nbgrader id, else by their cell id;
    - the sources of other cells that were not locked, known by their cell id, else by their source or their place;
    - all other cells, without metadata, each behind the cell it followed; but not the instructor's own cells that an
      older release had.

    In the student's texts, what would be more than text in a browser is shown as it is written (see `texts`).

    Where a solution cell is there twice, the last one counts and the others stay as ordinary cells before it, so that
    everything runs in the student's order.
    """

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Rebuild one notebook.

        Raises
        ------
        FileNotFoundError
            The assignment was never released.
        """
        names = resources["nbgrader"]
        course = CourseDirectory(config=self.config, parent=self.parent)
        folder = Path(course.format_path(course.release_directory, ".", names["assignment"]))
        path = folder / f"{names['notebook']}.ipynb"
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing: run 'nbgrader generate_assignment {names['assignment']}'")
        return rebuild(nb, nbformat.read(path, as_version=4)), resources


def rebuild(submitted: NotebookNode, release: NotebookNode) -> NotebookNode:
    """Put the student's sources into the release's cells.

    Parameters
    ----------
    submitted : NotebookNode
        What was handed in; may be malformed in any way that JSON allows.
    release : NotebookNode
        The released notebook. It is changed in place.

    Returns
    -------
    NotebookNode
        The release, with the student's cells. Its metadata has ``grading.remarks``, a list of str for the instructor.
    """
    _give_ids(release)
    skeleton = {cell.id: cell for cell in release.cells}
    fields = {name + end for name in grade_ids(release) for end in ("", "-comment")}
    cells = [cell for cell in _list(submitted.get("cells")) if isinstance(cell, dict)]
    homes = _homes(cells, skeleton)
    last_of = {home: number for number, home in enumerate(homes)}
    before: dict[str | None, list[NotebookNode]] = {}
    behind: dict[str | None, list[NotebookNode]] = {}
    anchor, room = None, Room()
    for number, (cell, home) in enumerate(zip(cells, homes, strict=True)):
        if home is None and _is_locked(cell):
            continue
        if home is None:
            behind.setdefault(anchor, []).append(_own_cell(cell, number, fields, room))
            continue
        anchor = home
        if not _is_open(skeleton[home]):
            continue
        if number < last_of[home]:
            before.setdefault(home, []).append(_own_cell(cell, number, fields, room))
        else:
            _take_source(cell, skeleton[home], fields, room)
    add_remarks(release, _remarks(cells, homes, skeleton) + [REMARK] * room.exceeded)
    rebuilt = behind.get(None, [])
    for cell in release.cells:
        rebuilt += [*before.get(cell.id, []), cell, *behind.get(cell.id, [])]
    release.cells = rebuilt
    return release


def grade_ids(notebook: NotebookNode) -> set[str]:
    """All nbgrader ids in a notebook, which may be malformed."""
    cells = (cell for cell in _list(notebook.get("cells")) if isinstance(cell, dict))
    return {_grade_id(cell) for cell in cells} - {""}


def add_remarks(notebook: NotebookNode, remarks: list[str]) -> None:
    """Leave remarks for the instructor in a notebook's metadata."""
    kept = notebook.metadata.setdefault("grading", NotebookNode()).setdefault("remarks", [])
    kept.extend(remark for remark in remarks if remark not in kept)


def _remarks(cells: list[dict[str, Any]], homes: list[str | None], skeleton: dict[str, NotebookNode]) -> list[str]:
    """Say what had been done to cells that students should leave alone."""
    done: dict[str, list[str]] = {}
    for ident, released in skeleton.items():
        versions = [cell for cell, home in zip(cells, homes, strict=True) if home == ident]
        if not released.metadata.get("nbgrader"):
            continue
        if not versions:
            done.setdefault("deleted", []).append(ident)
        elif len(versions) > 1:
            done.setdefault("duplicated", []).append(ident)
        elif not _is_open(released) and _source(versions[0]).strip() != released.source.strip():
            done.setdefault("edited", []).append(ident)
        elif versions[0].get("cell_type") != released.cell_type:
            done.setdefault("changed the type of", []).append(ident)
        elif _flags(versions[0]) and _flags(versions[0]) != _flags(released):
            done.setdefault("changed the nbgrader metadata of", []).append(ident)
    done["moved"] = _moved(list(dict.fromkeys(home for home in homes if home)), list(skeleton))
    names = {ident: _grade_id(cell) or ident for ident, cell in skeleton.items()}
    return [f"{what} {_and_others([names[ident] for ident in idents])}" for what, idents in done.items() if idents]


def _moved(submitted: list[str], released: list[str]) -> list[str]:
    """Ids of the cells that have to be moved to put the others in the released order."""
    kept = [ident for ident in released if ident in submitted]
    blocks = SequenceMatcher(None, kept, submitted, autojunk=False).get_matching_blocks()
    in_place = {ident for block in blocks for ident in kept[block.a : block.a + block.size]}
    return [ident for ident in kept if ident not in in_place]


def _and_others(idents: list[str], most: int = 3) -> str:
    others = len(idents) - most
    return ", ".join(idents[:most]) + (f" and {others} more" if others > 0 else "")


def _give_ids(release: NotebookNode) -> None:
    """Name the cells of a notebook from before cells had ids, the same way every time."""
    if (release.nbformat, release.nbformat_minor) < (4, 5):
        release.nbformat_minor = 5
        for number, cell in enumerate(release.cells):
            cell.id = f"released-{number}"


def _homes(cells: list[dict[str, Any]], skeleton: dict[str, NotebookNode]) -> list[str | None]:
    """For each submitted cell the id of the released cell that it is; None for a cell of the student's own."""
    by_grade_id = {_grade_id(cell): ident for ident, cell in skeleton.items() if _grade_id(cell)}
    homes = [by_grade_id.get(_grade_id(cell)) or _known_id(cell, skeleton) for cell in cells]
    # Some frontends lose the ids, and old notebooks have none; an untouched cell is known all the same ...
    place = {ident: number for number, ident in enumerate(skeleton)}
    missing = place.keys() - set(homes)
    by_source: dict[str, list[str]] = {}
    for ident in sorted(missing, key=place.get):
        by_source.setdefault(skeleton[ident].source.strip(), []).append(ident)
    last = -1
    for number, cell in enumerate(cells):
        if homes[number] is None and (same := by_source.get(_source(cell).strip())):
            homes[number] = next((ident for ident in same if place[ident] > last), same[0])
            same.remove(homes[number])
        last = place.get(homes[number], last)
    # ... and so is one that was changed, if it stands where a released one is missing.
    missing, order, last = missing - set(homes), list(skeleton), -1
    for number, cell in enumerate(cells):
        if homes[number] is None:
            here = takewhile(missing.__contains__, order[last + 1 :])
            homes[number] = next((ident for ident in here if _could_be(cell, skeleton[ident])), None)
        last = place.get(homes[number], last)
    return homes


def _known_id(cell: dict[str, Any], skeleton: dict[str, NotebookNode]) -> str | None:
    ident = cell.get("id")
    return ident if isinstance(ident, str) and ident in skeleton else None


def _could_be(cell: dict[str, Any], released: NotebookNode) -> bool:
    return not released.metadata.get("nbgrader") and cell.get("cell_type") == released.cell_type


def _grade_id(cell: dict[str, Any]) -> str:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return grade_id if isinstance(grade_id, str) else ""


def _flags(cell: dict[str, Any]) -> dict[str, Any]:
    """What nbgrader's author put down for a cell."""
    keys = ("grade", "solution", "locked", "task", "points", "schema_version")
    return {key: cell["metadata"]["nbgrader"].get(key) for key in keys} if _grade_id(cell) else {}


def _is_open(cell: NotebookNode) -> bool:
    """Whether students may write in a released cell."""
    nbgrader = cell.metadata.get("nbgrader", {})
    return not nbgrader or bool(nbgrader.get("solution"))


def _is_locked(cell: dict[str, Any]) -> bool:
    """Whether a cell is, by its own word, one in which students don't write: it would run as the student's own."""
    says = cell["metadata"]["nbgrader"] if _grade_id(cell) else {}
    return bool(says.get("locked") or says.get("task")) and not says.get("solution")


def _own_cell(cell: dict[str, Any], number: int, fields: set[str], room: Room) -> NotebookNode:
    ident = f"{OWN}-{number}"
    if cell.get("cell_type") == "code":
        return new_code_cell(_source(cell), id=ident)
    own = new_markdown_cell(id=ident)
    _take_source(cell, own, fields, room)
    return own


def _take_source(cell: dict[str, Any], to: NotebookNode, fields: set[str], room: Room) -> None:
    source = _source(cell)
    if to.cell_type == "code":
        to.source = source
    elif source.strip() != to.source.strip():
        to.source, pictures = inactive(source, cell.get("attachments"), fields, room)
        if pictures:
            to.attachments = NotebookNode(pictures)


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    # JSON can spell half a surrogate pair, which no file takes.
    return source.encode("utf-8", "replace").decode() if isinstance(source, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
