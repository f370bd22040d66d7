"""Finds the released cell of each submitted cell, even if ids, order or number of cells were changed."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import partial
from itertools import takewhile
from operator import itemgetter
from typing import Any

import numpy as np
from nbformat import NotebookNode

from .cells import grade_id, is_open, is_same, known_id, says, source_of
from .definitions import WORD, defined_by, defined_in
from .releases import ReleasedCell, outline, source_digest


def homes_of(
    cells: list[dict[str, Any]], skeleton: dict[str, NotebookNode], earlier: Sequence[list[ReleasedCell]]
) -> list[str | None]:
    """For each submitted cell, the id of the released cell that it comes from; None for a student's own cell."""
    by_grade_id = {grade_id(cell): ident for ident, cell in skeleton.items() if grade_id(cell)}
    homes = [by_grade_id.get(grade_id(cell)) or known_id(cell, skeleton) for cell in cells]
    # Some front ends lose the ids, and old notebooks have none. Unchanged cells are recognised by their source.
    place = {ident: number for number, ident in enumerate(skeleton)}
    missing = place.keys() - set(homes)
    releases = [by_home(release, skeleton) for release in (outline(skeleton.values()), *earlier)]
    by_source: dict[str, list[str]] = {}
    for ident in sorted(missing, key=place.__getitem__):
        for digest in {release[ident].source for release in releases if ident in release}:
            by_source.setdefault(digest, []).append(ident)
    last = -1
    for number, cell in enumerate(cells):
        if homes[number] is None:
            same = [ident for ident in by_source.get(source_digest(source_of(cell)), []) if ident in missing]
            homes[number] = next((ident for ident in same if place[ident] > last), same[0] if same else None)
            missing.discard(homes[number])
        last = last if (home := homes[number]) is None else place[home]
    # A changed or retyped cell is recognised if it stands where a released cell is missing.
    defined: dict[int, set[str]] = {}
    for ident in sorted(filter(lambda ident: says(skeleton[ident], "solution"), missing), key=place.__getitem__):
        here = [number for number in _gap_of(ident, homes, missing, place) if homes[number] is None]
        defined |= {number: defined_in(cells[number]) for number in here if number not in defined}
        alike = {number: _likeness(cells[number], defined[number], skeleton[ident]) for number in here}
        if alike and max(alike.values()) > (0, 0):
            homes[max(here, key=lambda number: (alike[number], number))] = ident
    missing, order, last = missing - set(homes), list(skeleton), -1
    for number, cell in enumerate(cells):
        if homes[number] is None:
            gap = takewhile(missing.__contains__, order[last + 1 :])
            homes[number] = next((ident for ident in gap if _could_be(cell, skeleton[ident])), None)
        last = last if (home := homes[number]) is None else place[home]
    return homes


def _gap_of(ident: str, homes: list[str | None], missing: set[str], place: dict[str, int]) -> range:
    """The numbers of the submitted cells between the two neighbours that a missing cell has in the release."""
    order = list(place)
    before = next((other for other in reversed(order[: place[ident]]) if other not in missing or other in homes), None)
    after = next((other for other in order[place[ident] :] if other not in missing or other in homes), None)
    first = len(homes) - homes[::-1].index(before) if before else 0
    # If a neighbour is there twice, we take the version that is nearest to the other neighbour.
    last = next((number for number in range(first, len(homes)) if homes[number] == after), len(homes))
    return range(first, last)


def _likeness(cell: dict[str, Any], defined: set[str], stub: NotebookNode) -> tuple[int, int]:
    """A score of how well a cell without an id fits a solution cell; higher is better.

    Code scores by the names that both cells define, then by the names that it defines and the stub mentions. Text
    scores by its length.
    """
    if (cell.get("cell_type") == "code") != (stub.cell_type == "code"):
        return 0, 0
    if stub.cell_type != "code":
        return 0, len(source_of(cell).strip())
    return len(defined & defined_by(stub.source)), len(defined & set(WORD.findall(stub.source)))


def _could_be(cell: dict[str, Any], released: NotebookNode) -> bool:
    return not released.metadata.get("nbgrader") and cell.get("cell_type") == released.cell_type


def by_home(release: list[ReleasedCell], skeleton: dict[str, NotebookNode]) -> dict[str, ReleasedCell]:
    """The cells of a release that are also in the newest release, by their ids there."""
    by_grade_id = {grade_id(cell): ident for ident, cell in skeleton.items() if grade_id(cell)}
    found = {by_grade_id.get(cell.grade_id, cell.id): cell for cell in release}
    return {ident: cell for ident, cell in found.items() if ident in skeleton}


def versions_that_count(
    cells: list[dict[str, Any]], homes: list[str | None], skeleton: dict[str, NotebookNode]
) -> dict[str, int]:
    """For each released cell that was handed in, the number of the version that counts; in the submitted order.

    Versions with work in them come first; among these, those that stand in the right place; among these, the last. A
    student who copies a solution cell to begin the next task does not want this copy to count.
    """
    versions: dict[str, list[int]] = {}
    for number, home in enumerate(homes):
        if home is not None:
            versions.setdefault(home, []).append(number)
    place = {ident: number for number, ident in enumerate(skeleton)}
    places = np.array([np.nan if home is None else place[home] for home in homes])

    def merit(released: NotebookNode, number: int) -> tuple[bool, int, int]:
        has_work = is_open(released) and not is_same(source_of(cells[number]), released.source)
        here = places[number]
        astray = np.sum(places[:number] > here) + np.sum(places[number:] < here)
        return has_work, -int(astray), number

    best = {
        home: numbers[0] if len(numbers) == 1 else max(numbers, key=partial(merit, skeleton[home]))
        for home, numbers in versions.items()
    }
    return dict(sorted(best.items(), key=itemgetter(1)))


def out_of_order(submitted: list[str], released: list[str]) -> list[str]:
    """Ids of the cells that have to be moved to put the others in the released order."""
    kept = [ident for ident in released if ident in submitted]
    blocks = SequenceMatcher(None, kept, submitted, autojunk=False).get_matching_blocks()
    in_place = {ident for block in blocks for ident in kept[block.a : block.a + block.size]}
    return [ident for ident in kept if ident not in in_place]
