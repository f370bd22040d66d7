"""Exports marks (``nbgrader export``); with ``--exporter``, in the columns that learning platforms import."""

from .canvas import CanvasMarks
from .moodle import MoodleMarks
from .settled import SettledMarks

__all__ = ["CanvasMarks", "MoodleMarks", "SettledMarks"]
