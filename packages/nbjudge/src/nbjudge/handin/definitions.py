"""Finds the names that cells define, so that a stub never redefines what the student's cells before it define."""

import ast
import re
import symtable
from typing import Any

from nbformat import NotebookNode

from .cells import source_of

WORD = re.compile(r"\w+")
# The names that one line defines, as far as this line alone shows. Python's parser is not used on student code here,
# because it takes a thousand times the code's size in memory.
_DEFINITION = re.compile(
    r"(?m)^[ \t]*+(?:(?:async[ \t]++)?(?:def|class)[ \t]++(?P<name>\w++)"
    r"|(?:from[ \t][^\n#]*?[ \t])?import[ \t]++(?P<imported>[^\n#]++)"
    r"|\(?(?P<assigned>\w++(?:[ \t]*+,[ \t]*+\w++)*)\)?[ \t]*+(?::[^=\n]*+)?=(?!=))"
)


def defined_in(cell: dict[str, Any]) -> set[str]:
    """The names that a student's cell defines; none if it is a text cell."""
    names: set[str] = set()
    for found in _DEFINITION.finditer(source_of(cell) if cell.get("cell_type") == "code" else ""):
        if found["imported"]:
            parts = (part.strip(" \t()").split() for part in found["imported"].split(","))
            names.update(part[-1].partition(".")[0] for part in parts if part)
        else:
            names.update(WORD.findall(found["name"] or found["assigned"]))
    return names


def defined_by(released: str) -> set[str]:
    """The names that the instructor's code defines; none if it is not plain Python."""
    try:
        symbols = symtable.symtable(released, "released", "exec").get_symbols()
    except (SyntaxError, ValueError):
        return set()
    return {symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()}


def keep_definitions(cells: list[NotebookNode], stubs: set[str], given: set[str]) -> None:
    """Remove from the stubs what the student's cells before them define."""
    defined: set[str] = set()
    for cell in cells:
        if cell.id in given:
            continue
        if cell.id not in stubs:
            defined |= defined_in(cell)
        elif cell.cell_type == "code" and (theirs := sorted(defined & defined_by(cell.source))):
            cell.source = _without(cell.source, set(theirs))


def _without(source: str, names: set[str]) -> str:
    """The instructor's code without the statements that define these names."""
    lines = source.split("\n")
    for statement in ast.parse(source).body:
        first = min([statement, *getattr(statement, "decorator_list", [])], key=lambda node: node.lineno).lineno
        if names & defined_by("\n".join(lines[first - 1 : statement.end_lineno])):
            lines[first - 1 : statement.end_lineno] = [""] * (statement.end_lineno - first + 1)
    kept = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return "\n\n".join(filter(None, [f"# Defined in other cells of the student's: {', '.join(sorted(names))}", kept]))
