"""Finds answers that are out of date: their code has changed since, or they were computed from older answers.

After each cell, the values of its names are recorded as digests. A check compares these with the values now. This is
like a Makefile that compares contents, not times: if a cell is run again and makes the same values, nothing becomes out
of date.
"""

import builtins
import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from . import history
from .answers import Answers
from .front_end import NOTEBOOK_FOLDER
from .history import CellRun
from .own_code import own_code, read_by
from .torch_if_imported import is_lazy, is_net, is_tensor, to_numpy

_MAX_BYTES = 2**26  # of an array; larger arrays are not compared
_MAX_ITEMS = 2000  # of a list; longer lists are not compared
_MAX_SENTENCES = 3
_MAX_NAMES = 3  # in one sentence


@dataclass(frozen=True)
class Snapshot:
    """Digests of the values that names had when a run of a cell had ended; None for values that are not compared.

    Attributes
    ----------
    made : dict of str to (str or None)
        Names that the run made, each with a digest of its value.
    read : dict of str to (CellRun, str or None)
        Names that the run read and other runs had made, each with the run that had made it, and a digest of its value.
    """

    made: dict[str, str | None]
    read: dict[str, tuple[CellRun, str | None]]


class Freshness:
    """Tells which answers in a notebook are out of date.

    Parameters
    ----------
    shell : IPython shell
        The shell whose cells are followed from now on.
    answers : Answers
        The course's answers.
    """

    def __init__(self, shell: Any, answers: Answers) -> None:
        answers.follow(shell)
        self._answers = answers
        self._namespace: dict[str, Any] = shell.user_ns
        self._snapshots: dict[int, Snapshot] = {}
        self._asked: dict[str, None] = {}  # names that checks asked about
        callbacks = shell.events.callbacks["post_run_cell"]
        for older in [one for one in callbacks if isinstance(getattr(one, "__self__", None), Freshness)]:
            self._snapshots |= older.__self__._snapshots  # the checks were connected again
            self._asked |= older.__self__._asked
            shell.events.unregister("post_run_cell", older)
        shell.events.register("post_run_cell", self._note)

    def out_of_date(self, names: Iterable[str]) -> tuple[str, ...]:
        """Say which names that a check asks about are out of date, and why, in sentences; empty if there are none."""
        names = list(names)
        self._asked |= dict.fromkeys(names)
        found: dict[tuple[int, str], list[str]] = {}
        not_made_anew: dict[str, int] = {}
        other_nets = {name: said for name in names if (said := self._answers.replaced(self._namespace, name))}
        for name, run, cause in self._causes(names):
            if said := self._answers.replaced(self._namespace, cause or name):
                other_nets[cause or name] = said
            elif cause:
                found.setdefault((run.number, cause), []).append(name)
            else:
                not_made_anew[self._not_made_anew(name, run)] = run.number
        older: dict[tuple[int, tuple[str, ...]], list[str]] = {}
        for (number, cause), made in sorted(found.items()):
            older.setdefault((number, tuple(dict.fromkeys(made))), []).append(cause)
        sentences = [*other_nets.values(), *sorted(not_made_anew, key=not_made_anew.__getitem__)]
        sentences += [self._older(list(made), causes) for (_, made), causes in older.items()]
        return tuple(dict.fromkeys(sentences))[:_MAX_SENTENCES]

    def _note(self, _: Any) -> None:
        """Record the values of names after a cell; `history` has recorded the run just before."""
        run = history.runs()[-1]
        made = {
            name: _digest(self._namespace.get(name), self._answers.packages)
            for name in run.names.made
            if run.made(name)
        }
        read = {}
        for name in self._read_by(run):
            maker = history.last_that_made(name)
            value = self._namespace.get(name)
            if maker is not None and maker is not run and not isinstance(value, ModuleType):
                read[name] = (maker, _digest(value, self._answers.packages))
        self._snapshots[run.number] = Snapshot(made, read)

    def _read_by(self, run: CellRun) -> set[str]:
        """Names that a run read in its own lines, or in functions of the notebook that it used."""
        found: set[str] = set()
        waiting = set(run.names.read) - set(dir(builtins))
        for given, names in self._answers.reads.items():
            if {given, "globals"} <= run.names.read:
                waiting |= {*names}
        while waiting:
            name = waiting.pop()
            found.add(name)
            waiting |= read_by(self._namespace.get(name)) - found
        return found - set(run.names.made)

    def _causes(self, names: Iterable[str]) -> Iterator[tuple[str, CellRun, str]]:
        """Names that are out of date, each with a run and a cause.

        The cause is another name that has changed since; the run is then the one that made the name. The cause is empty
        if a later run should have made the name again and did not: that run is given. It is empty, too, if the cell
        that made the name was changed and not run again: then the run that made the name is given.
        """
        seen: set[tuple[str, int]] = set()
        waiting = [(name, history.last_that_made(name)) for name in names]
        while waiting:
            name, run = waiting.pop(0)
            if run is None or (name, run.number) in seen:
                continue
            seen.add((name, run.number))
            value = self._namespace.get(name)
            if run is history.last_that_made(name) and name in self._namespace:  # no check judges a deleted name
                if later := _later_in_vain(name):
                    yield name, later, ""
                elif history.is_changed_since(run, self._namespace):
                    yield name, run, ""
            if isinstance(value, FunctionType | type) or run.number not in self._snapshots:
                continue  # functions and classes look their names up when they are used
            for cause, (maker, digest) in self._snapshots[run.number].read.items():
                latest = self._latest(cause, maker)
                if self._changed(cause, digest, maker, latest):
                    yield name, run, cause
                waiting.append((cause, latest))

    def _latest(self, name: str, maker: CellRun) -> CellRun:
        """The last run, of the same cell as `maker`, that made a name: other cells may reuse the name for other values.

        For networks, functions, classes and names that a given function reads, it is the last run of any cell: such a
        name has one meaning in the whole notebook, whichever cell makes it.
        """
        last = history.last_that_made(name) or maker
        value = self._namespace.get(name)
        is_read = any(name in names for names in self._answers.reads.values())
        if is_read or is_net(value) or isinstance(value, FunctionType | type):
            return last
        return next(run for run in reversed([maker, *history.runs()]) if run is maker or _again(run, maker, name))

    def _changed(self, name: str, digest: str | None, maker: CellRun, latest: CellRun) -> bool:
        value = self._namespace.get(name)
        # A network learns in place, and no cell should change in place what the tasks ask for. So the present contents
        # of these are compared. Of other names, only the values that cells made are compared: a cell that changes an
        # array in place has read the values before the change, and this does not mean that anything is out of date.
        if is_net(value) or (name in self._answers.names and latest is maker):
            before, now = digest, _digest(value, self._answers.packages)
        else:
            before, now = self._made_by(maker).get(name, digest), self._made_by(latest).get(name)
        return None not in (digest, before, now) and now != before

    def _made_by(self, run: CellRun) -> dict[str, str | None]:
        return self._snapshots[run.number].made if run.number in self._snapshots else {}

    def _not_made_anew(self, name: str, run: CellRun) -> str:
        """Say once which names a cell did not make again: all that checks ask about, or else the one found."""
        if history.last_that_made(name) is run:
            names = [one for one in self._asked if history.last_that_made(one) is run][:_MAX_NAMES] or [name]
            told = f"You changed the cell that makes {_listed(names)} after it ran."
            return f"{told} The check judges what ran: run the cell again."
        failed = name in run.names.made
        alike = [one for one in self._asked if _later_in_vain(one) is run and (one in run.names.made) == failed]
        names = [one for one in alike if history.last_that_made(one)][:_MAX_NAMES] or [name]
        judged = "The check judges what was there before."
        if not failed:
            them, these = ("it", "this name") if len(names) == 1 else ("them", "these names")
            given_up = f"The cell that made {_listed(names)} was run again and makes {them} no longer."
            if trained := [one for one in names if is_net(self._namespace.get(one))]:
                return f"{given_up} {judged} Run the training again, to have {_listed(trained)} from there."
            return f"{given_up} {judged} Does the cell still use {these}?"
        then = "Run the cell again." if run.was_interrupted else "Correct the cell and run it again."
        return f"The last run of the cell that makes {_listed(names)} {run.how_it_failed()}. {judged} {then}"

    def _older(self, names: list[str], causes: list[str]) -> str:
        names = [name for name in names if is_net(self._namespace.get(name))] or names
        listed = _listed(names)
        was = "was" if len(names) == 1 else "were"
        changed = self._changes(causes)
        if is_net(self._namespace.get(names[0])):
            return f"{listed} {was} trained before {changed}. Run the training again."
        them = "it" if len(names) == 1 else "them"
        return f"{listed} {was} made before {changed}. Run the cell that makes {them} again, and those below."

    def _changes(self, causes: list[str]) -> str:
        """What has happened to names since, in words: "you changed `train` and `model` was trained anew"."""
        kinds: dict[str, list[str]] = {"code": [], "net": [], "other": []}
        for cause in causes:
            value = self._namespace.get(cause)
            is_code = isinstance(value, FunctionType | type)
            kinds["net" if is_net(value) else "code" if is_code else "other"].append(cause)
        told = [f"you changed {_listed(kinds['code'])}"] if kinds["code"] else []
        for kind, happened in (("net", "trained anew"), ("other", "made anew")):
            if kinds[kind]:
                told.append(f"{_listed(kinds[kind])} {'was' if len(kinds[kind]) == 1 else 'were'} {happened}")
        return " and ".join(told)


def _later_in_vain(name: str) -> CellRun | None:
    """The last run of the cell for a name, if the name's value is older: the run failed, or no longer makes it."""
    return history.failed_since(name) or history.given_up_since(name)


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(f"`{name}`" for name in names[:-1])] * (len(names) > 1) + [f"`{names[-1]}`"])


def _again(run: CellRun, maker: CellRun, name: str) -> bool:
    """Whether a run is later than `maker`, is of the same cell, and made a name."""
    if run.number <= maker.number or not run.made(name):
        return False
    if run.cell and maker.cell:
        return run.cell == maker.cell
    same, all_of_them = run.names.made.keys() & maker.names.made.keys(), run.names.made.keys() | maker.names.made.keys()
    return 2 * len(same) >= len(all_of_them)


def _digest(value: Any, packages: Collection[str]) -> str | None:
    """Digest of a name's value; None for values that can't be compared."""
    try:
        parts = _parts(value, packages)
    except Exception:  # a student's object may raise any exception when it is looked at
        return None
    return None if parts is None else hashlib.sha256(repr(parts).encode()).hexdigest()


def _parts(value: Any, packages: Collection[str]) -> Any:
    if value is None or isinstance(value, bool | int | float | complex | str | bytes | np.generic):
        return type(value).__name__, repr(value)
    if isinstance(value, FunctionType | type):
        return own_code(value, NOTEBOOK_FOLDER, packages)
    if is_net(value):
        codes = sorted({repr(own_code(type(module), NOTEBOOK_FOLDER, packages)) for module in value.modules()})
        return *codes, *((name, _parts(parameter, packages)) for name, parameter in value.named_parameters())
    if is_tensor(value):
        return None if is_lazy(value) else _parts(to_numpy(value), packages)
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject or value.nbytes > _MAX_BYTES:
            return None
        return str(value.dtype), value.shape, hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
    if isinstance(value, list | tuple) and len(value) <= _MAX_ITEMS:
        items = [_parts(item, packages) for item in value]
        return None if None in items else (type(value).__name__, *items)
    return None
