"""The program in which the notebook is open: where its menus and its file are."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Where the notebook lies: Jupyter starts there, and this is imported before any code of the student's can go elsewhere.
NOTEBOOK_FOLDER = Path.cwd()
_VS_CODE = "__vsc_ipynb_file__"  # VS Code's extension leaves the notebook's path in the notebook under this name


def run_all_above(namespace: Mapping[str, Any]) -> str:
    """How to run all cells above the selected one."""
    if "google.colab" in sys.modules:
        return "Runtime > Run before"
    if _VS_CODE in namespace:
        return "Execute Above Cells, in the cell's toolbar"
    return "Run > Run All Above Selected Cell"


def restart_and_run_all(namespace: Mapping[str, Any]) -> str:
    """How to restart the kernel and run all cells."""
    if "google.colab" in sys.modules:
        return "Runtime > Restart session and run all"
    if _VS_CODE in namespace:
        return "Restart, then Run All"
    return "Kernel > Restart Kernel and Run All Cells"


def notebook_file(namespace: Mapping[str, Any]) -> Path | None:
    """The file in which the front end saves this notebook, if it tells; Colab does not."""
    # Jupyter Server 2 gives a kernel's environment the path of its notebook; after a renaming it is that of before.
    told = namespace.get(_VS_CODE) or os.environ.get("JPY_SESSION_NAME") or ""
    path = NOTEBOOK_FOLDER / str(told)
    return path if path.suffix == ".ipynb" and path.is_file() else None
