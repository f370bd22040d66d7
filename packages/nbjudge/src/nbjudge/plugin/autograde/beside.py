"""Files beside a notebook: the released ones, a student's other papers, and the transcript."""

from pathlib import Path

from ...handin.files import is_text
from ...judge.question_log import TRANSCRIPT
from ...judge.transcript import Transcript
from ..timestamp import TIMESTAMP

# Types of files in which a student may have written an answer.
PAPERS = {".txt", ".md", ".rtf", ".tex", ".pdf", ".doc", ".docx", ".odt", ".pages"}


def may_hold_an_answer(name: str) -> bool:
    """Whether a student may have written an answer into a file of this name."""
    return name != TIMESTAMP and Path(name).suffix.lower() in PAPERS


def released_files(folder: Path) -> dict[str, bytes]:
    """The files of a released assignment, by relative path. Names that are not UTF-8 can't be sent and are left out."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    files = {str(path.relative_to(folder)): path for path in found}
    return {name: path.read_bytes() for name, path in files.items() if is_text(name)}


def write_transcript(folder: Path, notebook: str, result: Transcript) -> None:
    """Keep a transcript beside the graded notebook."""
    path = folder / (notebook + TRANSCRIPT)
    path.unlink(missing_ok=True)  # the old file may be read-only
    path.write_bytes(result.packed)
