"""What a grader kernel is told to run, as it goes over the wire."""

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
        Those that run, in order.
    files : dict of str to (n,) uint8 array
        The student's, by their names.
    path : list of str
        Folders that the student side imports from.
    answers : str or None
        Module that answers questions on the student side.
    secret : (n,) uint8 array
        The hand-in's; see `seeds.hand_in_secret`.
    start_timeout, cell_timeout, answer_timeout : float
        Seconds.
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
