"""Where does the time go that one submission takes? Run ``python benchmarks/one_submission.py`` in the course folder.

The model solution with its checkpoint is executed by itself, with one processor for NumPy and torch, as in a class
where each processor has a submission of its own.
"""

import statistics
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

sys.path.append(str(Path(__file__).resolve().parents[1]))
from nbjudge.handin.hand_in import SubmissionKey
from nbjudge.plugin.course import Course
from nbjudge.protocol.wire import Wire
from nbjudge.run import session
from nbjudge.run.job import Job
from nbjudge.run.plan import PlannedCell
from nbjudge.sandbox.processors import share, usable

from tests.corpus.build import Example, build_class

STUDENT = Example("ada", "the model solution", checkpoint=True)
ROUNDS = 5
LARGE = ("evaluate-preview", "evaluate-fresh-accuracy")  # 4,000 images each


def main() -> None:
    """Print seconds by kind of cell."""
    with tempfile.TemporaryDirectory() as folder:
        course = Course(Path(folder) / "course")
        build_class(course.root, [STUDENT])
        course.generate("ex04")
        ((_, job),) = course.prepare(SubmissionKey("ex04", STUDENT.name), force=True).notebooks.values()
        job.run(processors=usable()[:1])  # caches get warm
        times = [time.perf_counter()]

        class TimedWire(Wire):
            def receive(self, timeout: float | None = None) -> object:
                message = super().receive(timeout)
                times.append(time.perf_counter())
                return message

        with patch.object(session, "Wire", TimedWire):  # to the grader kernel alone
            job.run(processors=usable()[:1])
    begun, ready, *ends = times
    spent = Counter({"start of sandbox and runner, and import of torch": ready - begun})
    ran = [cell for cell in job.cells if cell.runs]
    for cell, before, after in zip(ran, [ready, *ends[:-1]], ends, strict=True):
        spent[kind_of(cell)] += after - before
    print("One submission with its checkpoint, one processor, wall time")
    for kind, seconds in spent.most_common():
        print(f"  {seconds:6.2f} s  {kind}")
    print(f"  {ends[-1] - begun:6.2f} s  in all")
    alone, two = (statistics.median(times) for times in zip(*beside_each_other(job), strict=True))
    print(f"Two beside each other take {two / alone:.2f} times as long as one alone ({ROUNDS} rounds, medians)")


def beside_each_other(job: Job) -> list[tuple[float, float]]:
    """Seconds for one execution alone, and for two at once, again and again."""
    with ThreadPoolExecutor(2) as pool:

        def seconds(number: int) -> float:
            begun = time.perf_counter()
            list(pool.map(lambda place: job.run(processors=share(usable(), place, 2)), range(number)))
            return time.perf_counter() - begun

        seconds(2)  # each thread's template gets ready
        return [(seconds(1), seconds(2)) for _ in range(ROUNDS)]


def kind_of(cell: PlannedCell) -> str:
    """What kind of work a cell is."""
    if cell.name in LARGE:
        return "two tests with 4,000 images each"
    if cell.points is not None:
        training = cell.name.startswith("train-") and cell.name not in ("train-split", "train-loss-falls")
        return "training in tests" if training else "other tests"
    if cell.name == "setup-tools":
        return "import of Matplotlib"
    return (
        "cells before the student's own, without pictures" if not cell.draws else "the student's cells, with pictures"
    )


if __name__ == "__main__":
    main()
