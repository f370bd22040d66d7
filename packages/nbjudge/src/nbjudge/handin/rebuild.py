"""Rebuilds the notebook that is graded: the release's cells with the student's answers in them."""

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

    The instructor's cells are as they were released, even if the student deleted, copied, moved or edited them, or
    changed their type, flags or metadata. From the student's notebook, we take:

    - the sources of solution cells. They are recognised by their nbgrader id, otherwise by their cell id, otherwise by
      the names that they define, if they stand where a released cell is missing;
    - the sources of other cells that are not locked. They are recognised by their cell id, otherwise by their source or
      their place;
    - text added to locked text cells, and lines added below locked code that is not a test. They become new cells;
    - all other cells, without metadata, each after the cell that it followed; but not the instructor's cells of an
      older release.

    In the student's texts, active content (what a browser would not show as text) is shown as source (see `texts`).

    If there are several versions of a solution cell, the last one with work in it counts. The others stay where they
    are as ordinary cells, so that everything runs in the student's order. A stub never redefines what the student's
    cells before it define. An unchanged cell that a human grades gets a note on where else the student wrote
    something; nbgrader gives 0 automatically only if the student wrote nothing elsewhere.

    Parameters
    ----------
    submitted : NotebookNode
        The notebook that was handed in; may be malformed in any way that JSON allows.
    release : NotebookNode
        The released notebook. It is changed in place.
    earlier : sequence of list of ReleasedCell
        Other releases of the notebook. The student may have begun with one of them, so there are no remarks on cells
        that differ between releases.

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
    """The submitted cells; unchanged cells of an earlier release get their source in the newest release.

    Solution cells stay as they are: the earlier release may have shown the solution.
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
    """Give ids to the cells of a notebook in a format without cell ids; always the same ids."""
    if (release.nbformat, release.nbformat_minor) < (4, 5):
        release.nbformat_minor = 5
        for number, cell in enumerate(release.cells):
            cell.id = f"released-{number}"


def _past_stubs(anchor: str | None, skeleton: dict[str, NotebookNode], counted: dict[str, int]) -> str | None:
    """The last of the missing solution cells that follow `anchor` in the release; student's cells go after that one."""
    order = list(skeleton)
    for ident in order[order.index(anchor) + 1 if anchor else 0 :]:
        if ident in counted or not says(skeleton[ident], "solution"):
            break
        anchor = ident
    return anchor


def _added(cell: dict[str, Any], released: NotebookNode) -> str:
    """What a student added to a locked text cell, or in new lines below locked code that is not a test."""
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
    # If the first added line is indented, it belongs to a block of the given code.
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
