"""Matplotlib's list of fonts, made once; otherwise Matplotlib would search for fonts in each sandbox."""

import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from .bubblewrap import environment_variables


@cache
def font_list() -> dict[str, bytes]:
    """The file of Matplotlib's list of fonts, by its path in a home folder. It lists the system's fonts, no user's.

    Without Matplotlib, there is no such file. If Matplotlib fails to make it here, it tries again in each sandbox.
    """
    with tempfile.TemporaryDirectory(prefix="fonts-") as home:
        subprocess.run(
            [sys.executable, "-I", "-c", "import matplotlib.font_manager"],
            env={"PATH": environment_variables()["PATH"], "HOME": home},
            cwd=home,
            capture_output=True,
        )
        return {str(path.relative_to(home)): path.read_bytes() for path in Path(home).rglob("fontlist-*.json")}
