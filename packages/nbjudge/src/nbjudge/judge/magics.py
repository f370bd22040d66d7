"""Magics of IPython in test cells that change nothing of what a test finds."""

import re

_HARMLESS = re.compile(
    r"^[ \t]*%(%(time|capture)|matplotlib|load_ext|reload_ext|autoreload|config|precision)\b.*$", re.MULTILINE
)


def without_magics(source: str) -> str:
    """A cell without such magics; all other lines keep their numbers."""
    return _HARMLESS.sub("", source)
