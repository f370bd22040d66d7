"""Checks whether files of a course are complete, and when they changed."""

from pathlib import Path

import nbformat
from nbformat import NotebookNode

from .generate import SupportFiles
from .generate.support_files import ASK


def is_notebook(path: Path) -> bool:
    """Whether a file is a complete notebook."""
    return read_notebook(path) is not None


def read_notebook(path: Path) -> NotebookNode | None:
    """A notebook, or None if the file is damaged."""
    try:
        notebook: NotebookNode = nbformat.read(path, as_version=4)
        return notebook
    except Exception:
        # nbformat raises many kinds of error; here they all mean the same.
        return None


def is_page(path: Path) -> bool:
    """Whether a file is a complete HTML page."""
    return path.exists() and path.read_bytes().rstrip().endswith(b"</html>")


def modified(path: Path) -> float:
    """When a file last changed or was put in its place (a copy may keep its original's time); 0 without a file."""
    return max(path.stat().st_mtime, path.stat().st_ctime) if path.exists() else 0.0


def newest(folder: Path) -> float:
    """When anything in a folder changed last."""
    return max(map(modified, [folder, *folder.rglob("*")]))  # the folder itself changes if a file is removed


def newest_support_file(files: SupportFiles, release: Path) -> float:
    """When the newest source of the support files beside a release's notebooks last changed."""
    own = [path for pattern in files.files for path in Path(files.root).glob(pattern)]
    # Both sides must have the same nbjudge.ask: if the engine is newer, the release must be generated again.
    asked = ASK.glob("*.py") if (release / "nbjudge" / "ask").exists() else ()
    return max(map(modified, [*own, *asked]), default=0.0)
