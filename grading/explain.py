"""Why a mark is what it is, from the transcript beside the graded notebook."""

from pathlib import Path
from typing import Any

import numpy as np
from nbgrader.api import Gradebook, MissingEntry
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from .course import Course
from .execute.archive import ArchiveError
from .execute.preprocessor import TRANSCRIPT
from .execute.result import Result
from .execute.transcript import outline
from .folders import by_assignment
from .sanitize.hand_in import printable_lines

MOST = 4000  # characters of each text
SHOWN = ("python", "torch", "numpy", "nbgrader")


class NotGradedError(LookupError):
    """There is no transcript of this test cell."""


def explanation(course: Course, student: str, test_id: str) -> RenderableType:
    """Lay out what is on record of one student's test cell.

    Parameters
    ----------
    course : Course
        The course folder.
    student : str
        Whose mark.
    test_id : str
        Nbgrader's id of the test cell.

    Raises
    ------
    NotGradedError
        It was not graded; the message names what was.
    """
    names = by_assignment(course.api.coursedir, "autograded", student)
    folders = [course.folder("autograded", name, student) for name in names]  # as they are called from here
    found, known, damaged = [], set(), []
    for path in sorted(path for folder in folders for path in folder.glob(f"*{TRANSCRIPT}")):
        try:
            transcript = Result(path.read_bytes()).content
            reports = {
                cell["name"]: report
                for cell, report in zip(transcript["cells"], transcript["reports"], strict=True)
                if cell["grader"] and cell["name"]
            }
            if test_id in reports:
                found.append(_laid_out(course, path, student, test_id, reports[test_id], transcript))
        except (ArchiveError, LookupError, TypeError, ValueError, OSError):
            damaged.append(path)
            continue
        known |= reports.keys()
    if found:  # several, if notebooks have tests of the same name
        return Group(*found)
    if damaged:
        again = f"grade {damaged[0].parent.name} --student={student} --force"
        raise NotGradedError(f"{damaged[0]} is damaged; '{again}' writes it anew")
    if not known:
        raise NotGradedError(
            f"nothing of {student} was graded: there is no {course.folder('autograded', '*', student)}/*{TRANSCRIPT}"
        )
    raise NotGradedError(f"{student} has no test cell {test_id}; there are {', '.join(sorted(known))}")


def _laid_out(
    course: Course, path: Path, student: str, test_id: str, report: dict[str, Any], transcript: dict[str, Any]
) -> RenderableType:
    notebook, assignment = path.name.removesuffix(TRANSCRIPT), path.parent.name
    verdict = report.get("lost") or report.get("text") or _plain(report.get("html") or "") or "it ran to its end"
    questions = Table(title="Asked, and answered", title_justify="left")
    for column in ("question", "arguments", "answer"):
        questions.add_column(column, overflow="fold")
    for entry in report.get("asked", []):
        questions.add_row(*map(_shown, (entry["question"], _told(entry["arguments"]), _answer(entry))))
    facts = Table.grid(padding=(0, 2))
    versions = transcript["environment"]
    told = {
        "mark": _mark(course, assignment, notebook, test_id, student),
        "verdict": verdict,
        "seeds": ", ".join(f"{seed} for {purpose}" for purpose, seed in report.get("seeds", {}).items()) or "none",
        "versions": ", ".join(f"{name} {versions[name]}" for name in SHOWN if name in versions),
        "limits": ", ".join(f"{name} {limit:,}" for name, limit in transcript["limits"].items()),
        "handed in": "\n".join(f"{name} {digest}" for name, digest in transcript["files"].items()) or "no other files",
        "executed as": transcript["digest"],
        "transcript": str(path),
    }
    for name, text in told.items():
        facts.add_row(name, _shown(text))
    return Group(_shown(f"{student}, {assignment}, {test_id}", style="bold"), facts, questions)


def _mark(course: Course, assignment: str, notebook: str, test_id: str, student: str) -> str:
    with Gradebook(course.db_url) as gradebook:
        try:
            grade = gradebook.find_grade(test_id, notebook, assignment, student)
        except MissingEntry:
            return "none in the gradebook"
        by_hand = "" if grade.manual_score is None else f", {grade.manual_score:g} given by hand"
        automatic = "no points" if grade.auto_score is None else f"{grade.auto_score:g} points"
        return f"{automatic} of {grade.max_score:g}{by_hand}"


def _answer(entry: dict[str, Any]) -> str:
    if "failure" in entry:
        return f"none ({entry['failure']['kind']}): {entry['failure']['message']}"
    return _told(entry["answer"]) if "answer" in entry else "too large to be kept"


def _shown(text: str, style: str = "") -> Text:
    """Text as it is: nothing in it is a command to a terminal, or Rich's markup."""
    return Text(printable_lines(text if len(text) <= MOST else text[:MOST] + "..."), style)


def _told(value: Any) -> str:
    """A value in a few words; of arrays the outlines, and their numbers if there are few."""
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=4, threshold=10, edgeitems=2)
    if isinstance(value, dict):
        return ", ".join(f"{name}={_told(item)}" for name, item in value.items())
    if isinstance(value, list):
        return f"[{', '.join(map(_told, value[:5]))}{', ...' if len(value) > 5 else ''}]"
    text = str(outline(value))
    return text if len(text) <= 200 else text[:200] + "..."


def _plain(page: str) -> str:
    from bs4 import BeautifulSoup

    return " ".join(BeautifulSoup(page, "html.parser").get_text(" ").split())
