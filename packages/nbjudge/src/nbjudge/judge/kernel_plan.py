"""The plan that a grader kernel gets over the wire."""

from typing import TypedDict

import numpy as np


class KernelCell(TypedDict):
    """One cell; see `run.plan.PlannedCell`."""

    source: str
    on_student_side: bool
    on_grader_side: bool
    draws: bool


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
