"""The steps of ``nbgrader generate_assignment``, each named in `configure`."""

from .note_release import NoteRelease
from .save_cells import SaveCells
from .say_what_to_write import SayWhatToWrite
from .support_files import SupportFiles

__all__ = ["NoteRelease", "SaveCells", "SayWhatToWrite", "SupportFiles"]
