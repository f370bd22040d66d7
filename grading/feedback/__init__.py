"""The page a student gets back."""

from .hide_tests import HideTests
from .marks_first import MarksFirst
from .style import FeedbackStyle

__all__ = ["FeedbackStyle", "HideTests", "MarksFirst"]
