"""The canary: before a class is graded, the model solution must get all automatic points, and the release none."""

from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from ..handin.hand_in import SubmissionKey
from ..judge.transcript import Transcript
from ..plugin.autograde.execute_apart import ExecuteApart, Execution, LanguageError
from ..plugin.autograde.outputs import SetupFailed
from ..plugin.course import Course
from ..plugin.record.points import automatic_points
from ..run.job import Job

CONNECTIONS = ("a connection to ", "the address of ")  # how `nbjudge.student.refused` begins


class CanaryError(RuntimeError):
    """The assignment does not give the marks that it should give."""


def refused_connections(result: Transcript) -> list[str]:
    """What the sandbox refused of the network, as in "a connection to 192.0.2.1"."""
    refused = dict.fromkeys(fact for report in result.reports for fact in report.refused or ())
    return [fact for fact in refused if fact.startswith(CONNECTIONS)]


def _advice(sought: list[str]) -> str:
    """What to do if the model solution may have failed for want of a network; else empty."""
    if not sought:
        return ""
    return (
        f"The sandbox refused {', '.join(sought[:3])}, which is the likely reason: put what is fetched there into the "
        "release or into c.ExecuteApart.data, or allow the network with c.ExecuteApart.network = True. "
    )


def _real(course: Course, assignment: str) -> Path:
    """The folder of the instructor's version, also if the course is a rehearsal, which will be gone."""
    folder = course.folder("source", assignment)
    return folder.resolve() if any(each.is_symlink() for each in folder.parents) else folder


class Canary:
    """The model solution and the untouched release, as hand-ins.

    Parameters
    ----------
    course : Course
        The course folder.
    assignment : str
        The name of the assignment.

    Raises
    ------
    CanaryError
        The assignment can't be graded here at all.
    """

    def __init__(self, course: Course, assignment: str) -> None:
        self._course = course
        self._assignment = assignment
        self._hand_ins: list[tuple[str, str, NotebookNode, Job]] = []
        files, _ = course.preparer.assignment(assignment).files()
        for what, folder in (("model solution", "source"), ("untouched release", "release")):
            for path in sorted(course.folder(folder, assignment).glob("[!.]*.ipynb")):
                notebook = nbformat.read(path, as_version=4)
                try:
                    sanitized = course.preparer.sanitized(
                        notebook, files, SubmissionKey(assignment, "canary"), path.stem
                    )
                except LanguageError as error:
                    raise CanaryError(f"nobody was graded, for {path}: {error}") from error
                self._hand_ins.append((what, path.name, *sanitized))

    @property
    def jobs(self) -> dict[str, Job]:
        """The jobs that must be executed before `complaint`, by their digests."""
        return {job.cache_key(): job for *_, job in self._hand_ins}

    def complaint(self, results: dict[str, Transcript]) -> str | None:
        """What is wrong with the marks of the model solution and of the release, and what to do; None if nothing is.

        Parameters
        ----------
        results : dict of str to Transcript
            The transcripts of `jobs`, by their digests.
        """
        complaints, sought = [], []
        for what, name, notebook, job in self._hand_ins:
            executed = deepcopy(notebook)
            try:
                ExecuteApart(parent=self._course.autograde).apply(executed, Execution(job, results[job.cache_key()]))
            except SetupFailed as error:
                complaints.append(f"in {name} {error}")
                continue
            wrong = [
                f"{cell} ({earned:g} of {most:g})"
                for cell, (earned, most) in automatic_points(executed).items()
                if earned != (most if what == "model solution" else 0)
            ]
            if wrong:
                should = "loses points in" if what == "model solution" else "gets points in"
                complaints.append(f"the {what} of {name} {should} {', '.join(wrong)}")
                if what == "model solution":
                    sought += refused_connections(results[job.cache_key()])
        if not complaints:
            return None
        source = _real(self._course, self._assignment)
        return (
            f"here {'; '.join(dict.fromkeys(complaints))}. {_advice(sought)}Look at these tests and at what is "
            f"installed; 'nbgrader validate {source}/*.ipynb' runs the model solution."
        )
