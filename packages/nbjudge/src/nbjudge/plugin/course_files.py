"""Files of a course: whether they are whole, and when they changed."""

from pathlib import Path

import nbformat
from nbformat import NotebookNode

from .generate import SupportFiles
from .generate.support_files import ASK


def is_notebook(path: Path) -> bool:
    """Whether a file is a whole notebook."""
    return read_notebook(path) is not None


def read_notebook(path: Path) -> NotebookNode | None:
    """A notebook, or None if the file is damaged."""
    try:
        notebook: NotebookNode = nbformat.read(path, as_version=4)
        return notebook
    except Exception:
        # nbformat raises many kinds of error; here they are all one.
        return None


def is_page(path: Path) -> bool:
    """Whether a page of HTML is there to its end."""
    return path.exists() and path.read_bytes().rstrip().endswith(b"</html>")


def modified(path: Path) -> float:
    """When it changed last; or came to its place, for a copy may keep the time of the original."""
    return max(path.stat().st_mtime, path.stat().st_ctime) if path.exists() else 0.0


def newest(folder: Path) -> float:
    """When anything in a folder changed last."""
    return max(map(modified, [folder, *folder.rglob("*")]))  # the folder itself: something in it may be gone


def newest_support_file(files: SupportFiles, release: Path) -> float:
    """When the newest of the files changed from which those beside a release's notebooks are made."""
    own = [path for pattern in files.files for path in Path(files.root).glob(pattern)]
    # Both sides must have the same questions and answers: a newer engine makes a newer release.
    asked = ASK.glob("*.py") if (release / "nbjudge" / "ask").exists() else ()
    return max(map(modified, [*own, *asked]), default=0.0)
