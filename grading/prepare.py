"""Hand-ins as they will be executed and recorded, found out without touching anything of nbgrader's."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.converters import Autograde
from traitlets.utils.importstring import import_item

from .execute.job import Job
from .execute.preprocessor import ExecuteApart
from .gradebook import Master
from .inputs import Inputs, assignment_digest, hand_in_digest
from .sanitize.accept import files_for, handed_in
from .sanitize.active_files import remove_active
from .sanitize.hand_in import find_files
from .sanitize.submitted import read_submitted

Step = Callable[[NotebookNode, dict], tuple[NotebookNode, dict]]


@dataclass
class Prepared:
    """A hand-in, ready to be executed.

    Attributes
    ----------
    student, assignment : str
        Who handed in what.
    inputs : Inputs
        From which files it was prepared.
    notebooks : dict of str to (NotebookNode, Job)
        The sanitized notebooks by their names, and what is to be executed for each.
    remarks : list of str
        For the instructor, on what was left out.
    """

    student: str
    assignment: str
    inputs: Inputs
    notebooks: dict[str, tuple[NotebookNode, Job]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


class Preparer:
    """Sanitizes hand-ins in memory, by the steps that nbgrader's configuration names.

    Parameters
    ----------
    autograde : Autograde
        Nbgrader's converter, configured.
    """

    def __init__(self, autograde: Autograde) -> None:
        self._autograde = autograde
        self._course = autograde.coursedir
        self._steps = steps_of(autograde, autograde.sanitize_preprocessors)
        self._execute = ExecuteApart(parent=autograde)
        # Read once: whoever changes an assignment while a class is graded has everybody graded with the old one, and
        # the next time with the new one.
        self._masters: dict[tuple[str, str], Master] = {}
        self._assignments: dict[str, str] = {}

    def inputs(self, assignment: str, student: str) -> Inputs:
        """What a student's marks are made from.

        Raises
        ------
        HandInError
            The hand-in must not be read.
        """
        if assignment not in self._assignments:
            names = {"db_url": self._course.db_url, "masters": self._masters}
            self._assignments[assignment] = assignment_digest(self._course, assignment, names)
        return Inputs(hand_in_digest(self._course, student, assignment), self._assignments[assignment])

    def prepare(self, assignment: str, student: str) -> Prepared:
        """Prepare a hand-in, one that `sanitize.accept` accepts."""
        inputs = self.inputs(assignment, student)
        files, remarks = self.files(assignment, student)
        prepared = Prepared(student, assignment, inputs, remarks=remarks)
        for file, path in handed_in(self._course, student, assignment).items():
            notebook, name = read_submitted(path), Path(file).stem
            prepared.notebooks[name] = self.sanitized(notebook, files, assignment, student, name)
        return prepared

    def files(self, assignment: str, student: str | None = None) -> tuple[dict[str, bytes], list[str]]:
        """The files beside a student's notebooks, or the assignment's alone; see `files_for`."""
        return files_for(self._course, assignment, student, self._autograde.exclude_overwriting.get(assignment, []))

    def sanitized(
        self, notebook: NotebookNode, files: dict[str, bytes], assignment: str, student: str, name: str
    ) -> tuple[NotebookNode, Job]:
        """Sanitize one notebook; also what is to be executed for it."""
        names = {"student": student, "assignment": assignment, "notebook": name}
        names |= {"db_url": self._course.db_url, "masters": self._masters}
        resources = {"nbgrader": names, "metadata": {}, "unique_key": name}
        for step in self._steps:
            notebook, resources = step(notebook, resources)
        return notebook, self._execute.job(notebook, names, files)


def steps_of(
    autograde: Autograde, preprocessors: list[str | type], instead: dict[type, type] | None = None
) -> list[Step]:
    """Nbgrader's steps, ready to be called, with others instead of some; it makes them anew for each hand-in."""
    found = (import_item(step) if isinstance(step, str) else step for step in preprocessors)
    found = ((instead or {}).get(step, step) for step in found)
    return [step(parent=autograde) if isinstance(step, type) else step for step in found]


def stage(autograde: Autograde, assignment: str, student: str, folder: Path) -> None:
    """Copy the files beside the notebooks, as they will be in ``autograded/``: the student's, then the assignment's."""
    course = autograde.coursedir
    source = Path(course.format_path(course.source_directory, ".", assignment))
    submitted = Path(course.format_path(course.submitted_directory, student, assignment))
    students_own = autograde.exclude_overwriting.get(assignment, [])
    for place in (submitted, source):
        for name in find_files(place, [*course.ignore, "*.ipynb"]):
            if place == submitted or name not in students_own:
                copy = folder / name
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(place / name, copy)
    remove_active(folder, but_keep=source)
