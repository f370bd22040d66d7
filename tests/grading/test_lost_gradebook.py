"""A gradebook that was lost comes back as the page for instructors says."""

import re
import subprocess
import sys
from datetime import datetime

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbjudge.commands.extend import extend as extend_command

from helpers.in_process import grade, run
from helpers.tiny_class import PATIENCE, build, marks
from tests.corpus.build import REPOSITORY

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),  # nbgrader's own
]

SECRET = ".course_secret"
DEADLINE = datetime(2027, 1, 31)


def extend(course, *words):
    return run(course, "ex1", *words, command=extend_command)


@pytest.fixture
def course(tmp_path):
    """A class that was graded, with a deadline."""
    build(tmp_path / "course", {"ada": "1", "bob": "2"})
    grade(tmp_path / "course")
    with Gradebook(f"sqlite:///{tmp_path}/course/gradebook.db") as opened:
        opened.find_assignment("ex1").duedate = DEADLINE
        opened.db.commit()
    return tmp_path / "course"


def test_a_gradebook_is_restored_as_the_docs_say(course):
    extend(course, "ada", "--days=1")
    with Gradebook(f"sqlite:///{course}/gradebook.db") as opened:
        opened.find_grade("first-right", "work", "ex1", "bob").manual_score = 1.5
        opened.db.commit()
    extend(course, "ada", "--days=2")  # copies what was given by hand
    source = course / "source" / "ex1" / "work.ipynb"
    notebook = nbformat.read(source, as_version=4)
    notebook.cells[1].source = "assert first == 2"  # a test that the copy does not know
    nbformat.write(notebook, source)
    secret = (course / SECRET).read_bytes()
    (course / "gradebook.db").write_text("damaged")
    (course / SECRET).unlink()
    page = (REPOSITORY / "docs" / "instructors.md").read_text().split("### If the gradebook is lost")[1]
    block = re.search("```sh\n(.*?)```", page, re.DOTALL)[1]
    block = block.replace("make grade", "nbjudge grade ex04 --no-canary").replace("ex04", "ex1")
    done = subprocess.run(["bash", "-c", block], cwd=course, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
    with Gradebook(f"sqlite:///{course}/gradebook.db") as opened:
        assert opened.find_grade("first-right", "work", "ex1", "bob").manual_score == 1.5
        assert opened.find_submission("ex1", "ada").extension.days == 1
        deadline = opened.find_assignment("ex1").duedate
    assert (course / SECRET).read_bytes() == secret and deadline == DEADLINE
    assert marks(course) == {"ada": 0.0, "bob": 2.0} and (course / "damaged" / "gradebook.db").exists()
