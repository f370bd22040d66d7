"""Questions that run the student's code: what a function returns, prints and raises, and what an object does.

What goes to the student's code and comes back is plain data, see `plain_data.pack`. Each question stands for itself: it
begins with the notebook's variables as they are, and nothing that it changes is left.
"""

import builtins
from collections.abc import Sequence
from symtable import SymbolTable, symtable
from typing import Any

from .plain_data import pack, unpack
from .replies import NoAnswer, broken, of_type

MAX_TEXT = 2**18


class CallQuestions:
    """The questions that run the student's code; a `Submission` asks them."""

    _variables: dict[str, None]

    def _ask(self, question: str, needed: bool = True, **arguments: Any) -> Any:
        raise NotImplementedError

    def call(self, name: str, /, *arguments: Any, answers: Sequence[str] = (), **keywords: Any) -> Any:
        """Call a student's function, and return what it returns.

        Parameters
        ----------
        name : str
            Name of the function.
        *arguments, **keywords : plain data
            What it is called with.
        answers : sequence of str
            What ``input()`` returns in the function, one after the other.

        Returns
        -------
        plain data
            A copy, of the same types as in the student's code.

        Raises
        ------
        NoAnswer
            There is no such function, it raises an error, or what it returns is no plain data.
        """
        return _unpacked(self._ask("call", of=name, **_parts(arguments, keywords, answers)))

    def printed(self, name: str, /, *arguments: Any, answers: Sequence[str] = (), **keywords: Any) -> str:
        """Call a student's function, and return what it prints, without the prompts of ``input()``.

        The parameters are those of `call`.
        """
        return of_type(str, self._ask("printed", of=name, **_parts(arguments, keywords, answers)))[:MAX_TEXT]

    def raises(self, name: str, /, *arguments: Any, answers: Sequence[str] = (), **keywords: Any) -> tuple[str, ...]:
        """Call a student's function, and return which error it raises.

        The parameters are those of `call`.

        Returns
        -------
        tuple of str
            Names of the error's type and of its base types, such as ``("ZeroDivisionError", "ArithmeticError",
            "Exception")``; empty if it raises none.
        """
        kinds = of_type(list, self._ask("raises", of=name, **_parts(arguments, keywords, answers)))
        return tuple(of_type(str, kind) for kind in kinds)

    def run(self, lines: str, /, **given: Any) -> Any:
        r"""Run some lines of Python beside the student's code, and return the value of the last one.

        The lines can use every name of the notebook. Names that they set are gone afterwards.

        Parameters
        ----------
        lines : str
            Python code, such as ``"stack = Stack()\nstack.push(3)\nstack.pop()"``.
        **given : plain data
            Values that the lines can use, by their names.

        Returns
        -------
        plain data
            The value of the last line if that is an expression, otherwise None.

        Raises
        ------
        NoAnswer
            A name that the lines use does not exist, they raise an error, or the value is no plain data.
        """
        uses = [name for name in _names_used(lines) if name not in given]
        more: dict[str, Any] = {"given": _packed(given)} if given else {}
        return _unpacked(self._ask("run", uses=uses, lines=lines, **more))

    def variable(self, name: str) -> Any:
        """The plain data that a student's variable holds: a number, text, a list, a dict, a DataFrame and so on.

        Raises
        ------
        NoAnswer
            There is no such variable, or it holds no plain data.
        """
        self._variables[name] = None
        return _unpacked(self._ask("variable", name=name))

    def frame(self, name: str) -> Any:
        """The DataFrame that a student's variable holds: its columns, its index and its values.

        A column of numbers, dates or times has the student's dtype; of any other column, pandas chooses it anew.

        Raises
        ------
        NoAnswer
            There is no such variable, or it holds no DataFrame.
        """
        value = self.variable(name)
        if (kind := type(value).__name__) != "DataFrame":
            raise NoAnswer("contract", f"`{name}` should be a DataFrame; it is of type {kind}.")
        return value

    def source_of(self, name: str) -> str:
        """The source of a student's function or class, from the cell that was run.

        Raises
        ------
        NoAnswer
            There is no such function or class in the notebook.
        """
        return of_type(str, self._ask("source_of", of=name))[:MAX_TEXT]


def _parts(arguments: Sequence[Any], keywords: dict[str, Any], answers: Sequence[str]) -> dict[str, Any]:
    """What a call is made with, without what is empty."""
    parts = {"arguments": [pack(value) for value in arguments], "keywords": _packed(keywords), "answers": [*answers]}
    return {name: part for name, part in parts.items() if part}


def _packed(values: dict[str, Any]) -> dict[str, Any]:
    return {name: pack(value) for name, value in values.items()}


def _unpacked(answer: Any) -> Any:
    try:
        return unpack(answer)
    except ValueError as error:
        raise broken() from error


def _names_used(lines: str) -> list[str]:
    """Names that lines of a test cell take from the student's notebook."""
    table = symtable(lines, "<check>", "exec")
    own = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    return sorted(name for name in _globals_read(table) - own if not hasattr(builtins, name))


def _globals_read(table: SymbolTable) -> set[str]:
    own = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced() and symbol.is_global()}
    return own.union(*map(_globals_read, table.get_children()))
