"""The steps of ``nbgrader generate_feedback``, each named in `configure`."""

from ...feedback.marks_first import MarksFirst
from ...feedback.page import FeedbackPage
from ...feedback.style import FeedbackStyle
from .get_marks import GetMarks
from .hide_tests import HideTests

__all__ = ["FeedbackPage", "FeedbackStyle", "GetMarks", "HideTests", "MarksFirst"]
