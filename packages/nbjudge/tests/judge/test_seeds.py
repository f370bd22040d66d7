"""What is asked depends on the hand-in: another one is asked something else, the same one the same again."""

from dataclasses import replace

import nbformat
import pytest
from nbjudge.handin.hand_in import SubmissionKey
from nbjudge.judge.seeds import hand_in_secret
from nbjudge.plugin.course import Course
from nbjudge.run.plan import Instructions, PlannedCell

from helpers.gradebooks import begin
from helpers.tiny_course import build, cell, hand_in, master

COURSE = bytes(range(16))
INSTRUCTIONS = Instructions(
    sources={"setup-a": "import a", "a-right": "test a", "setup-b": "import b", "b-right": "test b"},
    points={"a-right": 1.0, "b-right": 2.0},
    written=frozenset({"a", "b", "words"}),
)


def student(source, name=""):
    return PlannedCell(source, name, on_student_side=True)


def ours(name):
    test = name in INSTRUCTIONS.points
    source = INSTRUCTIONS.sources[name]
    return PlannedCell(source, name, on_student_side=not test, on_grader_side=test, points=1.0 if test else None)


CELLS = [
    ours("setup-a"),
    student("a = 1", "a"),
    ours("a-right"),
    PlannedCell("a text of the student's", "words"),
    student("extra"),
    ours("setup-b"),
    student("b = 1", "b"),
    ours("b-right"),
]
FILES = {"mine.txt": b"1", "data.csv": b"given"}
RELEASE = {"data.csv": b"given", "work.ipynb": b"{}"}


def secret(cells=CELLS, files=FILES, instructions=INSTRUCTIONS, course=COURSE, release=RELEASE):
    return hand_in_secret(course, cells, instructions, files, release)


def changed(number, **changes):
    return [*CELLS[:number], replace(CELLS[number], **changes), *CELLS[number + 1 :]]


def moved(number, to):
    cells = [*CELLS[:number], *CELLS[number + 1 :]]
    return [*cells[:to], CELLS[number], *cells[to:]]


@pytest.mark.parametrize(
    "other",
    [
        {"course": bytes(16)},
        {"cells": changed(1, source="a = 1 ")},
        {"cells": changed(4, source="extra ")},
        {"cells": [*CELLS, student("")]},
        {"cells": moved(4, 2)},
        {"cells": moved(4, 7)},
        {"cells": [*CELLS[:4], *CELLS[5:]]},
        {"files": {}},
        {"files": FILES | {"mine.txt": b"2"}},
        {"files": FILES | {"more.txt": b""}},
        {"files": {"mine.txt": b"1"}},
        {"files": {"yours.txt": b"1"}},
        {"files": FILES | {"data.csv": b"the student's"}},
    ],
    ids=str,
)
def test_another_hand_in_has_another_secret(other):
    assert secret(**other) != secret()


@pytest.mark.parametrize(
    "same",
    [
        {"files": dict(reversed(FILES.items()))},
        {"cells": changed(2, source="another test", points=5.0)},
        {"cells": changed(0, source="import more")},
        {"cells": changed(3, source="other words")},
        {"cells": moved(4, 3)},  # before the words: code can't see them
        {"cells": [*CELLS[:5], replace(ours("b-right"), name="setup-new"), *CELLS[5:]]},
        {"cells": [*CELLS, replace(ours("b-right"), name="b-new")]},
        {"cells": [*CELLS[:7]]},
        {"files": FILES | {"data.csv": b"new"}, "release": RELEASE | {"data.csv": b"new"}},
        {"release": RELEASE | {"work.ipynb": b"[]", "helpers/thresholds.py": b"1"}},
    ],
    ids=[
        "order of files",
        "test",
        "setup",
        "words",
        "place of the words",
        "new setup",
        "new test",
        "no test",
        "given file",
        "release",
    ],
)
def test_what_the_instructor_changes_changes_no_question(same):
    told = replace(INSTRUCTIONS, sources=INSTRUCTIONS.sources | dict.fromkeys(("setup-new", "b-new"), ""))
    assert secret(instructions=told, **same) == secret()


def test_the_secret_is_stable():
    # Another number here would ask every hand-in of every course something else.
    assert secret().hex() == "804acb545c2cfbf4c701dc18849e3421c1ae99634efa497f606c072f70161218"


def prepared(course):
    """The jobs of a class, by student."""
    place = Course(course)
    place.generate("ex1")
    return {
        name: place.prepare(SubmissionKey("ex1", name), force=True).notebooks["work"][1]
        for name in place.students("ex1")
    }


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own
def test_a_class(tmp_path):
    course = tmp_path / "course"
    build(course)
    begin(course)
    for student in ("ada", "bob", "cy", "dee"):
        hand_in(course, student)
    other = master()
    cell(other, "first").source += "  # another"
    hand_in(course, "cy", other)
    (hand_in(course, "dee") / "table.txt").write_text("what bob was asked")
    jobs = prepared(course)
    assert jobs["ada"].cache_key() == jobs["bob"].cache_key(), "the same is executed once"
    assert len({job.secret for job in jobs.values()}) == 3
    secret = bytes.fromhex((course / ".course_secret").read_text())
    assert not [job for job in jobs.values() if secret in job.pack() or secret.hex().encode() in job.pack()]
    changed = master()
    cell(changed, "second-right").source += "  # stricter"
    nbformat.write(changed, course / "source" / "ex1" / "work.ipynb")
    again = prepared(course)
    assert {name: job.secret for name, job in again.items()} == {name: job.secret for name, job in jobs.items()}
    assert again["ada"].cache_key() != jobs["ada"].cache_key()
