"""Exports marks for Canvas (there: Grades, Import)."""

from nbgrader.api import Student

from ...lms.roster import Roster
from .platform import PlatformMarks


class CanvasMarks(PlatformMarks):
    """The columns of Canvas's gradebook; for ``nbgrader export --exporter=nbjudge.plugin.export.CanvasMarks``.

    Canvas looks for a student by ID, SIS User ID, SIS Login ID and at last by name. It looks for an assignment by the
    number after its title, then by its title. If there is no such assignment, Canvas offers to make one. Canvas does
    not change other assignments, because their columns are not in the file.
    """

    kept = (
        "Student",
        "LastName",
        "FirstName",
        "ID",
        "SIS User ID",
        "SIS Login ID",
        "Integration ID",
        "Root Account",
        "Section",
    )
    identifying = ("ID", "SIS User ID", "SIS Login ID", "Integration ID")

    def default_column(self, assignment: str) -> str:
        """The assignment's own name."""
        return assignment

    def from_gradebook(self, students: list[Student], column: str, most: float) -> Roster:
        """A roster from the gradebook. A student's name is used as login, and a number also as Canvas's ID."""
        header = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", column]
        lines = [["Points Possible", "", "", "", "", f"{most:g}"]]
        for student in students:
            name = ", ".join(filter(None, [student.last_name, student.first_name])) or student.id
            number = student.lms_user_id or (student.id if student.id.isdecimal() else "")
            lines.append([name, number, "", student.id, "", ""])
        return Roster(header, lines, self.identifying)

    def most_points(self, roster: Roster, column: int) -> str | None:
        """The most points, from the line ``Points Possible``."""
        return next((line[column] for line in roster.lines if line[0].strip() == "Points Possible"), None)
