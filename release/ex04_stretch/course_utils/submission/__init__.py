"""Questions that a test cell may ask about a student's work, and functions that judge the answers.

``submission = connect(globals())`` gives a test cell its only way to the student's work. In the student's own notebook,
the same kernel answers the questions. In grading, another process answers them. The test cells are the same in both
cases.
"""

from nbjudge.ask import NoAnswer, Outcome, Panel

from .questions import Submission, connect

__all__ = ["NoAnswer", "Outcome", "Panel", "Submission", "connect"]
