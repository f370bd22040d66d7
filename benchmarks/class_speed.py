"""How much faster than stock nbgrader is a class graded? Run ``python benchmarks/class_speed.py`` in the course folder.

The same hand-ins are graded by ``nbgrader autograde`` with nbgrader's own configuration, and by ``grade`` with its
sandboxes; then every test is changed, and ``grade --from-transcripts`` judges all of them again. The release has been
generated before, for both. The hand-ins are mixed: right ones in many styles, wrong ones, and the release as it is.
Stock nbgrader gives many of them other marks, for it can't read what our test cells return; it does the same work.
Exits with status 1 if a bar is missed.
"""

import re
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import click
import nbformat

from commands import run

sys.path.append(str(Path(__file__).resolve().parents[1]))
from nbjudge.plugin.course import Course

from tests.corpus.build import NOTEBOOK, Example, build_class, examples, untouched

FASTER = {True: 5.0, False: 1.8}  # times stock nbgrader, with checkpoints and without
JUDGED_FASTER = 50.0
STOCK = """
c = get_config()
c.CourseDirectory.course_id = "stock"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", ".DS_Store", "course_utils", "nbjudge"]
c.Execute.timeout = 600
c.ClearSolutions.enforce_metadata = False
"""


@click.command()
@click.option("--submissions", default=40, show_default=True, help="How many hand-ins; the bars are for 40.")
@click.option("--checkpoints/--no-checkpoints", default=True, help="Whether trained nets are handed in with them.")
def main(submissions: int, checkpoints: bool) -> None:
    """Print wall times and ratios."""
    with tempfile.TemporaryDirectory() as folder:
        ours, stock = Path(folder) / "ours", Path(folder) / "stock"
        for course in (ours, stock):
            build_class(course, mixed(submissions, checkpoints))
            for path in (course / "submitted").glob("broken*"):
                path.rename(Path(folder) / f"{course.name}-{path.name}")
        (stock / "nbgrader_config.py").write_text(STOCK)
        run(stock, "nbgrader", "generate_assignment", "ex04")
        Course(ours).generate("ex04")
        grade = ["nbjudge", "grade", "ex04", f"--course-dir={ours}", "--no-feedback", "--no-canary"]
        begun = time.perf_counter()
        run(Path.cwd(), *grade)
        graded = time.perf_counter() - begun
        change_tests(ours / "source" / "ex04" / NOTEBOOK)
        begun = time.perf_counter()
        run(Path.cwd(), *grade, "--from-transcripts")
        judged = time.perf_counter() - begun
        begun = time.perf_counter()
        run(stock, "nbgrader", "autograde", "ex04")
        autograded = time.perf_counter() - begun
    kind = "with" if checkpoints else "without"
    print(f"{submissions} hand-ins {kind} checkpoints: wall time in all, and for each")
    for what, seconds in {
        "nbgrader autograde": autograded,
        "grade": graded,
        "grade --from-transcripts": judged,
    }.items():
        print(f"  {what:25} {seconds:8.1f} s {seconds / submissions:8.2f} s {autograded / seconds:8.1f} x")
    sys.exit(autograded / graded < FASTER[checkpoints] or autograded / judged < JUDGED_FASTER)


def mixed(count: int, checkpoints: bool) -> list[Example]:
    """So many different hand-ins for which the model solution's checkpoint fits."""
    fitting = [example for example in examples() if example.checkpoint and "glitchnet" not in example.cells]
    fitting = [example for example in fitting if not example.name.startswith("forgeries")]
    chosen = [fitting[number * len(fitting) // (count - 1)] for number in range(count - 1)]
    return [*(replace(example, checkpoint=checkpoints) for example in chosen), untouched()]


def change_tests(path: Path) -> None:
    """Change each test, if only by a word."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code":
            cell.source = re.sub(r'"""(\w)', r'"""Again: \1', cell.source, count=1)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    main()
