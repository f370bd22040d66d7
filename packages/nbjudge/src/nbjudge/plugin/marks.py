"""Reads marks from the gradebook."""

from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from nbgrader.api import Grade, Gradebook, MissingEntry

from ..handin.hand_in import SubmissionKey

LATE = "late"
# Points by cell, or by LATE; None if a grader must look again at a mark given by hand.
Points: TypeAlias = dict[str, float | None]
# Points before and after (None if there are none), by cell, or by LATE.
Changes: TypeAlias = dict[str, tuple[float | None, float | None]]


@dataclass(frozen=True)
class Mark:
    """One student's marks for one assignment.

    Attributes
    ----------
    student : str
        The student's name in the gradebook.
    automatic : float
        Points of the test cells.
    written : float
        Points of the cells graded by hand that a grader has read.
    penalty : float
        Points lost for being late.
    pending : int
        How many cells wait for a grader.
    lost : tuple of str
        Ids of the test cells that did not earn all their points. If there are several notebooks, the notebook's name
        stands before the id.
    waiting : tuple of str
        Ids of the test cells, among these, that pass only in the student's own process, and for which no grader has
        given points.
    """

    student: str
    automatic: float
    written: float
    penalty: float
    pending: int
    lost: tuple[str, ...]
    waiting: tuple[str, ...] = ()

    @property
    def so_far(self) -> float:
        """The points that count so far, without answers that nobody has read."""
        return self.automatic + self.written - self.penalty

    @property
    def total(self) -> float | None:
        """The points that count; None as long as a cell waits for a grader."""
        return None if self.pending else self.so_far

    def as_json(self) -> dict[str, Any]:
        """The mark for programs. Points that nobody has decided yet are null, so that they are not taken for 0."""
        written = None if self.pending else self.written
        return asdict(self) | {"written": written, "total": self.total, "so_far": self.so_far}


@dataclass(frozen=True)
class MostPoints:
    """The most points that can be earned, automatically and by hand."""

    automatic: float
    written: float


def read_marks(db_url: str, assignment: str) -> tuple[list[Mark], MostPoints]:
    """Read the marks of all graded students.

    Parameters
    ----------
    db_url : str
        The address of the gradebook.
    assignment : str
        Name of the assignment.

    Returns
    -------
    marks : list of Mark
        The marks, sorted by student.
    most : MostPoints
        The most points that can be earned.
    """
    with Gradebook(db_url) as gradebook:
        try:
            entry = gradebook.find_assignment(assignment)
        except MissingEntry:
            return [], MostPoints(0, 0)
        by_hand = {
            (notebook.name, cell.name)
            for notebook in entry.notebooks
            for cell in [*notebook.solution_cells, *notebook.task_cells]
        }
        points = {
            (notebook.name, cell.name): cell.max_score
            for notebook in entry.notebooks
            for cell in [*notebook.grade_cells, *notebook.task_cells]
        }
        most = MostPoints(
            automatic=sum(most for cell, most in points.items() if cell not in by_hand),
            written=sum(most for cell, most in points.items() if cell in by_hand),
        )
        several = len(entry.notebooks) > 1
        marks = []
        for submission in gradebook.assignment_submissions(assignment):
            grades = {(book.name, grade.name): grade for book in submission.notebooks for grade in book.grades}
            by_test = {cell: grade for cell, grade in grades.items() if cell not in by_hand}
            if by_test and all(grade.auto_score is None and grade.manual_score is None for grade in grades.values()):
                continue  # registered, but never graded
            lost = [cell for cell, grade in by_test.items() if grade.score < grade.max_score]
            waiting = [cell for cell, grade in by_test.items() if _is_undecided(grade)]
            marks.append(
                Mark(
                    student=submission.student.id,
                    automatic=sum(grade.score for grade in by_test.values()),
                    written=sum(
                        grade.score
                        for cell, grade in grades.items()
                        if cell in by_hand and not grade.needs_manual_grade
                    ),
                    penalty=submission.late_submission_penalty or 0.0,
                    pending=sum(grade.needs_manual_grade for grade in grades.values()),
                    lost=tuple(f"{notebook}/{name}" if several else name for notebook, name in lost),
                    waiting=tuple(f"{notebook}/{name}" if several else name for notebook, name in waiting),
                )
            )
            gradebook.db.expire(submission)  # otherwise the whole class would stay in memory
    return sorted(marks, key=lambda mark: mark.student), most


def read_points(db_url: str, assignment: str) -> dict[str, Points]:
    """Read the parts of each student's mark.

    Parameters
    ----------
    db_url : str
        The address of the gradebook.
    assignment : str
        Name of the assignment.

    Returns
    -------
    dict of str to Points
        By student and cell: the points, if there are any yet. If there are several notebooks, the notebook's name
        stands before the cell's. The entry `LATE` holds the points lost for being late.
    """
    with Gradebook(db_url) as gradebook:
        try:
            several = len(gradebook.find_assignment(assignment).notebooks) > 1
        except MissingEntry:
            return {}
        points = {}
        for submission in gradebook.assignment_submissions(assignment):
            grades = {(book.name, grade.name): grade for book in submission.notebooks for grade in book.grades}
            of_one = points[submission.student.id] = {
                f"{notebook}: {name}" if several else name: None if grade.needs_manual_grade else grade.score
                for (notebook, name), grade in grades.items()
                if grade.auto_score is not None or grade.manual_score is not None
            }
            if penalty := submission.late_submission_penalty:
                of_one[LATE] = -penalty
        return points


def _is_undecided(grade: Grade) -> bool:
    """Whether a grader must give the points of a test, and not only look again at those given."""
    return bool(grade.needs_manual_grade and grade.manual_score is None)


def mark_of_cell(db_url: str, key: SubmissionKey, notebook: str, cell: str) -> tuple[str, bool]:
    """A text about the points of one test cell, and whether a grader must still give them."""
    with Gradebook(db_url) as gradebook:
        try:
            grade = gradebook.find_grade(cell, notebook, key.assignment, key.student)
        except MissingEntry:
            return "none in the gradebook", False
        by_hand = "" if grade.manual_score is None else f", {grade.manual_score:g} given by hand"
        automatic = "no points" if grade.auto_score is None else f"{grade.auto_score:g} points"
        waits = ", waits for a grader" if grade.needs_manual_grade else ""
        return f"{automatic} of {grade.max_score:g}{by_hand}{waits}", _is_undecided(grade)


def changes(before: dict[str, Points], after: dict[str, Points]) -> dict[str, Changes]:
    """The differences between two results of `read_points`, for each student who has any."""
    found = {}
    for student in sorted(before.keys() | after.keys()):
        then, now = before.get(student, {}), after.get(student, {})
        cells = [*now, *(cell for cell in then if cell not in now)]
        if others := {cell: (then.get(cell), now.get(cell)) for cell in cells if then.get(cell) != now.get(cell)}:
            found[student] = others
    return found


def read_again(before: dict[str, Points], after: dict[str, Points]) -> dict[str, list[str]]:
    """The cells with points given by hand that a grader would have to look at again, by student; see `changes`."""
    found = {}
    for student, now in after.items():
        then = before.get(student, {})
        if cells := [cell for cell, points in now.items() if points is None and then.get(cell) is not None]:
            found[student] = cells
    return found
