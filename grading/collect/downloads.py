"""Hand-ins downloaded from a learning platform: ``nbgrader zip_collect``."""

import os
from pathlib import Path

from nbgrader.plugins import FileNameCollectorPlugin

from ..sanitize.accept import TIMESTAMP


class CollectDownloads(FileNameCollectorPlugin):
    """Take the time from the names of the downloads alone; for ``c.ZipCollectApp.collector_plugin``.

    nbgrader would rather believe a ``timestamp.txt`` among the student's files. ``c.FileNameCollectorPlugin`` sets the
    options of this class, too.
    """

    def collect(self, submitted_file: str) -> dict[str, str] | None:
        """What the name of a file tells, or None if the file is not taken.

        Parameters
        ----------
        submitted_file : str
            Its absolute path.
        """
        found = super().collect(submitted_file)
        if found and isinstance(found.get("file_id"), str):
            # As nbgrader makes up the name under which it will be in submitted/.
            name = os.path.splitext(found["file_id"])[0] + os.path.splitext(submitted_file)[1]
            if Path(os.path.normpath(name)).parts[:1] == (TIMESTAMP,):
                self.log.warning("%s is not taken: lateness is not for the student to say", submitted_file)
                return None
        return found
