"""What a call of a student's function costs when the test cell runs in a process of its own.

``python benchmarks/calls_across.py``: medians over several test cells, in milliseconds for one call.
"""

import statistics
import time

from nbjudge.judge.report import CellReport
from nbjudge.run.plan import Apart, PlannedCell
from nbjudge.run.session import Session

STUDENT = """
import numpy as np

def squares(n):
    return [k * k for k in range(n)]

def double(array):
    return 2 * array

class Stack:
    def __init__(self):
        self.items = []

    def push(self, item):
        self.items.append(item)
"""
TIMED = """
import time
import numpy as np
array, stack = np.arange(1000.0), Stack()
begun = time.perf_counter()
for k in range({number}):
    {what}
seconds = time.perf_counter() - begun
raise AssertionError(str(1000 * seconds / {number}))
"""
WHAT = {
    "a function with a small list": "squares(5)",
    "a function with an array of 1,000": "double(array)",
    "a method": "stack.push(k)",
}
REPEATS = 5


def timed(what: str, number: int) -> list[float]:
    """Milliseconds for one operation, in several test cells of one session."""
    test = TIMED.format(what=what, number=number)
    tests = [PlannedCell(test, f"test-{k}", False, True, 1.0, apart=Apart(None)) for k in range(REPEATS)]
    session = Session(cells=[PlannedCell(STUDENT, on_student_side=True), *tests], imports=[("np", "numpy", "")])
    reports = [CellReport.read(report) for report in session.run()]
    return [float((report.text or "").rpartition(" ")[2]) for report in reports[1:]]


def main() -> None:
    """Print a line for each kind of call."""
    for name, what in WHAT.items():
        print(f"{name}: {statistics.median(timed(what, 1000)):.2f} ms", flush=True)
    begun = time.perf_counter()
    print(f"ten thousand calls: {statistics.median(timed('squares(5)', 10_000)) * 10:.1f} s", flush=True)
    print(f"(all in {time.perf_counter() - begun:.0f} s)")


if __name__ == "__main__":
    main()
