"""Ordinary test cells, executed for real: a sandbox with student code, and a grader kernel that uses its names."""

from unittest.mock import patch

from nbjudge.judge.report import CellReport
from nbjudge.run.job import Job
from nbjudge.run.names_used import free, imports_of
from nbjudge.run.plan import Apart, PlannedCell
from nbjudge.sandbox import load
from nbjudge.sandbox.limits import Limits

LIMITS = Limits(cell=20.0, answer=10.0, notebook=60.0)


def student(source):
    return PlannedCell(source, on_student_side=True)


def locked(source, name="given"):
    return PlannedCell(source, name, on_student_side=True, on_grader_side=True)


def test(source, operations=None, theirs=False, hands_over=()):
    """A test cell worth one point; by default it may do with the student's objects what it likes.

    It may use each name in it.
    """
    if operations is not None:
        operations = [*operations, *(f"name {name}" for name in free([source]))]
    return PlannedCell(source, "test", False, True, 1.0, apart=Apart(operations, theirs, [*hands_over]))


test.__test__ = False  # to pytest


def reports(*cells, compares=False, release=None, limits=LIMITS):
    """The reports on cells; a string is a cell of the student's."""
    planned = [student(cell) if isinstance(cell, str) else cell for cell in cells]
    imports = imports_of(cell.source for cell in planned)
    job = Job(
        cells=planned,
        limits=limits,
        imports=imports,
        compares=compares,
        release=release or {},
    )
    # Where tests run, much else runs: timeouts count all the same.
    with patch.object(load, "MOST_TAKEN", 2.0):
        return [CellReport.read(report) for report in Job.unpack(job.pack()).run()["reports"]]


def outcomes(*cells, **options):
    """What each test cell came to: None if it passed, otherwise its message."""
    planned = [student(cell) if isinstance(cell, str) else cell for cell in cells]
    return [
        None if report.fraction == 1 else report.text or "no message"
        for cell, report in zip(planned, reports(*planned, **options), strict=True)
        if cell.apart
    ]
