"""Mishaps: accidents that spoil a variable, whatever its cell is meant to compute. Asked only to word a message.

A cell may have ended with an error when the variable was half filled, code may have changed the images that were given,
and a cell may have replaced a net. All this is claimed by the student's side, so no points depend on it.
"""

import ast
from collections.abc import Callable, Mapping
from numbers import Number
from typing import Any

import numpy as np

from .history import CellRun, last_that_made, runs
from .own_code import read_by
from .statements import assigned_by, is_filled_by, outside_functions, reads, root_of
from .student_code import MAX_LINE, first_line
from .torch_if_imported import is_tensor, to_numpy

# A function that makes an array as a given cell does, and the array's position in what the function returns (or None if
# the function returns the array alone).
Given = tuple[Callable[[], Any], int | None]


def unfinished(namespace: dict[str, Any], name: str) -> str:
    """Say that the cell ended with an error before a variable was complete; empty if it did not."""
    run = last_that_made(name)
    if run is None or not run.error or not _may_be_unfinished(run, name, namespace.get(name)):
        return ""
    reason = f": {run.message}" if run.was_a_stub else f", because {run.message}"
    then = "" if run.was_interrupted else " Correct the cell and run it again."
    if run.lacked and run.lacked in namespace:
        then = f" `{run.lacked}` exists by now: run the cell again."
    return f"`{name}` is unfinished{reason}{'' if reason[-1] in '.?!' else '.'}{then}"


def _may_be_unfinished(run: CellRun, name: str, value: Any) -> bool:
    """Whether a run ended at or before a line that fills the name. For a figure, this may be any line."""
    if not is_tensor(value) and not isinstance(value, np.ndarray | list | tuple | dict | Number):
        return True
    try:
        statements = ast.parse(run.source).body
    except SyntaxError:  # a magic
        return False
    left = [statement for statement in statements if (statement.end_lineno or 0) >= run.line]
    nodes = [node for statement in left for node in ast.walk(statement) if isinstance(node, ast.stmt)]
    return any(name in assigned_by(node) or is_filled_by(node, name) for node in nodes)


def painted_over(namespace: dict[str, Any], name: str, given: Mapping[str, Given]) -> str:
    """Say that given arrays from which a variable was made have changed since; empty if they have not."""
    run = last_that_made(name)
    if run is None:
        return ""
    read = run.names.read.union(*(read_by(namespace.get(used)) for used in run.names.read))
    changed = next((data for data in given if data in read and _is_changed(namespace.get(data), given[data])), "")
    if not changed:
        return ""
    told, maker = f"`{changed}` is no longer what it was given as", last_that_made(changed)
    make, _ = given[changed]
    if maker is not None and f"{make.__name__}(" not in maker.source:
        return f"{told}: leave it alone, and give a changed one another name."
    line = line_that_paints(changed, run.source)
    how = f"your line `{line}` writes into it" if line else "it was changed in place"
    return (
        f"{told}: {how}. Run the cell that makes `{changed}` again, and write into a copy only: `images.copy()` makes "
        "one."
    )


def replaced(name: str, given_nets: Mapping[str, str]) -> str:
    """Say that another cell has replaced a net that a given cell makes; empty if none has."""
    making = [run for run in runs() if run.made(name)]
    call = given_nets.get(name)
    if call is None or not making or call in making[-1].source or not any(call in run.source for run in making):
        return ""
    run = making[-1]
    try:
        nodes = (node for node in outside_functions(ast.parse(run.source)) if isinstance(node, ast.stmt))
        statements = [node for node in nodes if name in assigned_by(node)]
    except SyntaxError:  # a magic
        statements = []
    others = [node for node in statements if not reads(getattr(node, "value", None), name)]  # not model = model.eval()
    if statements and not others:
        return ""
    line = run.source.splitlines()[others[-1].lineno - 1].strip()[:MAX_LINE] if others else ""
    return (
        f"`{name}` is another net now: {f'your line `{line}`' if line else 'a cell of yours'} replaced it. Give your "
        f"net another name. Then run the cell with `{call}` again, and those below."
    )


def _is_changed(value: Any, given: Given) -> bool:
    make, position = given
    made = make()
    before = made if position is None else made[position]
    now = to_numpy(value) if is_tensor(value) else value
    return isinstance(now, np.ndarray) and not np.array_equal(now, before)


def line_that_spoils(name: str, given: Given) -> str:
    """The student's last line that replaced or changed an array that a given cell makes; empty if there is none."""
    make, _ = given
    for run in reversed(runs()):
        if f"{make.__name__}(" in run.source:
            return ""
        if line := line_that_paints(name, run.source) or _line_that_replaces(name, run):
            return line
    return ""


def _line_that_replaces(name: str, run: CellRun) -> str:
    try:
        nodes = (node for node in outside_functions(ast.parse(run.source)) if isinstance(node, ast.stmt))
        making = [node for node in nodes if name in assigned_by(node)]
    except SyntaxError:  # a magic
        return ""
    return first_line(making[-1], run.source) if making and run.made(name) else ""


def line_that_paints(name: str, source: str) -> str:
    """The first line of a cell that writes into an array, by its name or the name of a part of it; else empty."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ""
    nodes = sorted((node for node in ast.walk(tree) if isinstance(node, ast.stmt)), key=lambda node: node.lineno)
    alike = {name}
    for node in nodes:
        if isinstance(node, ast.For) and alike & {
            part.id for part in ast.walk(node.iter) if isinstance(part, ast.Name)
        }:
            alike |= {part.id for part in ast.walk(node.target) if isinstance(part, ast.Name)}
        elif isinstance(node, ast.Assign) and root_of(node.value) in alike:
            alike |= assigned_by(node)
        elif (listed := _put_into(node)) and listed[1] in alike:
            alike.add(listed[0])
            continue
        by_name = assigned_by(node) & alike if isinstance(node, ast.AugAssign) else set()
        if by_name or any(is_filled_by(node, one) for one in alike):
            return source.splitlines()[node.lineno - 1].strip()[:MAX_LINE]
    return ""


def _put_into(node: ast.stmt) -> tuple[str, str] | None:
    """For a statement such as ``panels.append(image)``, the names of the list and of the thing that is put into it."""
    call = node.value if isinstance(node, ast.Expr) else None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "append" and call.args:
        return root_of(call.func.value), root_of(call.args[0])
    return None
