"""Knows the program in which the notebook is open: its menus, and where it saves the notebook's file."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# The notebook's folder: Jupyter starts the kernel there, and this line runs before the student's code can change it.
NOTEBOOK_FOLDER = Path.cwd()
_VS_CODE = "__vsc_ipynb_file__"  # VS Code's extension leaves the notebook's path in the notebook under this name


def run_all_above(namespace: Mapping[str, Any]) -> str:
    """The menu entry that runs all cells above the selected one."""
    if "google.colab" in sys.modules:
        return "Runtime > Run before"
    if _VS_CODE in namespace:
        return "Execute Above Cells, in the cell's toolbar"
    return "Run > Run All Above Selected Cell"


def restart_and_run_all(namespace: Mapping[str, Any]) -> str:
    """The menu entry that restarts the kernel and runs all cells."""
    if "google.colab" in sys.modules:
        return "Runtime > Restart session and run all"
    if _VS_CODE in namespace:
        return "Restart, then Run All"
    return "Kernel > Restart Kernel and Run All Cells"


def notebook_file(namespace: Mapping[str, Any]) -> Path | None:
    """The file in which the front end saves this notebook; None if the front end does not tell, as in Colab."""
    # Jupyter Server 2 puts the notebook's path into the kernel's environment. If the notebook is renamed later, the
    # path is no longer right.
    told = namespace.get(_VS_CODE) or os.environ.get("JPY_SESSION_NAME") or ""
    path = NOTEBOOK_FOLDER / str(told)
    return path if path.suffix == ".ipynb" and path.is_file() else None
