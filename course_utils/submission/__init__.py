"""What a test cell may ask of a student's work, and what it says about it.

``submission = connect(globals())`` gives a test cell its one way to the student's work. In the student's own notebook
the questions are answered right there; in grading they are put to another process, and the test cells notice no
difference.
"""

from nbjudge.ask import NoAnswer, Outcome, Panel

from .questions import Submission, connect

__all__ = ["NoAnswer", "Outcome", "Panel", "Submission", "connect"]
