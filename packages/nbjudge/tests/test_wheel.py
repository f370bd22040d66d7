"""The engine as others install it: a wheel, in an environment without torch, for a course that is not this one."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ENGINE = Path(__file__).resolve().parents[1]
CONSTRAINTS = ENGINE.parents[1] / "constraints.txt"
TIME = 3000.0  # seconds: it installs nbgrader and Jupyter, or runs all tests
POINTS = 3.0  # of all test cells of nbgrader's quickstart

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CONSTRAINTS.exists(), reason="it builds the wheel of a clone of the repository"),
]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The programs of an environment with the wheel, and a copy of the engine's folder without its source."""
    place = tmp_path_factory.mktemp("wheel")
    # Of a copy: setuptools leaves a folder where it builds, and takes what is left there from an earlier build.
    source = shutil.copytree(ENGINE, place / "source", ignore=shutil.ignore_patterns("build", "*.egg-info"))
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", place, source)
    run(sys.executable, "-m", "venv", place / "environment")
    (wheel,) = place.glob("nbjudge-*.whl")
    programs = place / "environment" / "bin"
    run(programs / "pip", "install", "-q", "-c", CONSTRAINTS, f"{wheel}[test]")
    assert b"torch" not in run(programs / "pip", "list")
    shutil.rmtree(source / "src")
    return programs, source


def environment(programs, home):
    return {"PATH": f"{programs}:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(home), "LANG": "C.UTF-8"}


def test_it_grades_the_quickstart_of_nbgrader(installed, tmp_path):
    """With the lines for ``nbgrader_config.py`` that the engine's README has, and nothing else."""
    programs, engine = installed
    course = tmp_path / "course"

    def command(name, *words):
        return run(programs / name, *words, cwd=course, env=environment(programs, tmp_path))

    course.mkdir()
    command("nbgrader", "quickstart", "course")
    course = course / "course"
    (lines,) = re.findall(r"```python\n(c = get_config.*?)```", (engine / "README.md").read_text(), re.DOTALL)
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(f"\n{lines}")
    command("nbgrader", "generate_assignment", "ps1")
    for student, version in (("ada", "source"), ("bob", "release")):
        folder = course / "submitted" / student / "ps1"
        folder.mkdir(parents=True)
        for notebook in (course / version / "ps1").glob("*.ipynb"):
            (folder / notebook.name).write_bytes(notebook.read_bytes())
    marks = json.loads(command("nbjudge", "grade", "ps1", "--json"))
    assert {mark["student"]: mark["automatic"] for mark in marks["marks"]} == {"ada": POINTS, "bob": 0.0}
    assert not marks["problems"] and (course / "feedback" / "ada" / "ps1" / "problem1.html").exists()


def test_it_passes_the_tests_of_the_engine(installed, tmp_path):
    programs, engine = installed
    said = run(
        programs / "pytest",
        "-q",
        "-n2",
        "--dist=loadfile",
        "-m",
        "not slow",
        cwd=engine,
        env=environment(programs, tmp_path),
    )
    assert b" passed" in said and b" failed" not in said
    print(said.decode()[-2000:])


def run(*words, code=0, **options) -> bytes:
    done = subprocess.run([*map(str, words)], capture_output=True, timeout=TIME, check=False, **options)
    assert done.returncode == code, (done.stdout + done.stderr).decode(errors="replace")
    return done.stdout
