"""From what was handed in to what is executed."""

from .hand_in import PlainFiles
from .rebuild import Rebuild

__all__ = ["PlainFiles", "Rebuild"]
