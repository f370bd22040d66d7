"""Unpacks untrusted zip archives: only plain files, within limits, at paths that can't lead out of the folder."""

import re
import stat
import unicodedata
from collections.abc import Iterator
from io import BytesIO
from itertools import accumulate
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from ..handin.files import MAX_BYTES, MAX_FILES, HandInError, check, matches

MAX_ENTRIES = 50_000  # junk and folders count, too
MAX_PATH = 255  # bytes; the longest possible name of one file
_ENVIRONMENT = re.compile(r"(.+)/(?:pyvenv\.cfg|conda-meta/.*)", re.DOTALL)


def open_zip(file: Path | BinaryIO, name: str) -> ZipFile:
    """Open an archive.

    Raises
    ------
    HandInError
        The file is not a zip archive, or it is damaged.
    """
    try:
        try:
            return ZipFile(file, metadata_encoding="utf-8")  # macOS writes names in UTF-8 without the flag that says so
        except UnicodeDecodeError:
            return ZipFile(file)
    except Exception as error:
        # zipfile raises many kinds of error; to the instructor they all mean the same.
        raise HandInError(f"{name} can't be unpacked ({type(error).__name__}: {error})") from error


def files_in(archive: ZipFile) -> list[ZipInfo]:
    """All entries except folders and junk. Paths have ``/`` between folders, even if the archive is from Windows."""
    entries = archive.infolist()
    for entry in entries:
        entry.filename = entry.filename.replace("\\", "/")
    return _without_environments([entry for entry in entries if not (entry.is_dir() or matches(entry.filename))])


def _without_environments(entries: list[ZipInfo]) -> list[ZipInfo]:
    """The entries outside of virtual environments of any name. A folder with a student's notebook is never one."""
    names = [entry.filename[:MAX_PATH] for entry in entries]
    environments = {found[1] for found in map(_ENVIRONMENT.fullmatch, names) if found}
    notebooks = [name for name in names if name.endswith(".ipynb") and "/site-packages/" not in name]
    environments.difference_update(*map(_folders, notebooks))
    return [entry for entry, name in zip(entries, names, strict=True) if environments.isdisjoint(_folders(name))]


def _folders(path: str) -> Iterator[str]:
    """The folders above a path, and the path itself."""
    return accumulate(path.split("/"), "{}/{}".format)


def read(archive: ZipFile, entry: ZipInfo, name: str) -> bytes:
    """Read one file.

    Raises
    ------
    HandInError
        The file is damaged.
    """
    try:
        return archive.read(entry)  # never more bytes than the entry's declared size
    except Exception as error:
        # zipfile raises many kinds of error; to the instructor they all mean the same.
        raise HandInError(f"{name} can't be unpacked ({type(error).__name__}: {error})") from error


class Unpacked:
    """The files of one hand-in, in memory. To add a file may raise a `HandInError`.

    Attributes
    ----------
    files : dict of str to bytes
        The files, by path.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._bytes = 0
        self._paths: dict[str, tuple[str, bool]] = {}  # by case-folded path: the path, and whether it is a file

    def add(self, archive: ZipFile, entry: ZipInfo, *paths: str) -> None:
        """Read a file; if it is a zip archive itself, read the files in it, too.

        Parameters
        ----------
        archive, entry : ZipFile, ZipInfo
            The archive, and the file's entry in it.
        *paths : str
            The paths that the file gets.
        """
        for path in paths:
            self._add(archive, entry, path, path)
        if _is_zip(paths[0]):
            self._add_all_in(paths[0])

    def write(self, folder: Path) -> None:
        """Write the files into a new folder.

        Raises
        ------
        HandInError
            The files can't be accepted; see `files.check`.
        """
        folder.mkdir(parents=True)
        for path, content in self.files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        check(folder)

    def _add_all_in(self, path: str) -> None:
        raw = self.files[unicodedata.normalize("NFC", path)]
        if raw.count(b"PK\x01\x02") > MAX_ENTRIES:  # each entry begins so; very many would take much memory
            raise HandInError(f"{path} holds more than {MAX_ENTRIES} files and folders; remove what is not needed")
        with open_zip(BytesIO(raw), path) as archive:
            entries = files_in(archive)
            if len(entries) > MAX_FILES:
                raise HandInError(f"{path} holds more than {MAX_FILES} files; remove what is not needed")
            named = [f"{entry.filename} in {path}" for entry in entries]
            for entry, name in zip(entries, named, strict=True):
                _refuse_path(entry.filename, name)
                if _is_zip(entry.filename):
                    raise HandInError(f"{name} is a zip archive in a zip archive; hand in its files")
            inside = _without_common_folders([PurePosixPath(entry.filename).parts for entry in entries])
            for entry, name, parts in zip(entries, named, inside, strict=True):
                self._add(archive, entry, str(PurePosixPath(path).parent.joinpath(*parts)), name)

    def _add(self, archive: ZipFile, entry: ZipInfo, path: str, name: str) -> None:
        path = unicodedata.normalize("NFC", path)  # macOS decomposes umlauts in names
        _refuse_path(path, name)
        _refuse_kind(entry, name)
        self._bytes += entry.file_size
        if self._bytes > MAX_BYTES:
            raise HandInError(
                f"unpacked it has more than {MAX_BYTES >> 20} MiB, {entry.file_size >> 20} of them in {name}; "
                "remove what is not needed"
            )
        if len(self.files) >= MAX_FILES:
            raise HandInError(f"it has more than {MAX_FILES} files, {name} among them; remove what is not needed")
        content = read(archive, entry, name)
        if self.files.get(path, content) != content:
            raise HandInError(f"{name} is there twice, with different contents; hand in one of them")
        self._refuse_almost_the_same(path, name)
        self.files[path] = content

    def _refuse_almost_the_same(self, path: str, name: str) -> None:
        for part in (path, *(str(folder) for folder in PurePosixPath(path).parents)):
            first = self._paths.setdefault(part.casefold(), (part, part == path))
            if first != (part, part == path):
                raise HandInError(f"{name} can't be in one folder with {first[0]}; give it a really different name")


def _refuse_path(path: str, name: str) -> None:
    if {"", ".", ".."} & set(path.split("/")) or "\0" in path or re.match("[A-Za-z]:", path):
        raise HandInError(f"{name} is a path that may lead elsewhere; only plain paths, such as data/a.csv, are taken")
    if len(path.encode()) > MAX_PATH:
        raise HandInError(f"{name:.100}... is too long a name; {MAX_PATH} bytes are possible, with all folders")


def _refuse_kind(entry: ZipInfo, name: str) -> None:
    if "\0" in entry.orig_filename:  # zipfile cuts the name there
        raise HandInError(f"the name of {name} has control characters in it; give it another one")
    kind = stat.S_IFMT(entry.external_attr >> 16)  # 0 if the archive is not from a Unix
    if kind not in {0, stat.S_IFREG}:
        what = "a symbolic link" if kind == stat.S_IFLNK else "no plain file"
        raise HandInError(f"{name} is {what}; only plain files can be handed in")
    if entry.flag_bits & 1:
        raise HandInError(f"{name} is encrypted; hand it in without a password")
    if entry.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
        raise HandInError(f"{name} is packed in an unusual way; make an ordinary zip archive")


def _without_common_folders(paths: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    while paths and all(len(parts) > 1 and parts[0] == paths[0][0] for parts in paths):
        paths = [parts[1:] for parts in paths]
    return paths


def _is_zip(path: str) -> bool:
    return path.lower().endswith(".zip")
