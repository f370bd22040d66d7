"""Collects hand-ins from nbgrader's exchange: ``nbgrader collect``."""

import os
import re
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from logging import Logger
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect
from traitlets import Bool

from ...handin.files import HandInError, check, copy, last_change
from ..timestamp import TIMESTAMP, refuse_unless_a_time

TOLERANCE = timedelta(minutes=10)  # for slow copies, and clocks that disagree


class CollectArrivals(ExchangeCollect):
    """Check hand-ins before they are copied, and record when they arrived; for ``c.ExchangeFactory.collect``.

    ``nbgrader submit`` runs as the student. So the student owns the folder that it makes in the exchange, and could
    change the time in the folder's name and in its ``timestamp.txt``. But the owner can't set the time at which the
    file server last saw a change in the folder. If this time differs by more than 10 minutes from the time in the name,
    it counts.
    """

    believe_names = Bool(
        False,
        help="Take the time from the folder's name alone. For an exchange that was restored from a backup, or in which "
        "owners or permissions were changed: the file server tells the time of that.",
    ).tag(config=True)

    src_records: list[dict[str, Any]]

    def init_src(self) -> None:
        """Choose the hand-ins to collect: those that can be accepted, or none if most of their times are in doubt.

        Raises
        ------
        ExchangeError
            There is no such course, nbgrader can't find it, or it seems that somebody changed the whole exchange.
        """
        if re.search(r"[*?[]", f"{self.root}{self.coursedir.course_id}"):
            self.fail(f"nbgrader finds nothing in {self.root}/{self.coursedir.course_id}; take a path without *?[")
        super().init_src()
        self.refused: list[str] = []
        chosen, self.src_records = self.src_records, []
        for record in chosen:
            problem = record["problem"] or self._problem_with_earlier(record["username"])
            if problem:
                self._refuse(record["filename"], problem)
            else:
                self.src_records.append(record)
        doubted = [record for record in self.src_records if record["timestamp"] != record["claimed"]]
        for record in doubted:
            self.log.warning(
                "%s was last changed at %s UTC; this counts, not the time in its name",
                record["filename"],
                record["timestamp"],
            )
        if len(doubted) > max(1, len(self.src_records) / 2):
            self.fail(
                f"Nothing is collected: {len(doubted)} of {len(self.src_records)} hand-ins were last changed at other "
                "times than their names say. Has the exchange been restored from a backup, or have owners or "
                "permissions been changed in it? Then collect with --CollectArrivals.believe_names=True. If not, "
                "collect with --student=NAME, one by one."
            )

    def copy_files(self) -> None:
        """Collect the chosen hand-ins.

        Raises
        ------
        ExchangeError
            Some hand-ins could not be accepted. The others were collected before.
        """
        super().copy_files()
        if self.refused:
            self.fail(f"Not collected, for reasons given above: {', '.join(self.refused)}")

    def do_copy(self, src: str, dest: str, log: Logger | None = None) -> None:
        """Copy one hand-in, and record when it arrived."""
        with tempfile.TemporaryDirectory() as folder:
            private = Path(folder, "hand-in")  # a copy that the student can't change
            try:
                copy(Path(src), private)
                record = self._path_to_record(src)  # read again, because the folder may have changed
                if record["problem"]:
                    raise HandInError(record["problem"])
                super().do_copy(str(private), dest, log)
            except (HandInError, RuntimeError) as error:  # nbgrader raises RuntimeError for a folder that is too large
                self._refuse(os.path.basename(src), str(error))
                return
        timestamp = Path(dest, TIMESTAMP)
        if timestamp.is_dir():
            shutil.rmtree(timestamp)
        timestamp.write_text(f"{record['timestamp']} UTC\n")

    def _path_to_record(self, path: str) -> dict[str, Any]:
        """The record that nbgrader needs of a folder in the exchange, with the time of arrival and any problem."""
        try:
            record: dict[str, Any] = super()._path_to_record(path)
        except (ValueError, OverflowError):  # there is no valid time in the name
            name = os.path.basename(path)
            record = {"username": name.rsplit("+", 3)[0], "filename": name, "timestamp": datetime.min}
        record |= {"claimed": record["timestamp"], "problem": None}
        try:
            check(Path(path))
            arrived = datetime.fromtimestamp(last_change(Path(path)), UTC).replace(tzinfo=None)
        except HandInError as error:
            record["problem"] = str(error)
            return record
        believed = self.believe_names and record["claimed"] > datetime.min
        if not believed and abs(arrived - record["claimed"]) > TOLERANCE:
            record["timestamp"] = arrived
        return record

    def _problem_with_earlier(self, student: str) -> str | None:
        earlier = self.coursedir.format_path(self.coursedir.submitted_directory, student, self.coursedir.assignment_id)
        try:
            refuse_unless_a_time(Path(earlier))
        except HandInError as error:
            return f"{earlier} is there already, and its {error}"
        return None

    def _refuse(self, filename: str, problem: str) -> None:
        self.refused.append(filename)
        self.log.error("%s is not collected: %s", filename, problem)
