"""IPython shells in a test's own process."""

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config


def new_shell() -> InteractiveShell:
    """A shell without a database of what was typed, which would stay open for as long as the process lives."""
    return InteractiveShell(config=Config(HistoryManager={"enabled": False}))
