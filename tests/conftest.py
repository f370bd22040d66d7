import subprocess
from pathlib import Path

import pytest

from helpers import commands
from helpers.fixtures import no_callbacks_on_garbage, pytest_collection_modifyitems, timeouts_count
from tests.corpus.build import REPOSITORY, build_class
from tests.corpus.build import sample as sample_examples

__all__ = ["no_callbacks_on_garbage", "pytest_collection_modifyitems", "timeouts_count"]


@pytest.fixture(scope="session")
def run_nbgrader():
    """Run an nbgrader command with the project's configuration on a course folder."""

    def run(*words, course: Path, check: bool = True) -> subprocess.CompletedProcess:
        return commands.run("nbgrader", *words, f"--CourseDirectory.root={course}", cwd=REPOSITORY, check=check)

    return run


@pytest.fixture(scope="session")
def sample_class(tmp_path_factory) -> Path:
    """The course folder of the whole class of example students, graded by the command ``grade``."""
    course = tmp_path_factory.mktemp("course") / "sample_class"
    build_class(course)
    done = commands.run("nbjudge", "grade", "ex04", "--course-dir", str(course), cwd=REPOSITORY, timeout=500)
    (course / "grade.txt").write_text(done.stdout)
    assert done.returncode == 3, done.stdout + done.stderr  # one hand-in is damaged, all others are graded
    return course


def pytest_generate_tests(metafunc):
    if "example" in metafunc.fixturenames:
        metafunc.parametrize("example", sample_examples(), ids=lambda example: example.name)


def pytest_unconfigure(config):
    """Name what failed in the very last line, which is all that some CI pages show."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    failed = reporter.stats.get("failed", []) + reporter.stats.get("error", []) if reporter else []
    if failed and not hasattr(config, "workerinput"):
        print("failed:", " ".join(dict.fromkeys(report.nodeid for report in failed)))
