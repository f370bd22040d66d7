"""Limits on the time, memory and other resources of one submission."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits on one submission.

    Attributes
    ----------
    start : float
        Seconds until the sandbox must be up.
    cell, answer : float
        Seconds for one cell, and for the answer to one question; then the code is interrupted.
    notebook : float
        Seconds for all cells and tests together; then the sandbox is ended.
    memory : int
        Bytes for all processes and files of the sandbox together. If they take more, the sandbox is ended. The grader
        kernel has a limit of the same size. If it takes more, the test cell fails.
    output : int
        Characters plus bytes of pictures in the outputs of all cells together; later outputs are left out.
    tasks : int
        Processes and threads at one time, counted together as Linux does. If there are more, the sandbox is ended.
    scratch : int
        Bytes for the files in each of the sandbox's writable places. When a place is full, writing fails.
    """

    start: float = 60.0
    cell: float = 300.0
    answer: float = 120.0
    notebook: float = 3600.0
    memory: int = 4 * 2**30
    output: int = 64 * 2**20
    tasks: int = 1024
    scratch: int = 2**30
