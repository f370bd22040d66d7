"""What one submission may use."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits on one submission.

    Attributes
    ----------
    start : float
        Seconds until the sandbox must be up.
    cell, answer : float
        Seconds for one cell and for the answer to one question; then it is interrupted.
    notebook : float
        Seconds for all cells and tests together; then the sandbox is ended.
    memory : int
        Bytes that all processes of the sandbox and the files in it may take; beyond, the sandbox is ended. The grader
        kernel may take as many; beyond, the test cell fails.
    output : int
        Characters, and bytes of pictures, that all cells may put out together; what comes after is left out.
    tasks : int
        Processes and threads at one time, counted together as Linux does; beyond, the sandbox is ended.
    scratch : int
        Bytes for the files in each of the sandbox's writable places; beyond, writing fails.
    """

    start: float = 60.0
    cell: float = 300.0
    answer: float = 120.0
    notebook: float = 3600.0
    memory: int = 4 * 2**30
    output: int = 64 * 2**20
    tasks: int = 1024
    scratch: int = 2**30
