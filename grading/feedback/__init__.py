"""The page a student gets back."""

from .style import FeedbackStyle

__all__ = ["FeedbackStyle"]
