"""Exports marks for Moodle (there: the assignment's grading worksheet, or Grades, Import, CSV file)."""

from nbgrader.api import Student

from ...lms.roster import Roster
from .platform import PlatformMarks


class MoodleMarks(PlatformMarks):
    """The columns of Moodle's offline grading worksheet; for ``nbgrader export``, see `nbjudge.plugin.export`.

    Moodle finds a student in the worksheet by the participant's number. It checks the time of the last change, so that
    newer marks are not overwritten. Grades, Import takes the same file, and asks for the meaning of each column.
    """

    kept = (
        "Identifier",
        "Full name",
        "First name",
        "Last name",
        "Surname",
        "ID number",
        "Username",
        "Email address",
        "Maximum Grade",
        "Last modified (grade)",
    )
    identifying = ("Identifier", "ID number", "Username", "Email address")

    def default_column(self, assignment: str) -> str:
        """Always "Grade", because a worksheet is for one assignment only."""
        return "Grade"

    def from_gradebook(self, students: list[Student], column: str, most: float) -> Roster:
        """A roster from the gradebook. A student's name is used as login, and a number also as participant number."""
        header = ["Identifier", "Full name", "Username", "Email address", column, "Maximum Grade"]
        lines = []
        for student in students:
            name = " ".join(filter(None, [student.first_name, student.last_name])) or student.id
            number = student.lms_user_id or student.id
            participant = f"Participant {number}" if number.isdecimal() else ""
            lines.append([participant, name, student.id, student.email or "", "", f"{most:g}"])
        header.append("Last modified (grade)")
        return Roster(header, [[*line, "-"] for line in lines], self.identifying)

    def most_points(self, roster: Roster, column: int) -> str | None:
        """The most points, from the column ``Maximum Grade``."""
        if "Maximum Grade" not in roster.header:
            return None
        index = roster.header.index("Maximum Grade")
        return next((line[index] for line in roster.lines), None)
