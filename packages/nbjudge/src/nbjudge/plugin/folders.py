"""Finds the folders of a course by literal names; nbgrader would take a name with ``[`` in it for a pattern."""

import os
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from glob import escape, glob
from pathlib import Path

from nbgrader.converters.base import BaseConverter
from nbgrader.coursedir import CourseDirectory

from ..handin import accept as handin_accept
from ..handin.files import HandInError
from ..handin.hand_in import Assignment, HandIn, SubmissionKey
from .timestamp import refuse_unless_a_time

_ANY = "\ufdd0"  # stands for any name in a path; names don't contain this character


class NotAcceptedError(HandInError):
    """A hand-in can't be graded because of what was handed in."""


def by_student(course: CourseDirectory, step: str, assignment: str) -> dict[str, str]:
    """The folders of an assignment in one of nbgrader's steps, such as ``"submitted"``, by student."""
    return _found(course.format_path(_directory(course, step), _ANY, assignment))


def by_assignment(course: CourseDirectory, step: str, student: str = ".") -> dict[str, str]:
    """The folders of a student in one of nbgrader's steps, by assignment."""
    return _found(course.format_path(_directory(course, step), student, _ANY))


def chosen(course: CourseDirectory, step: str) -> list[tuple[str, str, str]]:
    """The students, assignments and folders that a command is for, in a step. Both chosen names may be patterns."""
    found = []
    for assignment in _matching(course.assignment_id, by_assignment(course, "source")) or [course.assignment_id]:
        named = course.format_path(_directory(course, step), course.student_id, assignment)
        folders = {course.student_id: named} if os.path.isdir(named) else by_student(course, step, assignment)
        found += [(name, assignment, folders[name]) for name in _matching(course.student_id, folders)]
    return found


def find_notebooks(converter: BaseConverter, step: str) -> dict[str, list[str]]:
    """The notebooks that a converter must convert, by folder, in nbgrader's form."""
    course = converter.coursedir
    found = {}
    for _, _, folder in chosen(course, step):
        stems = sorted(path.stem for path in Path(folder).glob("[!.]*.ipynb"))
        if meant := _matching(course.notebook_id, stems):
            # In nbgrader's form, which nbgrader parses later: source/./ex04/work.ipynb.
            found[folder] = [os.path.join(folder, f"{stem}.ipynb") for stem in meant]
    return found


def folder_of(course: CourseDirectory, step: str, key: SubmissionKey) -> Path:
    """The folder of a submission in one of nbgrader's steps, such as ``"autograded"``."""
    return Path(course.format_path(_directory(course, step), key.student, key.assignment))


def assignment_of(course: CourseDirectory, name: str, students_own: Iterable[str] = ()) -> Assignment:
    """The instructor's files of an assignment."""
    source, release = (Path(course.format_path(_directory(course, step), ".", name)) for step in ("source", "release"))
    return Assignment(name, source, release, tuple(course.ignore), tuple(students_own))


def hand_in_of(course: CourseDirectory, key: SubmissionKey, students_own: Iterable[str] = ()) -> HandIn:
    """What a student handed in for an assignment; files are read when they are first used."""
    return HandIn(key, folder_of(course, "submitted", key), assignment_of(course, key.assignment, students_own))


def accept(hand_in: HandIn) -> None:
    """Check that a hand-in can be graded, also by nbgrader.

    Raises
    ------
    NotAcceptedError
        The hand-in can't be graded; the message names the file, and says why and what to do.
    """
    try:
        handin_accept.accept(hand_in)
        refuse_unless_a_time(hand_in.folder)
    except HandInError as error:
        raise NotAcceptedError(str(error)) from error


def _matching(name: str, names: Iterable[str]) -> list[str]:
    """The names that match a name; this name may be a pattern."""
    names = list(names)
    return [name] if name in names else [one for one in names if fnmatchcase(one, name)]


def _directory(course: CourseDirectory, step: str) -> str:
    directory: str = getattr(course, f"{step}_directory")
    return directory


def _found(path: str) -> dict[str, str]:
    names = re.compile(re.escape(path).replace(_ANY, "([^/]+)"))
    folders = filter(os.path.isdir, sorted(glob(escape(path).replace(_ANY, "*"))))
    return {found[1]: folder for folder in folders if (found := names.fullmatch(folder))}
