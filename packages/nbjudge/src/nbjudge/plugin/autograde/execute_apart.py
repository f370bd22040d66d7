"""The Execute step of ``nbgrader autograde``: put it in ``c.Autograde.autograde_preprocessors``."""

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

from ...handin.answers_elsewhere import refer
from ...handin.cells import WAITING
from ...handin.hand_in import SubmissionKey
from ...handin.remarks import add_remarks
from ...judge.seeds import hand_in_secret
from ...judge.transcript import Transcript
from ...run.job import Job, execute
from ...run.plan import NOT_APART, ByName, Instructions, plan
from ...run.secret import course_secret
from ...run.store import Store
from ...sandbox.access import Access, AccessError
from ...sandbox.bubblewrap import PACKAGE, SandboxError
from ...sandbox.limits import Limits
from ..fingerprint import Fingerprint, assignment_digest
from ..folders import assignment_of, hand_in_of
from ..gradebook import NbgraderContext
from ..instructions import from_gradebook
from ..ordinary_tests import SOLUTIONS, holding_findings
from .beside import may_hold_an_answer, released_files, write_transcript
from .outputs import outputs_of, passes_only_inside, remarks_on, remarks_printed

UNPROTECTED = "run without a sandbox"
_NOT_IN_NAMES = re.compile(r"[^\w.,+ /()-]")  # replaced by ? in names that formgrader shows


@dataclass(frozen=True)
class Execution:
    """An executed notebook.

    Attributes
    ----------
    job : Job
        The job that was executed.
    result : Transcript
        Its transcript.
    fingerprint : Fingerprint or None
        The fingerprint of the job's inputs, if the graded notebook must hold it.
    remarks : list of str
        Remarks for the instructor on what was left out.
    """

    job: Job
    result: Transcript
    fingerprint: Fingerprint | None = None
    remarks: list[str] = field(default_factory=list)


class LanguageError(ValueError):
    """The notebook is not in Python."""


class ExecuteApart(Execute):
    """Run the student's cells in a sandbox and the test cells outside it.

    This replaces `nbgrader.preprocessors.Execute`, and follows its ``timeout`` (seconds for each cell). Each graded
    test cell gets exactly one execute result, its points; this is the form that nbgrader scores.

    If the test cells of a notebook do not use ``submission``, those that a study has found fit (`ordinary_tests`) use
    the student's names from outside the sandbox. The others run like the student's cells, and nbgrader's own rules
    score their outputs.
    """

    answers = Unicode(
        "nbjudge.ask.answers", help="Module that answers the test cells' questions on the student side."
    ).tag(config=True)
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

    hidden_packages = List(
        Unicode(),
        help="Installed packages that student code must not see, as they are imported, besides those that were "
        "installed together with the module of the answers.",
    ).tag(config=True)

    cgroup = Unicode(
        help="A cgroup (v2) that you may divide, such as /sys/fs/cgroup/graders: a hard stop for memory and processes."
    ).tag(config=True)

    gpu = Bool(
        False, help="Whether the sandbox has the graphics cards of this machine: /dev/nvidia* and /dev/dri."
    ).tag(config=True)

    network = Bool(
        False,
        help="Whether student code has the network of this machine: then it reaches all that this machine reaches, "
        "services that listen only here included, and can send away what it sees, such as hidden inputs and tests.",
    ).tag(config=True)

    data = List(
        Unicode(),
        help="Absolute paths of files and folders that the sandbox shows at the same paths, read-only. Their contents "
        "are not part of the key of a result: after a change, remove .cache/results.",
    ).tag(config=True)

    run_student_code_without_a_sandbox = Bool(
        False, help="Run students' code as the grader's own user, who can read and change everything that you can."
    ).tag(config=True)

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._studied: dict[tuple[str, str], ByName] = {}

    def limits(self) -> Limits:
        """The limits on one submission."""
        return Limits(
            cell=float(self.timeout or Limits.cell),
            answer=self.answer_timeout,
            notebook=self.notebook_timeout,
            memory=int(self.memory * 2**30),
            output=int(self.output * 2**20),
            tasks=self.tasks,
            scratch=int(self.scratch * 2**30),
        )

    def access(self) -> Access:
        """What student code can reach besides its own files.

        Raises
        ------
        SandboxError
            The option `data` has a path that can't be shown.
        """
        access, course = Access(self.gpu, self.network, tuple(self.data)), self._course
        names = (course.source_directory, course.submitted_directory, course.autograded_directory)
        folders = (
            *names,
            course.release_directory,
            course.feedback_directory,
            "gradebook_copies",
            "downloaded",
            SOLUTIONS,
        )
        try:
            access.check(Path(course.root), [*(Path(course.root, name) for name in folders), PACKAGE])
        except AccessError as error:
            raise SandboxError(str(error)) from error
        return access

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
        names: NbgraderContext = resources["nbgrader"]
        folder = Path(resources["metadata"]["path"])
        ready: Execution | None = names.get("executed")
        if ready is None:
            students_own = Autograde(config=self.config).exclude_overwriting.get(names["assignment"], [])
            hand_in = hand_in_of(self._course, SubmissionKey(names["assignment"], names["student"]), students_own)
            of_assignment = assignment_digest(Path(self._course.root), hand_in.assignment, {"db_url": names["db_url"]})
            fingerprint = Fingerprint(hand_in.digest, of_assignment)
            files, remarks = hand_in.files()
            job = self.job(nb, names, files)
            ready = Execution(job, self.run_or_load(job), fingerprint, names.get("arranged", []) + remarks)
        self.apply(nb, ready)
        write_transcript(folder, names["notebook"], ready.result)
        return nb, resources

    def apply(self, nb: NotebookNode, execution: "Execution") -> None:
        """Put the results of an execution into the notebook."""
        job = execution.job
        add_remarks(nb, execution.remarks)
        if not job.sandboxed:
            self.log.warning(UNPROTECTED)
            add_remarks(nb, [UNPROTECTED])
        count = 0
        for cell, planned, report in zip(nb.cells, job.cells, execution.result.reports, strict=True):
            if cell.cell_type != "code":
                continue
            count += planned.runs
            cell.execution_count = count if planned.runs else None
            cell.source = planned.source
            cell.outputs = outputs_of(planned, report, count)
            name = planned.name or f"cell {count}"
            add_remarks(nb, remarks_on(name, report))
            if passes_only_inside(planned, report):
                # Not a remark: students see those.
                nb.metadata.setdefault("grading", NotebookNode()).setdefault(WAITING, []).append(name)
            if is_locked(cell) and planned.points is None:
                add_remarks(nb, [f"{name} says: {line}" for line in remarks_printed(report)])
            if job.sandboxed and report.refused:
                add_remarks(nb, [f"{name} was refused {', '.join(report.refused)}"])
        if papers := [name for name in job.files.keys() - job.release.keys() if may_hold_an_answer(name)]:
            where = ", ".join(f"`{_NOT_IN_NAMES.sub('?', name)}`" for name in sorted(papers)[:3])
            unanswered = (cell for cell in nb.cells if is_grade(cell) and is_solution(cell))
            add_remarks(nb, [refer(cell, where) for cell in unanswered if determine_grade(cell)[0] == 0])
        if execution.fingerprint:
            # Marks a fully graded notebook; nbgrader first writes one that is only sanitized.
            nb.metadata.setdefault("grading", NotebookNode())["inputs"] = NotebookNode(asdict(execution.fingerprint))

    def job(
        self, nb: NotebookNode, names: NbgraderContext, files: dict[str, bytes], by_name: ByName | None = None
    ) -> Job:
        """Make the job of a notebook.

        Parameters
        ----------
        nb : NotebookNode
            The sanitized notebook.
        names : dict
            Must have ``notebook``, ``assignment`` and ``db_url``.
        files : dict of str to bytes
            The files beside the notebook.
        by_name : ByName, optional
            How ordinary test cells are judged, for a study; by default as the last study has found.

        Raises
        ------
        LanguageError
            The notebook is not in Python.
        """
        language = nb.metadata.get("kernelspec", {}).get("language") or "python"
        if language.lower() != "python":
            raise LanguageError(f"this notebook is in {language}; only Python can be graded in a sandbox")
        release = assignment_of(self._course, names["assignment"]).release
        instructions = from_gradebook(names)
        released = nbformat.read(release / f"{names['notebook']}.ipynb", as_version=4)
        by_name = by_name or self._by_name(names, instructions)
        cells = plan(nb, instructions, self.grader_setup, released, by_name)
        given = released_files(release)
        # Files of the students' own are imported from their folder, where released files come first otherwise.
        students_own = self.config.Autograde.get("exclude_overwriting", {}).get(names["assignment"], [])
        asked = any(cell.on_grader_side for cell in cells) and not by_name.apart
        return Job(
            cells=cells,
            files=files,
            notebook=names["notebook"],
            release={name: raw for name, raw in given.items() if name not in students_own},
            answers=(asked and self.answers) or None,
            secret=hand_in_secret(course_secret(Path(self._course.root)), cells, instructions, files, given),
            limits=self.limits(),
            access=self.access(),
            cgroup=self.cgroup,
            sandboxed=not self.run_student_code_without_a_sandbox,
            judging=self.judging,
            hidden=self.hidden_packages,
            course=str(Path(self._course.root).resolve()),
            imports=by_name.imports,
            compares=any(how.operations is None for how in by_name.apart.values()),
        )

    def _by_name(self, names: NbgraderContext, instructions: Instructions) -> ByName:
        """How the last study says that ordinary test cells are judged, if it is of this version of the notebook."""
        which = names["assignment"], names["notebook"]
        if which not in self._studied:
            root, assignment = Path(self._course.root), assignment_of(self._course, which[0])
            is_declared = instructions.are_apart(self.grader_setup)
            found = None if is_declared else holding_findings(root, assignment, which[1], instructions)
            self._studied[which] = NOT_APART if found is None else found.by_name
        return self._studied[which]

    def run_or_load(self, job: Job) -> Transcript:
        """The result of a job: from the store if the job was executed before; otherwise execute it."""
        store = Store(Path(self._course.root))
        digest = job.cache_key()
        return store.get(digest) or store.keep(digest, execute(job.pack()))

    @property
    def _course(self) -> CourseDirectory:
        return CourseDirectory(config=self.config, parent=self.parent)
