"""Exports marks as a CSV file with nbgrader's own columns."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbgrader.api import Assignment, Gradebook
from nbgrader.plugins import ExportPlugin

from ...handin.files import printable
from ...lms.roster import harmless
from ..marks import read_marks
from ..record.penalties import update_penalties

COLUMNS = ["assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"]
COLUMNS += ["raw_score", "late_submission_penalty", "score", "max_score"]


class SettledMarks(ExportPlugin):
    """Like nbgrader's CsvExportPlugin, but leaves out students whose answers wait for a grader, and names them.

    Late penalties are computed again first.
    """

    def export(self, gradebook: Gradebook) -> None:
        """Write the file `to`.

        Parameters
        ----------
        gradebook : Gradebook
            The gradebook with all marks.
        """
        db_url = gradebook.engine.url.render_as_string(hide_password=False)
        chosen = {str(name) for name in self.assignment}
        to = Path(self.to or "grades.csv")
        with to.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            for assignment in gradebook.assignments:
                if not chosen or assignment.name in chosen:
                    update_penalties(db_url, assignment.name, self.config)
                    writer.writerows(self._lines(gradebook, assignment, db_url))
        self.log.info("Marks written to %s", to)

    def _lines(self, gradebook: Gradebook, assignment: Assignment, db_url: str) -> Iterator[dict[str, Any]]:
        marks = {mark.student: mark for mark in read_marks(db_url, assignment.name)[0]}
        when = {submission.student.id: submission.timestamp for submission in assignment.submissions}
        chosen, waiting = {str(name) for name in self.student}, []
        for student in gradebook.students:
            mark = marks.get(student.id)
            if chosen and student.id not in chosen:
                continue
            if mark and mark.pending:
                waiting.append(student.id)
                continue
            named = {column: harmless(str(getattr(student, column) or "")) for column in COLUMNS[4:7]}
            yield named | {
                "assignment": assignment.name,
                "duedate": assignment.duedate,
                "timestamp": when.get(student.id),
                "student_id": harmless(student.id),
                "raw_score": mark.automatic + mark.written if mark else 0.0,
                "late_submission_penalty": mark.penalty if mark else 0.0,
                "score": max(0.0, mark.so_far) if mark else 0.0,
                "max_score": assignment.max_score,
            }
        if waiting:
            names = "; ".join(map(printable, sorted(waiting)))
            self.log.warning("Left out of %s, for they wait for a grader's eyes: %s", assignment.name, names)
