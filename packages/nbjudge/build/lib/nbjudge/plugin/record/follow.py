"""What is not handed in any more leaves nothing in the gradebook."""

from collections.abc import Collection
from datetime import datetime

from nbgrader.api import SubmittedAssignment


def follow_hand_in(submission: SubmittedAssignment, time: datetime | None, notebooks: Collection[str]) -> None:
    """Take over when something was handed in, and what of it is there; nbgrader keeps what it once knew.

    Parameters
    ----------
    submission : SubmittedAssignment
        The gradebook's entry; whoever opened the gradebook commits.
    time : datetime or None
        From ``timestamp.txt``. If there is none any more, the hand-in was on time.
    notebooks : collection of str
        Names of the notebooks that are there. The others have no points, those given by hand neither.
    """
    submission.timestamp = time
    for notebook in submission.notebooks:
        if notebook.name not in notebooks:
            notebook.late_submission_penalty = None
            for grade in notebook.grades:
                grade.auto_score, grade.manual_score, grade.extra_credit = 0, None, None
                grade.needs_manual_grade = False
