"""Assignments without ``submission``: graded in the sandbox, each cell scores what it scores with nbgrader alone.

One course is graded twice by plain ``nbgrader autograde``: with nbgrader's own configuration, and with ours. It holds
an assignment made here, and the example of nbgrader's documentation, if that is installed with it.
"""

import json
import re
import shutil
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path

import nbformat
import nbgrader
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook
from nbjudge.plugin.marks import MostPoints, read_marks

from helpers.tiny_class import line_of

EXAMPLE = Path(nbgrader.__file__).parent / "docs" / "source" / "user_guide" / "source"
ASSIGNMENTS = ["numbers", "ps1"] if (EXAMPLE / "ps1").is_dir() else ["numbers"]
OURS = """
import nbjudge

c = get_config()
nbjudge.configure(c)
"""
CONFIGS = {"stock": "", "sandboxed": OURS}


def marked(ident, source, new_cell=new_code_cell, **says):
    defaults = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    metadata = {"nbgrader": {**defaults, "grade_id": ident, **says}}
    return new_cell(textwrap.dedent(source).strip(), metadata=metadata)


def code(ident, solution, head=""):
    region = f"### BEGIN SOLUTION\n{solution}\n### END SOLUTION"
    return marked(ident, head + textwrap.indent(region, "    " if head else ""), solution=True)


def judging(ident, points, source):
    return marked(ident, source, grade=True, points=points)


FUNCTIONS = [
    new_markdown_cell("# Numbers\n\nFunctions of whole numbers, and a file of measurements."),
    new_code_cell("factor = 1  # yours to change"),
    new_code_cell("print('a line that stands here twice')"),
    marked("imports", "%matplotlib inline\nimport warnings\nimport numpy as np", locked=True),
    new_markdown_cell("## Task 1: Cubes (4.5 points)"),
    code("cubes", "return [i**3 for i in range(1, n + 1)]", "def cubes(n):\n"),
    new_code_cell("print('a line that stands here twice')"),
    judging(
        "cubes-right",
        2,
        """
        assert cubes(3) == [1, 8, 27]
        ### BEGIN HIDDEN TESTS
        assert cubes(1) == [1], "cubes of one number"
        assert cubes(0) == []
        ### END HIDDEN TESTS
        """,
    ),
    code("total", "return sum(cubes(n))", "def total(n):\n"),
    judging(
        "total-uses-cubes",
        1,
        """
        kept = cubes
        del cubes
        try:
            total(2)
        except NameError:
            pass
        else:
            raise AssertionError("total does without cubes")
        finally:
            cubes = kept
        """,
    ),
    judging("total-shown", 0.5, "display(total(3))\ntotal(2) == 9"),
    judging("total-partly", 1, "min(total(1), 1.0)"),
    new_markdown_cell("## Task 2: Even numbers (3 points)"),
    code("is-even", "return n % 2 == 0", "def is_even(n):\n"),
    judging("is-even-partly", 3, "sum(is_even(n) == (n in (0, 2)) for n in range(3))"),
    new_markdown_cell("## Task 3: Measurements (3 points)"),
    code("mean", "return np.loadtxt('measurements.csv').mean()", "def mean():\n"),
    judging("mean-right", 2, "assert abs(mean() - 2.5) < 1e-9\nassert factor == 2, 'factor was left alone'"),
    judging("nothing-left-out", 1, "import os\nassert sorted(os.listdir('data')) == ['more.txt']"),
]
PLOTS = [
    new_code_cell("import matplotlib.pyplot as plt"),
    new_code_cell("note = ''"),
    code("plot", "figure, axes = plt.subplots()\naxes.plot([1, 2, 3])\naxes.set_title('Numbers')"),
    judging("plot-title", 2, "assert axes.get_title(), 'no title'\ndisplay(figure)"),
    judging("plot-lines", 1, "len(axes.lines)"),
    marked("why", "Because they grow.", new_markdown_cell, grade=True, solution=True, points=2),
    marked("use", "print('a use of it')", grade=True, solution=True, points=1),
    marked("task", "## Task 4\n\nTry it before your submission.", new_markdown_cell, task=True, locked=True, points=4),
]
SOLUTIONS = {
    cell.metadata.nbgrader.grade_id: cell.source
    for cell in FUNCTIONS + PLOTS
    if cell.metadata.get("nbgrader", {}).get("solution")
}
FACTOR = {"factor = 1  # yours to change": "factor = 2"}

# What a student writes in the cells with these nbgrader ids, and in the place of cells with these sources. What is not
# here stays as it was released.
STUDENTS = {
    "ada": SOLUTIONS | FACTOR | {"note = ''": "note = 'two'\nprint(note)", "why": "They grow, and $1 < 2$."},
    "ben": {
        "cubes": "def cubes(n):\n    print('cubes of', n)\n    return [1, 8, 27]",
        "total": "def total(n):\n    warnings.warn('slow')\n    return n * n * (n + 1) * (n + 1) // 4",
        "is-even": "def is_even(n):\n    return True",
        "use": "1 / 0",
    },
    "cleo": {},
    "dora": SOLUTIONS,  # hands in one notebook of the two
}
# In the sandbox alone: she looks for files, claims points, and takes the process down.
EVE = SOLUTIONS | {
    "cubes": """
from pathlib import Path
for path in PATHS:
    for attempt in ("read_bytes", "unlink"):
        try:
            print(path, getattr(Path(path), attempt)())
        except OSError as error:
            print(path, "is out of reach", type(error).__name__)
def cubes(n):
    return [i**3 for i in range(1, n + 1)]
""",
    "total": "class Total(int):\n    def __repr__(self): return 'nan'\ndef total(n): return Total(sum(cubes(n)))",
    "is-even": "class Many(int):\n    def __eq__(self, other): return 100\ndef is_even(n): return Many()",
    "mean": "def mean():\n    import os\n    os._exit(0)",
}


def notebooks():
    """The instructor's: one as it was before cells had ids, one as it is today."""
    metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    functions, plots = (new_notebook(cells=deepcopy(cells), metadata=metadata) for cells in (FUNCTIONS, PLOTS))
    functions.nbformat_minor = 4
    for cell in functions.cells:
        del cell["id"]
    return {"functions": functions, "plots": plots}


def build(course, config):
    course.mkdir()
    (course / "nbgrader_config.py").write_text(f"{config}c = get_config()\nc.CourseDirectory.course_id = 'any'\n")
    source = course / "source" / "numbers"
    (source / "data").mkdir(parents=True)
    (source / "measurements.csv").write_text("1\n2\n3\n4\n")
    (source / "data" / "more.txt").write_text("more")
    for name, notebook in notebooks().items():
        nbformat.write(notebook, source / f"{name}.ipynb")
    if "ps1" in ASSIGNMENTS:
        shutil.copytree(EXAMPLE / "ps1", course / "source" / "ps1")
        shutil.copy(EXAMPLE / "header.ipynb", course / "source")
        (course / "nbgrader_config.py").open("a").write("c.IncludeHeaderFooter.header = 'source/header.ipynb'\n")


def hand_in(course, student, work):
    folder = shutil.copytree(course / "release" / "numbers", course / "submitted" / student / "numbers")
    for path in folder.glob("*.ipynb"):
        notebook = json.loads(path.read_text())
        for cell in notebook["cells"]:
            source = "".join(cell["source"])
            cell["source"] = work.get(cell["metadata"].get("nbgrader", {}).get("grade_id", source), source)
        path.write_text(json.dumps(notebook))


def run(*command, course):
    done = subprocess.run([sys.executable, "-m", *command], cwd=course, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def hidden_from_eve(course):
    beside = ["gradebook.db", ".course_secret", "source/numbers/functions.ipynb", "submitted/ada/numbers/plots.ipynb"]
    at_home = [Path.home() / name for name in (".profile", ".bashrc")]
    return [*(course / name for name in beside), *at_home, "/etc/shadow", "/etc/machine-id"]


def grade_all(course, config, with_eve):
    build(course, config)
    run("nbgrader", "generate_assignment", "--assignment=*", course=course)
    for student, work in STUDENTS.items():
        hand_in(course, student, work)
    (course / "submitted" / "dora" / "numbers" / "plots.ipynb").unlink()
    if with_eve:
        paths = repr([str(path) for path in hidden_from_eve(course)])
        hand_in(course, "eve", EVE | {"cubes": EVE["cubes"].replace("PATHS", paths)})
    if "ps1" in ASSIGNMENTS:
        shutil.copytree(course / "source" / "ps1", course / "submitted" / "ada" / "ps1")
        shutil.copytree(course / "release" / "ps1", course / "submitted" / "cleo" / "ps1")
    run("nbgrader", "autograde", "--assignment=*", course=course)


@pytest.fixture(scope="module")
def courses(tmp_path_factory):
    """The course graded by nbgrader alone, and the one graded in the sandbox."""
    root = tmp_path_factory.mktemp("others")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda kind: grade_all(root / kind, CONFIGS[kind], kind == "sandboxed"), CONFIGS))
    return root / "stock", root / "sandboxed"


def grades(course, assignment):
    """All that the gradebook has on each cell, but for eve's."""
    found = {}
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        for submission in gradebook.assignment_submissions(assignment):
            for notebook in submission.notebooks if submission.student.id != "eve" else []:
                place = submission.student.id, notebook.name
                for grade in notebook.grades:
                    found[*place, grade.name] = (grade.auto_score, grade.max_score, grade.needs_manual_grade)
                for comment in notebook.comments:
                    found[*place, comment.name, "comment"] = comment.comment
    return found


def put_out(course, student, assignment="numbers"):
    """The outputs of a student's test cells, without what depends on the process: of warnings only the last line."""
    found = {}
    for path in sorted((course / "autograded" / student / assignment).glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            says = cell.metadata.get("nbgrader", {})
            if cell.cell_type == "code" and says.get("grade"):
                found[says["grade_id"]] = [essence(output) for output in cell.outputs]
    return found


def essence(output):
    match output.output_type:
        case "stream":
            return output.name, output.text.splitlines()[-1] if output.name == "stderr" else output.text
        case "error":
            return "error", output.ename, output.evalue
    return output.output_type, output.data["text/plain"], "image/png" in output.data


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_cell_scores_what_it_scores_with_nbgrader_alone(courses, assignment):
    stock, sandboxed = (grades(course, assignment) for course in courses)
    assert sandboxed == stock and len(stock) > 20


@pytest.mark.parametrize(
    ("student", "assignment"),
    [(student, "numbers") for student in STUDENTS] + [(student, "ps1") for student in ("ada", "cleo")],
)
def test_test_cells_put_out_the_same(courses, student, assignment):
    if assignment not in ASSIGNMENTS:
        pytest.skip("nbgrader's example is not installed")
    stock, sandboxed = (put_out(course, student, assignment) for course in courses)
    assert sandboxed == stock and len(stock) > 4


def test_there_are_outcomes_of_every_kind(courses):
    """Else the comparison would show little."""
    found = grades(courses[0], "numbers")
    of = {cell[2]: grade[0] for cell, grade in found.items() if cell[0] == "ben" and len(cell) == 3}
    assert of.pop("is-even-partly") == 2 and of.pop("nothing-left-out") == 1
    assert of.pop("use") is None and of.pop("task") is None and set(of.values()) == {0}
    kinds = {output[0] for outputs in put_out(courses[0], "ben").values() for output in outputs}
    assert kinds == {"stdout", "stderr", "error", "execute_result", "display_data"}


@pytest.fixture(scope="module")
def printed(courses):
    """What ``grade`` prints on the sandboxed course, already graded; it writes the feedback."""
    before = when_graded(courses[1])
    said = run("nbjudge", "grade", "numbers", "--no-canary", course=courses[1])
    assert when_graded(courses[1]) == before
    return said


def when_graded(course):
    return {path: path.stat().st_mtime for path in (course / "autograded").glob("*/numbers/*.ipynb")}


def test_the_table(courses, printed):
    marks, most = read_marks(f"sqlite:///{courses[1]}/gradebook.db", "numbers")
    assert most == MostPoints(13.5, 7)
    assert {mark.student: mark.automatic for mark in marks} == {
        "ada": 13.5,
        "ben": 3,
        "cleo": 1,
        "dora": 8.5,
        "eve": 9.5,
    }
    assert {mark.student: mark.pending for mark in marks} == {"ada": 3, "ben": 2, "cleo": 1, "dora": 0, "eve": 3}
    assert line_of(printed, "ada") == ""
    assert "plots.ipynb was not handed in" in line_of(printed, "dora")
    assert "Tests in the student's process, which can forge them: functions.ipynb (" in " ".join(printed.split())


def test_the_feedback(courses, printed):
    page = (courses[1] / "feedback" / "ben" / "numbers" / "functions.html").read_text()
    assert "cubes-right · 0 of 2 points · AssertionError: cubes of one number<" in page
    assert "total-shown · 0 of 0.5 points · there was a warning" in page
    assert "mean-right · 0 of 2 points · NotImplementedError<" in page
    assert "Even numbers \xa0 2 of 3" in page
    text = re.sub("<[^>]+>", "", page)
    assert "cubes(3) ==" in text and "cubes(1)" not in text and "cubes(0)" not in text
    page = (courses[1] / "feedback" / "ada" / "numbers" / "plots.html").read_text()
    assert "Task 4 \xa0 not graded yet (4 points)" in page


def test_nothing_outside_the_sandbox_is_within_reach(courses):
    notebook = nbformat.read(courses[1] / "autograded" / "eve" / "numbers" / "functions.ipynb", as_version=4)
    (cell,) = (cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == "cubes")
    said = cell.outputs[0].text.splitlines()
    assert len(said) == 2 * len(hidden_from_eve(courses[1]))
    assert all("is out of reach" in line for line in said)


def test_claims_that_are_no_points_earn_none_and_stop_nothing(courses, printed):
    marks, _ = read_marks(f"sqlite:///{courses[1]}/gradebook.db", "numbers")
    (eve,) = (mark for mark in marks if mark.student == "eve")
    assert eve.lost == ("functions/total-partly", "functions/mean-right", "functions/nothing-left-out")
    assert "functions.ipynb: kernel died" in line_of(printed, "eve")
    outputs = put_out(courses[1], "eve")
    assert outputs["total-partly"] == [("error", "NoMark", "this test cell ended with 'nan', which is no mark")]
    assert outputs["is-even-partly"][0][:2] == ("execute_result", "3.0")
    assert outputs["nothing-left-out"][0][:2] == ("error", "KernelDied")
