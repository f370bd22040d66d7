"""Files that a browser would run where formgrader serves them."""

import mimetypes
import re
from pathlib import Path

_ACTIVE = re.compile("html|xml|xsl|message|multipart")


def remove_active(copies: Path, but_keep: Path) -> None:
    """Remove what a browser would run, were it served to it, from a folder, except files that another one has, too."""
    for copy in copies.rglob("*"):
        # By the whole path: a name of its own may look like an address, of which only the beginning counts.
        kind = mimetypes.guess_type(copy.absolute())[0] or ""
        if _ACTIVE.search(kind) and copy.is_file() and not (but_keep / copy.relative_to(copies)).exists():
            copy.unlink()
