"""``nbjudge init`` adds one line to a configuration, and takes it away as if it had never been there."""

import pytest
from click.testing import CliRunner
from nbjudge.commands.init import init

QUICKSTART = """c = get_config()

# The name.
c.CourseDirectory.course_id = "course101"

c = get_config()  # noqa
"""


def run(course, *words, code=0):
    done = CliRunner().invoke(init, ["--course-dir", str(course), *words])
    assert done.exit_code == code, done.output
    return done.output


def settings(path):
    """What a configuration sets, with a stand-in for nbgrader's function."""
    from traitlets.config import Config

    config = Config()
    exec(compile(path.read_text(), str(path), "exec"), {"get_config": lambda: config})
    return config


@pytest.mark.parametrize("text", [QUICKSTART, "c = get_config()", "import os\nc = get_config()\n"])
def test_the_line_is_added_and_taken_away(tmp_path, text):
    path = tmp_path / "nbgrader_config.py"
    path.write_text(text)
    assert "nbjudge.configure(c)" in run(tmp_path) and "nbjudge.configure(c)" in path.read_text()
    assert "ExecuteApart" in str(settings(path).Autograde)
    assert "already" in run(tmp_path)
    run(tmp_path, "--undo")
    assert path.read_text().strip() == text.strip()


def test_what_the_course_sets_wins(tmp_path):
    path = tmp_path / "nbgrader_config.py"
    path.write_text("c = get_config()\nc.CourseDirectory.ignore = ['mine']\n")
    run(tmp_path)
    assert settings(path).CourseDirectory.ignore == ["mine"]


def test_a_course_without_a_configuration_gets_one(tmp_path):
    (tmp_path / "source").mkdir()
    assert "Made" in run(tmp_path)
    path = tmp_path / "nbgrader_config.py"
    assert "ExecuteApart" in str(settings(path).Autograde)
    run(tmp_path, "--undo")
    assert not path.exists()


def test_a_folder_that_is_no_course_stays_as_it_is(tmp_path):
    assert "is no course folder" in run(tmp_path, code=1) and not any(tmp_path.iterdir())
    assert "is no course folder" in run(tmp_path, "--undo", code=1)


@pytest.mark.parametrize(
    ("text", "words"), [("c = get_config(\n", "is not Python"), ("print('no c')\n", "has no line 'c = get_config()'")]
)
def test_a_configuration_that_it_does_not_understand_stays_as_it_is(tmp_path, text, words):
    path = tmp_path / "nbgrader_config.py"
    path.write_text(text)
    assert words in run(tmp_path, code=1) and path.read_text() == text
    assert "no lines that" in run(tmp_path, "--undo", code=1)
