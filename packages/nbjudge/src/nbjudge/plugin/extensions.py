"""Gives one student more time, in nbgrader's gradebook."""

from datetime import datetime, timedelta
from difflib import get_close_matches

from nbgrader.api import Assignment, Gradebook, MissingEntry

from ..handin.files import printable
from ..handin.hand_in import SubmissionKey
from .copies import keep_copy
from .course import Course

TIME = "%Y-%m-%d %H:%M UTC"


class ExtensionError(ValueError):
    """The extension can't be given; the message says why and what to do."""


def grant(course: Course, key: SubmissionKey, days: int | None = None, until: datetime | None = None) -> str:
    """Give a student more time.

    Parameters
    ----------
    course : Course
        The course folder.
    key : SubmissionKey
        The student, and the assignment.
    days : int, optional
        The extension in days after the deadline.
    until : datetime, optional
        The new deadline, in UTC. Either `days` or `until` must be given.

    Returns
    -------
    str
        The student's deadline.

    Raises
    ------
    ExtensionError
        There is no such assignment, deadline or student.
    """
    with Gradebook(course.db_url) as gradebook:
        entry = _find_assignment(gradebook, key.assignment)
        _refuse_a_stranger(gradebook, course, key)
        extension = _extension(entry, days, until)
        keep_copy(course.api.coursedir)
        gradebook.update_or_create_student(key.student)
        gradebook.update_or_create_submission(key.assignment, key.student)
        gradebook.grant_extension(key.assignment, key.student, minutes=extension / timedelta(minutes=1))
        return _deadline(gradebook, entry, key)


def take_back(course: Course, key: SubmissionKey) -> str:
    """Take an extension back, and return the student's deadline.

    Raises
    ------
    ExtensionError
        There is no such assignment, student or extension.
    """
    with Gradebook(course.db_url) as gradebook:
        entry = _find_assignment(gradebook, key.assignment)
        _refuse_a_stranger(gradebook, course, key)
        keep_copy(course.api.coursedir)
        try:
            gradebook.grant_extension(key.assignment, key.student, minutes=0)
        except MissingEntry:
            raise ExtensionError(f"{key.student} has no extension for {key.assignment}") from None
        deadline = _deadline(gradebook, entry, key)
        _remove_unless_used(gradebook, course, key)
        return deadline


def _deadline(gradebook: Gradebook, entry: Assignment, key: SubmissionKey) -> str:
    if entry.duedate is None:
        return "any time"
    return f"{gradebook.find_submission(key.assignment, key.student).duedate:{TIME}}"


def _find_assignment(gradebook: Gradebook, assignment: str) -> Assignment:
    try:
        entry = gradebook.find_assignment(assignment)
    except MissingEntry:
        known = [entry.name for entry in gradebook.assignments]
        raise ExtensionError(
            f"there is no assignment {assignment} in the gradebook{_instead(assignment, known)}"
        ) from None
    if not entry.notebooks:
        # If an assignment has a submission, nbgrader refuses to add its notebooks to the gradebook.
        raise ExtensionError(
            f"the gradebook does not know the notebooks of {assignment} yet; generate the release first: "
            f"nbgrader generate_assignment {assignment}"
        )
    return entry


def _refuse_a_stranger(gradebook: Gradebook, course: Course, key: SubmissionKey) -> None:
    """Refuse a student who is not in the gradebook and has not handed in anything."""
    student, known = key.student, {entry.id for entry in gradebook.students} | set(course.students(key.assignment))
    if student not in known:
        raise ExtensionError(
            f"nobody knows a student {student}{_instead(student, sorted(known))} "
            f"Who has handed in nothing yet is made known by: nbgrader db student add {student}"
        )


def _extension(entry: Assignment, days: int | None, until: datetime | None) -> timedelta:
    if entry.duedate is None:
        raise ExtensionError(
            f"{entry.name} has no deadline, so nobody is late; set one first: "
            f'nbgrader db assignment add {entry.name} --duedate="2027-01-31 23:59:00 UTC"'
        )
    if days is not None:
        return timedelta(days=days)
    duedate: datetime = entry.duedate
    if until is None:
        raise ExtensionError("say for how many --days, or --until when")
    if until <= duedate:
        raise ExtensionError(f"--until is not after the deadline of everybody, {duedate:{TIME}}")
    return until - duedate


def _remove_unless_used(gradebook: Gradebook, course: Course, key: SubmissionKey) -> None:
    """Remove a submission that only held the extension: with a submission, nbgrader refuses to add or remove tests."""
    submission = gradebook.find_submission(key.assignment, key.student)
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
    is_graded = any(grade.auto_score is not None or grade.manual_score is not None for grade in grades)
    if not is_graded and key.student not in course.students(key.assignment):
        gradebook.remove_submission(key.assignment, key.student)


def _instead(name: str, known: list[str]) -> str:
    """The rest of a message about an unknown name: the known names that may have been meant."""
    meant = get_close_matches(name, known)
    return f"; did you mean {' or '.join(map(printable, meant))}?" if meant else "."
