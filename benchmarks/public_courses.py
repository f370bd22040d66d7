"""How do public courses' ordinary tests fare? Run ``python benchmarks/public_courses.py FOLDER``, anywhere.

FOLDER holds git clones of the courses below: the clone of owner/name is the folder ``owner+name``, at the commit that
the table names. Each notebook with a model solution becomes a course of its own in ``FOLDER/graded/``, twice: one is
graded by stock nbgrader, the other by nbjudge (``nbjudge check``, then ``nbjudge grade``). Hand-ins are the model
solution, the untouched release, and variants of the model solution that a program makes.

A test cell counts if the model solution earns all its points with stock nbgrader here, and if no test cell with the
same source was counted before. What was graded is kept in FOLDER and not graded again; remove ``FOLDER/graded/`` to
grade all anew. Stock nbgrader, too, runs in a sandbox here (without a network), for the notebooks are strangers' code.
"""

import ast
import copy
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import click
import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.nbgraderformat import MetadataValidator
from nbjudge.commands.init import init
from nbjudge.plugin.ordinary_tests import read_findings
from nbjudge.sandbox.bubblewrap import bubblewrap


@dataclass(frozen=True)
class PublicCourse:
    """A public course: which of its notebooks are masters, as a regular expression for their paths."""

    name: str
    commit: str
    masters: str


COURSES = [
    PublicCourse("LDSSA/ds-prep-course-2021", "324f5302ad", r"/Solutions notebook"),
    PublicCourse("lukassnoek/introPy", "3df98e5381", r"^intropy/solutions/"),
    PublicCourse("rameshsrinivasanuci/COGS14P_F25_Assignments", "df9f673b13", r"^classwork/source/(cw|hwk)\d/\w"),
    PublicCourse("nachorequeno/programacion_python", "faadae6b5a", r"^(nbgrader/source|PythonNotebooks)/"),
    PublicCourse("219project/num_meth_nbgrader", "8246e07eef", r"^TestCourse/source/"),
    PublicCourse("ccha23/cs1302i21a", "52ad875cc4", r"^source/"),
    PublicCourse("spanto/2021WNPhys260", "26c72724c3", r"^source( \(Fall2020\))?/(?!.*Copy)"),
    PublicCourse("alexshunyaev/nbgrader_inf2", "5e8416e0c0", r"^source/"),
    PublicCourse("madclam/info113", "a36cc6bf5e", r"^source/"),
    PublicCourse("ComplexNetTSP/ComplexNetTD", "94dbdf5b17", r"^source/"),
    PublicCourse("jhamrick/nbgrader-demo", "05a5c90582", r"^instructor/source/"),
    PublicCourse("arishokri/ml_in_io", "7febef226f", r"^nbgrader/source/"),
    PublicCourse("jupyter/nbgrader", "207a8e5449", r"docs/source/user_guide/source/ps1/|apps/files/test-hidden-tests"),
]
CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "public"
c.Execute.timeout = 60
c.ClearSolutions.enforce_metadata = False
"""
LARGEST = 10_000_000  # bytes of a file beside a notebook; larger ones are left out
NOT_DATA = shutil.ignore_patterns("*.ipynb", "*.db", ".git", ".ipynb_checkpoints", "nbgrader_config.py", "__pycache__")
MODEL, RELEASE = "model", "release"
Marks: TypeAlias = dict[str, dict[str, float | None]]  # points by hand-in and test cell; None if it waits for a grader


class Renamed(ast.NodeTransformer):
    """Other names for local variables, in methods, too; what a function does is moved into a helper function."""

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """Put a helper before each function that is simple enough."""
        body: list[ast.stmt] = []
        for statement in node.body:
            for function in statement.body if isinstance(statement, ast.ClassDef) else [statement]:
                if isinstance(function, ast.FunctionDef) and self._is_simple(function):
                    self._rename(function)
                    if function is statement:
                        body.append(self._helper(function))
            body.append(statement)
        node.body = body
        return node

    def _is_simple(self, function: ast.FunctionDef) -> bool:
        scopes = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
        kinds = (*scopes, ast.Global, ast.Nonlocal, ast.Yield, ast.YieldFrom, ast.Await)
        inner = [node for statement in function.body for node in ast.walk(statement)]
        names = {node.id for node in inner if isinstance(node, ast.Name)}
        return not any(isinstance(node, kinds) for node in inner) and names.isdisjoint(
            {"locals", "vars", "eval", "exec"}
        )

    def _rename(self, function: ast.FunctionDef) -> None:
        inner = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
        own = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
        local = {node.id for node in inner if isinstance(node.ctx, ast.Store)} - own
        for node in inner:
            if node.id in local:
                node.id = f"my_{node.id}"

    def _helper(self, function: ast.FunctionDef) -> ast.FunctionDef:
        helper = copy.deepcopy(function)
        helper.name = f"_steps_of_{function.name}"
        given = function.args
        values: list[ast.expr] = [ast.Name(each.arg, ast.Load()) for each in (*given.posonlyargs, *given.args)]
        if given.vararg:
            values.append(ast.Starred(ast.Name(given.vararg.arg, ast.Load()), ast.Load()))
        named = [ast.keyword(each.arg, ast.Name(each.arg, ast.Load())) for each in given.kwonlyargs]
        if given.kwarg:
            named.append(ast.keyword(None, ast.Name(given.kwarg.arg, ast.Load())))
        call = ast.Call(ast.Name(helper.name, ast.Load()), values, named)
        function.body = [*function.body[: ast.get_docstring(function) is not None], ast.Return(call)]
        return helper


class Returning(ast.NodeTransformer):
    """What functions return, and what a cell assigns to names, goes through a function `_made` before."""

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """Treat the assignments of the cell and all functions."""
        for statement in node.body:
            if isinstance(statement, ast.Assign):
                statement.value = self._through(statement.value)
        self.generic_visit(node)
        return node

    def visit_Return(self, node: ast.Return) -> ast.Return:
        """Treat what is returned."""
        node.value = node.value and self._through(node.value)
        return node

    def _through(self, value: ast.expr) -> ast.expr:
        return ast.Call(ast.Name("_made", ast.Load()), [value], [])


class Nothing(ast.NodeTransformer):
    """All functions return None, and all that a cell assigns to names is None."""

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """Treat the assignments of the cell and all functions."""
        for statement in node.body:
            if isinstance(statement, ast.Assign) and all(isinstance(each, ast.Name) for each in statement.targets):
                statement.value = ast.Constant(None)
        self.generic_visit(node)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """Make it return None."""
        if node.name != "__init__":
            node.body = [ast.Return(ast.Constant(None))]
        return node


OTHER_TYPES = """
def _made(value):
    import collections
    import numpy
    kinds = {int: numpy.int64, float: numpy.float64, dict: collections.OrderedDict}
    return kinds.get(type(value), lambda same: same)(value)
"""
OTHER_SIGN = """
def _made(value):
    if type(value) in (list, tuple):
        return type(value)(map(_made, value))
    try:
        return -value
    except TypeError:
        return value
"""
# How each made hand-in differs from the model solution: what is done to a cell, and what is put before it.
MADE: dict[str, tuple[type[ast.NodeTransformer], str]] = {
    "renamed": (Renamed, ""),
    "types": (Returning, OTHER_TYPES),
    "nothing": (Nothing, ""),
    "sign": (Returning, OTHER_SIGN),
}


def kind(cell: NotebookNode) -> dict[str, Any]:
    """What nbgrader knows about a cell."""
    return dict(cell.metadata.get("nbgrader") or {})


def is_solution(cell: NotebookNode) -> bool:
    """Whether students write code into a cell."""
    return cell.cell_type == "code" and bool(kind(cell).get("solution"))


def is_test(cell: NotebookNode) -> bool:
    """Whether a cell is a test cell."""
    return cell.cell_type == "code" and bool(kind(cell).get("grade")) and not kind(cell).get("solution")


def digest(source: str) -> str:
    """What a test cell is known by: its source without white space."""
    return hashlib.sha256(re.sub(r"\s+", "", source).encode()).hexdigest()


def master(path: Path) -> NotebookNode:
    """A course's notebook, in nbgrader's present format.

    A test cell without points gets one point. What a solution cell leaves to students beside the solution is dropped if
    it is no Python, such as a lonely ``def squares(n):``.
    """
    notebook: NotebookNode = nbformat.reads(path.read_text("utf-8"), as_version=4)
    for cell in notebook.cells:
        roles = kind(cell)
        if not any(roles.get(role) for role in ("grade", "solution", "locked", "task")):
            cell.metadata.pop("nbgrader", None)
    MetadataValidator().upgrade_notebook_metadata(notebook)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        solution = re.search(r"### BEGIN SOLUTION.*### END SOLUTION", cell.source, re.DOTALL)
        if is_solution(cell) and solution and parsed(cell.source) is None:
            cell.source = solution[0]
        if is_test(cell) and not kind(cell).get("points"):
            cell.metadata.nbgrader["points"] = 1
    return notebook


def parsed(cell: str) -> ast.Module | None:
    """The syntax tree of a cell; None if it is not Python."""
    try:
        return ast.parse(TransformerManager().transform_cell(cell))
    except SyntaxError:
        return None


def made(cell: str, change: type[ast.NodeTransformer], before: str) -> str:
    """A changed solution cell; the same text if there is nothing to change, or if it is not Python."""
    tree = parsed(cell)
    if tree is None:
        return cell
    old = ast.dump(tree)
    tree = ast.fix_missing_locations(change().visit(tree))
    return cell if ast.dump(tree) == old else before + ast.unparse(tree)


def hand_ins(source: NotebookNode, release: NotebookNode) -> dict[str, NotebookNode]:
    """The hand-ins: the released notebook with solutions in it."""
    answers = {kind(cell)["grade_id"]: cell.source for cell in source.cells if is_solution(cell)}
    found = {MODEL: answers}
    for name, (change, before) in MADE.items():
        changed = {cell: made(text, change, before) for cell, text in answers.items()}
        if changed != answers:
            found[name] = changed
    notebooks = {RELEASE: release}
    for name, texts in found.items():
        notebooks[name] = copy.deepcopy(release)
        for cell in notebooks[name].cells:
            if is_solution(cell):
                cell.source = texts[kind(cell)["grade_id"]]
    return notebooks


def run(course: Path, *words: str, stock: bool = False) -> None:
    """Run a command in a course folder. What it says goes into a file there; marks tell whether it did its work."""
    sandbox = [str(bubblewrap()), "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
    sandbox += ["--bind", str(course), str(course), "--chdir", str(course), "--setenv", "HOME", str(course)]
    sandbox += ["--unshare-net", "--unshare-pid", "--die-with-parent"]
    with (course / "log.txt").open("a") as log:
        print("$", *words, file=log, flush=True)
        command = [*(sandbox if stock else []), str(Path(sys.executable).parent / words[0]), *words[1:]]
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        subprocess.run(command, cwd=course, stdout=log, stderr=log, env=os.environ | {"PATH": path}, check=False)


def marks(course: Path, students: list[str]) -> Marks:
    """The points of all hand-ins that were graded."""
    found: Marks = {}
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for student in students:
            try:
                (notebook,) = gradebook.find_submission("hw", student).notebooks
            except (MissingEntry, ValueError):
                continue
            if not (course / "autograded" / student / "hw" / f"{notebook.name}.ipynb").is_file():
                continue
            found[student] = {
                grade.name: None if grade.needs_manual_grade else grade.auto_score
                for grade in notebook.grades
                if grade.cell.cell_type == "code" and grade.auto_score is not None
            }
    return found


def studied(path: Path, root: Path) -> dict[str, Any]:
    """Grade one notebook both ways; the points of each test cell, by hand-in."""
    shutil.rmtree(root, ignore_errors=True)
    stock, ours = root / "stock", root / "nbjudge"
    source, name = master(path), path.name
    for course in (stock, ours):
        too_large = {file.name for file in path.parent.rglob("*") if file.is_file() and file.stat().st_size > LARGEST}
        shutil.copytree(
            path.parent,
            course / "source" / "hw",
            ignore=lambda folder, names, no=too_large: {*NOT_DATA(folder, names), *no.intersection(names)},
            symlinks=False,
            ignore_dangling_symlinks=True,
        )
        nbformat.write(source, course / "source" / "hw" / name)
        (course / "nbgrader_config.py").write_text(CONFIG)
    run(stock, "nbgrader", "generate_assignment", "hw", stock=True)
    released = stock / "release" / "hw" / name
    if not released.is_file():
        return {"problem": "nbgrader can't generate the release", "cells": {}}
    notebooks = hand_ins(source, nbformat.read(released, as_version=4))
    for student, notebook in notebooks.items():
        for course in (stock, ours):
            folder = course / "submitted" / student / "hw"
            folder.mkdir(parents=True)
            nbformat.write(notebook, folder / name)
    tests = {kind(cell)["grade_id"]: cell for cell in source.cells if is_test(cell)}
    run(stock, "nbgrader", "autograde", "hw", stock=True)
    expected = marks(stock, [*notebooks])
    if not any(expected.get(MODEL, {}).get(test) == kind(cell)["points"] for test, cell in tests.items()):
        return {"problem": "the model solution earns nothing with stock nbgrader", "cells": {}}
    init.main([f"--course-dir={ours}"], standalone_mode=False)
    run(ours, "nbjudge", "check", "hw")
    found: Marks = {}
    for _ in range(3):  # a hand-in is set aside if others use the processors meanwhile; then it is graded again
        if found.keys() != notebooks.keys():
            run(ours, "nbjudge", "grade", "hw", "--no-canary", "--no-feedback")
            found = marks(ours, [*notebooks])
    findings = read_findings(ours, "hw", path.stem)
    cells = {
        test: {
            "digest": digest(cell.source),
            "points": kind(cell)["points"],
            "inside": None if findings and test in findings.by_name.apart else inside_because(findings, test),
            "stock": {student: points.get(test) for student, points in expected.items()},
            "nbjudge": {student: points.get(test) for student, points in found.items()},
        }
        for test, cell in tests.items()
    }
    return {"cells": cells, "hand-ins": [*notebooks]}


def inside_because(findings: Any, test: str) -> str:
    """Why a test cell is not judged apart."""
    return (findings.inside.get(test) if findings else None) or "it was not studied"


def masters(clone: Path, course: PublicCourse) -> Iterator[Path]:
    """The notebooks of a course that have test cells and solutions."""
    for path in sorted(clone.rglob("*.ipynb")):
        name = str(path.relative_to(clone))
        if re.search(course.masters, name) and ".ipynb_checkpoints" not in name:
            cells = nbformat.reads(path.read_text("utf-8"), as_version=4).cells
            if any(map(is_test, cells)) and any(map(is_solution, cells)):
                yield path


def slug(name: str) -> str:
    """A path as the name of a folder."""
    return re.sub(r"\W+", "_", name.removesuffix(".ipynb")).strip("_")


def counted(course: str, record: dict[str, Any], seen: set[str]) -> Counter[str]:
    """What the table says of a notebook; what is not apart, or differs, is printed."""
    count: Counter[str] = Counter()
    for test, cell in record["cells"].items():
        most, where = cell["points"], f"{course}, {record['notebook']}, {test}"
        if cell["digest"] in seen or cell["stock"].get(MODEL) != most:
            continue
        seen.add(cell["digest"])
        count["cells"] += 1
        count["apart"] += cell["inside"] is None
        if cell["inside"] is not None:
            print(f"inside: {where}: {cell['inside']}")
        for student in record["hand-ins"]:
            if cell["stock"].get(student) is None or student not in cell["nbjudge"]:
                count["not graded"] += 1
                print(f"not graded: {where}, {student}")
                continue
            which = student if student in (MODEL, RELEASE) else "made"
            expected, found = cell["stock"][student], cell["nbjudge"][student]
            count[which] += 1
            count[f"{which} same"] += found == expected
            count["waits"] += found is None
            count["honest waits"] += found is None and expected == most
            if found != expected:
                earned = "waits" if found is None else f"{found:g}"
                print(f"differs: {where}, {student}: {expected:g} with stock nbgrader, here {earned}")
    return count


def line(name: str, count: Counter[str]) -> str:
    """A row of the table."""
    pairs = [f"{count[f'{which} same']} of {count[which]}" for which in (MODEL, RELEASE, "made")]
    return f"| {name} | {count['cells']} | {count['apart']} | {' | '.join(pairs)} | {count['waits']} |"


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--only", default="", help="Grade only notebooks whose course and path match this regular expression.")
def main(folder: Path, only: str) -> None:
    """Grade what was not graded before, and print the table."""
    folder, seen, lines = folder.resolve(), set[str](), []
    total: Counter[str] = Counter()
    for course in COURSES:
        clone = folder / course.name.replace("/", "+")
        if not clone.is_dir():
            print(f"not there: {clone}")
            continue
        head = subprocess.run(["git", "-C", clone, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
        if not head.stdout.startswith(course.commit):
            raise click.ClickException(f"git -C {clone} checkout {course.commit}")
        count: Counter[str] = Counter()
        for path in masters(clone, course):
            name = str(path.relative_to(clone))
            if seen.issuperset(digest(cell.source) for cell in master(path).cells if is_test(cell)):
                continue
            root = folder / "graded" / slug(course.name) / slug(name)
            kept = root / "marks.json"
            if not kept.is_file() and re.search(only, f"{course.name}: {name}"):
                begun = time.monotonic()
                record = studied(path, root) | {"notebook": name}
                kept.write_text(json.dumps(record, indent=1))
                said = record.get("problem") or f"{len(record['cells'])} test cells"
                print(f"{course.name}: {name}: {said}, {time.monotonic() - begun:.0f} s", flush=True)
            if kept.is_file():
                count += counted(course.name, json.loads(kept.read_text()), seen)
        lines.append(line(f"{course.name}, {course.commit}", count))
        total += count
    print("\n| course, commit | test cells that count | judged apart | model | release | made hand-ins | waiting |")
    print("|---|---|---|---|---|---|---|")
    print("\n".join([*lines, line("**all**", total)]))
    print(f"honest hand-ins that wait: {total['honest waits']}; not graded one way or the other: {total['not graded']}")


if __name__ == "__main__":
    main()
