"""How much faster than stock nbgrader is an ordinary course graded? Run ``python benchmarks/ordinary_class.py``.

The course is the small one of the engine's tests, with twelve ordinary test cells that are judged apart. Half of the
hand-ins are right, most others have one function that is wrong, and a few are the release as it is. The release has
been generated and the tests have been studied before; neither side writes feedback. Exits with status 1 if the bar is
missed, or if a hand-in got other points than from stock nbgrader.
"""

import sys
import tempfile
import time
from pathlib import Path

import click
import nbformat
from nbgrader.api import Gradebook
from nbjudge.plugin.course import Course

from commands import run

sys.path.append(str(Path(__file__).resolve().parents[1] / "packages" / "nbjudge" / "tests"))
from helpers.ordinary_course import SOLUTIONS, STUB, notebook

FASTER = 3.0  # times stock nbgrader
STOCK = 'c = get_config()\nc.CourseDirectory.course_id = "ordinary"\n'
OURS = STOCK + "import nbjudge\nnbjudge.configure(c)\n"


@click.command()
@click.option("--submissions", default=60, show_default=True, help="How many hand-ins.")
def main(submissions: int) -> None:
    """Print wall times, and the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        ours, stock = Path(folder) / "ours", Path(folder) / "stock"
        for course, configuration in ((ours, OURS), (stock, STOCK)):
            build(course, configuration, submissions)
        run(stock, "nbgrader", "generate_assignment", "ps1")
        Course(ours).generate("ps1")
        begun = time.perf_counter()
        run(ours, "nbjudge", "check", "ps1")
        studied = time.perf_counter() - begun
        begun = time.perf_counter()
        run(ours, "nbjudge", "grade", "ps1", "--no-feedback", "--no-canary")
        graded = time.perf_counter() - begun
        begun = time.perf_counter()
        run(stock, "nbgrader", "autograde", "ps1")
        autograded = time.perf_counter() - begun
        differ = {name for name, points in earned(stock).items() if earned(ours).get(name) != points}
    print(f"{submissions} hand-ins with {len(SOLUTIONS)} test cells each")
    print(f"  nbgrader autograde {autograded:8.1f} s {autograded / submissions:8.2f} s each")
    print(f"  nbjudge grade      {graded:8.1f} s {graded / submissions:8.2f} s each")
    print(f"  nbjudge check      {studied:8.1f} s, once for each release")
    print(f"  {autograded / graded:.1f} times as fast (we want {FASTER:g})")
    print(f"  other points than from stock: {sorted(differ) or 'none'}")
    sys.exit(autograded / graded < FASTER or bool(differ))


def build(course: Path, configuration: str, submissions: int) -> None:
    """Write a course with so many hand-ins."""
    (course / "source" / "ps1").mkdir(parents=True)
    (course / "nbgrader_config.py").write_text(configuration)
    nbformat.write(notebook(SOLUTIONS), course / "source" / "ps1" / "work.ipynb")
    for number in range(submissions):
        place = course / "submitted" / f"student{number:03}" / "ps1"
        place.mkdir(parents=True)
        nbformat.write(notebook(cells(number)), place / "work.ipynb")


def cells(number: int) -> dict[str, str]:
    """The solution cells of one hand-in."""
    if number % 2 == 0:
        return SOLUTIONS
    if number % 10 == 1:
        return {}
    name = sorted(SOLUTIONS)[number % len(SOLUTIONS)]
    return SOLUTIONS | {name: STUB}


def earned(course: Path) -> dict[str, float]:
    """The points of each hand-in."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return {each.student.id: each.score for each in gradebook.assignment_submissions("ps1")}


if __name__ == "__main__":
    main()
