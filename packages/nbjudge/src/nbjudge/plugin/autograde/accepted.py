"""Makes nbgrader grade only hand-ins that can be graded."""

import os
import shutil
from collections.abc import Iterator
from logging import Logger
from pathlib import Path
from typing import Any, TextIO

from nbgrader.converters import Autograde, NbGraderException
from nbgrader.utils import find_all_files

from ...handin.files import JUNK, HandInError, plain_files, printable
from ...handin.hand_in import HandIn, SubmissionKey
from ...handin.notebook import read_submitted
from ..copies import CopiesFirst
from ..folders import accept, chosen, find_notebooks, hand_in_of


class AcceptedHandIns(CopiesFirst):
    """Hide hand-ins that can't be graded from nbgrader; for ``c.Autograde.exporter_class``.

    nbgrader grades the others. Then it fails, because some were not graded. Earlier results of these stay.

    It is an exporter because a course can configure the exporter, and nbgrader makes it at the right moment: after it
    has found the hand-ins, and before it removes what it graded earlier. nbgrader's ``pre_convert_hook`` comes later
    and can't refuse a hand-in.
    """

    def __init__(self, parent: Autograde, **settings: Any) -> None:
        super().__init__(parent=parent, **settings)
        course, refused = parent.coursedir, []
        self._course = course
        self._remarks: dict[SubmissionKey, list[str]] = {}
        course.ignore += [pattern for pattern in JUNK if pattern not in course.ignore]
        for student, assignment, folder in chosen(course, "submitted"):
            try:
                hand_in = hand_in_of(course, SubmissionKey(assignment, student))
                accept(hand_in)
                self._prepare(hand_in, Path(folder))
            except (HandInError, OSError) as error:
                refused.append(folder)
                self.log.error("%s is not graded: %s", printable(folder), error)
        # Search again, because some notebooks have got their released names back.
        found = find_notebooks(parent, "submitted")
        parent.assignments = {folder: paths for folder, paths in found.items() if folder not in refused}
        if refused:
            parent.assignments[_FailLast.LAST] = _FailLast(refused, self.log)

    def _prepare(self, hand_in: HandIn, folder: Path) -> None:
        """Give files the names that nbgrader expects, and check that it will copy no file that was not checked."""
        arranged = hand_in.arranged
        self._remarks[hand_in.key] = arranged.remarks  # kept, because the renamed copies would give no such remarks
        for name, path in (arranged.notebooks | arranged.added).items():
            if not (folder / name).exists():  # to macOS, some different names are the same
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(folder / path, folder / name)
        copied = {
            os.path.relpath(path, folder)
            for path in find_all_files(str(folder), [*hand_in.assignment.ignore, "*.ipynb"])
        }
        if unseen := copied - {name for name, _, _ in plain_files(folder)}:
            raise HandInError(
                f"nbgrader would copy {min(unseen)}, which nobody has looked at; remove it, or use 'nbjudge grade'"
            )

    def from_file(
        self, file_stream: TextIO, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[Any, dict[str, Any]]:  # nbconvert says a notebook, its NotebookExporter gives text
        """Read a submitted notebook as `accept` did, because nbconvert validates it between the steps."""
        assert resources is not None  # nbgrader passes the student and the assignment
        path, names, course = Path(file_stream.name), resources["nbgrader"], self._course
        names["arranged"] = self._remarks.get(SubmissionKey(names["assignment"], names["student"]), [])
        submitted = course.format_path(course.submitted_directory, names["student"], names["assignment"])
        if path.parent != Path(submitted):  # a copy that nbgrader has written
            return super().from_file(file_stream, resources, **options)
        text, resources = self.from_notebook_node(read_submitted(path), resources, **options)
        return text, resources


class _FailLast:
    """Sentinel sorted last in nbgrader's list of hand-ins: raises after all others were graded."""

    LAST = chr(0x10FFFF)  # nbgrader sorts hand-ins by path

    def __init__(self, folders: list[str], log: Logger) -> None:
        self.folders = folders
        self.log = log

    def __iter__(self) -> Iterator[str]:
        message = f"Not graded, for reasons given above: {', '.join(map(printable, self.folders))}"
        self.log.error(message)
        raise NbGraderException(message)
