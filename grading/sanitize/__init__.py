"""From what was handed in to what is executed."""

from .accept import AcceptedHandIns
from .active_files import NoActiveFiles
from .rebuild import Rebuild

__all__ = ["AcceptedHandIns", "NoActiveFiles", "Rebuild"]
