"""The release is current, and tells students nothing that it should not."""

import ast
import re
import shutil
import subprocess
import sys

import nbformat
import pytest

from tests.corpus.build import EX04, REPOSITORY, STRETCH

CONTRACT = {
    EX04: ("glitchnet", "train", "evaluate", "mistakes", "confidence"),
    STRETCH: ("three-classes", "lost-chirps", "drift-map", "linear", "halves"),
}
WRITTEN = {EX04: ("discussion", 5, 95), STRETCH: ("stretch-discussion", 4, 36)}  # its points, and those of all tests
TASKS = [pytest.param(of, name, id=name) for of, names in CONTRACT.items() for name in names]


@pytest.fixture(scope="module", params=CONTRACT, ids=lambda of: of.name)
def assignment(request):
    return request.param


@pytest.fixture(scope="module")
def source(assignment):
    return source_of(assignment)


@pytest.fixture(scope="module")
def release(assignment):
    return release_of(assignment)


def source_of(assignment):
    return nbformat.read(assignment.source / assignment.notebook, as_version=4)


def release_of(assignment):
    return nbformat.read(assignment.release / assignment.notebook, as_version=4)


def by_id(notebook):
    return {cell.id: cell for cell in notebook.cells}


def nbgrader(cell):
    return cell.metadata.get("nbgrader", {})


def hidden_lines(cell):
    region = re.search(r"### BEGIN HIDDEN TESTS\n(.*?)### END HIDDEN TESTS", cell.source, re.DOTALL)
    return [line for line in region[1].splitlines() if line.strip()] if region else []


def test_release_is_current(assignment, tmp_path, run_nbgrader):
    name, released = assignment.name, assignment.release
    shutil.copytree(assignment.source, tmp_path / "source" / name)
    run_nbgrader("generate_assignment", name, course=tmp_path)
    generated = {p.relative_to(tmp_path / "release" / name): p for p in (tmp_path / "release").rglob("*.*")}
    committed = {p.relative_to(released): p for p in released.rglob("*.*") if p.suffix in (".py", ".md", ".ipynb")}
    assert generated.keys() == committed.keys()
    stale = [str(name) for name, path in generated.items() if path.read_bytes() != committed[name].read_bytes()]
    assert not stale, f"run 'make release' and commit: {stale} differ"


def test_no_solution_and_no_hidden_test_is_released(assignment, source, release):
    paths = (path for path in assignment.release.rglob("*.*") if path.suffix in (".py", ".md", ".ipynb"))
    released = "\n".join(path.read_text() for path in paths)
    assert "BEGIN SOLUTION" not in released and "HIDDEN TESTS" not in released
    for cell in source.cells:
        after = by_id(release)[cell.id].source
        solution = re.findall(r"### BEGIN SOLUTION.*?\n(.*?)### END SOLUTION", cell.source, re.DOTALL)
        secret = [line for region in solution for line in region.splitlines()] + hidden_lines(cell)
        leaked = [line for line in secret if len(line.strip()) > 12 and line in after]
        assert not leaked, f"{cell.id} releases {leaked}"


def test_no_instructor_code_is_released(assignment):
    assert not list(assignment.release.rglob("*instructor*"))
    for path in assignment.release.rglob("*.py"):
        assert not re.search(r"import.*instructor|instructor.*import", path.read_text()), path


def test_released_code_needs_only_numpy_torch_and_matplotlib(assignment):
    allowed = {"numpy", "torch", "matplotlib", "course_utils", "nbjudge", *sys.stdlib_module_names}
    for path in assignment.release.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            else:
                continue
            assert {name.split(".")[0] for name in names} <= allowed, f"{path} imports {names}"


def test_a_notebook_alone_fetches_what_came_with_it(assignment, release, tmp_path):
    """As on Colab: from the zipped release, its folder included, with nothing of ours installed."""
    archive = shutil.make_archive(tmp_path / "zipped", "zip", assignment.release.parent, assignment.name)
    source = by_id(release)["setup-course"].source
    (tmp_path / "alone").mkdir()
    options = {"cwd": tmp_path / "alone", "capture_output": True, "text": True, "timeout": 60}
    python = [sys.executable, "-I", "-S", "-c"]
    told = subprocess.run([*python, source], **options).stderr
    assert "The folders course_utils and nbjudge must lie beside this notebook." in told
    address = f'COURSE_ZIP = "file://{archive}"'
    done = subprocess.run([*python, source.replace('COURSE_ZIP = ""', address)], **options)
    assert done.returncode == 0, done.stderr
    fetched, given = (
        {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.py")}
        for folder in (tmp_path / "alone", assignment.release)
    )
    assert fetched == given and {"course_utils/plots.py", "nbjudge/ask/questions.py"} <= given.keys()
    assert not (tmp_path / "alone" / assignment.notebook).exists()


@pytest.mark.parametrize(("of", "name"), TASKS)
def test_students_are_told_what_to_write(of, name):
    stubs = re.findall(r'raise NotImplementedError\("(.+)"\)', by_id(release_of(of))[name].source)
    assert stubs and all(len(sentence.split()) >= 3 for sentence in stubs)


def test_written_answer_is_a_stub(assignment, release):
    assert len(by_id(release)[WRITTEN[assignment][0]].source) < 60


@pytest.mark.parametrize(("of", "name"), TASKS)
def test_every_task_has_visible_and_hidden_tests(of, name):
    tests = [cell for cell in source_of(of).cells if nbgrader(cell).get("grade") and cell.id.startswith(f"{name}-")]
    hidden = [cell.id for cell in tests if hidden_lines(cell)]
    assert hidden and len(hidden) < len(tests)


def test_points(assignment, source):
    written, by_hand, by_tests = WRITTEN[assignment]
    points = {cell.id: nbgrader(cell)["points"] for cell in source.cells if nbgrader(cell).get("grade")}
    assert points.pop(written) == by_hand
    assert sum(points.values()) == by_tests
    for cell in source.cells:
        if cell.id in points:  # what the student is shown is what the gradebook counts
            assert re.findall(r"submission\.check\(\w+, points=(\d+)\)", cell.source) == [str(points[cell.id])], cell.id


def test_notebook_is_committed_clean(source):
    for cell in source.cells:
        assert not cell.get("outputs") and cell.get("execution_count") is None
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", cell.id), f"cell id {cell.id} says nothing"
        if nbgrader(cell):
            assert nbgrader(cell)["grade_id"] == cell.id
    assert len({cell.id for cell in source.cells}) == len(source.cells)


def test_test_cells_bind_one_name_only(source):
    for cell in source.cells:
        if nbgrader(cell).get("grade") and cell.cell_type == "code":
            function, call = ast.parse(cell.source).body
            assert isinstance(function, ast.FunctionDef) and isinstance(call, ast.Expr), cell.id


def test_summary_lists_the_visible_tests(source):
    visible = {
        re.search(r'"""(.+)"""', cell.source)[1]: nbgrader(cell)["points"]
        for cell in source.cells
        if nbgrader(cell).get("grade") and cell.cell_type == "code" and not hidden_lines(cell)
    }
    (call,) = (node for node in ast.walk(ast.parse(by_id(source)["summary"].source)) if isinstance(node, ast.Call))
    tasks = ast.literal_eval(call.args[0])
    listed = [(title, points) for checks in tasks.values() for title, points in checks.items()]
    assert listed == [*visible.items()]


def test_table_of_tests_is_current():
    done = subprocess.run(
        [sys.executable, "docs/make_test_table.py", "--check"], cwd=REPOSITORY, capture_output=True, timeout=300
    )
    assert done.returncode == 0, "run 'python docs/make_test_table.py' and commit docs/tests.md"


def test_repository_has_its_folders():
    for name in ("source", "release", "submitted", "autograded", "feedback"):
        assert (REPOSITORY / name / "README.md").is_file(), name
