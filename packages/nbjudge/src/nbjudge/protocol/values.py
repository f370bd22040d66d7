"""Plain data as JSON and arrays: values that one side can rebuild without running code of the other side.

A packed value is ``{"root": item, "nodes": [...], "shared": [...], "ints": ..., "floats": ..., "bytes": ...}``. An item
is None, a bool, a string, a number, or ``[k]``, which stands for node k. A node is ``[kind, ...]``. Because all nodes
lie in one flat list, depth, shared parts and cycles cost nothing. ``shared`` has the numbers of the nodes of values
that may be changed in place (`sharing`). Long lists of numbers and all buffers lie in the three arrays.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import records
from .records import MAX_BYTES, NUMERIC
from .wire import Ready

Packed = dict[str, Any]
Other = Callable[[Any], list[Any] | None]

MAX_NODES = 500_000
MAX_NESTED = 120
MAX_BITS = 2**20  # of one integer
SAFE = 2**53
LONG_TEXT = 2**16
MANY = 32  # a list of at least so many numbers is packed as an array
MUTABLE = {"list", "ints", "floats", "dict", "set", "bytearray", "array", "objects"} | records.MUTABLE


class ValueTooLarge(ValueError):
    """A value is too large or too deep to be sent."""


class NotPlain(TypeError):
    """A value holds something that is neither plain data nor known to the other side."""


class Packer:
    """Packs one or several values; what they share is packed once.

    Parameters
    ----------
    other : function
        For a value that is no plain data, returns the node that stands for it, or None if there is none.
    """

    def __init__(self, other: Other = lambda value: None) -> None:
        self._other = other
        self._nodes = Ready()
        self._places: dict[int, int] = {}
        self._kept: list[Any] = []  # while packing, no other object may get the address of one that was packed
        self._ints: list[np.ndarray] = []
        self._floats: list[np.ndarray] = []
        self._bytes: list[np.ndarray] = []
        self._sizes = {"ints": 0, "floats": 0, "bytes": 0}
        self._depth = self._in_records = 0
        self.shared: list[int] = []  # nodes of the values that may be changed in place
        self.objects: list[Any] = []  # those values

    def packed(self, value: Any) -> Packed:
        """Pack a value.

        Raises
        ------
        NotPlain
            It holds something that can't be sent.
        ValueTooLarge
            It is too large or too deep.
        """
        root = self.item(value)
        return {"root": root, "nodes": self._nodes, "shared": self.shared} | {
            name: np.concatenate(pieces)
            for name, pieces in (("ints", self._ints), ("floats", self._floats), ("bytes", self._bytes))
            if pieces
        }

    def item(self, value: Any) -> Any:
        """The item that stands for a value."""
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is int:
            return value if -SAFE <= value <= SAFE else self._node(_large(value))
        if kind is float:
            return value if math.isfinite(value) else self._node(["float", repr(value)])
        if kind is str and len(value) < LONG_TEXT and (value.isascii() or _is_unicode(value)):
            return value
        if (place := self._places.get(id(value))) is not None:
            return [place]
        if self._depth == MAX_NESTED:
            raise ValueTooLarge(f"more than {MAX_NESTED} containers are nested")
        self._depth += 1
        try:
            return self._of(value, kind)
        finally:
            self._depth -= 1

    def _of(self, value: Any, kind: type) -> Any:
        if (node := self._other(value)) is not None:
            return self._node(node, value)
        if kind is list:
            return self._list(value)
        if kind in (tuple, set, frozenset):
            place = self._node([kind.__name__], value)
            self._nodes[place[0]] += [self.item(part) for part in value]
            return place
        if kind is dict:
            place = self._node(["dict"], value)
            self._nodes[place[0]] += [self.item(part) for pair in value.items() for part in pair]
            return place
        if kind is str:
            return self._node(["str", *self._buffer(value.encode("utf-8", "surrogatepass"))], value)
        if kind in (bytes, bytearray):
            return self._node([kind.__name__, *self._buffer(value)], value)
        if kind is np.ndarray:
            return self._array(value)
        if isinstance(value, np.generic) and kind.__module__ == "numpy" and value.dtype.kind in NUMERIC:
            array = np.asarray(value)
            return self._node(["scalar", _dtype(array), *self._buffer(array.tobytes())], value)
        if (record := records.of(value)) is not None:
            place = self._node([record.name], value)
            self._in_records += 1
            self._nodes[place[0]] += [self.item(part) for part in record.parts(value)]
            self._in_records -= 1
            return place
        raise NotPlain(f"an object of type {kind.__name__} can't be sent")

    def _list(self, value: list[Any]) -> list[int]:
        if len(value) >= MANY and (kinds := set(map(type, value))) in ({int}, {float}):
            name, dtype = ("ints", np.int64) if kinds == {int} else ("floats", np.float64)
            try:
                numbers = np.array(value, dtype)
            except OverflowError:
                pass
            else:
                start = self._add(name, numbers, 8)
                return self._node([name, start, len(value)], value)
        place = self._node(["list"], value)
        self._nodes[place[0]] += [self.item(part) for part in value]
        return place

    def _array(self, value: np.ndarray) -> list[int]:
        if value.dtype.kind == "O":
            place = self._node(["objects", list(value.shape)], value)
            self._nodes[place[0]] += [self.item(part) for part in value.reshape(-1)]
            return place
        if value.dtype.kind not in NUMERIC or value.dtype.names or not 0 < value.dtype.itemsize <= MAX_BYTES:
            raise NotPlain(f"an array of dtype {value.dtype} can't be sent")
        raw = np.ascontiguousarray(value, value.dtype.newbyteorder("<"))
        return self._node(["array", _dtype(value), list(value.shape), *self._buffer(raw.tobytes())], value)

    def _node(self, node: list[Any], value: Any = None) -> list[int]:
        if len(self._nodes) >= MAX_NODES:
            raise ValueTooLarge(f"more than {MAX_NODES} parts")
        place = len(self._nodes)
        self._nodes.append(node)
        if value is not None:
            self._places[id(value)] = place
            self._kept.append(value)
            if not self._in_records and node[0] in MUTABLE:
                self.shared.append(place)
                self.objects.append(value)
        return [place]

    def _buffer(self, raw: bytes | bytearray) -> tuple[int, int]:
        return self._add("bytes", np.frombuffer(bytes(raw), np.uint8), 1), len(raw)

    def _add(self, name: str, numbers: np.ndarray, size: int) -> int:
        start = self._sizes[name]
        self._sizes[name] = start + len(numbers)
        if self._sizes[name] * size > MAX_BYTES:
            raise ValueTooLarge(f"more than {MAX_BYTES} bytes")
        {"ints": self._ints, "floats": self._floats, "bytes": self._bytes}[name].append(numbers)
        return start


EXACT = {type(None), bool, int, float, str, bytes, bytearray, list, tuple, dict, set, frozenset}


def crosses(value: Any) -> bool:
    """Whether a value is plain data by its type; its parts may be anything."""
    kind = type(value)
    if kind in EXACT:
        return True
    if kind is np.ndarray or (isinstance(value, np.generic) and kind.__module__ == "numpy"):
        dtype: np.dtype = value.dtype
        return dtype.names is None and (dtype.kind in NUMERIC or (dtype.kind == "O" and kind is np.ndarray))
    return records.of(value) is not None


def _large(value: int) -> list[Any]:
    if value.bit_length() > MAX_BITS:
        raise ValueTooLarge(f"an integer of more than {MAX_BITS} bits")
    return ["int", hex(value)]


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _dtype(array: np.ndarray) -> str:
    return array.dtype.newbyteorder("<").str
