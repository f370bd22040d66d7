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
    """Names one submission.

    Attributes
    ----------
    assignment, student : str
        As their folders are called.
    """

    assignment: str
    student: str


@dataclass(frozen=True)
class Assignment:
    """The instructor's files of an assignment.

    Attributes
    ----------
    name : str
        As its folder is called.
    source, release : Path
        The folders of the instructor's version and of the students'.
    ignore : tuple of str
        Patterns of names that are never copied, as in ``c.CourseDirectory.ignore``.
    students_own : tuple of str
        Files of the assignment that do not take the place of the student's.
    """

    name: str
    source: Path
    release: Path
    ignore: tuple[str, ...] = ()
    students_own: tuple[str, ...] = ()

    @cached_property
    def notebooks(self) -> list[Path]:
        """The released notebooks, by name."""
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
            By relative path.
        remarks : list of str
            On what was left out.
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
    """What one student handed in for one assignment. What is graded is read once, and kept: later changes do not show.

    Attributes
    ----------
    key : SubmissionKey
        Whose it is, and for what.
    folder : Path
        Where it is.
    assignment : Assignment
        What it is matched with.
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
        """What is in these notebooks, by their released names.

        Raises
        ------
        HandInError
            One of them is no plain file any more.
        """
        names = {str(path.relative_to(self.folder)): name for name, path in self.notebooks.items()}
        read = {
            names[inside]: file.read(MAX_NOTEBOOK_BYTES + 1)  # one byte more tells that it is too large
            for inside, _, file in plain_files(self.folder)
            if inside in names
        }
        if gone := self.notebooks.keys() - read.keys():
            raise HandInError(f"{min(gone)} was taken away while it was being read; grade it again")
        return read

    @cached_property
    def arranged(self) -> Arranged:
        """The hand-in under the names that its files need; see `arrange`.

        Raises
        ------
        HandInError
            It must not be read.
        """
        return arrange(self.folder, self.assignment.notebooks, self.assignment.ignore)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the notebooks, of the files beside them, and of the remarks on these.

        Raises
        ------
        HandInError
            It must not be read.
        """
        files = {name: _sha256(raw) for name, raw in self.arranged.files.items()}
        notebooks = {name: _sha256(raw) for name, raw in self.contents.items()}
        return _sha256(json.dumps([files, notebooks, self.arranged.remarks], sort_keys=True).encode())

    def files(self) -> tuple[dict[str, bytes], list[str]]:
        """The files that a notebook finds beside it: the student's, and the assignment's in the places of theirs.

        Returns
        -------
        files : dict of str to bytes
            By relative path.
        remarks : list of str
            On what was left out or got another name.

        Raises
        ------
        HandInError
            It must not be read.
        """
        given, remarks = self.assignment.files()
        kept = {name: raw for name, raw in given.items() if name not in self.assignment.students_own}
        return self.arranged.files | kept, self.arranged.remarks + remarks


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
