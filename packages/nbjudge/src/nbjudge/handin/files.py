"""Checks and reads the files of a hand-in: only regular files, and not too many."""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import BinaryIO

MAX_FILES = 2000  # and folders
MAX_DEPTH = 50  # of nested folders
MAX_PATH = 1000  # bytes; the system allows 4096, including the path of the hand-in's folder
MAX_BYTES = 200 * 2**20  # all files together
MAX_NOTEBOOK_BYTES = 50 * 2**20
MAX_FILE_BYTES = 50 * 2**20  # a larger file beside the notebook is left out

# Names of files and folders that operating systems, editors and tools leave behind. Nobody wants to hand them in, so
# they are neither read nor counted.
JUNK = (
    *("__MACOSX", ".DS_Store", "._*", "Icon\r", ".Spotlight-V100", ".Trashes", ".fseventsd", ".AppleDouble"),
    *("Thumbs.db", "thumbs.db", "ehthumbs.db", "desktop.ini", "Desktop.ini", "$RECYCLE.BIN"),
    *("System Volume Information", "~$*", ".~lock.*#", ".Trash-*", ".directory", ".nfs*", ".fuse_hidden*"),
    *(".ipynb_checkpoints", ".virtual_documents", "__pycache__", "*.pyc", ".git", ".svn", ".hg", ".idea", ".vscode"),
    *(".venv", "venv", "node_modules", ".mypy_cache", ".pytest_cache", ".ruff_cache"),
)

# Formgrader executes such a file when a request names the file's folder with ?path=.
_CONFIGURATION = re.compile(r"nbgrader_config\.(py|json)", re.IGNORECASE)
_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class HandInError(ValueError):
    """The hand-in can't be accepted; the message names the file and says why.

    The student chooses the names of files. So control characters, which a terminal would obey, are replaced.
    """

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


def check(folder: Path) -> None:
    """Refuse a submitted folder that must not be read.

    Parameters
    ----------
    folder : Path
        The folder that one student handed in for one assignment.

    Raises
    ------
    HandInError
        The folder is a link, or contains a file that is not plain, too many files, a notebook that is too large, or
        settings of nbgrader.
    """
    for name, size, _ in plain_files(folder):
        if name.endswith(".ipynb") and size > MAX_NOTEBOOK_BYTES:
            raise HandInError(
                f"{name} has {_mib(size)}, more than {_mib(MAX_NOTEBOOK_BYTES)}; clear its outputs and hand it in again"
            )
        if _CONFIGURATION.fullmatch(Path(name).name):
            raise HandInError(f"{name} holds settings that formgrader would run; remove it")


def matches(path: str, patterns: Iterable[str] = JUNK) -> bool:
    """Whether the name of a file, or of a folder above it, matches one of these shell patterns."""
    return any(fnmatchcase(part, pattern) for part in PurePosixPath(path).parts for pattern in patterns)


def find_files(folder: Path, ignore: Iterable[str]) -> list[str]:
    """The paths of all files in a folder, relative to it, except junk and ignored files.

    Parameters
    ----------
    folder : Path
        Where to look. Unlike in nbgrader's own function, this name is not treated as a pattern.
    ignore : iterable of str
        Patterns of the names of files and folders, as in ``c.CourseDirectory.ignore``.
    """
    patterns = [*JUNK, *ignore]
    found = []
    for above, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not matches(name, patterns))
        found += [os.path.relpath(os.path.join(above, name), folder) for name in files if not matches(name, patterns)]
    return found


def read_files(folder: Path, ignore: Iterable[str] = ()) -> tuple[dict[str, bytes], list[str]]:
    """Read all files of a hand-in.

    Returns
    -------
    contents : dict of str to bytes
        The files, by path relative to `folder`.
    remarks : list of str
        A remark on each file that is left out, because it is too large or its name is not UTF-8.

    Raises
    ------
    HandInError
        The hand-in has too many files, or something that is not a plain file.
    """
    contents, remarks = {}, []
    for name, size, file in plain_files(folder):
        if matches(name, ignore):
            continue
        if problem := why_left_out(name, size):
            remarks.append(problem)
        else:
            contents[name] = file.read(size)
    return contents, remarks


def why_left_out(name: str, size: int) -> str | None:
    """A remark on a file that can't be a part of a job; None if it can."""
    if not is_text(name):
        return f"{printable(name)} was left out: its name is not UTF-8; give it another one"
    if size > MAX_FILE_BYTES:
        return f"{printable(name)} was left out: it has {_mib(size)}, more than {_mib(MAX_FILE_BYTES)}"
    return None


def is_text(name: str) -> bool:
    """Whether the name of a file is UTF-8. In other names, Python replaces the invalid bytes by surrogates."""
    return not any(0xD800 <= ord(char) < 0xE000 for char in name)


def copy(folder: Path, to: Path) -> None:
    """Copy the files of a folder, even if somebody changes it meanwhile; no link is followed.

    Parameters
    ----------
    folder : Path
        The folder that was handed in.
    to : Path
        A new folder. The copies have the owner and permissions of new files, not those of the originals.

    Raises
    ------
    HandInError
        The folder has too many files, or something that is not a plain file.
    """
    to.mkdir()
    for name, size, file in plain_files(folder):
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read(size))


def last_change(folder: Path) -> float:
    """When the file server last saw a change in a folder, or of the folder's name, in seconds since 1970.

    Changes of contents, names, owners and permissions count. The person who makes the change can't set this time.
    """
    return max(found.st_ctime for _, _, _, found in _entries(folder))


def printable(text: str) -> str:
    """The text with ``?`` in place of characters that control a terminal or can't be written in UTF-8."""
    return "".join(char if char.isprintable() else "?" for char in text)


def printable_lines(text: str) -> str:
    """Like `printable`, but line breaks stay."""
    return "\n".join(map(printable, text.splitlines()))


def plain_files(folder: Path) -> Iterator[tuple[str, int, BinaryIO]]:
    """The relative path, size and open file of each file that was handed in.

    Raises
    ------
    HandInError
        The hand-in has too many files, or something that is not a plain file.
    """
    total = 0
    for inside, name, parent, found in _entries(folder):
        if stat.S_ISDIR(found.st_mode):
            continue
        _refuse_unless_plain(inside, found)
        with open(_open(inside, name, parent), "rb") as file:
            found = os.fstat(file.fileno())  # the file may have been replaced since the first check
            _refuse_unless_plain(inside, found)
            total += found.st_size
            if total > MAX_BYTES:
                raise HandInError(
                    f"more than {_mib(MAX_BYTES)} were handed in, {_mib(found.st_size)} of them in {inside}; "
                    "remove what is not needed"
                )
            yield inside, found.st_size, file


def _entries(folder: Path) -> Iterator[tuple[str, str, int, os.stat_result]]:
    """A folder and everything in it except `JUNK`: relative path, name, descriptor of the parent folder, and its stat.

    No link is followed and nothing can block, even if somebody changes the folder meanwhile.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise HandInError(f"{folder.name} is a symbolic link or no folder; hand in the folder itself")
    above = os.open(folder.parent, os.O_RDONLY)
    try:
        for count, entry in enumerate(_walk(folder.name, folder.name, above)):
            if count > MAX_FILES:
                raise HandInError(f"more than {MAX_FILES} files and folders were handed in; remove what is not needed")
            yield entry
    finally:
        os.close(above)


def _walk(inside: str, name: str, parent: int, depth: int = 0) -> Iterator[tuple[str, str, int, os.stat_result]]:
    if any(ord(char) < 32 or 127 <= ord(char) < 160 for char in name):  # nbgrader writes it to the terminal
        raise HandInError(f"the name of {inside} has control characters in it; give it another one")
    if len(os.fsencode(inside)) > MAX_PATH:
        raise HandInError(f"{inside:.100}... is too long a name; {MAX_PATH} bytes are possible, with all folders")
    try:
        found = os.stat(name, dir_fd=parent, follow_symlinks=False)
    except OSError as error:
        raise HandInError(f"{inside} can't be read: {error.strerror}") from error
    yield inside, name, parent, found
    if not stat.S_ISDIR(found.st_mode):
        return
    if depth > MAX_DEPTH:
        raise HandInError(f"there are more than {MAX_DEPTH} folders in each other")
    fd = _open(inside, name, parent, os.O_DIRECTORY)
    try:
        children = os.listdir(fd)
        if depth and _is_environment(fd, children):
            return
        for child in sorted(name for name in children if not matches(name)):
            yield from _walk(f"{inside}/{child}" if depth else child, child, fd, depth + 1)
    finally:
        os.close(fd)


def _is_environment(fd: int, names: list[str]) -> bool:
    """Whether an open folder, which contains `names`, is a virtual environment, without a student's notebook in it."""
    if {"pyvenv.cfg", "conda-meta"}.isdisjoint(names):
        return False
    for path, folders, files, _ in os.fwalk(dir_fd=fd):
        if any(name.endswith(".ipynb") for name in files):
            return False
        is_deep = path.count("/") >= MAX_DEPTH
        folders[:] = [name for name in folders if not is_deep and not matches(name, [*JUNK, "site-packages"])]
    return True


def _open(inside: str, name: str, parent: int, kind: int = 0) -> int:
    try:
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | kind, dir_fd=parent)
    except OSError as error:
        raise HandInError(f"{inside} can't be read: {error.strerror}") from error


def _refuse_unless_plain(name: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "no plain file")
        raise HandInError(f"{name} is {kind}; only plain files can be handed in")
    if found.st_nlink > 1:
        raise HandInError(f"{name} is a hard link to a file that is elsewhere, too; hand in a copy")


def _mib(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"
