"""Finds lines that a student wrote, so that messages can quote them."""

import ast
import dis
import inspect
import linecache
import re
import textwrap
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from types import CodeType, FunctionType
from typing import Any

from .statements import assigned_by, is_filled_by, outside_functions, root_of, writes_at

MAX_LINE = 200
_EMPTY = ("zeros", "empty", "ones", "full", "zeros_like", "empty_like", "list", "dict")  # to be filled later
_LEAVING = ("array", "asarray", "stack", "tensor", "as_tensor", "float", "int")  # they leave the numbers as they are
# Code that only locked cells contain. A locked cell is not the student's, so no message quotes it.
_LOCKED = re.compile(r"\bsubmission\.(?:check|summary)\(|\b\w+\(globals\(\)\)")


def is_locked(source: str) -> bool:
    """Whether a cell is one of the locked ones."""
    return bool(_LOCKED.search(source))


def functions_in(thing: Any, namespace: dict[str, Any]) -> Iterator[FunctionType]:
    """The student's functions behind a name: the function or the methods of the class, then the helpers they use."""
    waiting, seen = [thing], set()
    while waiting:
        here = waiting.pop(0)
        if id(here) in seen:
            continue
        seen.add(id(here))
        if isinstance(here, type):
            waiting[:0] = [
                value for kind in here.__mro__ for value in vars(kind).values() if _is_code(value, namespace)
            ]
        elif _is_code(here, namespace):
            yield here
            waiting += [namespace.get(name) for name in globals_read(here)]


def _is_code(value: Any, namespace: dict[str, Any]) -> bool:
    return isinstance(value, FunctionType) and value.__globals__ is namespace


def methods_of(thing: Any, namespace: dict[str, Any]) -> list[str]:
    """Names of the methods that the student wrote for a class."""
    kinds = thing.__mro__ if isinstance(thing, type) else ()
    return [name for kind in kinds for name, value in vars(kind).items() if _is_code(value, namespace)]


def globals_read(function: FunctionType) -> list[str]:
    """Names of the notebook that a function, or a function inside it, reads."""
    waiting, names = [function.__code__], []
    while waiting:
        code = waiting.pop()
        names += [step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"]
        waiting += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return list(dict.fromkeys(names))


def names_read(function: FunctionType) -> set[str]:
    """All names that a function, or a function inside it, reads: its own and those of the notebook."""
    waiting, names = [function.__code__], set()
    while waiting:
        code = waiting.pop()
        names |= {step.argval for step in dis.get_instructions(code) if step.opname.startswith("LOAD_")}
        waiting += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return {name for name in names if isinstance(name, str)}


def lines_of(function: FunctionType) -> list[str]:
    """The lines of a function's source, without its docstring and without comments that fill a line."""
    code = function.__code__
    source = linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :]
    try:
        lines = inspect.getblock(source)
    except SyntaxError:  # the tokenizer of Python 3.12 and later may raise it
        lines = source
    text = function.__doc__ and inspect.cleandoc(function.__doc__)
    told = {line.strip() for line in (text or "").splitlines()}
    stripped = (line.strip() for line in lines)
    return [line for line in stripped if line and line[0] != "#" and line.strip("'\" r") not in told]


def line_in(thing: Any, pattern: str, namespace: dict[str, Any]) -> str:
    """The student's first line that matches a pattern, in a function, a class or their helpers; else empty."""
    for function in functions_in(thing, namespace):
        for line in lines_of(function):
            if re.search(pattern, line):
                return line[:MAX_LINE]
    return ""


def only_line_in(thing: Any, pattern: str, namespace: dict[str, Any]) -> str:
    """Like `line_in`, but empty if several lines match, because then it is not certain which one is meant."""
    found = {line for f in functions_in(thing, namespace) for line in lines_of(f) if re.search(pattern, line)}
    return found.pop()[:MAX_LINE] if len(found) == 1 else ""


def return_line(function: Any) -> str:
    """The line with which a student's function returns something, if there is only one; else empty."""
    lines = _lines_with(function, lambda node, _: isinstance(node, ast.Return))
    return lines[0] if len(lines) == 1 else ""


def return_in_loop(function: Any) -> str:
    """The first line with which a function returns from inside a loop; else empty."""
    return next(iter(_lines_with(function, lambda node, loops: isinstance(node, ast.Return) and bool(loops))), "")


def list_made_anew(function: Any) -> str:
    """The line in a loop that empties a list which the loop fills and the function returns afterwards; else empty."""
    nodes = list(_own_nodes(_tree_of(function)))
    returns = [n.value for n, loops in nodes if isinstance(n, ast.Return) and not loops]
    returned = {value.id for value in returns if isinstance(value, ast.Name)}
    filled = {name for name in returned for n, loops in nodes if loops and is_filled_by(n, name)}

    def empties(node: ast.AST, loops: tuple[ast.AST, ...]) -> bool:
        if not loops or not isinstance(node, ast.Assign) or not isinstance(node.value, ast.List):
            return False
        return bool(assigned_by(node) & filled) and not node.value.elts

    return next(iter(_lines_with(function, empties)), "")


def _lines_with(function: Any, is_it: Callable[[ast.AST, tuple[ast.AST, ...]], bool]) -> list[str]:
    """Lines of a function's own statements for which `is_it` is true, given the statement and the loops around it."""
    tree, source = _tree_of(function), _source_of(function).splitlines()
    found = (node for node, loops in _own_nodes(tree) if is_it(node, loops))
    return [source[node.lineno - 1].strip()[:MAX_LINE] for node in found if isinstance(node, ast.stmt)]


def source_of(name: str, thing: Any, namespace: dict[str, Any]) -> str:
    """The source of a function or class in the student's cells; empty if it is not known."""
    if _is_code(thing, namespace) and (source := _source_of(thing)):
        return source.rstrip()
    source, statement, _ = _statement_that_makes(name, namespace, is_none=False, fills=False, at=())
    if statement is None:
        return ""
    begins = min(node.lineno for node in (statement, *getattr(statement, "decorator_list", ())))
    return textwrap.dedent("\n".join(source.splitlines()[begins - 1 : statement.end_lineno]))


def _source_of(function: Any) -> str:
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError, SyntaxError):
        return ""  # its source is not available


def _tree_of(function: Any) -> ast.AST:
    body = ast.parse(_source_of(function)).body
    return body[0] if body else ast.Module([], [])


def _own_nodes(node: ast.AST, loops: tuple[ast.AST, ...] = ()) -> Iterator[tuple[ast.AST, tuple[ast.AST, ...]]]:
    """All nodes below a function, without those of functions inside it, each with the loops around it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield child, loops
            yield from _own_nodes(child, (*loops, child) if isinstance(child, ast.For | ast.While) else loops)


def line_that_makes(
    name: str, namespace: dict[str, Any], is_none: bool = False, fills: bool = True, at: tuple[int, ...] = ()
) -> str:
    """The last line in the student's cells, as they were run, that gives a variable its value; else empty.

    See `_statement_that_makes`.
    """
    source, statement, _ = _statement_that_makes(name, namespace, is_none, fills, at)
    return first_line(statement, source) if statement is not None else ""


def _statement_that_makes(
    name: str, namespace: dict[str, Any], is_none: bool, fills: bool, at: tuple[int, ...]
) -> tuple[str, ast.stmt | None, list[ast.stmt]]:
    """Find the last statement in the student's cells that gives a variable its value.

    Returned are the source of its cell, the statement, and all statements of the cell.

    With `fills`, a line such as ``x[i] = 3`` or ``x.append(3)`` counts, too: if ``x = np.zeros(5)`` stands before it,
    the numbers come from the line that fills. If several lines fill the variable, the statement is None, unless only
    one of them may write at the place `at`.
    """
    cells = namespace.get("In")
    for source in reversed(cells if isinstance(cells, list) else []):
        if not isinstance(source, str) or is_locked(source) or name not in source:
            continue
        try:
            statements = [node for node in outside_functions(ast.parse(source)) if isinstance(node, ast.stmt)]
        except SyntaxError:  # the student's, or a magic
            continue
        making = [node for node in statements if name in assigned_by(node)]
        if is_none and len(making) > 1:  # it is not known which of them it was
            return source, None, statements
        if making and fills and not is_none:
            making = _at_fault(making, [node for node in statements if is_filled_by(node, name)], name, at)
            if not making:
                return source, None, statements
        if making:
            return source, max(making, key=lambda node: node.lineno), statements
    return "", None, []


def first_line(node: ast.stmt, source: str) -> str:
    """The first line of a statement, with an ellipsis if the statement continues."""
    line = source.splitlines()[node.lineno - 1].strip()[:MAX_LINE]
    return f"{line} ..." if (node.end_lineno or 0) > node.lineno and not line.endswith(":") else line


def made_from(
    name: str, namespace: dict[str, Any], is_none: bool = False, fills: bool = True, at: tuple[int, ...] = ()
) -> list[str]:
    """Variables of the same cell that the line of `line_that_makes` reads: a and b for "p = a, b"."""
    _, making, statements = _statement_that_makes(name, namespace, is_none, fills, at)
    read = [
        node.id
        for node in (ast.walk(making) if making is not None else ())
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    ]
    others = {other for node in statements if node is not making for other in assigned_by(node)}
    return [other for other in dict.fromkeys(read) if other in others and other != name]


def _at_fault(making: list[Any], filling: list[Any], name: str, at: tuple[int, ...]) -> list[Any]:
    """The one statement, of those that make and fill a variable, that gives it its numbers; empty if several do."""
    making = [node for node in making if not _leaves(getattr(node, "value", None), name)] or making
    begins = max(making, key=lambda node: node.lineno)
    later = [node for node in filling if node.lineno > begins.lineno]
    if not later:
        return [begins]
    parts = [node for node in later if writes_at(node, name, at)]
    return parts if len(parts) == 1 and _is_empty(getattr(begins, "value", None)) else []


def _leaves(value: ast.AST | None, name: str) -> bool:
    """Whether an expression, such as ``np.array(x)``, contains the numbers of x unchanged."""
    arguments = value.args if isinstance(value, ast.Call) else []
    return _called(value) in _LEAVING and [root_of(argument) for argument in arguments] == [name]


def _is_empty(value: ast.AST | None) -> bool:
    names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)} if value is not None else set()
    return _called(value) in _EMPTY or names <= {"_", "range", "len", "float"}


def _called(value: ast.AST | None) -> str:
    if not isinstance(value, ast.Call):
        return ""
    return value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")


def near_miss(name: str, candidates: Any) -> str:
    """The candidate that someone may have written instead of a name; else empty."""
    others = [other for other in candidates if isinstance(other, str) and other != name and not other.startswith("_")]
    by_lower = {other.lower(): other for other in others}
    close = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.75)
    return by_lower[close[0]] if close else ""
