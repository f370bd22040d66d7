"""The study: which ordinary test cells give the same marks apart from the student's process as inside it."""

from dataclasses import dataclass, field, replace
from enum import Enum, auto
from pathlib import Path

import nbformat

from ..handin.hand_in import SubmissionKey
from ..judge.report import CellReport
from ..judge.transcript import Transcript
from ..plugin.autograde.execute_apart import ExecuteApart, LanguageError
from ..plugin.autograde.outputs import points_inside, points_of
from ..plugin.course import Course
from ..plugin.ordinary_tests import (
    Findings,
    further_solutions,
    holding_findings,
    study_digest,
    to_study,
    write_findings,
)
from ..run.job import Job
from ..run.names_used import bound, free
from ..run.plan import Apart, ByName, PlannedCell

Reports = dict[str, dict[str, tuple[PlannedCell, CellReport]]]
MODEL, RELEASE = "model solution", "untouched release"
BROKEN = f"the {MODEL} does not earn its points"


class Stage(Enum):
    """What is executed: all test cells both ways, the same with the student's data, or as a class is graded."""

    BOTH_WAYS = auto()
    WITH_THEIR_DATA = auto()
    AS_GRADED = auto()


class Study:
    """Executes the model solution, the untouched release and further solutions, with each test cell judged both ways.

    A test cell is judged apart if this gives the same points as in the student's own process for all of them. In the
    end they are executed as a class is graded, with some test cells apart and some inside: each must still give the
    same, also those after a test cell that changes something on one side only.

    Parameters
    ----------
    course : Course
        The course folder.
    assignment : str
        The name of the assignment.
    """

    def __init__(self, course: Course, assignment: str) -> None:
        self._under_way = [each for name in course.notebooks(assignment) if (each := _begun(course, assignment, name))]

    @property
    def jobs(self) -> dict[str, Job]:
        """The jobs that must be executed before `follow`, by their digests; none when the study is over."""
        return {job.cache_key(): job for each in self._under_way for job in each.jobs.values()}

    def follow(self, results: dict[str, Transcript]) -> None:
        """Draw the conclusions from the transcripts of `jobs`, and write them down where they are final.

        Raises
        ------
        OSError
            The findings can't be written.
        """
        self._under_way = [each for each in self._under_way if not each.is_over(results)]


@dataclass
class _UnderWay:
    """The study of one notebook."""

    course: Course
    assignment: str
    notebook: str
    study: str
    by_name: ByName
    jobs: dict[str, Job] = field(default_factory=dict)
    inside: dict[str, str] = field(default_factory=dict)
    stage: Stage = Stage.BOTH_WAYS
    expected: dict[str, dict[str, float]] = field(default_factory=dict)

    def prepare(self) -> None:
        """Make the jobs, by the names of the solutions."""
        files, _ = self.course.preparer.assignment(self.assignment).files()
        stem = self.notebook.removesuffix(".ipynb")
        paths = {
            MODEL: self.course.folder("source", self.assignment) / self.notebook,
            RELEASE: self.course.folder("release", self.assignment) / self.notebook,
        } | further_solutions(self.course.root, self.assignment, stem)
        for what, path in paths.items():
            key = SubmissionKey(self.assignment, "canary")
            notebook = nbformat.read(path, as_version=4)
            _, self.jobs[what] = self.course.preparer.sanitized(notebook, files, key, stem, self.by_name)

    def is_over(self, results: dict[str, Transcript]) -> bool:
        """Draw conclusions from the results of the present stage, and prepare the next one."""
        reports = {what: _by_cell(job, results[job.cache_key()]) for what, job in self.jobs.items()}
        if self.stage is Stage.AS_GRADED:
            is_same = self._compare_as_graded(reports)
        else:
            is_same = self._compare_both_ways(reports)
        if not is_same:
            self.prepare()
            return False
        stem = self.notebook.removesuffix(".ipynb")
        write_findings(self.course.root, self.assignment, stem, Findings(self.study, self.by_name, self.inside))
        return True

    def _compare_both_ways(self, reports: Reports) -> bool:
        """Find the test cells that are judged apart; one that fails is tried again with the student's data."""
        wrong = {name: why for name in self.by_name.apart if (why := _difference(name, reports))}
        if wrong and self.stage is Stage.BOTH_WAYS:
            self.stage = Stage.WITH_THEIR_DATA
            tried = {name: replace(how, theirs=name in wrong) for name, how in self.by_name.apart.items()}
            self.by_name = replace(self.by_name, apart=tried)
            return False
        apart = {
            name: replace(how, operations=sorted({each for of in reports.values() for each in of[name][1].operations}))
            for name, how in self.by_name.apart.items()
            if name not in wrong
        }
        self.expected = {
            what: {name: points_inside(*of[name]) for name in self.by_name.apart if name in of}
            for what, of in reports.items()
        }
        self.inside, self.stage = wrong, Stage.AS_GRADED
        self._judge_apart(apart)
        return not apart

    def _judge_apart(self, apart: dict[str, Apart]) -> None:
        """Have these test cells judged apart; they hand over what the other ones, which run inside, use of theirs."""
        sources = {cell.name: cell.source for cell in self.jobs[MODEL].cells if cell.points is not None}
        needed = free(source for name, source in sources.items() if name not in apart)
        self.by_name = replace(
            self.by_name,
            apart={
                name: replace(how, hands_over=sorted({*how.hands_over, *(bound(sources[name]) & needed)}))
                for name, how in apart.items()
            },
        )

    def _compare_as_graded(self, reports: Reports) -> bool:
        """Whether all points are the same when some test cells are judged apart and the others inside.

        If not, a test cell before the first difference has changed something for those after it. All of these cells
        are judged inside.
        """
        for what, expected in self.expected.items():
            names = list(expected)
            for number, name in enumerate(names):
                if points_of(*reports[what][name]) == expected[name]:
                    continue
                before = set(names[: number + 1]) & self.by_name.apart.keys() or self.by_name.apart.keys()
                why = f"with the {what}, {name} gives other points when this cell is judged apart"
                self.inside |= dict.fromkeys(before, why)
                kept = {each: how for each, how in self.by_name.apart.items() if each not in before}
                self._judge_apart(kept)
                return not kept
        return True


def _begun(course: Course, assignment: str, notebook: str) -> _UnderWay | None:
    """The study of a notebook; None if its tests ask ``submission``, or if it was studied as it is."""
    instructions = course.instructions(assignment, notebook)
    if course.is_declared_apart(instructions):
        return None
    stem, files = notebook.removesuffix(".ipynb"), course.preparer.assignment(assignment)
    by_name = to_study(files, stem, instructions)
    if not by_name.apart or holding_findings(course.root, files, stem, instructions):
        return None
    study = study_digest(course.root, files, stem, instructions)
    begun = _UnderWay(course, assignment, notebook, study, by_name)
    try:
        begun.prepare()
    except LanguageError:  # the canary says so
        return None
    return begun


def _by_cell(job: Job, result: Transcript) -> dict[str, tuple[PlannedCell, CellReport]]:
    return {
        cell.name: (cell, report)
        for cell, report in zip(job.cells, result.reports, strict=True)
        if cell.points is not None
    }


def _difference(name: str, reports: Reports) -> str | None:
    """Why a test cell can't be judged apart; None if it can."""
    for what, cells in reports.items():
        if name not in cells:
            return f"it is not in the {what}"
        cell, report = cells[name]
        apart, inside = report.earned(cell.points or 0.0), points_inside(cell, report)
        if report.lost is not None:
            return f"with the {what}: {report.lost}"
        if what == MODEL and inside < (cell.points or 0.0):
            return BROKEN
        if apart != inside:
            why = (report.text or "").strip().splitlines()
            because = f": {why[-1][:300]}" if why and apart < inside else ""
            return f"with the {what} it gives {apart:g} points apart, {inside:g} inside{because}"
    return None


def forgeable(course: Course, assignment: str) -> dict[str, tuple[list[str], int, str | None]]:
    """The notebooks with test cells that run in the student's process.

    Returns
    -------
    dict of str to tuple
        For each such notebook: these cells, the number of all test cells, and a warning (`doubt`) or None.
    """
    setup = ExecuteApart(config=course.api.config).grader_setup
    found = {}
    for name in course.notebooks(assignment):
        instructions = course.instructions(assignment, name)
        files = course.preparer.assignment(assignment)
        findings = holding_findings(course.root, files, Path(name).stem, instructions)
        apart = findings.by_name.apart if findings else {}
        tests = instructions.points.keys() - instructions.written
        inside = sorted(tests - apart.keys())
        if inside and not instructions.are_apart(setup):
            found[name] = inside, len(tests), instructions.doubt(setup)
    return found
