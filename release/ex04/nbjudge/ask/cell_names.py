"""Finds the names that a cell's source makes and reads, and whether its code changed. Nothing is run."""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

# Magics are replaced by plain Python on the same lines: `%time x = f()` makes x, all other magics make nothing.
_TIMED = re.compile(r"(?m)^(\s*)%%?time\b *")
_MAGIC = re.compile(r"(?m)^(\s*)[%!?].*$")
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True)
class CellNames:
    """Names that a cell makes and reads in the notebook, without those inside functions, classes and comprehensions.

    Attributes
    ----------
    made : dict of str to int
        Each name that the cell makes, with the last line of the first statement that makes it.
    read : frozenset of str
        Names that are read outside of functions and classes.
    is_python : bool
        Whether the source can be compiled; if not, `made` is a good guess, and `read` is empty.
    """

    made: dict[str, int] = field(default_factory=dict)
    read: frozenset[str] = frozenset()
    is_python: bool = True


def names_in(source: str) -> CellNames:
    """Find the names in a cell's source."""
    tree = _parsed(source) or _parsed(_MAGIC.sub(r"\1pass", _TIMED.sub(r"\1", source)))
    if tree is None:
        return CellNames({name: 0 for name in _guessed(source)}, is_python=False)
    made: dict[str, int] = {}
    for statement in _statements(tree.body):
        for name in _bound_by(statement):
            made.setdefault(name, statement.end_lineno or statement.lineno)
    return CellNames(made, frozenset(_read_in(tree)))


def is_same_code(one: str, other: str) -> bool:
    """Whether two sources differ at most in comments and layout."""
    if one.strip() == other.strip():
        return True
    first, second = _parsed(one), _parsed(other)
    return first is not None and second is not None and ast.dump(first) == ast.dump(second)


def _parsed(source: str) -> ast.Module | None:
    with warnings.catch_warnings(action="ignore"):  # the front end has already shown SyntaxWarnings
        try:
            return ast.parse(source)
        except (SyntaxError, ValueError):  # ValueError: null bytes
            return None


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that are run in the notebook's own namespace, the innermost ones first."""
    for statement in body:
        if not isinstance(statement, _SCOPES):
            for part in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(statement, part, []))
            for handler in [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]:
                yield from _statements(handler.body)
        yield statement


def _bound_by(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        yield from ((alias.asname or alias.name).partition(".")[0] for alias in statement.names)
    else:
        yield from (node.id for node in _here(statement) if isinstance(node, ast.Name) and _stores(node))


def _read_in(tree: ast.AST, own: frozenset[str] = frozenset()) -> Iterator[str]:
    """Names that are read, without the loop variables of comprehensions around them."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, _COMPREHENSIONS):
            targets = (name for generator in node.generators for name in ast.walk(generator.target))
            yield from _read_in(node, own | {name.id for name in targets if isinstance(name, ast.Name)})
        elif not isinstance(node, _SCOPES):
            if isinstance(node, ast.Name) and not _stores(node) and node.id not in own:
                yield node.id
            yield from _read_in(node, own)


def _stores(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _here(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes of a tree, without what is inside functions, classes and comprehensions."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, (*_SCOPES, *_COMPREHENSIONS)):
            yield node
            yield from _here(node)


def _guessed(source: str) -> Iterator[str]:
    """Names that the lines of code that can't be parsed seem to make."""
    yield from re.findall(r"(?m)^[ \t]*(?:async +def|def|class)[ \t]+(\w+)", source)
    for targets in re.findall(r"(?m)^([\w, \t*]+)(?::[^=\n]+)?=(?!=)", source):
        yield from re.findall(r"[^\W\d]\w*", targets)
