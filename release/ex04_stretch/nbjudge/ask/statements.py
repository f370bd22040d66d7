"""Finds out what a student's statement does to a variable: gives it a value, fills it, or reads it."""

import ast
from collections.abc import Iterator
from typing import Any

_FILLING = ("append", "extend", "insert", "fill", "sort")  # methods that write into an array or list
_FILLING_FIRST = ("at", "fill_diagonal", "copyto", "put", "shuffle")  # functions that write into their first argument


def reads(value: ast.AST | None, name: str) -> bool:
    """Whether an expression reads a name."""
    return value is not None and any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(value))


def writes_at(node: ast.stmt, name: str, at: tuple[int, ...]) -> bool:
    """Whether a statement may write at a place: ``x[i, 1] = 3`` may write at (2, 1), but not at (2, 0)."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    written = [target for target in targets if isinstance(target, ast.Subscript) and root_of(target) == name]
    return not written or any(_is_place(_indices(target), at) for target in written)


def _indices(target: ast.expr) -> list[Any]:
    """The indices in the brackets of ``x[i][..., 1]``: numbers, "..." for an ellipsis, None for anything else."""
    indices: list[Any] = []
    while isinstance(target, ast.Subscript):
        here = target.slice.elts if isinstance(target.slice, ast.Tuple) else [target.slice]
        known = [index.value if isinstance(index, ast.Constant) else None for index in here]
        indices[:0] = ["..." if index is ... else index if isinstance(index, int) else None for index in known]
        target = target.value
    return indices


def _is_place(indices: list[Any], at: tuple[int, ...]) -> bool:
    if "..." in indices:
        first = indices.index("...")
        after = indices[first + 1 :]
        return _is_place(indices[:first], at) and _is_place(after, at[len(at) - len(after) :])
    return all(index is None or index == place for index, place in zip(indices, at, strict=False))


def outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below a node, without those inside functions and classes."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from outside_functions(child)


def assigned_by(statement: ast.stmt) -> set[str]:
    """Names to which a statement gives a value."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    targets = (
        statement.targets
        if isinstance(statement, ast.Assign)
        else [statement.target]
        if isinstance(statement, ast.AnnAssign | ast.AugAssign)
        else []
    )
    nodes = [node for target in targets for node in ast.walk(target)]
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def is_filled_by(node: ast.AST, name: str) -> bool:
    """Whether a statement writes into the value of a name: ``x[i] = 3``, ``x[i] += 3``, ``x.append(3)``."""
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        parts = [part for target in targets for part in ast.walk(target)]
        written = [part.value for part in parts if isinstance(part, ast.Subscript) and isinstance(part.ctx, ast.Store)]
        return any(root_of(value) == name for value in written)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
        call, method = node.value, node.value.func
        if method.attr in _FILLING:
            return root_of(method.value) == name
        return method.attr in _FILLING_FIRST and bool(call.args) and root_of(call.args[0]) == name
    return False


def root_of(node: ast.AST) -> str:
    """The name with which an expression such as ``x[0].T[1]`` begins; empty if there is none."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
