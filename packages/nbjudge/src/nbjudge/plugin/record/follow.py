"""Removes from the gradebook what is no longer handed in."""

from collections.abc import Collection
from datetime import datetime

from nbgrader.api import SubmittedAssignment


def follow_hand_in(submission: SubmittedAssignment, time: datetime | None, notebooks: Collection[str]) -> None:
    """Update the gradebook's time of a hand-in, and clear the points of missing notebooks; nbgrader would keep them.

    Parameters
    ----------
    submission : SubmittedAssignment
        The gradebook's entry; the caller who opened the gradebook commits.
    time : datetime or None
        The time in ``timestamp.txt``. If there is no such file any more, the hand-in was on time.
    notebooks : collection of str
        Names of the notebooks that were handed in. The others lose all their points, also those given by hand.
    """
    submission.timestamp = time
    for notebook in submission.notebooks:
        if notebook.name not in notebooks:
            notebook.late_submission_penalty = None
            for grade in notebook.grades:
                grade.auto_score, grade.manual_score, grade.extra_credit = 0, None, None
                grade.needs_manual_grade = False
