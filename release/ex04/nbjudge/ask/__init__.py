"""Questions that a test cell may ask about a student's work in any course, and the outcomes that it shows.

``submission = connect(globals())`` gives a test cell its only way to the student's work. In the student's own notebook,
the same kernel answers the questions. In grading, another process answers them. The test cells are the same in both
cases. Students get this folder beside their notebook: it needs Python and NumPy, Matplotlib for figures,
and pandas for tables.
"""

from .check import NotPassed, Outcome
from .questions import Panel, Submission, connect
from .replies import NoAnswer

__all__ = ["NoAnswer", "NotPassed", "Outcome", "Panel", "Submission", "connect"]
