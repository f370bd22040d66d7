"""The page a student gets back."""

from .marks_first import MarksFirst
from .style import FeedbackStyle

__all__ = ["FeedbackStyle", "MarksFirst"]
