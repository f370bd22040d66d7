"""Turns the report on a cell into the outputs that the graded notebook shows."""

import base64
import html
import math
import re
from typing import Any

from nbformat import NotebookNode
from nbgrader.utils import determine_grade

from ...handin.cells import MESSAGE_ONLY
from ...handin.remarks import and_others
from ...judge.report import CellReport
from ...run.plan import PlannedCell
from ...student.recorder import CUT

REMARK = "Remark: "  # the beginning of printed lines of a locked cell that student and instructor must read
# Most remarks of one cell, and most characters of one remark; limited, for the student's code may print there, too.
MAX_REMARKS, MAX_REMARK = 5, 500
_MISSING = re.compile(r"No module named '([\w.]+)'")
ONLY_ON_COLAB = {"google", "google.colab"}
MAX_MESSAGE = 10_000  # characters of a test's message, which may quote the student


class SetupFailed(RuntimeError):
    """An instructor's setup cell does not run in the grader kernel."""


def outputs_of(planned: PlannedCell, report: CellReport, count: int) -> list[NotebookNode]:
    """Turn the report on one cell into notebook outputs."""
    if planned.on_grader_side and planned.points is not None:
        return _mark(planned.points, report, count, passes_only_inside(planned, report))
    if planned.on_grader_side and report.lost is not None:
        raise SetupFailed(f"the cell '{planned.name}' did not run on the judging side: {report.lost}")
    if planned.on_grader_side and not report.passed:
        raise SetupFailed(f"the cell '{planned.name}' fails on the judging side: {report.text}")
    if report.outputs is None:
        return [_error("NotRun", report.lost or report.text or "this cell was not run")]
    outputs = [_output(output, count) for output in report.outputs]
    return outputs if planned.points is None else [_scorable(output, planned.points) for output in outputs]


def points_inside(planned: PlannedCell, report: CellReport) -> float:
    """The points that an ordinary test cell earned in the student's own process, where it ran there as well."""
    return _points_for(planned, report.inside)


def points_of(planned: PlannedCell, report: CellReport) -> float:
    """The points that a test cell earned where it is judged."""
    return report.earned(planned.points or 0.0) if planned.on_grader_side else _points_for(planned, report.outputs)


def _points_for(planned: PlannedCell, put_out: list[dict[str, Any]] | None) -> float:
    """The points that nbgrader gives for what a test cell has put out."""
    if put_out is None or planned.points is None:
        return 0.0
    says = {"grade_id": planned.name, "grade": True, "solution": False, "task": False, "points": planned.points}
    outputs = [_scorable(_output(output, 0), planned.points) for output in put_out]
    cell = NotebookNode(
        cell_type="code", source="", metadata=NotebookNode(nbgrader=NotebookNode(says)), outputs=outputs
    )
    earned, _ = determine_grade(cell)
    return float(earned or 0.0)


def passes_only_inside(planned: PlannedCell, report: CellReport) -> bool:
    """Whether an ordinary test cell earned more in the student's own process than apart from it."""
    if planned.apart is None or planned.points is None:
        return False
    return points_inside(planned, report) > report.earned(planned.points)


def remarks_on(name: str, report: CellReport) -> list[str]:
    """Remarks for the instructor on a cell that did not end normally."""
    if report.lost is not None:
        return [report.lost]
    outputs = report.outputs or []
    errors = {output["name"]: output["value"][:200] for output in outputs if output["type"] == "error"}
    remarks = [f"{name} was {errors['CellTimeoutError']}"] if "CellTimeoutError" in errors else []
    if any(CUT in output.get("text", "") for output in outputs):
        remarks.append(f"{name} printed too much: its output is cut")
    if "No space left on device" in errors.get("OSError", ""):
        remarks.append(f"{name} wrote more files than fit")
    missing = [_MISSING.match(output["value"][:200]) for output in outputs if output["type"] == "error"]
    if modules := dict.fromkeys(found[1] for found in missing if found and found[1] not in ONLY_ON_COLAB):
        remarks.append(f"{name} imports {and_others([*modules])}, not installed here: what needs it was left out")
    return remarks if report.died is None else [*remarks, f"{report.died.removeprefix('your ')} in {name}"]


def remarks_printed(report: CellReport) -> list[str]:
    """The remarks that an instructor's cell printed: its lines that begin with `REMARK`."""
    printed = "".join(output["text"] for output in report.outputs or [] if output["type"] == "stream")
    lines = [line.removeprefix(REMARK) for line in printed.splitlines() if line.startswith(REMARK)]
    return [line[:MAX_REMARK] for line in lines[:MAX_REMARKS]]


def _mark(most: float, report: CellReport, count: int, waits: bool) -> list[NotebookNode]:
    points = report.earned(most)
    text = "A grader will look at this test." if waits else (report.lost or report.text or "")[:MAX_MESSAGE]
    shown = report.html or (f"<pre>{html.escape(text)}</pre>" if text else f"{points:g} of {most:g} points")
    # The message may quote the student, so formgrader's MathJax must not read it.
    data = {
        "text/plain": repr(points if points == most else min(round(points, 4), most)),
        "text/html": f'<div class="tex2jax_ignore">{shown}</div>',
    }
    metadata = NotebookNode() if report.html else NotebookNode({MESSAGE_ONLY: True})
    return [_new("execute_result", data=NotebookNode(data), execution_count=count, metadata=metadata)]


def _scorable(output: NotebookNode, most: float) -> NotebookNode:
    """An output of a test cell on the student side; changed if nbgrader would give too many points for it or fail."""
    if output.output_type != "execute_result":
        return output
    text = output.data["text/plain"]
    try:
        points = float(text)
    except ValueError:
        points = math.nan
        if text:
            return output  # all points, because a cell need not end with a number
    if not 0 <= points < math.inf:
        return _error("NoMark", f"this test cell ended with '{text:.200}', which is no mark")
    if points > most:
        output.data["text/plain"] = repr(most)
    return output


def _error(name: str, why: str) -> NotebookNode:
    return _new("error", ename=name, evalue=why, traceback=[f"{name}: {why}"])


def _new(kind: str, **content: Any) -> NotebookNode:
    """An output. nbformat's own function would validate each output; here the whole notebook is, when it is written."""
    needed = {} if kind in ("stream", "error") else {"metadata": NotebookNode()}
    return NotebookNode(output_type=kind, **(needed | content))


def _output(output: dict[str, Any], count: int) -> NotebookNode:
    match output["type"]:
        case "stream":
            return _new("stream", name=output["name"], text=output["text"])
        case "error":
            return _new("error", ename=output["name"], evalue=output["value"], traceback=output["traceback"])
    data = {"text/plain": output["text"]}
    for key, mime in (("png", "image/png"), ("jpeg", "image/jpeg")):
        if key in output:
            data[mime] = base64.b64encode(output[key].tobytes()).decode()
    if output["type"] == "result":
        return _new("execute_result", data=NotebookNode(data), execution_count=count)
    return _new("display_data", data=NotebookNode(data))
