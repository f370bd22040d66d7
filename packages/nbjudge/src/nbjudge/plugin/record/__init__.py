"""Records results in the gradebook and in ``autograded/``."""

from .grades import SaveGrades
from .penalties import AssignPenalties

__all__ = ["AssignPenalties", "SaveGrades"]
