"""What does the command itself cost? Run ``python benchmarks/own_cost.py``, in the course folder.

A thousand hand-ins are graded whose execution is trivial: a worker that returns at once with every test passed. What
remains is ours: to look at a hand-in, sanitize it, send it to a worker, keep what comes back, record it, and read the
marks for the table. Without feedback pages, which are nbgrader's. Once with a notebook of a few cells, once with the
assignment's own. Exits with status 1 if a bar is missed.
"""

import sys
import tempfile
import time
import warnings
from pathlib import Path
from unittest.mock import patch

import psutil

sys.path.append(str(Path(__file__).resolve().parents[1]))
from nbjudge.commands import class_grading
from nbjudge.handin.hand_in import SubmissionKey
from nbjudge.judge import archive
from nbjudge.plugin.course import Course
from nbjudge.plugin.marks import read_marks
from nbjudge.plugin.record.penalties import update_penalties
from nbjudge.run.job import Job

from helpers import tiny_course
from tests.corpus.build import Example, build_class

COUNT = 1000
MOST = 0.050  # seconds of wall time for a hand-in of a small notebook
GROWTH = 1.05  # of the memory, from half of the class to the whole


def main() -> int:
    """Print seconds and memory, and return 0 if the bars are met."""
    warnings.simplefilter("ignore")  # of SQLAlchemy about nbgrader's queries
    kept = True
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small", Path(folder) / "large"
        tiny_course.build(small)
        for number in range(COUNT):
            notebook = tiny_course.master()
            notebook.cells[1].source = f"first = 1  # {number}"
            tiny_course.hand_in(small, f"s{number:04}", notebook)
        comments = [[("train-split", f"# {number}")] for number in range(COUNT)]
        build_class(large, [Example(f"s{number:04}", "", scratch=extra) for number, extra in enumerate(comments)])
        for course, assignment, name in ((small, "ex1", "a notebook of 5 cells"), (large, "ex04", "glitch_or_chirp")):
            seconds, sizes = measure(Course(course), assignment)
            growth = sizes[-1] / sizes[len(sizes) // 2]
            print(f"{name}: {1000 * seconds:.1f} ms for each of {COUNT} hand-ins;", end=" ")
            print(f"memory {', '.join(f'{size / 2**20:.0f}' for size in sizes)} MiB in the course of it")
            kept = kept and growth <= GROWTH and (seconds <= MOST or course is large)
    print(f"at most {1000 * MOST:g} ms for the first, and memory that grows by less than {GROWTH - 1:.0%}")
    return 0 if kept else 1


def measure(course: Course, assignment: str) -> tuple[float, list[int]]:
    """Wall time for each hand-in, and the memory after each tenth of them and in the end."""
    course.generate(assignment)
    students = course.students(assignment)
    sizes = []
    with patch.object(class_grading, "execute", trivial), class_grading.Grading(course, assignment) as grading:
        begun = time.perf_counter()
        for done, ended in enumerate(grading.grade(students), 1):
            if ended.problem and not ended.student.startswith(("broken", "damaged")):
                raise RuntimeError(f"{ended.student}: {ended.problem}")
            if done % (len(students) // 10) == 0:
                sizes.append(psutil.Process().memory_info().rss)
        update_penalties(course.db_url, assignment, course.api.config)
        read_marks(course.db_url, assignment)
        for student in students:
            course.remarks(SubmissionKey(assignment, student))
        seconds = time.perf_counter() - begun
        sizes.append(psutil.Process().memory_info().rss)
    return seconds / len(students), sizes


def trivial(packed: bytes, processors: list[int] | None = None) -> bytes:
    """Execute nothing, and say that all went well."""
    job = Job.unpack(packed)
    ran = {"outputs": [], "passed": True, "text": "", "fraction": 1.0, "html": None, "asked": [], "seeds": {}}
    return archive.pack({"reports": [ran if cell.runs else {} for cell in job.cells], **job.about()})


if __name__ == "__main__":
    sys.exit(main())
