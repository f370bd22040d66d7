"""Collects hand-ins downloaded from a learning platform: ``nbgrader zip_collect``."""

import os
import re
import shutil
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo
from zoneinfo import ZoneInfo

from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin
from traitlets import Enum, Unicode

from ...handin.files import HandInError, matches, printable
from ...lms.platforms import PLATFORMS, in_utc, username, without_copy_numbers
from ...lms.unpack import Unpacked, files_in, open_zip, read
from ..timestamp import TIMESTAMP


@dataclass
class _Attempt:
    """What one student handed in at one time."""

    archive: ZipFile
    time: datetime | None  # in UTC
    files: list[tuple[str, ZipInfo]] = field(default_factory=list)


class UnpackDownloads(ExtractorPlugin):
    """Unpack the latest attempt of each student from archives; for ``c.ZipCollectApp.extractor_plugin``.

    Students whose files can't be accepted are left out and named. In this case, nbgrader fails in the end, because some
    hand-ins were not collected.
    """

    platform = Enum(
        ("", *PLATFORMS),
        "",
        help="Where the archives come from. If empty, nbgrader unpacks them in its own way, without any check, and "
        "c.FileNameCollectorPlugin.named_regexp says what the names mean.",
    ).tag(config=True)
    timezone = Unicode(
        "UTC", help="The time zone of the times in the names that Blackboard gives, such as Europe/Berlin."
    ).tag(config=True)

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.unpacked: dict[Path, dict[str, Any]] = {}  # what nbgrader must know about each file
        self._refused: dict[str, str] = {}

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Unpack the archives in one folder into another."""
        if not self.platform:
            super().extract(archive_path, extracted_path)
            return
        students: defaultdict[str, list[_Attempt]] = defaultdict(list)
        archives: list[ZipFile] = []
        for path in sorted(Path(archive_path).glob("[!.]*")):
            if matches(path.name):
                continue
            try:
                if path.is_dir():
                    raise HandInError("it is a folder; put the archive there as it was downloaded")
                archives.append(open_zip(path, path.name))
                for student, attempts in self._attempts(archives[-1]).items():
                    students[student] += attempts
            except HandInError as error:
                self._refuse(path.name, error)
        for student, attempts in sorted(students.items()):
            if student in self._refused:  # in one of the archives
                continue
            try:
                self._unpack(student, attempts, Path(extracted_path, "hand-ins", student))
            except HandInError as error:
                self._refuse(student, error)
        for archive in archives:
            archive.close()
        if self._refused:
            report = Path(extracted_path, "not collected.txt")  # nbgrader sorts it after hand-ins
            report.write_text("".join(f"{who}: {why}\n" for who, why in self._refused.items()), encoding="utf-8")
            self.unpacked[report] = {"student_id": _FailLast(self._refused, self.parent.fail), "file_id": report.name}

    def _attempts(self, archive: ZipFile) -> dict[str, list[_Attempt]]:
        """The attempts of each student, read from the names in an archive."""
        entries = [(entry, PLATFORMS[self.platform].pattern.fullmatch(entry.filename)) for entry in files_in(archive)]
        if not any(match for _, match in entries):
            raise HandInError(self._advice([entry.filename for entry, _ in entries]))
        usernames = {
            match["owner"]: username(match["owner"], read(archive, entry, entry.filename))
            for entry, match in entries
            if self.platform == "blackboard" and match and not match["file"]
        }
        owners: defaultdict[str, set[str]] = defaultdict(set)
        attempts: defaultdict[str, dict[str | None, list[tuple[str, ZipInfo]]]] = defaultdict(dict)
        for entry, match in entries:
            if not match:
                self._refuse(entry.filename, "the name does not tell whose it is")
                continue
            student = unicodedata.normalize("NFC", usernames.get(match["owner"]) or match["student"])
            owners[student].add(match["owner"])
            files = attempts[student].setdefault(match.groupdict().get("time"), [])
            if match["file"] and not matches(match["file"]):
                files.append((match["file"], entry))
        found = {}
        for student, by_time in attempts.items():
            try:
                _refuse_if_unclear(student, owners[student])
                found[student] = [_Attempt(archive, self._in_utc(time), files) for time, files in by_time.items()]
            except HandInError as error:
                self._refuse(student, error)
        late = sorted(student for student in found if owners[student].pop().endswith("LATE_"))
        if late:
            self.log.warning("Late, but Canvas does not tell by how much: %s", ", ".join(late))
        return found

    def _unpack(self, student: str, attempts: list[_Attempt], folder: Path) -> None:
        attempts = sorted(attempts, key=lambda attempt: attempt.time or datetime.min, reverse=True)
        if len(attempts) > 1 and attempts[0].time is None:
            names = " and ".join(Path(attempt.archive.filename or "an archive").name for attempt in attempts)
            raise HandInError(f"is in {names}, which do not tell the time; leave only the newest of them there")
        for attempt in attempts:
            hand_in = self._read(attempt)
            if any(path.endswith(".ipynb") for path in hand_in.files):
                break
        else:
            attempt, hand_in = attempts[0], self._read(attempts[0])
        if attempt is not attempts[0]:
            times = attempt.time, attempts[0].time
            self.log.warning("%s: the attempt of %s UTC counts, for that of %s has no notebook", student, *times)
        if not hand_in.files:
            self.log.warning("%s handed in no file", student)
        try:
            hand_in.write(folder)
        except HandInError:
            shutil.rmtree(folder)
            raise
        for path in hand_in.files:
            self.unpacked[folder / path] = {"student_id": student, "file_id": path, "timestamp": attempt.time}

    def _read(self, attempt: _Attempt) -> Unpacked:
        hand_in, names = Unpacked(), [name for name, _ in attempt.files]
        if self.platform == "canvas":
            course = self.parent.coursedir
            release = Path(course.format_path(course.release_directory, ".", course.assignment_id))
            wanted = without_copy_numbers(names, {path.stem for path in release.glob("*.ipynb")})
        else:
            wanted = [(name,) for name in names]
        for (_, entry), paths in zip(attempt.files, wanted, strict=True):
            hand_in.add(attempt.archive, entry, *paths)
        return hand_in

    def _in_utc(self, time: str | None) -> datetime | None:
        return in_utc(time, ZoneInfo(self.timezone)) if time else None

    def _advice(self, names: list[str]) -> str:
        others = [name for name, other in PLATFORMS.items() if any(other.pattern.fullmatch(file) for file in names)]
        if others:
            return f"its names are as {others[0]} gives them; add --UnpackDownloads.platform={others[0]}"
        return f"none of its names is as {self.platform} gives them, such as {PLATFORMS[self.platform].example}"

    def _refuse(self, what: str, why: HandInError | str) -> None:
        self._refused[printable(what)] = str(why)
        self.log.error("%s is not collected: %s", printable(what), why)


class CollectDownloads(FileNameCollectorPlugin):
    """Say to which student a file belongs, its name, and when it came; for ``c.ZipCollectApp.collector_plugin``.

    The time is the platform's. (nbgrader would prefer the time of a ``timestamp.txt`` among the student's files.)
    ``c.FileNameCollectorPlugin`` sets the options of this class, too.
    """

    def collect(self, submitted_file: str) -> dict[str, Any] | None:
        """What nbgrader must know about a file; None if the file is left out.

        Parameters
        ----------
        submitted_file : str
            The file's absolute path.
        """
        unpack = getattr(self.parent, "extractor_plugin_inst", None)
        if isinstance(unpack, UnpackDownloads) and unpack.platform:
            found = unpack.unpacked.get(Path(submitted_file))
        else:
            found = super().collect(submitted_file)
        if found and isinstance(found.get("file_id"), str):
            # nbgrader makes the file's name in submitted/ in the same way.
            name = os.path.splitext(found["file_id"])[0] + os.path.splitext(submitted_file)[1]
            if Path(os.path.normpath(name)).parts[:1] == (TIMESTAMP,):
                self.log.warning("%s is not taken: lateness is not for the student to say", submitted_file)
                return None
        return found


class _FailLast(str):
    """Sentinel sorted last in nbgrader's list of students: raises after everyone else was collected."""

    fail: Callable[[str], None]
    asked: bool

    def __new__(cls, refused: dict[str, str], fail: Callable[[str], None]) -> "_FailLast":
        """Make one name of all refused students."""
        self = super().__new__(cls, ", ".join(refused))
        self.fail, self.asked = fail, False
        return self

    def __format__(self, spec: str) -> str:
        # nbgrader formats the path of the student's folder twice: when it collects, and when it copies.
        if self.asked:
            self.fail(f"Not collected, for reasons given above: {self!s}")
        self.asked = True
        return super().__format__(spec)


def _refuse_if_unclear(student: str, owners: set[str]) -> None:
    if len(owners) > 1:
        raise HandInError(f"there are files of {' and '.join(sorted(owners))}; they can't both be this student")
    if not re.fullmatch(r"[\w@+-][\w.@+ -]*", student):
        raise HandInError("this can't be the name of a folder; unpack it by hand")
