"""The notebook that is graded: the release's cells with the student's words in them."""

from collections.abc import Sequence
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from .answers_elsewhere import point_to_answers
from .cells import STUDENT_CELL_PREFIX, as_list, grade_ids, is_locked, is_open, is_same, says, source_of
from .definitions import keep_definitions
from .recognise import by_home, homes_of, out_of_order, versions_that_count
from .releases import ReleasedCell, emptied, source_digest
from .remarks import add_remarks, changes_to_given_cells
from .room import REMARK, Room
from .texts import inactive


def rebuild(submitted: NotebookNode, release: NotebookNode, earlier: Sequence[list[ReleasedCell]] = ()) -> NotebookNode:
    """Put the student's sources into the release's cells.

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
    cells = [cell for cell in as_list(submitted.get("cells")) if isinstance(cell, dict)]
    homes = homes_of(cells, skeleton, earlier)
    cells = _brought_up_to_date(cells, homes, skeleton, earlier)
    counted = versions_that_count(cells, homes, skeleton)
    moved = out_of_order(list(counted), list(skeleton))
    astray = {ident for ident in moved if not says(skeleton[ident], "solution")}
    behind: dict[str | None, list[NotebookNode]] = {}
    stubs = {ident for ident, cell in skeleton.items() if is_open(cell) and ident not in counted}
    remarks = changes_to_given_cells(cells, homes, skeleton, list(counted), earlier)
    anchor, room = _past_stubs(None, skeleton, counted), Room()
    for number, (cell, home) in enumerate(zip(cells, homes, strict=True)):
        if home is None:
            if not is_locked(cell):
                behind.setdefault(anchor, []).append(_own_cell(cell, number, fields, room))
            continue
        released = skeleton[home]
        if is_open(released) and number != counted[home]:
            own = _own_cell(cell, number, fields, room)
            behind.setdefault(anchor, []).append(own)
            if is_same(source_of(cell), stub_of[home]):
                stubs.add(own.id)
        elif number == counted[home]:
            anchor = anchor if home in astray else _past_stubs(home, skeleton, counted)
            if is_open(released):
                if says(released, "solution") and is_same(source_of(cell), released.source):
                    stubs.add(home)
                _take_source(cell, released, fields, room)
            elif added := _added(cell, released):
                behind.setdefault(anchor, []).append(_own_cell(cell | {"source": added}, number, fields, room))
    rebuilt = behind.get(None, [])
    for cell in release.cells:
        rebuilt += [cell, *behind.get(cell.id, [])]
    given = {ident for ident, cell in skeleton.items() if cell.source == stub_of[ident]} - stubs
    keep_definitions(rebuilt, stubs, given)
    remarks += point_to_answers(rebuilt, stub_of, stubs)
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
        for ident, cell in by_home(release, skeleton).items()
        if not says(skeleton[ident], "solution")
    }
    return [
        cell | {"source": skeleton[home].source} if home and (home, source_digest(source_of(cell))) in given else cell
        for cell, home in zip(cells, homes, strict=True)
    ]


def _give_ids(release: NotebookNode) -> None:
    """Name the cells of a notebook from before cells had ids, the same way every time."""
    if (release.nbformat, release.nbformat_minor) < (4, 5):
        release.nbformat_minor = 5
        for number, cell in enumerate(release.cells):
            cell.id = f"released-{number}"


def _past_stubs(anchor: str | None, skeleton: dict[str, NotebookNode], counted: dict[str, int]) -> str | None:
    """The last of the missing solution cells that come next in the release: the student's cells belong behind them."""
    order = list(skeleton)
    for ident in order[order.index(anchor) + 1 if anchor else 0 :]:
        if ident in counted or not says(skeleton[ident], "solution"):
            break
        anchor = ident
    return anchor


def _added(cell: dict[str, Any], released: NotebookNode) -> str:
    """What a student wrote into a locked text, or in lines of its own behind locked code that is not a test."""
    source = source_of(cell)
    if is_same(source, released.source):
        return ""
    if released.cell_type != "code":
        return source.removeprefix(released.source.rstrip()).strip()
    if says(released, "grade") or cell.get("cell_type") != "code":
        return ""
    lines, given = source.split("\n"), released.source.rstrip().count("\n") + 1
    begin, behind = ("\n".join(part) for part in (lines[:given], lines[given:]))
    is_as_given = is_same(emptied(begin, released.source), emptied(released.source, released.source))
    first = next(filter(str.strip, behind.split("\n")), " ")
    # A line that is indented belongs to a block of the given code.
    return behind.strip() if is_as_given and not first[0].isspace() else ""


def _own_cell(cell: dict[str, Any], number: int, fields: set[str], room: Room) -> NotebookNode:
    ident = f"{STUDENT_CELL_PREFIX}-{number}"
    own: NotebookNode
    if cell.get("cell_type") == "code":
        own = new_code_cell(source_of(cell), id=ident)
        return own
    own = new_markdown_cell(id=ident)
    _take_source(cell, own, fields, room)
    return own


def _take_source(cell: dict[str, Any], to: NotebookNode, fields: set[str], room: Room) -> None:
    source = source_of(cell)
    if is_same(source, to.source):
        return
    if to.cell_type == "code":
        to.source = source
    else:
        to.source, pictures = inactive(source, cell.get("attachments"), fields, room)
        if pictures:
            to.attachments = NotebookNode(pictures)
