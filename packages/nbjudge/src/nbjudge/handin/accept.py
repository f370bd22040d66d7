"""Checks whether a hand-in can be graded, before nbgrader removes, copies or reads anything."""

import re
import unicodedata
from pathlib import Path

from .arrange import notebooks_in
from .files import HandInError, check
from .hand_in import HandIn
from .notebook import parse_submitted


def accept(hand_in: HandIn) -> dict[str, Path]:
    """Check that a hand-in can be graded.

    Returns
    -------
    dict of str to Path
        The notebooks that were handed in, by their released names.

    Raises
    ------
    HandInError
        The hand-in can't be graded; the message names the file, and says why and what to do.
    """
    student, folder, assignment = hand_in.key.student, hand_in.folder, hand_in.assignment
    if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in student):
        raise HandInError(f"the name of the folder {student} has control characters in it; give it another one")
    if re.search("[<>&\"']", student):
        raise HandInError(f"formgrader can't show the name {student}; give the folder a name without <>&\"'")
    if folder.parent.is_symlink():
        raise HandInError(f"the folder {folder.parent.name} is a symbolic link; hand in the folder itself")
    check(folder)
    for path in sorted(assignment.source.rglob("*")):  # nbgrader overwrites the student's files with them
        mine = folder / path.relative_to(assignment.source)
        if mine.exists() and mine.is_dir() != path.is_dir():
            kinds = ("folder", "file") if mine.is_dir() else ("file", "folder")
            where = mine.relative_to(folder)
            raise HandInError("{} is a {}, but a {} of the assignment has this name; rename it".format(where, *kinds))
    for released in assignment.notebooks:
        if (page := folder / f"{released.stem}.html").is_dir():  # where nbgrader writes the feedback
            raise HandInError(f"{page.name} is a folder, but the feedback has this name; rename it")
    for name, raw in hand_in.contents.items():
        parse_submitted(raw, hand_in.notebooks[name].name)
    if assignment.notebooks and not hand_in.notebooks:
        others = " or ".join(str(path.relative_to(folder)) for path in notebooks_in(folder))
        hint = f"; if it is {others}, rename that one" if others else ""
        raise HandInError(f"{assignment.notebooks[0].name} was not handed in{hint}")
    return hand_in.notebooks
