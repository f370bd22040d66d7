"""From what was executed to the gradebook and ``autograded/``."""

from .grades import SaveGrades
from .penalties import AssignPenalties

__all__ = ["AssignPenalties", "SaveGrades"]
