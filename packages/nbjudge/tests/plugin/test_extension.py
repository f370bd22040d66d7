"""More time for one student, and late penalties that follow deadlines, extensions and marks."""

import shutil
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner
from nbformat.v4 import new_notebook
from nbgrader.api import Gradebook
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from nbjudge.commands.extend import extend as extend_command
from nbjudge.plugin.late_penalty import PenaltyPerDay
from nbjudge.plugin.marks import read_marks
from nbjudge.plugin.record.penalties import AssignPenalties, update_penalties
from traitlets.config import Config

from helpers import tiny_course

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # of nbgrader's own queries

DEADLINE = datetime(2027, 1, 31, 12)


class Odd(LateSubmissionPlugin):
    """Penalties that nbgrader corrects, or that are none."""

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return {"ada": -1, "bob": 100, "eve": None}.get(student_id, 0.5)


def config(plugin=PenaltyPerDay, **options):
    return Config({"AssignLatePenalties": {"plugin_class": plugin, **options}})


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A course with a deadline, in which ada was graded and kim registered; to make a gradebook takes a second."""
    course = tmp_path_factory.mktemp("course")
    tiny_course.build(course)
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        gradebook.add_assignment("ex1", duedate=DEADLINE)
        for name in ("first", "second"):
            gradebook.add_notebook(name, "ex1")
            gradebook.add_grade_cell("test", name, "ex1", max_score=10, cell_type="code")
            gradebook.add_grade_cell("essay", name, "ex1", max_score=5, cell_type="markdown")
            gradebook.add_solution_cell("essay", name, "ex1")
        gradebook.add_student("kim")
        add(gradebook, "ada", hours=25)
    return course


@pytest.fixture
def course(made, tmp_path, monkeypatch):
    course = tmp_path / "course"
    shutil.copytree(made, course)
    monkeypatch.chdir(course)
    return course


@pytest.fixture
def gradebook(course):
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        yield gradebook


def add(gradebook, student, hours, *, first=10.0, second=5.0):
    """Somebody who handed in so many hours after the deadline, graded by the tests."""
    gradebook.update_or_create_student(student)
    gradebook.add_submission("ex1", student, timestamp=DEADLINE + timedelta(hours=hours))
    for name, score in (("first", first), ("second", second)):
        grade = gradebook.find_grade("test", name, "ex1", student)
        grade.auto_score, grade.needs_manual_grade = score, False
    gradebook.db.commit()


def penalties(course):
    """Of each student's notebooks."""
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        return {
            (submission.student.id, notebook.name): notebook.late_submission_penalty
            for submission in gradebook.assignment_submissions("ex1")
            for notebook in submission.notebooks
        }


def update(course, settings=None):
    return update_penalties(f"sqlite:///{course}/gradebook.db", "ex1", settings or config())


def extend(*words):
    return CliRunner().invoke(extend_command, ["ex1", *words])


# Penalties


@pytest.mark.parametrize(
    ("seconds", "percent", "lost"),
    [
        (1, 10.0, 1.2),
        (24 * 60 * 60, 10.0, 1.2),
        (24 * 60 * 60 + 1, 10.0, 2.4),
        (3 * 24 * 60 * 60, 7.5, 2.7),
        (9 * 24 * 60 * 60 + 1, 10.0, 12.0),
        (99 * 24 * 60 * 60, 10.0, 12.0),
        (1, 0.0, 0.0),
    ],
)
def test_every_day_begun_costs_a_share_of_the_score_and_no_more_than_all_of_it(seconds, percent, lost):
    plugin = PenaltyPerDay(config=Config({"PenaltyPerDay": {"percent_per_day": percent}}))
    assert plugin.late_submission_penalty("ada", 12.0, seconds) == pytest.approx(lost)
    assert PenaltyPerDay().percent_per_day == 10


@pytest.mark.parametrize("plugin", [PenaltyPerDay, LateSubmissionPlugin, Odd])
@pytest.mark.parametrize("method", ["none", "zero"])
def test_penalties_are_those_of_nbgraders_own_preprocessor(gradebook, course, plugin, method):
    settings = config(plugin)
    settings.LateSubmissionPlugin.penalty_method = settings.Odd.penalty_method = method
    settings.PenaltyPerDay.percent_per_day = 7.5
    for student, hours in {"bob": 0, "eve": 0.1, "late": 300, "early": -5, "extended": 30, "nothing": 30}.items():
        add(gradebook, student, hours, first=0.0 if student == "nothing" else 7.3)
    gradebook.grant_extension("ex1", "extended", hours=20)
    gradebook.grant_extension("ex1", "bob", weeks=-1)
    gradebook.find_grade("essay", "second", "ex1", "eve").manual_score = 4.1
    gradebook.find_submission_notebook("first", "ex1", "early").late_submission_penalty = 3.0
    gradebook.db.commit()
    shutil.copytree(course, "nbgraders")
    for student, name in penalties("nbgraders"):
        who = {"notebook": name, "assignment": "ex1", "student": student, "db_url": "sqlite:///nbgraders/gradebook.db"}
        AssignLatePenalties(config=settings).preprocess(new_notebook(), {"nbgrader": who})
    before, nbgraders = penalties(course), penalties("nbgraders")
    changed = update(course, settings)
    # No penalty and one of no points are the same.
    after = {who: penalty or 0 for who, penalty in penalties(course).items()}
    assert after == {who: penalty or 0 for who, penalty in nbgraders.items()}
    assert changed == sorted(
        {student for student, name in before if after[student, name] != (before[student, name] or 0)}
    )
    assert "early" in changed
    file = (course / "gradebook.db").read_bytes()
    assert update(course, settings) == [] and (course / "gradebook.db").read_bytes() == file


def test_a_deadline_that_is_moved(gradebook, course):
    assert update(course) == ["ada"]
    assert penalties(course) == {("ada", "first"): 2.0, ("ada", "second"): 1.0}
    gradebook.find_assignment("ex1").duedate = DEADLINE + timedelta(days=1)
    gradebook.db.commit()
    assert update(course) == ["ada"]
    assert penalties(course) == {("ada", "first"): 1.0, ("ada", "second"): 0.5}
    gradebook.grant_extension("ex1", "ada", days=2)
    gradebook.find_assignment("ex1").duedate = None
    gradebook.db.commit()
    assert update(course) == ["ada"] and set(penalties(course).values()) == {None}


def test_marks_given_by_hand_are_reduced_too(gradebook, course):
    update(course)
    by_hand = gradebook.find_grade("essay", "first", "ex1", "ada")
    by_hand.manual_score, by_hand.needs_manual_grade = 5, False
    gradebook.db.commit()
    assert update(course) == ["ada"]
    ((mark,), _) = read_marks(f"sqlite:///{course}/gradebook.db", "ex1")
    assert (mark.automatic, mark.written, mark.penalty, mark.so_far) == (15, 5, 4, 16)


def test_a_second_late_is_late(gradebook, course):
    add(gradebook, "bob", hours=1 / 3600)
    add(gradebook, "eve", hours=0)
    assert update(course) == ["ada", "bob"]
    assert penalties(course)["bob", "first"] == 1.0 and not penalties(course)["eve", "first"]


def test_an_answer_that_is_to_be_read_again_counts_for_no_penalty(gradebook, course):
    read = gradebook.find_grade("essay", "first", "ex1", "ada")
    read.auto_score, read.extra_credit, read.needs_manual_grade = 3.0, 1.0, True
    gradebook.db.commit()
    update(course)
    assert penalties(course)["ada", "first"] == 2.0, "of the 10 points for the test"
    read.needs_manual_grade = False
    gradebook.db.commit()
    update(course)
    assert penalties(course)["ada", "first"] == pytest.approx(2.8), "of all 14"


@pytest.mark.parametrize(("name", "penalty"), [("first", 2.0), ("second", 1.0)])
def test_grading_a_notebook_saves_its_penalty_and_no_other(course, name, penalty):
    who = {"notebook": name, "assignment": "ex1", "student": "ada", "db_url": f"sqlite:///{course}/gradebook.db"}
    AssignPenalties(config=config()).preprocess(new_notebook(), {"nbgrader": who})
    assert penalties(course) == {("ada", "first"): None, ("ada", "second"): None} | {("ada", name): penalty}


def test_penalties_that_are_switched_off_stay_as_they_are(course):
    assert update(course, config(enabled=False)) == [] and set(penalties(course).values()) == {None}


def test_no_assignment_no_penalties(course):
    assert update_penalties(f"sqlite:///{course}/gradebook.db", "ex9", config()) == []


# Extensions


def test_an_extension_lowers_the_penalty_at_once(course):
    update(course)
    done = extend("ada", "--days=1")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "ada has until 2027-02-01 12:00 UTC for ex1.",
        "The late penalty has changed for: ada.",
        "'nbjudge grade ex1' writes their feedback anew.",
    ]
    assert penalties(course) == {("ada", "first"): 1.0, ("ada", "second"): 0.5}  # 25 hours late, one day allowed


def test_extensions_do_not_add_up(course):
    update(course)
    for words, deadline, penalty in (
        (["--days=1"], "2027-02-01 12:00 UTC", 1.0),
        (["--until", "2027-02-01 13:00 UTC"], "2027-02-01 13:00 UTC", 0.0),
        (["--until", "2027-02-01 12:59 UTC"], "2027-02-01 12:59 UTC", 1.0),
        (["--days=2"], "2027-02-02 12:00 UTC", 0.0),
        (["--remove"], "2027-01-31 12:00 UTC", 2.0),
    ):
        assert f"ada has until {deadline} for ex1." in extend("ada", *words).output
        assert (penalties(course)["ada", "first"] or 0) == penalty, words


def test_before_anything_is_handed_in(gradebook, course):
    update(course)
    assert extend("kim", "--days=3").output == "kim has until 2027-02-03 12:00 UTC for ex1.\n"
    marks, _ = read_marks(f"sqlite:///{course}/gradebook.db", "ex1")
    assert [mark.student for mark in marks] == ["ada"]
    # What autograding does with a hand-in that comes on the third day:
    submission = gradebook.update_or_create_submission("ex1", "kim", timestamp="2027-02-03 11:00:00 UTC")
    assert submission.total_seconds_late == 0


def test_who_handed_in_but_was_never_graded(course):
    tiny_course.hand_in(course, "lee")
    assert extend("lee", "--days=3").exit_code == 0
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        assert gradebook.find_submission("ex1", "lee").extension == timedelta(days=3)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["adda", "--days=1"], "nobody knows a student adda; did you mean ada?"),
        (["zoe", "--days=1"], "Who has handed in nothing yet is made known by: nbgrader db student add zoe"),
        (["ada"], "say either --days, --until or --remove"),
        (["ada", "--days=1", "--remove"], "say either --days, --until or --remove"),
        (["ada", "--days=0"], "0 is not in the range"),
        (["ada", "--until", "2027-02-03 23:59"], "does not match the format"),
        (["ada", "--until", "2027-01-31 12:00 UTC"], "not after the deadline of everybody, 2027-01-31 12:00 UTC"),
        (["kim", "--remove"], "kim has no extension for ex1"),
    ],
)
def test_what_is_refused(course, words, complaint):
    file = (course / "gradebook.db").read_bytes()
    done = extend(*words)
    assert done.exit_code != 0 and complaint in done.output
    assert (course / "gradebook.db").read_bytes() == file


def test_assignments_that_are_refused(gradebook, course):
    done = CliRunner().invoke(extend_command, ["ex01", "ada", "--days=1"])
    assert done.exit_code == 1 and "no assignment ex01 in the gradebook; did you mean ex1?" in done.output
    gradebook.add_assignment("ex2", duedate=DEADLINE)
    done = CliRunner().invoke(extend_command, ["ex2", "ada", "--days=1"])
    assert done.exit_code == 1 and "generate the release first" in done.output
    gradebook.find_assignment("ex1").duedate = None
    gradebook.db.commit()
    done = extend("ada", "--days=1")
    assert done.exit_code == 1 and "ex1 has no deadline" in done.output
    assert gradebook.find_submission("ex1", "ada").extension is None
