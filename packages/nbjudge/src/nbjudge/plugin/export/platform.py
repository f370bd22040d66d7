"""The common part of exporting marks to learning platforms."""

from pathlib import Path

from nbgrader.api import Gradebook, Student
from nbgrader.plugins import ExportPlugin
from traitlets import Unicode

from ...handin.files import printable
from ...lms.roster import Roster, RosterError
from ..marks import Mark, MostPoints, read_marks
from ..record.penalties import update_penalties


class PlatformMarks(ExportPlugin):
    """One assignment's marks as a CSV file that a platform imports.

    The file contains only students whose mark is settled, because a platform may remove a mark if the cell is empty.
    Students who are left out are named. Each subclass defines the columns of its platform.

    Attributes
    ----------
    kept : tuple of str
        Titles of the platform's columns that go into the file, besides the one for the mark.
    identifying : tuple of str
        Titles of the columns that can identify a student.
    """

    roster = Unicode(
        "", help="A file that the platform exported: who is in the course, and by which names and columns."
    ).tag(config=True)
    column = Unicode("", help="Title of the column for the mark, if it is not the usual one.").tag(config=True)

    kept: tuple[str, ...] = ()
    identifying: tuple[str, ...] = ()

    def export(self, gradebook: Gradebook) -> None:
        """Write the file `to`.

        Parameters
        ----------
        gradebook : Gradebook
            The gradebook with all marks.

        Raises
        ------
        SystemExit
            The instructor must decide something first; the message says what.
        """
        try:
            self._export(gradebook)
        except (RosterError, OSError) as error:
            raise SystemExit(f"Nothing is exported: {error}") from error

    def default_column(self, assignment: str) -> str:
        """The title that the platform uses for the column of the mark."""
        raise NotImplementedError

    def from_gradebook(self, students: list[Student], column: str, most: float) -> Roster:
        """A roster made from the gradebook."""
        raise NotImplementedError

    def most_points(self, roster: Roster, column: int) -> str | None:
        """The most points in a column, as the platform writes the number; None if the roster does not contain it."""
        raise NotImplementedError

    def _export(self, gradebook: Gradebook) -> None:
        db_url = gradebook.engine.url.render_as_string(hide_password=False)
        assignment = self._assignment(gradebook)
        update_penalties(db_url, assignment, self.config)
        marks, most = read_marks(db_url, assignment)
        chosen = self._chosen(marks)
        with_marks = {mark.student for mark in marks}
        students = [student for student in gradebook.students if student.id in with_marks]

        title = self.column or self.default_column(assignment)
        if self.roster:
            roster = Roster.read(Path(self.roster), self.identifying)
        else:
            roster = self.from_gradebook(students, title, most.automatic + most.written)
        try:
            column = roster.column(title)
        except RosterError as error:
            raise RosterError(f"{error}; say which by --{type(self).__name__}.column=TITLE") from error
        self._compare(roster, column, most)

        found = roster.find(
            {student.id: {student.id, student.lms_user_id or "", student.email or ""} - {""} for student in students}
        )
        lines = [line for line in roster.lines if not roster.names(line)]  # for the platform, not for a student
        exported = [mark for mark in chosen if mark.student in found and not mark.pending]
        for mark in exported:
            line = roster.lines[found[mark.student]]
            lines.append([*line[:column], _written(mark), *line[column + 1 :]])
        columns = [index for index, name in enumerate(roster.header) if name in self.kept or index == column]
        to = Path(self.to or "marks.csv")
        roster.write(to, columns, lines)

        self.log.info("Marks for %s written to %s: %d", assignment, to, len(exported))
        self._name("wait for a grader's eyes", [mark.student for mark in chosen if mark.pending])
        self._name(
            f"have no line of their own in {self.roster or 'the gradebook'}",
            [mark.student for mark in chosen if mark.student not in found],
        )
        if self.roster and not self.student:
            rest = set(range(len(roster.lines))) - set(found.values())
            strangers = [roster.lines[number][0] for number in sorted(rest) if roster.names(roster.lines[number])]
            self._name("have no mark here", strangers)

    def _assignment(self, gradebook: Gradebook) -> str:
        known = [entry.name for entry in gradebook.assignments]
        chosen = [str(name) for name in self.assignment] or known
        if len(chosen) == 1 and chosen[0] in known:
            return chosen[0]
        raise RosterError(f"choose one assignment by --assignment=NAME, of {', '.join(sorted(known)) or 'none'}")

    def _chosen(self, marks: list[Mark]) -> list[Mark]:
        chosen = {str(name) for name in self.student} or {mark.student for mark in marks}
        if strangers := chosen - {mark.student for mark in marks}:
            raise RosterError(f"there is no mark of {', '.join(sorted(strangers))}")
        return [mark for mark in marks if mark.student in chosen]

    def _compare(self, roster: Roster, column: int, most: MostPoints) -> None:
        there, here = self.most_points(roster, column), most.automatic + most.written
        try:
            differ = there is not None and float(there.replace(",", ".")) != here
        except ValueError:
            return  # it is not a number, or still empty
        if differ:
            self.log.warning("The marks are out of %g points, but the platform's are out of %s", here, there)

    def _name(self, what: str, students: list[str]) -> None:
        if students:
            self.log.warning("Left out, for they %s: %s", what, "; ".join(map(printable, students)))


def _written(mark: Mark) -> str:
    return str(round(max(0.0, mark.so_far), 2))
