"""The plan that a grader kernel gets over the wire."""

from typing import TypedDict

import numpy as np


class ApartPlan(TypedDict):
    """How an ordinary test cell is judged; see `run.plan.Apart`."""

    operations: list[str] | None
    theirs: bool
    hands_over: list[str]


class KernelCell(TypedDict):
    """One cell; see `run.plan.PlannedCell`."""

    source: str
    on_student_side: bool
    on_grader_side: bool
    draws: bool
    apart: ApartPlan | None


class KernelPlan(TypedDict):
    """Everything that a grader kernel knows of a hand-in.

    Attributes
    ----------
    cells : list of KernelCell
        The cells that run, in order.
    files : dict of str to (n,) uint8 array
        The student's files, by name.
    path : list of str
        Folders that the student side imports from.
    answers : str or None
        Module that answers questions on the student side.
    secret : (n,) uint8 array
        The hand-in's secret; see `seeds.hand_in_secret`.
    start_timeout, cell_timeout, answer_timeout : float
        Limits in seconds: for the start, for one cell, for one answer.
    output : int
        See `GraderKernel`.
    imports : list of (str, str, str) or None
        What the instructor's cells import, for test cells that use the student's names; see `names_used.imports_of`.
        None if the test cells ask ``submission``.
    """

    cells: list[KernelCell]
    files: dict[str, np.ndarray]
    path: list[str]
    answers: str | None
    secret: np.ndarray
    start_timeout: float
    cell_timeout: float
    answer_timeout: float
    output: int
    imports: list[tuple[str, str, str]] | None
