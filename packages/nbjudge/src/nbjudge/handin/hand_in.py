"""A hand-in: one object, read once, on its way from ``submitted/`` to a mark."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .arrange import Arranged, arrange, find_notebooks
from .files import MAX_NOTEBOOK_BYTES, HandInError, find_files, plain_files, why_left_out


@dataclass(frozen=True, order=True)
class SubmissionKey:
    """Identifies one submission.

    Attributes
    ----------
    assignment, student : str
        The names of their folders.
    """

    assignment: str
    student: str


@dataclass(frozen=True)
class Assignment:
    """The instructor's files of an assignment.

    Attributes
    ----------
    name : str
        The name of its folder.
    source, release : Path
        The folders of the instructor's version and of the students' version.
    ignore : tuple of str
        Patterns of names that are never copied, as in ``c.CourseDirectory.ignore``.
    students_own : tuple of str
        Files of the assignment that do not replace the student's files of the same name.
    """

    name: str
    source: Path
    release: Path
    ignore: tuple[str, ...] = ()
    students_own: tuple[str, ...] = ()

    @cached_property
    def notebooks(self) -> list[Path]:
        """The released notebooks, sorted by name."""
        return sorted(self.release.glob("[!.]*.ipynb"))

    @cached_property
    def file_names(self) -> list[str]:
        """The paths of the files beside the notebooks, relative to the source folder."""
        return find_files(self.source, [*self.ignore, "*.ipynb"])

    def files(self) -> tuple[dict[str, bytes], list[str]]:
        """Read the files beside the notebooks.

        Returns
        -------
        files : dict of str to bytes
            The files, by relative path.
        remarks : list of str
            Remarks on files that were left out.
        """
        files, remarks = {}, []
        for name in self.file_names:
            if problem := why_left_out(name, (self.source / name).stat().st_size):
                remarks.append(problem)
            else:
                files[name] = (self.source / name).read_bytes()
        return files, remarks


@dataclass(frozen=True)
class HandIn:
    """What one student handed in for one assignment. Files are read only once: later changes have no effect.

    Attributes
    ----------
    key : SubmissionKey
        The student and the assignment.
    folder : Path
        The folder of the hand-in.
    assignment : Assignment
        The instructor's files.
    """

    key: SubmissionKey
    folder: Path
    assignment: Assignment

    @cached_property
    def notebooks(self) -> dict[str, Path]:
        """The notebooks of the assignment that were handed in, by their released names; see `find_notebooks`."""
        return find_notebooks(self.folder, self.assignment.notebooks)

    @cached_property
    def contents(self) -> dict[str, bytes]:
        """The bytes of these notebooks, by their released names.

        Raises
        ------
        HandInError
            A notebook was removed, or is not a plain file any more.
        """
        names = {str(path.relative_to(self.folder)): name for name, path in self.notebooks.items()}
        read = {
            names[inside]: file.read(MAX_NOTEBOOK_BYTES + 1)  # one byte more shows that it is too large
            for inside, _, file in plain_files(self.folder)
            if inside in names
        }
        if gone := self.notebooks.keys() - read.keys():
            raise HandInError(f"{min(gone)} was taken away while it was being read; grade it again")
        return read

    @cached_property
    def arranged(self) -> Arranged:
        """The hand-in with the file names that it should have; see `arrange`.

        Raises
        ------
        HandInError
            The hand-in must not be read.
        """
        return arrange(self.folder, self.assignment.notebooks, self.assignment.ignore)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the notebooks, of the files beside them, and of the remarks on these files.

        Raises
        ------
        HandInError
            The hand-in must not be read.
        """
        files = {name: _sha256(raw) for name, raw in self.arranged.files.items()}
        notebooks = {name: _sha256(raw) for name, raw in self.contents.items()}
        return _sha256(json.dumps([files, notebooks, self.arranged.remarks], sort_keys=True).encode())

    def files(self) -> tuple[dict[str, bytes], list[str]]:
        """The files beside a notebook: the student's, and the assignment's, which replace those of the same name.

        Returns
        -------
        files : dict of str to bytes
            The files, by relative path.
        remarks : list of str
            Remarks on files that were left out or renamed.

        Raises
        ------
        HandInError
            The hand-in must not be read.
        """
        given, remarks = self.assignment.files()
        kept = {name: raw for name, raw in given.items() if name not in self.assignment.students_own}
        return self.arranged.files | kept, self.arranged.remarks + remarks


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
