"""Reads from the instructor's cells, without running them, what they import and which names they use."""

import ast
import builtins
import re
import symtable
from collections.abc import Iterable, Iterator

from IPython.core.inputtransformer2 import TransformerManager

from ..judge.magics import without_magics

_CELL_MAGIC = re.compile(r"\A\s*%%.*\n?")
_DEFERRED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def parse(source: str) -> ast.Module | None:
    """The syntax tree of a cell, magics and all; None if it is not Python."""
    try:
        return ast.parse(TransformerManager().transform_cell(_CELL_MAGIC.sub("", source)))
    except (SyntaxError, ValueError):
        return None


def imports_of(sources: Iterable[str]) -> list[tuple[str, str, str]]:
    """What cells import, also within functions.

    Returns
    -------
    list of (str, str, str)
        For each name that an import statement defines: the name, the module, and what is taken from the module; nothing
        if the name is the module itself. The name is ``*`` for ``from module import *``.
    """
    names: set[tuple[str, str, str]] = set()
    for node in _statements(sources):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                names.add((alias.asname, alias.name, "") if alias.asname else (first, first, ""))
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {(alias.asname or alias.name, node.module, alias.name) for alias in node.names}
    return sorted(names)


def bound(source: str) -> set[str]:
    """The names that a cell gives a value at its top level."""
    tree = parse(source)
    return set() if tree is None else {name for node in _now(tree) for name in _bound_by(node)}


def free(sources: Iterable[str]) -> set[str]:
    """The global names that cells use, also within their functions, and that none of them defines."""
    wanted: set[str] = set()
    defined = set(dir(builtins))
    for source in sources:
        if (tree := parse(source)) is not None:
            wanted |= _globals_used(symtable.symtable(ast.unparse(tree), "<cell>", "exec"))
            defined |= bound(source)
    return wanted - defined


def _globals_used(table: symtable.SymbolTable) -> set[str]:
    is_module = table.get_type() == "module"
    found = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (is_module or symbol.is_global())
    }
    return found.union(*map(_globals_used, table.get_children()))


def needed(source: str) -> set[str] | None:
    """The names that must have a value when a cell runs; None if the cell is not plain Python.

    Names that only a function uses are needed when the function is called, and don't count.
    """
    try:
        tree = ast.parse(without_magics(source))
    except (SyntaxError, ValueError):
        return None
    loaded = {node.id for node in _now(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return loaded - bound(source) - set(dir(builtins)) - {"__name__"}


def _statements(sources: Iterable[str]) -> Iterator[ast.AST]:
    for source in sources:
        if (tree := parse(source)) is not None:
            yield from ast.walk(tree)


def _now(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run with the cell itself: of a function, only its decorators and default values."""
    for child in ast.iter_child_nodes(tree):
        yield child
        if isinstance(child, _DEFERRED):
            arguments = child.args
            outside = [*arguments.defaults, *filter(None, arguments.kw_defaults), *getattr(child, "decorator_list", [])]
            for node in outside:
                yield node
                yield from _now(node)
        else:
            yield from _now(child)


def _bound_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name
