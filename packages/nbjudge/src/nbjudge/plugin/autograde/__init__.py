"""The steps of ``nbgrader autograde``, each named in `configure`."""

from .accepted import AcceptedHandIns
from .active_files import NoActiveFiles
from .execute_apart import ExecuteApart
from .rebuild import Rebuild
from .restore import Restore
from .showable import Showable

__all__ = ["AcceptedHandIns", "ExecuteApart", "NoActiveFiles", "Rebuild", "Restore", "Showable"]
