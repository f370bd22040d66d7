"""Marks in the columns that learning platforms import, for ``nbgrader export --exporter``."""

from .canvas import CanvasMarks
from .moodle import MoodleMarks

__all__ = ["CanvasMarks", "MoodleMarks"]
