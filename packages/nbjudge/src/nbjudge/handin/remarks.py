"""Makes remarks for the instructor on changes to cells that students should not change."""

from collections.abc import Sequence
from typing import Any

from nbformat import NotebookNode

from .cells import flags_of, grade_id, is_open, known_id, source_of
from .recognise import by_home, out_of_order
from .releases import ReleasedCell, emptied, outline, source_digest, unformatted_digest


def add_remarks(notebook: NotebookNode, remarks: list[str]) -> None:
    """Add remarks for the instructor to a notebook's metadata."""
    kept = notebook.metadata.setdefault("grading", NotebookNode()).setdefault("remarks", [])
    kept.extend(remark for remark in remarks if remark not in kept)


def changes_to_given_cells(
    cells: list[dict[str, Any]],
    homes: list[str | None],
    skeleton: dict[str, NotebookNode],
    there: list[str],
    earlier: Sequence[list[ReleasedCell]],
) -> list[str]:
    """Remarks on changes to cells that students should not change."""
    releases = [by_home(release, skeleton) for release in (outline(skeleton.values()), *earlier)]
    began_with = _began_with(there, releases)
    # If all ids are lost, a missing cell may be there unrecognised; then we don't say that it was deleted.
    recognisable = any(grade_id(cell) or known_id(cell, skeleton) for cell in cells)
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
            if not is_open(released):  # students may split their work into several cells
                done.setdefault("duplicated", []).append(ident)
        elif not _is_unedited(source_of(versions[0]), released.source, known):
            done.setdefault("edited", []).append(ident)
        elif versions[0].get("cell_type") not in [cell.cell_type for cell in known]:
            done.setdefault("changed the type of", []).append(ident)
        elif flags_of(versions[0]) and flags_of(versions[0]) not in [cell.flags for cell in known]:
            done.setdefault("changed the nbgrader metadata of", []).append(ident)
    if _is_of_another_release(done.get("edited", []), skeleton):
        return ["it seems to be of another release than any that is known here"]
    anywhere = {ident for ident in skeleton if is_open(skeleton[ident])}.union(done.get("duplicated", []))
    done["moved"] = out_of_order(
        *([ident for ident in idents if ident not in anywhere] for idents in (there, began_with))
    )
    names = {ident: grade_id(cell) or ident for ident, cell in skeleton.items()}
    return [f"{what} {and_others([names[ident] for ident in idents])}" for what, idents in done.items() if idents]


def _is_unedited(source: str, newest: str, known: list[ReleasedCell]) -> bool:
    """Whether a cell is as in one of the releases, except for what formatters change and students fill in."""
    codes = {unformatted_digest(source), unformatted_digest(emptied(source, newest))}
    return any(cell.is_open or cell.source == source_digest(source) or cell.code in codes for cell in known)


def _is_of_another_release(edited: list[str], skeleton: dict[str, NotebookNode]) -> bool:
    """Whether more given code cells differ than a student would edit: at least five, and at least a third."""
    given = {ident for ident, cell in skeleton.items() if cell.cell_type == "code" and not is_open(cell)}
    return len(given & {*edited}) >= max(5, len(given) / 3)


def _began_with(there: list[str], releases: list[dict[str, ReleasedCell]]) -> dict[str, ReleasedCell]:
    """The release that the student probably began with: it has the most submitted cells, and the fewest others."""

    def fits(release: dict[str, ReleasedCell]) -> tuple[int, int, int]:
        marked = {ident for ident, cell in release.items() if cell.flags}
        return len(marked & {*there}), -len(marked - {*there}), -len(out_of_order(there, list(release)))

    return max(releases, key=fits)


def and_others(idents: list[str], most: int = 3) -> str:
    """A text with the first few names, and how many more there are."""
    others = len(idents) - most
    return ", ".join(idents[:most]) + (f" and {others} more" if others > 0 else "")
