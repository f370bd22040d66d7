"""Matplotlib's list of fonts, which it would otherwise look for anew in each sandbox."""

import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from .bubblewrap import environment_variables


@cache
def font_list() -> dict[str, bytes]:
    """The file that Matplotlib keeps it in, by its path in a home folder: the system's fonts and no user's.

    Without Matplotlib there is none; should it fail to make one here, it tries in each sandbox, as it would anyway.
    """
    with tempfile.TemporaryDirectory(prefix="fonts-") as home:
        subprocess.run(
            [sys.executable, "-I", "-c", "import matplotlib.font_manager"],
            env={"PATH": environment_variables()["PATH"], "HOME": home},
            cwd=home,
            capture_output=True,
        )
        return {str(path.relative_to(home)): path.read_bytes() for path in Path(home).rglob("fontlist-*.json")}
