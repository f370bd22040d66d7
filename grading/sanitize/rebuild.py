"""The notebook that is graded: the release's cells with the student's words in them."""

import ast
import re
import symtable
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import takewhile
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from ..releases import FLAGS, ReleasedCell, as_seen, emptied, kept_releases, outline, source_digest, unformatted_digest
from .room import REMARK, Room
from .texts import inactive

OWN = "students-own"  # so begin the ids of the student's own cells


class Rebuild(NbGraderPreprocessor):
    """Rebuild a submitted notebook on the skeleton of the release, before any other step changes it.

    Whatever happened to the instructor's cells (deleted, copied, moved, edited, another type, other flags or metadata),
    they are as they were released. Of the student's notebook these are taken over:

    - the sources of the solution cells, known by their nbgrader id, else by their cell id, else by what they define
      where the released one is missing;
    - the sources of other cells that were not locked, known by their cell id, else by their source or their place;
    - what was written into locked texts, and in lines behind locked code that is not a test, as cells of their own;
    - all other cells, without metadata, each behind the cell it followed; but not the instructor's own cells that an
      older release had.

    In the student's texts, what would be more than text in a browser is shown as it is written (see `texts`).

    Where a solution cell is there twice, the last one with work in it counts and the others stay as ordinary cells
    where they are, so that everything runs in the student's order. A stub never defines again what the student's cells
    before it define. A cell for a grader's eyes that is as it was handed out says so, and where else the student wrote
    anything: nbgrader gives 0 only if that is nowhere.
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
        earlier = kept_releases(course, names["assignment"], names["notebook"])
        return rebuild(nb, nbformat.read(path, as_version=4), earlier), resources


def rebuild(submitted: NotebookNode, release: NotebookNode, earlier: Sequence[list[ReleasedCell]] = ()) -> NotebookNode:
    """Put the student's sources into the release's cells.

    Parameters
    ----------
    submitted : NotebookNode
        What was handed in; may be malformed in any way that JSON allows.
    release : NotebookNode
        The released notebook. It is changed in place.
    earlier : sequence of list of ReleasedCell
        Other releases of it, with one of which the student may have begun: what differs in them is not remarked.

    Returns
    -------
    NotebookNode
        The release, with the student's cells. Its metadata has ``grading.remarks``, a list of str for the instructor.
    """
    _give_ids(release)
    skeleton = {cell.id: cell for cell in release.cells}
    fields = {name + end for name in grade_ids(release) for end in ("", "-comment")}
    stub_of = {ident: cell.source for ident, cell in skeleton.items()}
    cells = [cell for cell in _list(submitted.get("cells")) if isinstance(cell, dict)]
    homes = _homes(cells, skeleton, earlier)
    cells = _brought_up_to_date(cells, homes, skeleton, earlier)
    counted = _counted(cells, homes, skeleton)
    moved = _moved(list(counted), list(skeleton))
    astray = {ident for ident in moved if not _says(skeleton[ident], "solution")}
    behind: dict[str | None, list[NotebookNode]] = {}
    stubs = {ident for ident, cell in skeleton.items() if _is_open(cell) and ident not in counted}
    remarks = _remarks(cells, homes, skeleton, list(counted), earlier)
    anchor, room = _past_stubs(None, skeleton, counted), Room()
    for number, (cell, home) in enumerate(zip(cells, homes, strict=True)):
        released = skeleton.get(home)
        if released is None and _is_locked(cell):
            continue
        if released is None or (_is_open(released) and number != counted[home]):
            own = _own_cell(cell, number, fields, room)
            behind.setdefault(anchor, []).append(own)
            if released is not None and _is_same(_source(cell), stub_of[home]):
                stubs.add(own.id)
        elif number == counted[home]:
            anchor = anchor if home in astray else _past_stubs(home, skeleton, counted)
            if _is_open(released):
                if _says(released, "solution") and _is_same(_source(cell), released.source):
                    stubs.add(home)
                _take_source(cell, released, fields, room)
            elif added := _added(cell, released):
                behind.setdefault(anchor, []).append(_own_cell(cell | {"source": added}, number, fields, room))
    rebuilt = behind.get(None, [])
    for cell in release.cells:
        rebuilt += [cell, *behind.get(cell.id, [])]
    given = {ident for ident, cell in skeleton.items() if cell.source == stub_of[ident]} - stubs
    _keep_definitions(rebuilt, stubs, given)
    remarks += _point_to_answers(rebuilt, stub_of, stubs)
    add_remarks(release, remarks + [REMARK] * room.exceeded)
    release.cells = rebuilt
    return release


def _brought_up_to_date(
    cells: list[dict[str, Any]],
    homes: list[str | None],
    skeleton: dict[str, NotebookNode],
    earlier: Sequence[list[ReleasedCell]],
) -> list[dict[str, Any]]:
    """The cells, those that an earlier release gave with the newest one's source.

    Answers stay as they are: what was handed out may have been the solution.
    """
    given = {
        (ident, cell.source)
        for release in earlier
        for ident, cell in _by_home(release, skeleton).items()
        if not _says(skeleton[ident], "solution")
    }
    return [
        cell | {"source": skeleton[home].source} if (home, source_digest(_source(cell))) in given else cell
        for cell, home in zip(cells, homes, strict=True)
    ]


def grade_ids(notebook: NotebookNode) -> set[str]:
    """All nbgrader ids in a notebook, which may be malformed."""
    cells = (cell for cell in _list(notebook.get("cells")) if isinstance(cell, dict))
    return {_grade_id(cell) for cell in cells} - {""}


def has_work(submitted: NotebookNode, release: NotebookNode) -> bool:
    """Whether there is anything in a submitted notebook, which may be malformed, that is not in the release."""
    given = {"", *(as_seen(cell.source) for cell in release.cells)}
    cells = (cell for cell in _list(submitted.get("cells")) if isinstance(cell, dict))
    return any(as_seen(_source(cell)) not in given for cell in cells)


def add_remarks(notebook: NotebookNode, remarks: list[str]) -> None:
    """Leave remarks for the instructor in a notebook's metadata."""
    kept = notebook.metadata.setdefault("grading", NotebookNode()).setdefault("remarks", [])
    kept.extend(remark for remark in remarks if remark not in kept)


def _remarks(
    cells: list[dict[str, Any]],
    homes: list[str | None],
    skeleton: dict[str, NotebookNode],
    there: list[str],
    earlier: Sequence[list[ReleasedCell]],
) -> list[str]:
    """Say what had been done to cells that students should leave alone."""
    releases = [_by_home(release, skeleton) for release in (outline(skeleton.values()), *earlier)]
    began_with = _began_with(there, releases)
    # Where all ids are lost, a cell that is not recognised may be any of those that are missing.
    recognisable = any(_grade_id(cell) or _known_id(cell, skeleton) for cell in cells)
    done: dict[str, list[str]] = {}
    for ident, released in skeleton.items():
        versions = [cell for cell, home in zip(cells, homes, strict=True) if home == ident]
        known = [release[ident] for release in releases if ident in release]
        if not released.metadata.get("nbgrader"):
            continue
        if not versions:
            if recognisable and ident in began_with:
                done.setdefault("deleted", []).append(ident)
        elif len(versions) > 1:
            if not _is_open(released):  # else somebody has split their work
                done.setdefault("duplicated", []).append(ident)
        elif not _is_unedited(_source(versions[0]), released.source, known):
            done.setdefault("edited", []).append(ident)
        elif versions[0].get("cell_type") not in [cell.cell_type for cell in known]:
            done.setdefault("changed the type of", []).append(ident)
        elif _flags(versions[0]) and _flags(versions[0]) not in [cell.flags for cell in known]:
            done.setdefault("changed the nbgrader metadata of", []).append(ident)
    if _is_of_another_release(done.get("edited", []), skeleton):
        return ["it seems to be of another release than any that is known here"]
    anywhere = {ident for ident in skeleton if _is_open(skeleton[ident])}.union(done.get("duplicated", []))
    done["moved"] = _moved(*([ident for ident in idents if ident not in anywhere] for idents in (there, began_with)))
    names = {ident: _grade_id(cell) or ident for ident, cell in skeleton.items()}
    return [f"{what} {_and_others([names[ident] for ident in idents])}" for what, idents in done.items() if idents]


def _is_unedited(source: str, newest: str, known: list[ReleasedCell]) -> bool:
    """Whether a cell is as in one of the releases, but for what formatters change and students fill in."""
    codes = {unformatted_digest(source), unformatted_digest(emptied(source, newest))}
    return any(cell.is_open or cell.source == source_digest(source) or cell.code in codes for cell in known)


def _is_of_another_release(edited: list[str], skeleton: dict[str, NotebookNode]) -> bool:
    """Whether more of the given code differs than a student would edit: five cells, and a third of them."""
    given = {ident for ident, cell in skeleton.items() if cell.cell_type == "code" and not _is_open(cell)}
    return len(given & {*edited}) >= max(5, len(given) / 3)


def _by_home(release: list[ReleasedCell], skeleton: dict[str, NotebookNode]) -> dict[str, ReleasedCell]:
    """The cells of a release by the ids that they have in the newest one, as far as they are in it."""
    by_grade_id = {_grade_id(cell): ident for ident, cell in skeleton.items() if _grade_id(cell)}
    found = {by_grade_id.get(cell.grade_id, cell.id): cell for cell in release}
    return {ident: cell for ident, cell in found.items() if ident in skeleton}


def _began_with(there: list[str], releases: list[dict[str, ReleasedCell]]) -> dict[str, ReleasedCell]:
    """The release that a student began with: it has most of their cells, and of several it fits best."""

    def fits(release: dict[str, ReleasedCell]) -> tuple[int, int, int]:
        marked = {ident for ident, cell in release.items() if cell.flags}
        return len(marked & {*there}), -len(marked - {*there}), -len(_moved(there, list(release)))

    return max(releases, key=fits)


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


def _homes(
    cells: list[dict[str, Any]], skeleton: dict[str, NotebookNode], earlier: Sequence[list[ReleasedCell]]
) -> list[str | None]:
    """For each submitted cell the id of the released cell that it is; None for a cell of the student's own."""
    by_grade_id = {_grade_id(cell): ident for ident, cell in skeleton.items() if _grade_id(cell)}
    homes = [by_grade_id.get(_grade_id(cell)) or _known_id(cell, skeleton) for cell in cells]
    # Some frontends lose the ids, and old notebooks have none; an untouched cell is known all the same ...
    place = {ident: number for number, ident in enumerate(skeleton)}
    missing = place.keys() - set(homes)
    releases = [_by_home(release, skeleton) for release in (outline(skeleton.values()), *earlier)]
    by_source: dict[str, list[str]] = {}
    for ident in sorted(missing, key=place.get):
        for digest in {release[ident].source for release in releases if ident in release}:
            by_source.setdefault(digest, []).append(ident)
    last = -1
    for number, cell in enumerate(cells):
        if homes[number] is None:
            same = [ident for ident in by_source.get(source_digest(_source(cell)), []) if ident in missing]
            homes[number] = next((ident for ident in same if place[ident] > last), same[0] if same else None)
            missing.discard(homes[number])
        last = place.get(homes[number], last)
    # ... and so is one that was typed anew or changed, if it stands where a released one is missing.
    defined: dict[int, set[str]] = {}
    for ident in sorted(filter(lambda ident: _says(skeleton[ident], "solution"), missing), key=place.get):
        here = [number for number in _gap_of(ident, homes, missing, place) if homes[number] is None]
        defined |= {number: _defined_in(cells[number]) for number in here if number not in defined}
        alike = {number: _likeness(cells[number], defined[number], skeleton[ident]) for number in here}
        if alike and max(alike.values()) > (0, 0):
            homes[max(here, key=lambda number: (alike[number], number))] = ident
    missing, order, last = missing - set(homes), list(skeleton), -1
    for number, cell in enumerate(cells):
        if homes[number] is None:
            here = takewhile(missing.__contains__, order[last + 1 :])
            homes[number] = next((ident for ident in here if _could_be(cell, skeleton[ident])), None)
        last = place.get(homes[number], last)
    return homes


def _gap_of(ident: str, homes: list[str | None], missing: set[str], place: dict[str, int]) -> range:
    """The submitted cells between those two that stand next to a missing one in the release."""
    order = list(place)
    before = next((other for other in reversed(order[: place[ident]]) if other not in missing or other in homes), None)
    after = next((other for other in order[place[ident] :] if other not in missing or other in homes), None)
    first = len(homes) - homes[::-1].index(before) if before else 0
    # Of a cell that is there twice, the one nearest to the other.
    last = next((number for number in range(first, len(homes)) if homes[number] == after), len(homes))
    return range(first, last)


def _likeness(cell: dict[str, Any], defined: set[str], stub: NotebookNode) -> tuple[int, int]:
    """How much a cell without an id is like the work that belongs into a solution cell.

    Code is by the names that both define, and by those that it defines and the stub speaks of; text is by its length.
    """
    if (cell.get("cell_type") == "code") != (stub.cell_type == "code"):
        return 0, 0
    if stub.cell_type != "code":
        return 0, len(_source(cell).strip())
    return len(defined & _defined_by(stub.source)), len(defined & set(_WORD.findall(stub.source)))


def _counted(cells: list[dict[str, Any]], homes: list[str | None], skeleton: dict[str, NotebookNode]) -> dict[str, int]:
    """For each released cell that was handed in, which of its versions counts, in the submitted order.

    It is the last one with work in it that stands in its place: somebody who copies a solution cell in order to begin
    the next task does not want the copy to count.
    """
    versions: dict[str, list[int]] = {}
    for number, home in enumerate(homes):
        if home is not None:
            versions.setdefault(home, []).append(number)
    place = {ident: number for number, ident in enumerate(skeleton)}
    places = np.array([place.get(home, np.nan) for home in homes])

    def merit(number: int) -> tuple[bool, int, int]:
        released = skeleton[homes[number]]
        has_work = _is_open(released) and not _is_same(_source(cells[number]), released.source)
        here = places[number]
        astray = np.sum(places[:number] > here) + np.sum(places[number:] < here)
        return has_work, -int(astray), number

    best = [numbers[0] if len(numbers) == 1 else max(numbers, key=merit) for numbers in versions.values()]
    return {homes[number]: number for number in sorted(best)}


def _past_stubs(anchor: str | None, skeleton: dict[str, NotebookNode], counted: dict[str, int]) -> str | None:
    """The last of the missing solution cells that come next in the release: the student's cells belong behind them."""
    order = list(skeleton)
    for ident in order[order.index(anchor) + 1 if anchor else 0 :]:
        if ident in counted or not _says(skeleton[ident], "solution"):
            break
        anchor = ident
    return anchor


_WORD = re.compile(r"\w+")
_UNINDENTED = re.compile(r"(?:[ \t]*+\n)*+\S")
# The names that a line gives a meaning to, as far as one line tells. Student code is never given to Python's parser
# here, which takes a thousand times its size in memory.
_DEFINITION = re.compile(
    r"(?m)^[ \t]*+(?:(?:async[ \t]++)?(?:def|class)[ \t]++(?P<name>\w++)"
    r"|(?:from[ \t][^\n#]*?[ \t])?import[ \t]++(?P<imported>[^\n#]++)"
    r"|\(?(?P<assigned>(?:\w++[ \t]*+,[ \t]*+)*+\w++)\)?[ \t]*+(?::[^=\n]*+)?=(?!=))"
)


def _defined_in(cell: dict[str, Any]) -> set[str]:
    """The names that a student's cell defines; none if it is text."""
    names: set[str] = set()
    for found in _DEFINITION.finditer(_source(cell) if cell.get("cell_type") == "code" else ""):
        if found["imported"]:
            parts = (part.strip(" \t()").split() for part in found["imported"].split(","))
            names.update(part[-1].partition(".")[0] for part in parts if part)
        else:
            names.update(_WORD.findall(found["name"] or found["assigned"]))
    return names


def _defined_by(released: str) -> set[str]:
    """The names that code of the instructor's defines; none if it is not plain Python."""
    try:
        symbols = symtable.symtable(released, "released", "exec").get_symbols()
    except (SyntaxError, ValueError):
        return set()
    return {symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()}


def _keep_definitions(cells: list[NotebookNode], stubs: set[str], given: set[str]) -> None:
    """Leave out of the stubs what the student's cells before them define."""
    defined: set[str] = set()
    for cell in cells:
        if cell.id in given:
            continue
        if cell.id not in stubs:
            defined |= _defined_in(cell)
        elif cell.cell_type == "code" and (theirs := sorted(defined & _defined_by(cell.source))):
            cell.source = _without(cell.source, set(theirs))


def _without(source: str, names: set[str]) -> str:
    """Code of the instructor's without the statements that define these names."""
    lines = source.split("\n")
    for statement in ast.parse(source).body:
        first = min([statement, *getattr(statement, "decorator_list", [])], key=lambda node: node.lineno).lineno
        if names & _defined_by("\n".join(lines[first - 1 : statement.end_lineno])):
            lines[first - 1 : statement.end_lineno] = [""] * (statement.end_lineno - first + 1)
    kept = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return "\n\n".join(filter(None, [f"# Defined in other cells of the student's: {', '.join(sorted(names))}", kept]))


def _added(cell: dict[str, Any], released: NotebookNode) -> str:
    """What a student wrote into a locked text, or in lines of its own behind locked code that is not a test."""
    source = _source(cell)
    if _is_same(source, released.source):
        return ""
    if released.cell_type != "code":
        return source.removeprefix(released.source.rstrip()).strip()
    if _says(released, "grade") or cell.get("cell_type") != "code":
        return ""
    lines, given = source.split("\n"), released.source.rstrip().count("\n") + 1
    begin, behind = ("\n".join(part) for part in (lines[:given], lines[given:]))
    is_as_given = _is_same(emptied(begin, released.source), emptied(released.source, released.source))
    # A line that is indented belongs to a block of the given code.
    return behind.strip() if is_as_given and _UNINDENTED.match(behind) else ""


def _point_to_answers(cells: list[NotebookNode], stub_of: dict[str, str], stubs: set[str]) -> list[str]:
    """Let cells for a grader's eyes that are as they were handed out say where else the student wrote anything.

    By that they are not as they were handed out, and nbgrader does not give them 0 by itself.

    Returns
    -------
    list of str
        Remarks.
    """
    texts = {number for number, cell in enumerate(cells) if cell.id not in stubs and _is_own_text(cell, stub_of)}
    remarks = []
    for number, cell in enumerate(cells):
        if not (_says(cell, "grade") and _says(cell, "solution") and cell.source == stub_of.get(cell.id)):
            continue
        if elsewhere := sorted(texts | set(_own_code_beside(number, cells)), key=lambda other: abs(other - number)):
            remarks.append(refer(cell, _and_others([_distance(other - number) for other in elsewhere])))
    return remarks


def refer(cell: NotebookNode, where: str) -> str:
    """Let a cell that is as it was handed out say where else the answer may be; a remark on that is returned."""
    note = f"This cell is as it was handed out. The student wrote something elsewhere: {where}."
    cell.source += f"\n\n# {note}" if cell.cell_type == "code" else f"\n\n*{note}*"
    return f"{_grade_id(cell)} is as it was handed out; the answer may be elsewhere: {where}"


def _is_own_text(cell: NotebookNode, stub_of: dict[str, str]) -> bool:
    changed = cell.source != stub_of.get(cell.id, "") and not _says(cell, "solution")
    return cell.cell_type != "code" and changed and bool(cell.source.strip())


def _own_code_beside(number: int, cells: list[NotebookNode]) -> Iterator[int]:
    """Code cells of the student's directly before and behind a cell: a new cell is one of code, whatever is in it."""
    for others in (range(number - 1, -1, -1), range(number + 1, len(cells))):
        for other in takewhile(lambda other: cells[other].id.startswith(OWN), others):
            if cells[other].cell_type == "code" and cells[other].source.strip():
                yield other


def _distance(cells: int) -> str:
    count, where = abs(cells), "above" if cells < 0 else "below"
    return f"in the cell {where}" if count == 1 else f"{count} cells {where}"


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
    return {key: cell["metadata"]["nbgrader"].get(key) for key in FLAGS} if _grade_id(cell) else {}


def _says(cell: NotebookNode, key: str) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get(key))


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
    if _is_same(source, to.source):
        return
    if to.cell_type == "code":
        to.source = source
    else:
        to.source, pictures = inactive(source, cell.get("attachments"), fields, room)
        if pictures:
            to.attachments = NotebookNode(pictures)


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        return ""
    # JSON can spell half a surrogate pair, which no file takes. Front ends show any end of a line as one.
    source = source.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    return source.removeprefix("\ufeff")


def _is_same(source: str, released: str) -> bool:
    """Whether nobody would see a difference."""
    return as_seen(source) == as_seen(released)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
