"""Rebuilds values that `values.Packer` has packed. What comes may be anything: each part is checked."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import records
from .records import MAX_BYTES, read_dtype
from .values import MAX_BITS, MAX_NESTED, MAX_NODES
from .wire import SCALARS

MAX_DIMENSIONS = 32


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
        if type(item) in SCALARS:
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
            items.extend(self._all(parts))
            return items
        if kind == "dict":
            entries: dict[Any, Any] = {}
            self.values[place] = entries
            for key, value in zip(parts[::2], parts[1::2], strict=True):
                entries[self._hashable(key)] = self.of(value)
            return entries
        if kind in ("tuple", "set", "frozenset"):
            if kind == "tuple":
                return tuple(self._all(parts))
            return {"set": set, "frozenset": frozenset}[kind](map(self._hashable, parts))
        if (build := _BUILDERS.get(kind)) is not None:
            return build(self, parts)
        if (record := records.named(kind)) is not None:
            return record.build(self._all(parts))
        return self._other(node)

    def _all(self, items: list[Any]) -> list[Any]:
        """The values that items stand for; for those that are plain, no call is made."""
        return [item if type(item) in SCALARS else self.of(item) for item in items]

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


_EMPTY: dict[str, np.ndarray] = {name: np.empty(0, dtype) for name, dtype in _POOLS}


def _pool(packed: dict[str, Any], name: str, dtype: type[np.generic]) -> np.ndarray:
    if (pool := packed.get(name)) is None:
        return _EMPTY[name]
    if not isinstance(pool, np.ndarray) or pool.dtype != dtype or pool.ndim != 1:
        raise ValueError(f"no {name}")
    return pool


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
