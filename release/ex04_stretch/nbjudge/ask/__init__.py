"""What a test cell may ask of a student's work in any course, and what it says about it.

``submission = connect(globals())`` gives a test cell its one way to the student's work. In the student's own notebook
the questions are answered right there; in grading they are put to another process, and the test cells notice no
difference. Students get this folder beside their notebook: it needs Python and NumPy, and Matplotlib for figures.
"""

from .check import NotPassed, Outcome
from .questions import Panel, Submission, connect
from .replies import NoAnswer

__all__ = ["NoAnswer", "NotPassed", "Outcome", "Panel", "Submission", "connect"]
