"""The engine as others install it: a wheel, in an environment without torch, for a course that is not this one."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ENGINE = Path(__file__).resolve().parents[1]
TIME = 1200.0  # seconds: it installs nbgrader and Jupyter
POINTS = 3.0  # of all test cells of nbgrader's quickstart


@pytest.mark.slow
def test_a_wheel_grades_the_quickstart_of_nbgrader(tmp_path):
    """With the lines for ``nbgrader_config.py`` that the engine's README has, and nothing else."""
    wheels, environment, course = (tmp_path / name for name in ("wheels", "environment", "course"))
    # Of a copy: setuptools leaves a folder where it builds, and takes what is left there from an earlier build.
    source = shutil.copytree(ENGINE, tmp_path / "source", ignore=shutil.ignore_patterns("build", "*.egg-info"))
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", wheels, source)
    run(sys.executable, "-m", "venv", environment)
    (wheel,) = wheels.glob("nbjudge-*.whl")
    run(environment / "bin" / "pip", "install", "-q", "-c", ENGINE.parents[1] / "constraints.txt", wheel)
    assert b"torch" not in run(environment / "bin" / "pip", "list")

    def command(name, *words):
        path = {"PATH": f"{environment / 'bin'}:/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8"}
        return run(environment / "bin" / name, *words, cwd=course, env=path)

    course.mkdir()
    command("nbgrader", "quickstart", "course")
    course = course / "course"
    lines = re.findall(r"```python\n(c\..*?)```", (ENGINE / "README.md").read_text(), re.DOTALL)
    with (course / "nbgrader_config.py").open("a") as config:
        config.write("\n".join(["", *lines[:2]]))
    command("nbgrader", "generate_assignment", "ps1")
    for student, version in (("ada", "source"), ("bob", "release")):
        folder = course / "submitted" / student / "ps1"
        folder.mkdir(parents=True)
        for notebook in (course / version / "ps1").glob("*.ipynb"):
            (folder / notebook.name).write_bytes(notebook.read_bytes())
    marks = json.loads(command("nbjudge", "grade", "ps1", "--json"))
    assert {mark["student"]: mark["automatic"] for mark in marks["marks"]} == {"ada": POINTS, "bob": 0.0}
    assert not marks["problems"] and (course / "feedback" / "ada" / "ps1" / "problem1.html").exists()


def run(*words, code=0, **options) -> bytes:
    done = subprocess.run([*map(str, words)], capture_output=True, timeout=TIME, check=False, **options)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout
