"""What does the sandbox cost? Run ``python benchmarks/protection.py``, in the course folder.

The model solution with its checkpoint is executed in pairs, with the sandbox and without: the same submission, one
right after the other, in turns which of them comes first. With a checkpoint nothing is trained, so that
the share of the sandbox is as large as it gets. Exits with status 1 if the bar is missed.
"""

import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))
from nbjudge.handin.hand_in import SubmissionKey
from nbjudge.plugin.course import Course
from nbjudge.run.job import Job

from tests.corpus.build import Example, build_class

PAIRS = 12
MOST = 1.10  # times the wall time without a sandbox
STUDENT = Example("ada", "the model solution", checkpoint=True)


def main() -> int:
    """Print the medians and return 0 if the bar is met."""
    with tempfile.TemporaryDirectory() as folder:
        course = Course(Path(folder) / "course")
        build_class(course.root, [STUDENT])
        course.generate("ex04")
        ((_, job),) = course.prepare(SubmissionKey("ex04", STUDENT.name), force=True).notebooks.values()
        seconds = {True: [], False: []}
        seconds_of(job, sandboxed=True)  # caches get warm
        for pair in range(PAIRS):
            for sandboxed in (True, False) if pair % 2 else (False, True):
                seconds[sandboxed].append(seconds_of(job, sandboxed))
    ratios = sorted(a / b for a, b in zip(seconds[True], seconds[False], strict=True))
    ratio = statistics.median(ratios)
    print(f"One submission executed, wall time, median of {PAIRS}")
    print(f"  without a sandbox {statistics.median(seconds[False]):6.2f} s")
    print(f"  with the sandbox  {statistics.median(seconds[True]):6.2f} s")
    quarter = len(ratios) // 4
    print(
        f"  ratio {ratio:.3f} (the middle half of the pairs: {ratios[quarter]:.3f} to {ratios[-1 - quarter]:.3f}),",
        end=" ",
    )
    print(f"at most {MOST}")
    return 0 if ratio <= MOST else 1


def seconds_of(job: Job, sandboxed: bool) -> float:
    """Execute the submission once."""
    start = time.perf_counter()
    replace(job, sandboxed=sandboxed).run()
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
