"""From what was handed in to what is executed."""

from .accept import AcceptedHandIns
from .active_files import NoActiveFiles
from .rebuild import Rebuild
from .restore import Restore
from .showable import Showable

__all__ = ["AcceptedHandIns", "NoActiveFiles", "Rebuild", "Restore", "Showable"]
