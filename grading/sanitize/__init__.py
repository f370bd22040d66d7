"""From what was handed in to what is executed."""

from .rebuild import Rebuild

__all__ = ["Rebuild"]
