"""Values that both sides hold: what one side changes in place is changed on the other side, too.

Each list, dict, set, array and so on that crosses gets a number, the same on both sides, and is a *twin* from then on.
With the next message, a side sends what it has changed in its twins since the last message, and a twin itself crosses
as its number alone. So identity is kept: ``function(x) is x``.
"""

import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any

import numpy as np

from .unpacking import Unpacker
from .values import Packed, Packer

Other = Callable[[Any], list[Any] | None]
MAX_TWINS = 500_000
_SEQUENCES = (list, deque)
_MAPPINGS = (dict, OrderedDict, Counter, defaultdict)


class Twin:
    """One value that both sides hold.

    Parameters
    ----------
    value : any
        The value on this side.
    """

    __slots__ = ("before", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.before = _snapshot(value)

    def has_changed(self) -> bool:
        """Whether the value was changed in place since the last snapshot."""
        return not _same(self.before, _snapshot(self.value))

    def note(self) -> None:
        """Take a new snapshot."""
        self.before = _snapshot(self.value)


class Twins:
    """All values that both sides hold, by number."""

    def __init__(self) -> None:
        self._twins: dict[int, Twin] = {}
        self._numbers: dict[int, int] = {}
        self._next = 0

    def pack(self, value: Any, other: Other) -> Packed:
        """Pack a value, and what has changed in the twins; see `Packer.packed`."""

        def node(part: Any) -> list[Any] | None:
            number = self._numbers.get(id(part))
            return other(part) if number is None else ["twin", number]

        packer = Packer(node)
        changed = {number: twin for number, twin in self._twins.items() if twin.has_changed()}
        contents = [(number, _contents(twin.value)) for number, twin in changed.items()]
        packed = packer.packed((value, *contents))
        for twin in changed.values():
            twin.note()
        for object_ in packer.objects:
            self._add(object_)
        return packed

    def unpack(self, packed: Any, other: Callable[[list[Any]], Any]) -> Any:
        """Rebuild a value, and change the twins as the other side has.

        Raises
        ------
        ValueError
            This is nothing that `pack` made.
        """

        def value(node: list[Any]) -> Any:
            if node[0] == "twin":
                return self._twins[node[1]].value
            return other(node)

        try:
            unpacker = Unpacker(packed, value)
            found = unpacker.value()
            if type(found) is not tuple or not found:
                raise ValueError("no message")
            result, *changes = found
            for number, contents in changes:
                _fill(self._twins[number].value, contents)
            for place in unpacker.shared:
                self._add(unpacker.values.get(place))
            for number, _ in changes:
                self._twins[number].note()
        except Exception as error:  # libraries raise many kinds of errors for parts that make no value
            raise ValueError(f"no message: {error}") from error
        return result

    def unused(self) -> list[int]:
        """Drop the twins that nothing else on this side refers to, and return their numbers."""
        base = 3  # the attribute of the twin, the variable below, and the argument of getrefcount
        gone = []
        for number, twin in self._twins.items():
            value = twin.value
            if sys.getrefcount(value) <= base:
                gone.append(number)
        self.drop(gone)
        return gone

    def drop(self, numbers: list[int]) -> None:
        """Forget twins that the other side does not use any more."""
        for number in numbers:
            if (twin := self._twins.pop(number, None)) is not None:
                self._numbers.pop(id(twin.value), None)

    def _add(self, value: Any) -> None:
        if len(self._twins) >= MAX_TWINS:
            raise ValueError("too many values are shared")
        self._twins[self._next] = Twin(value)
        self._numbers[id(value)] = self._next
        self._next += 1


def _snapshot(value: Any) -> Any:
    """What to compare with later: the parts of a container, the bytes of an array."""
    kind = type(value)
    if kind in _SEQUENCES:
        return list(value)
    if kind in _MAPPINGS:
        return [part for pair in value.items() for part in pair]
    if kind in (set, bytearray):
        return value.copy()
    if kind is np.ndarray:
        return list(value.reshape(-1)) if value.dtype.kind == "O" else (value.shape, value.tobytes())
    return value.copy() if hasattr(value, "equals") else None


def _same(before: Any, now: Any) -> bool:
    if type(before) is list and type(now) is list:  # the same objects: equal ones may be of other types
        return len(before) == len(now) and all(map(_is, before, now))
    if hasattr(before, "equals"):
        return bool(before.equals(now)) and _labels(before) == _labels(now)
    return bool(before == now)


def _is(one: Any, other: Any) -> bool:
    return one is other


def _labels(table: Any) -> list[Any]:
    return [list(table.columns) if hasattr(table, "columns") else table.name, table.index.name]


def _contents(value: Any) -> Any:
    """The contents of a twin, as a value of a type that is no twin itself."""
    kind = type(value)
    if kind in _SEQUENCES:
        return tuple(value)
    if kind in _MAPPINGS:
        return tuple(part for pair in value.items() for part in pair)
    if kind is set:
        return frozenset(value)
    if kind is bytearray:
        return bytes(value)
    if kind is np.ndarray:
        if value.dtype.kind == "O":
            return tuple(value.reshape(-1))
        return np.ascontiguousarray(value, value.dtype.newbyteorder("<")).tobytes()
    return value.copy()


def _fill(value: Any, contents: Any) -> None:
    """Change a twin in place to these contents, which may be anything.

    Raises
    ------
    ValueError
        These are no contents of such a value.
    """
    kind = type(value)
    fits: type = {set: frozenset, bytearray: bytes, np.ndarray: bytes}.get(kind, tuple)
    if kind is np.ndarray and value.dtype.kind == "O":
        fits = tuple
    if kind not in (*_SEQUENCES, *_MAPPINGS, set, bytearray, np.ndarray):
        fits = kind
    if type(contents) is not fits:
        raise ValueError("contents that are none")
    if kind in _SEQUENCES:
        value.clear()
        value.extend(contents)
    elif kind in _MAPPINGS:
        pairs: Any = contents
        value.clear()
        for key, part in zip(pairs[::2], pairs[1::2], strict=True):
            value[key] = part  # a Counter's update() would count
    elif kind is set:
        value.clear()
        value.update(contents)
    elif kind is bytearray:
        value[:] = contents
    elif kind is np.ndarray:
        _fill_array(value, contents)
    elif hasattr(value, "equals"):
        value._update_inplace(contents)  # what pandas calls for each of its methods with inplace=True
    else:
        raise ValueError("a value that never changes")


def _fill_array(array: np.ndarray, contents: Any) -> None:
    if array.dtype.kind == "O":
        flat: np.ndarray = np.empty(len(contents), object)
        for number, part in enumerate(contents):
            flat[number] = part
    else:
        flat = np.frombuffer(contents, array.dtype.newbyteorder("<"))
    array[...] = flat.reshape(array.shape)
