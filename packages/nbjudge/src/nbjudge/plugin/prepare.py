"""Prepares hand-ins for being executed and recorded, without changing any of nbgrader's files."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.converters import Autograde
from traitlets.utils.importstring import import_item

from ..handin.active_files import remove_active
from ..handin.files import find_files
from ..handin.hand_in import Assignment, HandIn, SubmissionKey
from ..handin.notebook import parse_submitted
from ..run.job import Job
from ..run.plan import ByName
from .autograde.execute_apart import ExecuteApart
from .fingerprint import Fingerprint, assignment_digest
from .folders import assignment_of, hand_in_of
from .gradebook import Master, NbgraderContext

Step = Callable[[NotebookNode, dict[str, Any]], tuple[NotebookNode, dict[str, Any]]]


@dataclass
class Prepared:
    """A hand-in, ready to be executed.

    Attributes
    ----------
    key : SubmissionKey
        The student and the assignment.
    fingerprint : Fingerprint
        The fingerprint of its inputs.
    notebooks : dict of str to (NotebookNode, Job)
        The sanitized notebooks, each with its job, by name.
    remarks : list of str
        Remarks for the instructor on what was left out.
    """

    key: SubmissionKey
    fingerprint: Fingerprint
    notebooks: dict[str, tuple[NotebookNode, Job]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


class Preparer:
    """Sanitizes hand-ins in memory, with the steps that nbgrader's configuration names.

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
        # Both are read only once. If somebody changes an assignment while a class is graded, everybody is graded with
        # the old version, and next time with the new one.
        self._masters: dict[tuple[str, str], Master] = {}
        self._assignments: dict[str, str] = {}

    def hand_in(self, key: SubmissionKey) -> HandIn:
        """What a student handed in for an assignment; files are read when they are first used."""
        return hand_in_of(self._course, key, self._students_own(key.assignment))

    def assignment(self, name: str) -> Assignment:
        """The instructor's files of an assignment."""
        return assignment_of(self._course, name, self._students_own(name))

    def fingerprint(self, hand_in: HandIn) -> Fingerprint:
        """The fingerprint of the inputs of a student's marks.

        Raises
        ------
        HandInError
            The hand-in must not be read.
        """
        name = hand_in.key.assignment
        if name not in self._assignments:
            gradebook: NbgraderContext = {"db_url": self._course.db_url, "masters": self._masters}
            self._assignments[name] = assignment_digest(Path(self._course.root), hand_in.assignment, gradebook)
        return Fingerprint(hand_in.digest, self._assignments[name])

    def prepare(self, hand_in: HandIn) -> Prepared:
        """Prepare a hand-in that was accepted (`folders.accept`)."""
        fingerprint = self.fingerprint(hand_in)
        files, remarks = hand_in.files()
        prepared = Prepared(hand_in.key, fingerprint, remarks=remarks)
        for file, raw in hand_in.contents.items():
            name, notebook = Path(file).stem, parse_submitted(raw, file)
            prepared.notebooks[name] = self.sanitized(notebook, files, hand_in.key, name)
        return prepared

    def _students_own(self, assignment: str) -> list[str]:
        students_own: list[str] = self._autograde.exclude_overwriting.get(assignment, [])
        return students_own

    def sanitized(
        self,
        notebook: NotebookNode,
        files: dict[str, bytes],
        key: SubmissionKey,
        name: str,
        by_name: ByName | None = None,
    ) -> tuple[NotebookNode, Job]:
        """Sanitize one notebook, and make its job; see `ExecuteApart.job`."""
        names: NbgraderContext = {
            "student": key.student,
            "assignment": key.assignment,
            "notebook": name,
            "db_url": self._course.db_url,
            "masters": self._masters,
        }
        resources: dict[str, Any] = {"nbgrader": names, "metadata": {}, "unique_key": name}
        for step in self._steps:
            notebook, resources = step(notebook, resources)
        return notebook, self._execute.job(notebook, names, files, by_name)


def steps_of(
    autograde: Autograde, preprocessors: list[str | type], instead: dict[type, type] | None = None
) -> list[Step]:
    """Nbgrader's steps, ready to be called; `instead` replaces some. nbgrader makes its steps anew for each hand-in."""
    found = (import_item(step) if isinstance(step, str) else step for step in preprocessors)
    found = ((instead or {}).get(step, step) for step in found)
    return [step(parent=autograde) if isinstance(step, type) else step for step in found]


def stage(hand_in: HandIn, folder: Path) -> None:
    """Copy the files beside the notebooks for ``autograded/``: the student's, then (overwriting) the assignment's."""
    assignment = hand_in.assignment
    own = find_files(hand_in.folder, [*assignment.ignore, "*.ipynb"])
    given = [name for name in assignment.file_names if name not in assignment.students_own]
    for place, names in ((hand_in.folder, own), (assignment.source, given)):
        for name in names:
            copy = folder / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(place / name, copy)
    remove_active(folder, but_keep=assignment.source)
