"""Plain data as JSON and arrays: values that one side can rebuild without running code of the other side.

A packed value is ``{"root": item, "nodes": [...], "ints": ..., "floats": ..., "bytes": ...}``. An item is None, a bool,
a string, a number, or ``[k]``, which stands for node k. A node is ``[kind, ...]``. Because all nodes lie in one flat
list, depth, shared parts and cycles cost nothing. Long lists of numbers and all buffers lie in three arrays.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import records
from .records import MAX_BYTES, NUMERIC, read_dtype

Packed = dict[str, Any]
Other = Callable[[Any], list[Any] | None]

MAX_NODES = 500_000
MAX_NESTED = 120
MAX_BITS = 2**20  # of one integer
SAFE = 2**53
LONG_TEXT = 2**16
MANY = 32  # a list of at least so many numbers is packed as an array
MAX_DIMENSIONS = 32
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
        self._nodes: list[Any] = []
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


def crosses(value: Any) -> bool:
    """Whether a value is plain data by its type; its parts may be anything."""
    kind = type(value)
    if kind in _EXACT:
        return True
    if kind is np.ndarray or (isinstance(value, np.generic) and kind.__module__ == "numpy"):
        dtype: np.dtype = value.dtype
        return dtype.names is None and (dtype.kind in NUMERIC or (dtype.kind == "O" and kind is np.ndarray))
    return records.of(value) is not None


class Unpacker:
    """Rebuilds a packed value, which may be anything: each part is checked.

    Parameters
    ----------
    packed : dict
        What the other side sent in place of `Packed`.
    other : function
        Gets a node of a kind that is no plain data; returns the value that it stands for. It raises ValueError if there
        is no such value.

    Raises
    ------
    ValueError
        This is no packed value.
    """

    def __init__(self, packed: Any, other: Callable[[list[Any]], Any]) -> None:
        nodes = packed.get("nodes") if isinstance(packed, dict) else None
        if not isinstance(nodes, list) or len(nodes) > MAX_NODES:
            raise ValueError("no packed value")
        self._root, self._nodes, self._other = packed.get("root"), nodes, other
        self._pools = {name: _pool(packed, name, dtype) for name, dtype in _POOLS}
        self._left = {name: len(pool) for name, pool in self._pools.items()}
        self.values: dict[int, Any] = {}
        self.shared = _places(packed.get("shared", []))
        self._begun: set[int] = set()
        self._depth = 0

    def value(self) -> Any:
        """The value.

        Raises
        ------
        ValueError
            This is no packed value.
        """
        return self.of(self._root)

    def of(self, item: Any) -> Any:
        """The value that an item stands for."""
        if item is None or isinstance(item, bool | int | float | str):
            return item
        if not isinstance(item, list) or len(item) != 1 or type(item[0]) is not int:
            raise ValueError("an item that is none")
        (place,) = item
        if place in self.values:
            return self.values[place]
        if not 0 <= place < len(self._nodes) or place in self._begun or self._depth > MAX_NESTED:
            raise ValueError("a node that is none")
        node = self._nodes[place]
        if not isinstance(node, list) or not node or not isinstance(node[0], str):
            raise ValueError("a node that is none")
        self._begun.add(place)
        self._depth += 1
        value = self._build(place, node)
        self._depth -= 1
        self.values[place] = value
        return value

    def _build(self, place: int, node: list[Any]) -> Any:
        kind, *parts = node
        if kind == "list":
            items: list[Any] = []
            self.values[place] = items  # it may hold itself
            items.extend(map(self.of, parts))
            return items
        if kind == "dict":
            entries: dict[Any, Any] = {}
            self.values[place] = entries
            for key, value in zip(parts[::2], parts[1::2], strict=True):
                entries[self._hashable(key)] = self.of(value)
            return entries
        if kind in ("tuple", "set", "frozenset"):
            if kind == "tuple":
                return tuple(map(self.of, parts))
            return {"set": set, "frozenset": frozenset}[kind](map(self._hashable, parts))
        if (build := _BUILDERS.get(kind)) is not None:
            return build(self, parts)
        if (record := records.named(kind)) is not None:
            return record.build([self.of(part) for part in parts])
        return self._other(node)

    def _hashable(self, item: Any) -> Any:
        value = self.of(item)
        try:
            hash(value)
        except TypeError as error:
            raise ValueError("a key that is none") from error
        return value

    def piece(self, name: str, start: Any, count: Any) -> np.ndarray:
        """A piece of one of the three arrays."""
        pool = self._pools[name]
        if type(start) is not int or type(count) is not int or not 0 <= start <= start + count <= len(pool):
            raise ValueError("a piece that is none")
        self._left[name] -= count
        if self._left[name] < 0:
            raise ValueError("pieces that overlap: together they may be far larger than what was sent")
        return pool[start : start + count]

    def array(self, dtype: Any, shape: Any, start: Any, count: Any) -> np.ndarray:
        """A new array from a piece of the buffer."""
        found, raw = read_dtype(dtype), self.piece("bytes", start, count)
        size = math.prod(_shape(shape)) * found.itemsize
        if size != count or found.itemsize == 0:
            raise ValueError("an array of another size")
        if found.kind == "b":
            return np.asarray(raw != 0).reshape(_shape(shape))
        array = np.frombuffer(raw.tobytes(), found).reshape(_shape(shape)).copy()
        if found.kind == "U" and array.size and array.reshape(-1).view(np.uint32).max() > 0x10FFFF:
            raise ValueError("text that is none")
        return array


_POOLS: tuple[tuple[str, type[np.generic]], ...] = (("ints", np.int64), ("floats", np.float64), ("bytes", np.uint8))


def _pool(packed: dict[str, Any], name: str, dtype: type[np.generic]) -> np.ndarray:
    pool = packed.get(name, np.empty(0, dtype))
    if not isinstance(pool, np.ndarray) or pool.dtype != dtype or pool.ndim != 1:
        raise ValueError(f"no {name}")
    return pool


_EXACT = {type(None), bool, int, float, str, bytes, bytearray, list, tuple, dict, set, frozenset}


def _places(shared: Any) -> list[int]:
    if not isinstance(shared, list) or not all(type(place) is int for place in shared):
        raise ValueError("shared values that are none")
    return shared


def _shape(shape: Any) -> tuple[int, ...]:
    if not isinstance(shape, list) or len(shape) > MAX_DIMENSIONS:
        raise ValueError("a shape that is none")
    if not all(type(size) is int and 0 <= size <= MAX_BYTES for size in shape):
        raise ValueError("a shape that is none")
    return tuple(shape)


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


def _read_float(_: Unpacker, parts: list[Any]) -> float:
    (text,) = parts
    if text not in ("nan", "inf", "-inf"):
        raise ValueError("a number that is none")
    return float(text)


def _read_int(_: Unpacker, parts: list[Any]) -> int:
    (text,) = parts
    if not isinstance(text, str) or len(text) > MAX_BITS // 4 + 4:
        raise ValueError("an integer that is none")
    return int(text, 16)


def _read_scalar(unpacker: Unpacker, parts: list[Any]) -> Any:
    dtype, start, count = parts
    return unpacker.array(dtype, [], start, count)[()]


def _read_objects(unpacker: Unpacker, parts: list[Any]) -> np.ndarray:
    shape, *items = parts
    array = np.empty(len(items), object)
    for number, item in enumerate(items):
        array[number] = unpacker.of(item)
    return array.reshape(_shape(shape))


_BUILDERS: dict[str, Callable[[Unpacker, list[Any]], Any]] = {
    "int": _read_int,
    "float": _read_float,
    "str": lambda unpacker, parts: unpacker.piece("bytes", *parts).tobytes().decode("utf-8", "surrogatepass"),
    "bytes": lambda unpacker, parts: unpacker.piece("bytes", *parts).tobytes(),
    "bytearray": lambda unpacker, parts: bytearray(unpacker.piece("bytes", *parts).tobytes()),
    "ints": lambda unpacker, parts: unpacker.piece("ints", *parts).tolist(),
    "floats": lambda unpacker, parts: unpacker.piece("floats", *parts).tolist(),
    "array": lambda unpacker, parts: unpacker.array(*parts),
    "scalar": _read_scalar,
    "objects": _read_objects,
}
