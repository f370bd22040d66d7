"""The files in a zip archive, read with suspicion: plain files within bounds, at paths that stay where they are."""

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
MAX_PATH = 255  # bytes; so many has the longest name of one file
_ENVIRONMENT = re.compile(r"(.+)/(?:pyvenv\.cfg|conda-meta/.*)", re.DOTALL)


def open_zip(file: Path | BinaryIO, name: str) -> ZipFile:
    """Open an archive.

    Raises
    ------
    HandInError
        It is none, or damaged.
    """
    try:
        try:
            return ZipFile(file, metadata_encoding="utf-8")  # as macOS writes names, without saying so
        except UnicodeDecodeError:
            return ZipFile(file)
    except Exception as error:
        # zipfile raises many kinds of error; to the instructor they are all one.
        raise HandInError(f"{name} can't be unpacked ({type(error).__name__}: {error})") from error


def files_in(archive: ZipFile) -> list[ZipInfo]:
    """All entries but folders and junk, with ``/`` between folders also if the archive was made on Windows."""
    entries = archive.infolist()
    for entry in entries:
        entry.filename = entry.filename.replace("\\", "/")
    return _without_environments([entry for entry in entries if not (entry.is_dir() or matches(entry.filename))])


def _without_environments(entries: list[ZipInfo]) -> list[ZipInfo]:
    """The entries outside of virtual environments, whatever those are called; none is one with a student's notebook."""
    names = [entry.filename[:MAX_PATH] for entry in entries]
    environments = {found[1] for found in map(_ENVIRONMENT.fullmatch, names) if found}
    notebooks = [name for name in names if name.endswith(".ipynb") and "/site-packages/" not in name]
    environments.difference_update(*map(_folders, notebooks))
    return [entry for entry, name in zip(entries, names, strict=True) if environments.isdisjoint(_folders(name))]


def _folders(path: str) -> Iterator[str]:
    """The folders that a path goes through, and the path."""
    return accumulate(path.split("/"), "{}/{}".format)


def read(archive: ZipFile, entry: ZipInfo, name: str) -> bytes:
    """Read one file.

    Raises
    ------
    HandInError
        It is damaged.
    """
    try:
        return archive.read(entry)  # never more than it says it has
    except Exception as error:
        # zipfile raises many kinds of error; to the instructor they are all one.
        raise HandInError(f"{name} can't be unpacked ({type(error).__name__}: {error})") from error


class Unpacked:
    """The files of one hand-in, in memory; what is added to it may raise a `HandInError`.

    Attributes
    ----------
    files : dict of str to bytes
        By their paths.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._bytes = 0
        self._paths: dict[str, tuple[str, bool]] = {}  # in small letters: the path, and whether it is a file

    def add(self, archive: ZipFile, entry: ZipInfo, *paths: str) -> None:
        """Read a file; if it is a zip archive itself, also the files in it.

        Parameters
        ----------
        archive, entry : ZipFile, ZipInfo
            Where the file is.
        *paths : str
            Where it shall be.
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
            They can't be taken.
        """
        folder.mkdir(parents=True)
        for path, content in self.files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        check(folder)

    def _add_all_in(self, path: str) -> None:
        raw = self.files[unicodedata.normalize("NFC", path)]
        if raw.count(b"PK\x01\x02") > MAX_ENTRIES:  # as each begins; to read very many would take much memory
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
        path = unicodedata.normalize("NFC", path)  # macOS takes the umlauts in names apart
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
    if "\0" in entry.orig_filename:  # where zipfile ends the name
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
