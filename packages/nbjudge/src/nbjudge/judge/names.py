"""The variables of test cells that use the student's names: what they lack comes from the student's side."""

import ast
import types
from collections.abc import Iterable, Iterator
from typing import Any

from .student_side import StudentSide


class Namespace(dict[str, Any]):
    """The globals of test cells.

    Parameters
    ----------
    side : StudentSide
        The student's side.

    Attributes
    ----------
    given : set of str
        The names that the instructor's locked cells have defined here. Students can't replace them.
    theirs : bool
        Whether data of locked cells is the student's at present: their code may have changed it.
    hands_over : frozenset of str
        The names that code on the student's side needs as soon as the present test cell defines them.
    is_test : bool
        Whether a test cell runs now, and not a locked cell before it.
    """

    def __init__(self, side: StudentSide) -> None:
        super().__init__(__name__="__main__", display=print)
        self._side = side
        self._fetched: dict[str, Any] = {}
        self._by_tests: set[str] = set()
        self._old: set[str] = set()  # set by tests before a cell of the student's ran
        self._handed_over: set[str] = set()
        self._deleted: set[str] = set()  # by tests, on the student's side; some put them back
        self.given: set[str] = set()
        self.theirs = self.is_test = False
        self.hands_over: frozenset[str] = frozenset()
        side.on_change = self._forget

    def _forget(self, names: Iterable[str]) -> None:
        """Fetch variables again when they are used again: the student's code has given them other values."""
        for name in names:
            self._fetched.pop(name, None)
            if name in self._handed_over and super().__contains__(name):
                super().__delitem__(name)
                self._handed_over.discard(name)

    def student_ran(self) -> None:
        """Note that a cell of the student's has run: what tests have set may have other values there by now."""
        self._fetched.clear()
        self._old |= self._by_tests

    def __getitem__(self, name: str) -> Any:
        return self._fetch(name) if self._is_replaced(name) else super().__getitem__(name)

    def _is_replaced(self, name: str) -> bool:
        """Whether a name that has a value here gets that of the student's variable."""
        if name not in self._side.names or not super().__contains__(name) or _is_code(super().get(name)):
            return False
        return (self.theirs and name in self.given) or (name in self._old and self._grants("name", name))

    def _grants(self, what: str, name: str) -> bool:
        """Whether the model solution has such a variable, too; otherwise a student's could replace a test's helpers.

        And the student's code could read a test's own variables, if these were handed over to all that have their name.
        """
        return name in self._side.names and self._side.grants(f"{what} {name}")

    def __missing__(self, name: str) -> Any:
        if not self._grants("name", name):
            raise KeyError(name)
        return self._fetch(name)

    def _fetch(self, name: str) -> Any:
        if name not in self._fetched:
            self._fetched[name] = self._side.get(name)
        return self._fetched[name]

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        self._fetched.pop(name, None)
        if not self.is_test:
            self.given.add(name)
            return
        self.given.discard(name)
        self._by_tests.add(name)
        self._handed_over.discard(name)
        self._old.discard(name)
        if self._grants("set", name) or name in self.hands_over or name in self._deleted:
            self._deleted.discard(name)
            self.hand_over([name])

    def __delitem__(self, name: str) -> None:
        is_here = super().__contains__(name)
        there = self._grants("set", name) if is_here else name in self._side.names
        if there:
            self._side("del", name)
            self._side.names.discard(name)
            self._deleted.add(name)
            self._fetched.pop(name, None)
        if is_here or not there:
            super().__delitem__(name)

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self._side.names

    def keys(self) -> Any:
        """The names of both sides."""
        theirs = [name for name in sorted(self._side.names) if self._grants("name", name)]
        return dict.fromkeys([*super().keys(), *theirs]).keys()

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a name of either side."""
        try:
            return self[name]
        except KeyError:
            return default

    def items(self) -> Any:
        """Names and values of both sides."""
        return {name: self[name] for name in self}.items()

    def values(self) -> Any:
        """Values of both sides."""
        return {name: self[name] for name in self}.values()

    def hand_over(self, names: Iterable[str]) -> None:
        """Give variables of a test cell to the student's side, for code there that uses them."""
        for name in names:
            if super().__contains__(name):
                value = super().__getitem__(name)
                # Without a value that the student's next cells need, the test is not judged apart. Otherwise code that
                # uses the name fails, and does not go on with another value.
                if name in self.hands_over or self._side.can_take(value):
                    self._side("set", name, value)
                    self._handed_over.add(name)
                else:
                    self._side("del", name)


class MainModule(types.ModuleType):
    """The module ``__main__`` of test cells, for ``unittest.main`` and ``mock.patch``.

    Parameters
    ----------
    names : Namespace
        The variables of the test cells.
    """

    def __init__(self, names: Namespace) -> None:
        super().__init__("__main__")
        vars(self)["__names__"] = names

    def __getattr__(self, name: str) -> Any:
        try:
            return vars(self)["__names__"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        vars(self)["__names__"][name] = value

    def __delattr__(self, name: str) -> None:
        del vars(self)["__names__"][name]

    def __dir__(self) -> list[str]:
        return list(dict.keys(vars(self)["__names__"]))


def _is_code(value: Any) -> bool:
    return isinstance(value, type | types.FunctionType | types.ModuleType | types.BuiltinFunctionType)


def root_of(last: ast.expr) -> str | None:
    """The name that an expression begins with: ``f`` for ``f(2)[0].real``."""
    while isinstance(last, ast.Call | ast.Attribute | ast.Subscript):
        last = last.func if isinstance(last, ast.Call) else last.value
    return last.id if isinstance(last, ast.Name) else None
