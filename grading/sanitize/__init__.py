"""From what was handed in to what is executed."""

from .accept import AcceptedHandIns
from .rebuild import Rebuild

__all__ = ["AcceptedHandIns", "Rebuild"]
