"""Makes remarks on notebooks in a hand-in whose names are not the assignment's."""

from pathlib import Path

from nbformat import NotebookNode

from ..handin.cells import grade_ids, has_work
from ..handin.files import MAX_NOTEBOOK_BYTES, HandInError
from ..handin.hand_in import HandIn
from ..handin.notebook import read_submitted
from .course_files import read_notebook


def handed_in(hand_in: HandIn, names: list[str]) -> list[str]:
    """The notebooks of an assignment that a student handed in, also under other names."""
    return [name for name in names if name in hand_in.notebooks]


def remarks_on_other_notebooks(hand_in: HandIn) -> list[str]:
    """Remarks for the instructor on notebooks whose names are not the assignment's."""
    found, folder = hand_in.notebooks, hand_in.folder
    said = [f"handed in as {path.name}" for name, path in found.items() if path.name != name]
    others = sorted(
        path
        for path in folder.glob("*.ipynb")
        if path.is_file() and not path.is_symlink() and not path.name.startswith(".") and path not in found.values()
    )
    if sum(path.stat().st_size for path in others) > MAX_NOTEBOOK_BYTES:  # reading them would take too long
        return said
    for name, path in found.items() if others else ():
        if (released := read_notebook(hand_in.assignment.release / name)) is None:
            continue
        graded = _submitted(path)
        for other in others:
            notebook = _submitted(other)
            if not has_work(graded, released) and has_work(notebook, released):
                said.append(f"{path.name} is as it was handed out, but {other.name} is not")
            elif grade_ids(notebook) & grade_ids(released) and has_work(notebook, graded):
                said.append(f"{other.name} was handed in, too, and not graded")
    return said


def _submitted(path: Path) -> NotebookNode:
    """A notebook that was handed in; without cells if it can't be read."""
    try:
        return read_submitted(path)
    except HandInError:
        return NotebookNode(cells=[])
