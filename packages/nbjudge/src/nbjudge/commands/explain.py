"""``nbjudge explain``: shows the reasons for a mark, from the transcript beside the graded notebook."""

from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..handin.files import printable_lines
from ..handin.hand_in import SubmissionKey
from ..judge.archive import ArchiveError
from ..judge.question_log import TRANSCRIPT, outline
from ..judge.report import CellReport
from ..judge.transcript import Transcript
from ..plugin.course import Course
from ..plugin.folders import by_assignment
from ..plugin.marks import mark_of_cell
from .common import NotGradedError, course_command
from .marks_table import terminal

MOST = 4000  # characters of each text
RAN = "it ran to its end"
SHOWN = ("python", "torch", "numpy", "nbgrader")


def explanation(course: Course, student: str, test_id: str) -> RenderableType:
    """Lay out the record of one student's test cell.

    Parameters
    ----------
    course : Course
        The course folder.
    student : str
        The student.
    test_id : str
        The nbgrader id of the test cell.

    Raises
    ------
    NotGradedError
        The test cell was not graded; the message names the cells that were.
    """
    names = by_assignment(course.api.coursedir, "autograded", student)
    folders = [course.folder("autograded", name, student) for name in names]  # paths that begin with course.root
    found: list[RenderableType] = []
    tests: set[str] = set()
    damaged: list[Path] = []
    for path in sorted(path for folder in folders for path in folder.glob(f"*{TRANSCRIPT}")):
        try:
            read = Transcript.read(path.read_bytes())
            transcript = read.content
            # Tests without `submission` run on the student side; older transcripts don't say which cells are tests.
            reports = {
                cell["name"]: report
                for cell, report in read.by_cell()
                if cell["name"] and (cell["grader"] or cell.get("test"))
            }
            tests |= {cell["name"] for cell, _ in read.by_cell() if cell["name"] in reports and cell.get("test", True)}
            if test_id in reports:
                found.append(_laid_out(course, path, student, test_id, reports[test_id], transcript))
        except (ArchiveError, LookupError, TypeError, ValueError, OSError):
            damaged.append(path)
            continue
    if found:  # several, if notebooks have tests of the same name
        return Group(*found)
    if damaged:
        again = f"nbjudge grade {damaged[0].parent.name} --student={student} --force"
        raise NotGradedError(f"{damaged[0]} is damaged; '{again}' writes it anew")
    if not tests:
        raise NotGradedError(
            f"nothing of {student} was graded: there is no {course.folder('autograded', '*', student)}/*{TRANSCRIPT}"
        )
    raise NotGradedError(f"{student} has no test cell {test_id}; there are {', '.join(sorted(tests))}")


def _laid_out(
    course: Course, path: Path, student: str, test_id: str, report: CellReport, transcript: dict[str, Any]
) -> RenderableType:
    notebook, assignment = path.name.removesuffix(TRANSCRIPT), path.parent.name
    verdict = report.lost or report.text or _plain(report.html or "") or _put_out(report.outputs) or RAN
    questions = Table(title="Asked, and answered", title_justify="left")
    for column in ("question", "arguments", "answer"):
        questions.add_column(column, overflow="fold")
    for entry in report.asked:
        questions.add_row(*map(_shown, (entry["question"], _told(entry["arguments"]), _answer(entry))))
    mark, is_undecided = mark_of_cell(course.db_url, SubmissionKey(assignment, student), notebook, test_id)
    reasons = {"mark": mark, "verdict": verdict}
    if report.inside is not None:
        reasons["in the student's process"] = _put_out(report.inside) or RAN
    if is_undecided and report.inside is not None:
        reasons["why it waits"] = (
            "it earns more in the student's own process, where student code can forge a test, than apart from it: a "
            "forgery, or something that can't be carried across"
        )
    versions = transcript["environment"]
    technical = {
        "seeds": ", ".join(f"{seed} for {purpose}" for purpose, seed in report.seeds.items()) or "none",
        "versions": ", ".join(f"{name} {versions[name]}" for name in SHOWN if name in versions),
        "limits": ", ".join(f"{name} {limit:,}" for name, limit in transcript["limits"].items()),
        "handed in": "\n".join(f"{name} {digest}" for name, digest in transcript["files"].items()) or "no other files",
        "executed as": transcript["digest"],
        "transcript": str(path),
    }
    title = _shown(f"{student}, {assignment}, {test_id}", style="bold")
    return Group(title, _facts(reasons), questions, _facts(technical))


def _facts(told: dict[str, str]) -> Table:
    facts = Table.grid(padding=(0, 2))
    for name, text in told.items():
        facts.add_row(name, _shown(text))
    return facts


def _put_out(outputs: list[dict[str, Any]] | None) -> str:
    """What a test without `submission` put out in the student's process; nbgrader scores such a test by this."""
    said = (output.get("value", output.get("text", "")) for output in outputs or [])
    kinds = (output.get("name", "") for output in outputs or [])
    return "\n".join(": ".join(filter(None, both)) for both in zip(kinds, said, strict=True))


def _answer(entry: dict[str, Any]) -> str:
    if "failure" in entry:
        return f"none ({entry['failure']['kind']}): {entry['failure']['message']}"
    return _told(entry["answer"]) if "answer" in entry else "too large to be kept"


def _shown(text: str, style: str = "") -> Text:
    """Text that is shown literally: without control characters, and not read as Rich's markup."""
    return Text(printable_lines(text if len(text) <= MOST else text[:MOST] + "..."), style)


def _told(value: Any) -> str:
    """A short text for a value; arrays are shortened if they have many numbers."""
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


@click.command()
@click.argument("student")
@click.argument("test_id")
@course_command
def explain(course: Course, student: str, test_id: str) -> None:
    """Say why the mark of STUDENT for the test cell TEST-ID is what it is."""
    terminal().print(explanation(course, student, test_id))
