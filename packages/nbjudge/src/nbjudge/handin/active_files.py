"""Removes files that a browser would run if formgrader served them."""

import mimetypes
import re
from pathlib import Path

_ACTIVE = re.compile("html|xml|xsl|message|multipart")


def remove_active(copies: Path, but_keep: Path) -> None:
    """Remove from `copies` the files that a browser would run. Files that are also in the folder `but_keep` stay."""
    for copy in copies.rglob("*"):
        # Pass the whole path: guess_type() may take a bare name for a URL, and then looks only at its beginning.
        kind = mimetypes.guess_type(copy.absolute())[0] or ""
        if _ACTIVE.search(kind) and copy.is_file() and not (but_keep / copy.relative_to(copies)).exists():
            copy.unlink()
