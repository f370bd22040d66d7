"""The Execute step of ``nbgrader autograde``: put it in ``c.Autograde.autograde_preprocessors``."""

import base64
import html
import math
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute
from nbgrader.utils import determine_grade, is_grade, is_locked, is_solution
from traitlets import Bool, Float, Integer, List, Unicode

from ..gradebook import Names
from ..inputs import Inputs, assignment_digest, hand_in_digest
from ..sanitize.accept import TIMESTAMP, files_for
from ..sanitize.answers_elsewhere import refer
from ..sanitize.hand_in import is_text
from ..sanitize.remarks import add_remarks, and_others
from ..secret import course_secret
from .job import Job, execute
from .limits import Limits
from .plan import PlannedCell, from_gradebook, plan
from .result import Result
from .runner.shell import CUT
from .seeds import hand_in_secret
from .store import Store
from .transcript import TRANSCRIPT

UNPROTECTED = "run without a sandbox"
REMARK = "Remark: "  # so begins a line of a locked cell that student and instructor are to read
MAX_REMARKS, MAX_REMARK = 5, 500  # of one cell, and characters of one: the student's code may print there, too
# In which a student may have written an answer.
PAPERS = {".txt", ".md", ".rtf", ".tex", ".pdf", ".doc", ".docx", ".odt", ".pages"}
_NOT_IN_NAMES = re.compile(r"[^\w.,+ /()-]")  # as formgrader shows them
_MISSING = re.compile(r"No module named '([\w.]+)'")
ONLY_ON_COLAB = {"google", "google.colab"}
MAX_MESSAGE = 10_000  # characters of what a test says, which may quote the student


@dataclass(frozen=True)
class Executed:
    """What came of the execution of a notebook.

    Attributes
    ----------
    job : Job
        What was executed.
    result : Result
        What came of it.
    inputs : Inputs or None
        From which files the job was made, if that is to be known later.
    remarks : list of str
        For the instructor, on what was left out.
    """

    job: Job
    result: Result
    inputs: Inputs | None = None
    remarks: list[str] = field(default_factory=list)


class SetupFailed(RuntimeError):
    """A setup cell of the instructor's does not run in the grader kernel."""


class LanguageError(ValueError):
    """The notebook is not in Python."""


class ExecuteApart(Execute):
    """Run the student's cells in a sandbox and the test cells outside it.

    Takes the place of `nbgrader.preprocessors.Execute` and honours its ``timeout`` (seconds for each cell). Every
    graded test cell leaves exactly one execute result, its points, which is the form that nbgrader scores.

    In a notebook whose test cells do not use ``submission``, they run as the student's cells do, and what they put out
    is scored by nbgrader's own rules.
    """

    answers = Unicode(help="Module that answers the test cells' questions on the student side.").tag(config=True)
    answer_timeout = Float(Limits.answer, help="Seconds that the student's code has for one question.").tag(config=True)
    notebook_timeout = Float(Limits.notebook, help="Seconds for all cells and tests of a notebook.").tag(config=True)
    memory = Float(
        Limits.memory / 2**30, help="GiB of memory for all processes of a submission and the files it writes."
    ).tag(config=True)
    output = Float(
        Limits.output / 2**20, help="MiB of text and pictures that all cells of a notebook may put out together."
    ).tag(config=True)
    tasks = Integer(Limits.tasks, help="Processes and threads that a submission may have at one time.").tag(config=True)
    scratch = Float(
        Limits.scratch / 2**30, help="GiB for files in each of the places where a submission can write."
    ).tag(config=True)
    grader_setup = List(
        Unicode(),
        ["setup-checks"],
        help="Ids (shell patterns) of locked cells that run on the judging side too, before the test cells.",
    ).tag(config=True)

    judging = List(
        Unicode(),
        ["*.ipynb"],
        help="Released files (shell patterns) that matter to the judging side alone: they may change before a class is "
        "judged again by its transcripts.",
    ).tag(config=True)

    cgroup = Unicode(
        help="A cgroup (v2) that you may divide, such as /sys/fs/cgroup/graders: a hard stop for memory and processes."
    ).tag(config=True)

    gpu = Bool(
        False, help="Whether the sandbox has the graphics cards of this machine: /dev/nvidia* and /dev/dri."
    ).tag(config=True)

    run_student_code_without_a_sandbox = Bool(
        False, help="Run students' code as the grader's own user, who can read and change everything that you can."
    ).tag(config=True)

    def limits(self) -> Limits:
        """What one submission may use."""
        return Limits(
            cell=float(self.timeout or Limits.cell),
            answer=self.answer_timeout,
            notebook=self.notebook_timeout,
            memory=int(self.memory * 2**30),
            output=int(self.output * 2**20),
            tasks=self.tasks,
            scratch=int(self.scratch * 2**30),
        )

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict, km: Any = None
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Execute one sanitized notebook.

        Raises
        ------
        HandInError
            The files handed in can't be taken into the sandbox.
        SandboxError
            The sandbox did not start.
        SetupFailed
            A setup cell does not run in the grader kernel.
        LanguageError
            The notebook is not in Python.
        """
        names, folder = resources["nbgrader"], Path(resources["metadata"]["path"])
        ready = names.get("executed")
        if ready is None:
            inputs = self._inputs(names)
            students_own = Autograde(config=self.config).exclude_overwriting.get(names["assignment"], [])
            files, remarks = files_for(self._course, names["assignment"], names["student"], students_own)
            job = self.job(nb, names, files)
            ready = Executed(job, self.executed(job), inputs, names.get("arranged", []) + remarks)
        self.apply(nb, ready)
        write_transcript(folder, names["notebook"], ready.result)
        return nb, resources

    def apply(self, nb: NotebookNode, executed: "Executed") -> None:
        """Put what came of a notebook's execution into it."""
        job = executed.job
        add_remarks(nb, executed.remarks)
        if not job.sandboxed:
            self.log.warning(UNPROTECTED)
            add_remarks(nb, [UNPROTECTED])
        count = 0
        for cell, planned, report in zip(nb.cells, job.cells, executed.result.content["reports"], strict=True):
            if cell.cell_type != "code":
                continue
            count += planned.runs
            cell.execution_count = count if planned.runs else None
            cell.source = planned.source
            cell.outputs = outputs_of(planned, report, count)
            name = planned.name or f"cell {count}"
            add_remarks(nb, remarks_on(name, report))
            if is_locked(cell) and planned.points is None:
                add_remarks(nb, [f"{name} says: {line}" for line in remarks_printed(report)])
            if job.sandboxed and report.get("refused"):
                add_remarks(nb, [f"{name} was refused {', '.join(report['refused'])}"])
        if papers := [name for name in job.files.keys() - job.release.keys() if _may_hold_an_answer(name)]:
            where = ", ".join(f"`{_NOT_IN_NAMES.sub('?', name)}`" for name in sorted(papers)[:3])
            unanswered = (cell for cell in nb.cells if is_grade(cell) and is_solution(cell))
            add_remarks(nb, [refer(cell, where) for cell in unanswered if determine_grade(cell)[0] == 0])
        if executed.inputs:
            # By this a notebook is known that has its marks: nbgrader writes another one before, which is sanitized
            # only.
            nb.metadata.setdefault("grading", NotebookNode())["executed"] = NotebookNode(asdict(executed.inputs))

    def job(self, nb: NotebookNode, names: dict[str, str], files: dict[str, bytes]) -> Job:
        """What is to be executed.

        Parameters
        ----------
        nb : NotebookNode
            Sanitized.
        names : dict of str to str
            Nbgrader's names of the ``notebook`` and the ``assignment``, and the ``db_url`` of its gradebook.
        files : dict of str to bytes
            The files beside the notebook.

        Raises
        ------
        LanguageError
            The notebook is not in Python.
        """
        language = nb.metadata.get("kernelspec", {}).get("language") or "python"
        if language.lower() != "python":
            raise LanguageError(f"this notebook is in {language}; only Python can be graded in a sandbox")
        course = self._course
        release = Path(course.format_path(course.release_directory, ".", names["assignment"]))
        instructions = from_gradebook(names)
        released = nbformat.read(release / f"{names['notebook']}.ipynb", as_version=4)
        cells = plan(nb, instructions, self.grader_setup, released)
        given = released_files(release)
        asked = any(cell.on_grader_side for cell in cells)
        return Job(
            cells=cells,
            files=files,
            release=given,
            answers=(asked and self.answers) or None,
            secret=hand_in_secret(course_secret(Path(course.root)), cells, instructions, files, given),
            limits=self.limits(),
            gpu=self.gpu,
            cgroup=self.cgroup,
            sandboxed=not self.run_student_code_without_a_sandbox,
            judging=self.judging,
        )

    def executed(self, job: Job) -> Result:
        """The result of a job, from the store if it was executed before."""
        store = Store(Path(self._course.root))
        digest = job.digest()
        result = store.get(digest)
        if result is None:
            result = Result(execute(job.pack()))
            if not result.is_doubtful:
                store.put(digest, result)
        return result

    @property
    def _course(self) -> CourseDirectory:
        return CourseDirectory(config=self.config, parent=self.parent)

    def _inputs(self, names: Names) -> Inputs:
        course, assignment = self._course, names["assignment"]
        of_assignment = assignment_digest(course, assignment, {"db_url": names["db_url"]})
        return Inputs(hand_in_digest(course, names["student"], assignment), of_assignment)


def _may_hold_an_answer(name: str) -> bool:
    return name != TIMESTAMP and Path(name).suffix.lower() in PAPERS


def released_files(folder: Path) -> dict[str, bytes]:
    """The files of a released assignment, by relative path; a name that is not UTF-8 could not be sent."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    files = {str(path.relative_to(folder)): path for path in found}
    return {name: path.read_bytes() for name, path in files.items() if is_text(name)}


def write_transcript(folder: Path, notebook: str, result: Result) -> None:
    """Keep a transcript beside the graded notebook."""
    path = folder / (notebook + TRANSCRIPT)
    path.unlink(missing_ok=True)  # it may be another one that nobody may write to
    path.write_bytes(result.packed)


def outputs_of(planned: PlannedCell, report: dict[str, Any], count: int) -> list[NotebookNode]:
    """Turn the report on one cell into notebook outputs."""
    if planned.on_grader_side and planned.points is not None:
        return _mark(planned.points, report, count)
    if planned.on_grader_side and "lost" in report:
        raise SetupFailed(f"the cell '{planned.name}' did not run on the judging side: {report['lost']}")
    if planned.on_grader_side and not report.get("passed"):
        raise SetupFailed(f"the cell '{planned.name}' fails on the judging side: {report['text']}")
    if "outputs" not in report:
        return [_error("NotRun", report.get("lost") or report.get("text") or "this cell was not run")]
    outputs = [_output(output, count) for output in report["outputs"]]
    return outputs if planned.points is None else [_scorable(output, planned.points) for output in outputs]


def remarks_on(name: str, report: dict[str, Any]) -> list[str]:
    """What an instructor should know of a cell that did not end as cells do."""
    if "lost" in report:
        return [report["lost"]]
    outputs = report.get("outputs", [])
    errors = {output["name"]: output["value"][:200] for output in outputs if output["type"] == "error"}
    remarks = [f"{name} was {errors['CellTimeoutError']}"] if "CellTimeoutError" in errors else []
    if any(CUT in output.get("text", "") for output in outputs):
        remarks.append(f"{name} printed too much: its output is cut")
    if "No space left on device" in errors.get("OSError", ""):
        remarks.append(f"{name} wrote more files than fit")
    missing = [_MISSING.match(output["value"][:200]) for output in outputs if output["type"] == "error"]
    if modules := dict.fromkeys(found[1] for found in missing if found and found[1] not in ONLY_ON_COLAB):
        remarks.append(f"{name} imports {and_others([*modules])}, not installed here: what needs it was left out")
    return remarks + ([f"{report['died'].removeprefix('your ')} in {name}"] if "died" in report else [])


def remarks_printed(report: dict[str, Any]) -> list[str]:
    """What a cell of the instructor's, such as one that loads a file, remarks: its lines that begin with `REMARK`."""
    printed = "".join(output["text"] for output in report.get("outputs", []) if output["type"] == "stream")
    lines = [line.removeprefix(REMARK) for line in printed.splitlines() if line.startswith(REMARK)]
    return [line[:MAX_REMARK] for line in lines[:MAX_REMARKS]]


def _mark(most: float, report: dict[str, Any], count: int) -> list[NotebookNode]:
    points = min(report.get("points", report.get("fraction", 0.0) * most), most)
    text = (report.get("lost") or report.get("text") or "")[:MAX_MESSAGE]
    shown = report.get("html") or (f"<pre>{html.escape(text)}</pre>" if text else f"{points:g} of {most:g} points")
    # It may quote the student, and no formula is meant for formgrader's MathJax.
    data = {
        "text/plain": repr(points if points == most else min(round(points, 4), most)),
        "text/html": f'<div class="tex2jax_ignore">{shown}</div>',
    }
    return [_new("execute_result", data=NotebookNode(data), execution_count=count)]


def _scorable(output: NotebookNode, most: float) -> NotebookNode:
    """An output of a test cell on the student side, changed where nbgrader would give too much for it or stop."""
    if output.output_type != "execute_result":
        return output
    text = output.data["text/plain"]
    try:
        points = float(text)
    except ValueError:
        points = math.nan
        if text:
            return output  # all points: what a cell ends with need not be a number
    if not 0 <= points < math.inf:
        return _error("NoMark", f"this test cell ended with '{text:.200}', which is no mark")
    if points > most:
        output.data["text/plain"] = repr(most)
    return output


def _error(name: str, why: str) -> NotebookNode:
    return _new("error", ename=name, evalue=why, traceback=[f"{name}: {why}"])


def _new(kind: str, **content: Any) -> NotebookNode:
    """An output. Nbformat's function of this purpose validates each; the notebook is validated when it is written."""
    needed = {} if kind in ("stream", "error") else {"metadata": NotebookNode()}
    return NotebookNode(output_type=kind, **needed, **content)


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
