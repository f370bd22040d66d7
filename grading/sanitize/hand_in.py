"""What was handed in, before anything reads it: regular files only, and not too many."""

import mimetypes
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

MAX_FILES = 2000  # and folders
MAX_DEPTH = 50  # folders in folders
MAX_BYTES = 200 * 2**20  # all files together, but for those left out
MAX_NOTEBOOK_BYTES = 50 * 2**20
MAX_FILE_BYTES = 50 * 2**20  # a larger file beside the notebook is left out

# What a browser would run.
_ACTIVE = re.compile("html|xml|xsl|message|multipart")
# Formgrader runs it when it is asked for an address with ?path= and a folder.
_CONFIGURATION = re.compile(r"nbgrader_config\.(py|json)", re.IGNORECASE)
_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class HandInError(ValueError):
    """What was handed in can't be taken; the message names the file and says why."""


class PlainFiles(NbGraderPreprocessor):
    """Refuse a submission with anything but plain files in it; the first of the sanitizing steps.

    nbgrader has followed links and copied what they point to by then; when this step fails, it removes the copy again.
    Of the copies, those that a browser would run are removed in any case: formgrader serves them at its own address.
    """

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Look at the submitted folder.

        Raises
        ------
        HandInError
            There is something else in it, or too much.
        """
        names = resources["nbgrader"]
        course = CourseDirectory(config=self.config, parent=self.parent)
        handed_in, graded = (
            Path(course.format_path(stage, names["student"], names["assignment"]))
            for stage in (course.submitted_directory, course.autograded_directory)
        )
        check(handed_in)
        remove_active(graded, but_keep=Path(course.format_path(course.source_directory, ".", names["assignment"])))
        return nb, resources


def check(folder: Path) -> None:
    """Refuse a submitted folder that must not be read.

    Parameters
    ----------
    folder : Path
        ``submitted/STUDENT/ASSIGNMENT``; neither the student's nor the assignment's folder may be a link.

    Raises
    ------
    HandInError
        It holds something else than plain files, or too many of them, or too large a notebook, or settings of
        nbgrader; or the name of the student's folder would be HTML.
    """
    if re.search("[<>&\"']", folder.parent.name):
        raise HandInError(f"formgrader can't show the name {folder.parent.name}; give the folder a name without <>&\"'")
    for above in (folder.parent, folder):
        if above.is_symlink():
            raise HandInError(f"the folder {above.name} is a symbolic link; hand in the folder itself")
    for name, fd in _plain_files(folder):
        size = os.fstat(fd).st_size
        if name.endswith(".ipynb") and size > MAX_NOTEBOOK_BYTES:
            raise HandInError(
                f"{name} has {_mib(size)}, more than {_mib(MAX_NOTEBOOK_BYTES)}; clear its outputs and hand it in again"
            )
        if _CONFIGURATION.fullmatch(Path(name).name):
            raise HandInError(f"{name} holds settings that formgrader would run; remove it")


def remove_active(copies: Path, but_keep: Path) -> None:
    """Remove what a browser would run, were it served to it, from a folder, except files that another one has, too."""
    for copy in copies.rglob("*"):
        # By the whole path: a name of its own may look like an address, of which only the beginning counts.
        kind = mimetypes.guess_type(copy.absolute())[0] or ""
        if _ACTIVE.search(kind) and copy.is_file() and not (but_keep / copy.relative_to(copies)).exists():
            copy.unlink()


def files_beside_notebooks(folder: Path) -> dict[str, bytes]:
    """The contents of the files beside the notebooks that are not too large, by path relative to `folder`.

    Raises
    ------
    HandInError
        There is something else than plain files, or too many of them.
    """
    contents = {}
    for name, fd in _plain_files(folder):
        if not name.endswith(".ipynb") and os.fstat(fd).st_size <= MAX_FILE_BYTES:
            with open(fd, "rb", closefd=False) as file:
                contents[name] = file.read(MAX_FILE_BYTES)
    return contents


def _plain_files(folder: Path) -> Iterator[tuple[str, int]]:
    """The relative paths of all files with an open descriptor each; no link is followed and nothing can block."""
    count = total = 0
    for parent, folders, files, parent_fd in os.fwalk(folder, onerror=_cannot_be_read):
        if len(Path(parent).relative_to(folder).parts) > MAX_DEPTH:
            raise HandInError(f"there are more than {MAX_DEPTH} folders in each other")
        count += len(folders) + len(files)
        if count > MAX_FILES:
            raise HandInError(f"more than {MAX_FILES} files and folders were handed in; remove what is not needed")
        for name in sorted(folders + files):
            inside = os.path.relpath(os.path.join(parent, name), folder)
            found = os.stat(name, dir_fd=parent_fd, follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode):
                continue
            _refuse_unless_plain(inside, found)
            try:
                fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=parent_fd)
            except OSError as error:
                raise HandInError(f"{inside} can't be read: {error.strerror}") from error
            try:
                found = os.fstat(fd)  # it may have been replaced in between
                _refuse_unless_plain(inside, found)
                total += found.st_size if found.st_size <= MAX_FILE_BYTES else 0
                if total > MAX_BYTES:
                    raise HandInError(f"more than {_mib(MAX_BYTES)} were handed in; remove what is not needed")
                yield inside, fd
            finally:
                os.close(fd)


def _cannot_be_read(error: OSError) -> NoReturn:
    raise HandInError(f"the folder {error.filename} can't be read: {error.strerror}") from error


def _refuse_unless_plain(name: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "no plain file")
        raise HandInError(f"{name} is {kind}; only plain files can be handed in")
    if found.st_nlink > 1:
        raise HandInError(f"{name} is a hard link to a file that is elsewhere, too; hand in a copy")


def _mib(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"
