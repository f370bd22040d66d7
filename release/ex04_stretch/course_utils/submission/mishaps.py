"""Mishaps: what spoils a variable, whatever its cell is meant to compute. Asked only to word a message.

A cell may have ended with an error when the variable was half filled, and code may have painted over the images that
were given. Both are claims of the student's side: they earn nothing.
"""

import ast
from collections.abc import Callable
from numbers import Number
from typing import Any

import numpy as np
import torch

from .. import simulators, stretch
from ..digests import read_by
from .history import CellRun, last_that_made, runs
from .student_code import MAX_LINE, assigned_by, is_filled_by, outside_functions, reads, root_of

# What makes the arrays that given cells leave behind, and which of those that it returns each of them is.
_GIVEN: dict[str, tuple[Callable[[], Any], int | None]] = {
    **{"X": (simulators.fixed_dataset, 0), "y": (simulators.fixed_dataset, 1)},
    **{"X3": (stretch.three_classes_training, 0), "y3": (stretch.three_classes_training, 1)},
    **{"X3_test": (stretch.three_classes_test, 0), "y3_test": (stretch.three_classes_test, 1)},
    **{"X_fresh": (stretch.fresh_images, 0), "y_fresh": (stretch.fresh_images, 1)},
    **{"X_sure": (stretch.candidates, 0), "y_sure": (stretch.candidates, 1)},
    **{"fillings": (stretch.fillings, None)},
}
# With what given cells of `ex04_stretch` make the nets that are asked.
_GIVEN_NETS = {"model": "net_of_ex04(globals())", "model3": "fit_three(globals())"}


def unfinished(namespace: dict[str, Any], name: str) -> str:
    """That the cell ended with an error before a variable was complete; else empty."""
    run = last_that_made(name)
    if run is None or not run.error or not _may_be_unfinished(run, name, namespace.get(name)):
        return ""
    reason = f": {run.message}" if run.was_a_stub else f", because {run.message}"
    then = "" if run.was_interrupted else " Correct the cell and run it again."
    return f"`{name}` is unfinished{reason}{'' if reason[-1] in '.?!' else '.'}{then}"


def _may_be_unfinished(run: CellRun, name: str, value: Any) -> bool:
    """Whether a run ended where the name was still to be filled. A figure may be drawn into by any line."""
    if not isinstance(value, np.ndarray | torch.Tensor | list | tuple | dict | Number):
        return True
    try:
        statements = ast.parse(run.source).body
    except SyntaxError:  # a magic
        return False
    left = [statement for statement in statements if (statement.end_lineno or 0) >= run.line]
    nodes = [node for statement in left for node in ast.walk(statement) if isinstance(node, ast.stmt)]
    return any(name in assigned_by(node) or is_filled_by(node, name) for node in nodes)


def painted_over(namespace: dict[str, Any], name: str) -> str:
    """That arrays which were given are no longer the same, of those that a variable was made from; else empty."""
    run = last_that_made(name)
    if run is None:
        return ""
    read = run.names.read.union(*(read_by(namespace.get(used)) for used in run.names.read))
    changed = next((data for data in _GIVEN if data in read and _is_changed(namespace.get(data), data)), "")
    if not changed:
        return ""
    told, maker = f"`{changed}` is no longer what it was given as", last_that_made(changed)
    make, _ = _GIVEN[changed]
    if maker is not None and f"{make.__name__}(" not in maker.source:
        return f"{told}: leave it alone, and give a changed one another name."
    line = line_that_paints(changed, run.source)
    how = f"your line `{line}` writes into it" if line else "it was changed in place"
    return (
        f"{told}: {how}. Run the cell that makes `{changed}` again, and write into a copy only: `images.copy()` makes "
        "one."
    )


def replaced(_: dict[str, Any], name: str) -> str:
    """That another cell has put another net in the place of one that a given cell makes; else empty."""
    making = [run for run in runs() if run.made(name)]
    call = _GIVEN_NETS.get(name)
    if call is None or not making or call in making[-1].source or not any(call in run.source for run in making):
        return ""
    run = making[-1]
    try:
        statements = [node for node in outside_functions(ast.parse(run.source)) if name in assigned_by(node)]
    except SyntaxError:  # a magic
        statements = []
    others = [node for node in statements if not reads(node.value, name)]  # not model = model.eval()
    if statements and not others:
        return ""
    line = run.source.splitlines()[others[-1].lineno - 1].strip()[:MAX_LINE] if others else ""
    return (
        f"`{name}` is another net now: {f'your line `{line}`' if line else 'a cell of yours'} replaced it. Give your "
        f"net another name. Then run the cell with `{call}` again, and those below."
    )


def _is_changed(value: Any, name: str) -> bool:
    make, position = _GIVEN[name]
    made = make()
    given = made if position is None else made[position]
    now = value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else value
    return isinstance(now, np.ndarray) and not np.array_equal(now, given)


def line_that_paints(name: str, source: str) -> str:
    """The first line of a cell that writes into an array, by its name or by that of a part of it; else empty."""
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
    """The names of a list and of what is put into it, of a statement such as ``panels.append(image)``."""
    call = node.value if isinstance(node, ast.Expr) else None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "append" and call.args:
        return root_of(call.func.value), root_of(call.args[0])
    return None
