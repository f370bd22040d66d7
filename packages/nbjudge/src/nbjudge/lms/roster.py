"""Reads and writes a learning platform's table of its students."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

_NUMBER_BEHIND = re.compile(r" \(\d+\)\Z")  # Canvas adds a number to a column's title
_FORMULA = re.compile(r"\s*[=+@-].", re.DOTALL)  # what a spreadsheet takes for a formula; not a lone dash
_NUMBER = re.compile(r"[+-]?[\d.,]+")


class RosterError(ValueError):
    """The table can't be used; the message says why."""


@dataclass
class Roster:
    """A table with a header; most of its lines are for one student each.

    Attributes
    ----------
    header : list of str
        Titles of the columns.
    lines : list of list of str
        The lines; each is as long as the header.
    identifying : tuple of str
        Titles of the columns that can identify a student.
    """

    header: list[str]
    lines: list[list[str]]
    identifying: tuple[str, ...]

    @classmethod
    def read(cls, path: Path, identifying: tuple[str, ...]) -> "Roster":
        """Read a file that a learning platform wrote, with any of its delimiters.

        Raises
        ------
        RosterError
            The file can't be read, or is not the platform's export.
        """
        try:
            text = path.read_text(encoding="utf-8-sig")
            delimiter = _delimiter(text, identifying)
            header, *lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        except OSError as error:
            raise RosterError(f"{path} can't be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise RosterError(f"{path} is not in UTF-8: {error}; take it as the platform exports it") from error
        except (LookupError, csv.Error) as error:
            raise RosterError(f"{path} is not the platform's own export: {error}") from error
        size = len(header)
        return cls(header, [line[:size] + [""] * (size - len(line)) for line in lines if any(line)], identifying)

    def column(self, title: str) -> int:
        """The index of the column with this title; a number that Canvas added to the title is ignored.

        Raises
        ------
        RosterError
            There is no such column, or more than one.
        """
        found = [index for index, name in enumerate(self.header) if title in (name, _NUMBER_BEHIND.sub("", name))]
        if len(found) == 1:
            return found[0]
        number = "several columns" if found else "no column"
        raise RosterError(f"there is {number} {title!r} among: {', '.join(self.header)}")

    def names(self, line: list[str]) -> set[str]:
        """The names that identify the student of a line; none if the line is not for a student."""
        cells = [cell for title, cell in zip(self.header, line, strict=True) if title in self.identifying]
        return {_comparable(cell) for cell in cells} - {""}

    def find(self, students: dict[str, set[str]]) -> dict[str, int]:
        """Find students' lines.

        Parameters
        ----------
        students : dict of str to set of str
            The names that can identify each student.

        Returns
        -------
        dict of str to int
            The number of each student's line. A student is left out if several lines or none fit, or if the line also
            fits another student.
        """
        by_name: dict[str, set[int]] = {}
        for number, line in enumerate(self.lines):
            for name in self.names(line):
                by_name.setdefault(name, set()).add(number)
        found = {
            student: set().union(*(by_name.get(_comparable(name), set()) for name in names))
            for student, names in students.items()
        }
        claims = Counter(number for numbers in found.values() for number in numbers)
        return {
            student: number
            for student, numbers in found.items()
            if len(numbers) == 1
            for number in numbers
            if claims[number] == 1
        }

    def write(self, path: Path, columns: list[int], lines: list[list[str]]) -> None:
        """Write some of the columns of some lines.

        The file is UTF-8 without a byte order mark, because Canvas would take the mark for a part of the first title.
        """
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            for line in [self.header, *lines]:
                writer.writerow([harmless(line[column]) for column in columns])


def _delimiter(text: str, identifying: tuple[str, ...]) -> str:
    """The delimiter between cells; it depends on the language, or is chosen when the file is exported."""
    first = text.partition("\n")[0].rstrip("\r")
    for delimiter in ",;\t":
        if set(identifying) & set(next(csv.reader([first], delimiter=delimiter))):
            return delimiter
    raise LookupError(f"it has none of the columns {', '.join(identifying)}")


def _comparable(name: str) -> str:
    return name.strip().casefold().removeprefix("participant ")  # Moodle writes this before its numbers


def harmless(cell: str) -> str:
    """The cell, changed if a spreadsheet would take it for a formula: students may choose their displayed names."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell.strip()) else cell
