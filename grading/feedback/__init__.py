"""The page a student gets back."""

from .get_marks import GetMarks
from .hide_tests import HideTests
from .marks_first import MarksFirst
from .page import FeedbackPage
from .style import FeedbackStyle

__all__ = ["FeedbackPage", "FeedbackStyle", "GetMarks", "HideTests", "MarksFirst"]
