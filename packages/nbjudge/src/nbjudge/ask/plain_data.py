"""Plain data on its way between a test cell and the student's code, as JSON and arrays.

None, booleans, finite numbers, text, and the arrays that the door carries stay as they are. Every other value becomes a
list that begins with its kind: ``(1, 2)`` becomes ``["tuple", 1, 2]``. So a test cell gets the same types in the
student's notebook and in grading. Values are copied, and no code of the student's is needed to read them.
"""

import hashlib
import math
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import numpy as np

from .tables import TABLES, table_parts
from .torch_if_imported import is_tensor, to_numpy

MAX_DEPTH = 24  # of containers in each other; a transcript keeps 29
LIMITS = {"parts": 20_000, "characters": 2**20, "arrays": 1000, "bytes in arrays": 2**25}
MANY = 32  # a list of at least so many numbers is sent as an array
MAX_DIMENSIONS = 8
MAX_OUTLINE = 1000  # characters
_CARRIED = ("|b1", "|u1", "<i4", "<i8", "<f4", "<f8")  # dtypes of arrays that the door carries
_NUMERIC = "biufcmMUS"
_DTYPE = re.compile(rf"[<|][{_NUMERIC}]\d{{1,8}}(\[\w{{1,6}}\])?")
_CONTAINERS: tuple[type, ...] = (list, tuple, set, frozenset)
# Types that are written as text: how to write a value, and how to read the text.
_AS_TEXT: dict[type, tuple[Callable[[Any], str], Callable[[str], Any]]] = {
    bytes: (bytes.hex, bytes.fromhex),
    complex: (repr, complex),
    date: (date.isoformat, date.fromisoformat),
    datetime: (datetime.isoformat, datetime.fromisoformat),
}


class NotPlain(TypeError):
    """A value is not plain data, holds something that is not, or is too large; the message says what it is or has."""


def pack(value: Any, tensors: bool = True) -> Any:
    """Turn plain data into JSON and arrays.

    Parameters
    ----------
    value : object
        None, a boolean, a number, text, bytes, a date, a NumPy array or scalar, a tensor, a DataFrame, Series or Index,
        or a list, tuple, set or dict of such values.
    tensors : bool
        Whether tensors are plain data.

    Raises
    ------
    NotPlain
        It is, or it holds, something else; or it is too large.
    """
    return _Packing(tensors).item(value)


def unpack(packed: Any) -> Any:
    """Rebuild what `pack` packed.

    Raises
    ------
    ValueError
        This is not what `pack` returns.
    """
    try:
        return _unpacked(packed)
    except (TypeError, KeyError, IndexError, OverflowError, AttributeError, RecursionError) as error:
        raise ValueError(f"no packed value: {error}") from error


def outline(packed: Any) -> str:
    """A short text that tells packed values apart; of an array alone it tells the dtype and the shape."""
    if isinstance(packed, np.ndarray):
        return f"{packed.dtype}{packed.shape}"
    text = repr(packed)
    return text if len(text) <= MAX_OUTLINE else hashlib.sha256(text.encode()).hexdigest()


class _Packing:
    """Packs one value, and counts how large it is."""

    def __init__(self, tensors: bool) -> None:
        self._tensors = tensors
        self._used = dict.fromkeys(LIMITS, 0)
        self._depth = 0

    def item(self, value: Any) -> Any:
        """The packed form of a value."""
        self._use("parts", 1)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, np.generic):
            return self._scalar(value)
        if isinstance(value, int):
            number = int.__index__(value)
            return number if number.bit_length() < 64 else ["int", self._text(hex(number))]
        if isinstance(value, float):
            return float.__float__(value) if math.isfinite(value) else ["float", repr(float(value))]
        if isinstance(value, str):
            return self._text(str.__str__(value))
        if type(value) in _AS_TEXT:
            return [type(value).__name__, self._text(_AS_TEXT[type(value)][0](value))]
        if self._depth == MAX_DEPTH:
            raise NotPlain(f"it has more than {MAX_DEPTH} containers in each other")
        self._depth += 1
        packed = self._container(value)
        self._depth -= 1
        return packed

    def _container(self, value: Any) -> Any:
        for kind in _CONTAINERS:
            if isinstance(value, kind):
                return self._numbers(value) or [kind.__name__, *self._items(kind, value)]
        if isinstance(value, dict):
            return ["dict", *(self.item(part) for pair in dict.items(value) for part in pair)]
        if self._tensors and is_tensor(value):
            return self._array(to_numpy(value))
        if isinstance(value, np.ndarray):
            return self._array(value)
        if parts := table_parts(value):
            kind, *rest = parts
            return [kind, *map(self.item, rest)]
        raise NotPlain(f"an object of type {type(value).__name__}")

    def _items(self, kind: Any, value: Any) -> list[Any]:
        items = [self.item(part) for part in kind.__iter__(value)]
        return sorted(items, key=repr) if kind in (set, frozenset) else items  # the same set gives the same question

    def _numbers(self, value: Any) -> list[Any] | None:
        """A long list of numbers of one type; None for any other value."""
        if type(value) is not list or len(value) < MANY or len(kinds := set(map(type, value))) > 1:
            return None
        dtype = {int: np.int64, float: np.float64}.get(kinds.pop())
        try:
            return ["numbers", self._array(np.array(value, dtype))] if dtype else None
        except OverflowError:
            return None

    def _array(self, array: np.ndarray) -> Any:
        dtype = array.dtype.newbyteorder("<")
        if dtype.kind == "O":
            return ["objects", list(array.shape), *map(self.item, array.reshape(-1))]
        if dtype.kind not in _NUMERIC or array.ndim > MAX_DIMENSIONS:
            raise NotPlain(f"an array of dtype {array.dtype} with {array.ndim} dimensions")
        self._use("arrays", 1)
        self._use("bytes in arrays", array.nbytes)
        copied = np.array(array, dtype, order="C")
        if dtype.str in _CARRIED:
            return copied
        return ["array", dtype.str, list(array.shape), np.frombuffer(copied.tobytes(), np.uint8)]

    def _scalar(self, value: np.generic) -> Any:
        dtype = value.dtype
        if dtype.kind in "mM":
            return ["time", dtype.newbyteorder("<").str, int(value.astype(np.int64))]
        plain = value.item()
        if isinstance(plain, np.generic):  # a number that is larger than Python's float
            plain = complex(plain) if dtype.kind == "c" else float(plain)
        return ["scalar", dtype.name, self.item(plain)] if dtype.kind in "biufc" else self.item(plain)

    def _text(self, text: str) -> str:
        self._use("characters", len(text))
        return text.encode("utf-8", "replace").decode()  # half a surrogate pair can't be sent

    def _use(self, what: str, amount: int) -> None:
        self._used[what] += amount
        if self._used[what] > LIMITS[what]:
            raise NotPlain(f"it has more than {LIMITS[what]:,} {what}")


def _unpacked(packed: Any) -> Any:
    if not isinstance(packed, list):
        if isinstance(packed, dict):
            raise ValueError("no packed value")
        return packed
    kind, *parts = packed
    return _READERS[kind](parts)


def _read_all(parts: list[Any]) -> list[Any]:
    return [_unpacked(part) for part in parts]


def _read_dict(parts: list[Any]) -> dict[Any, Any]:
    items = _read_all(parts)
    return dict(zip(items[::2], items[1::2], strict=True))


def _read_array(parts: list[Any]) -> np.ndarray:
    dtype, shape, raw = parts
    array = np.frombuffer(raw.tobytes(), _dtype(dtype)).reshape(shape).copy()
    if array.dtype.kind == "U" and array.size and array.reshape(-1).view(np.uint32).max() > 0x10FFFF:
        raise ValueError("text that is none")
    return array


def _read_objects(parts: list[Any]) -> np.ndarray:
    shape, *items = parts
    array = np.empty(len(items), object)
    for place, item in enumerate(items):
        array[place] = _unpacked(item)
    return array.reshape(shape)


def _read_scalar(parts: list[Any]) -> Any:
    name, number = parts
    dtype = np.dtype(name)
    if dtype.kind not in "biufc":
        raise ValueError("a dtype that is none")
    return dtype.type(_unpacked(number))


def _dtype(text: Any) -> np.dtype:
    if not isinstance(text, str) or not _DTYPE.fullmatch(text):
        raise ValueError("a dtype that is none")
    return np.dtype(text)


def _text_reader(read: Callable[[str], Any]) -> Callable[[list[Any]], Any]:
    return lambda parts: read(parts[0])


def _table_reader(build: Callable[..., Any]) -> Callable[[list[Any]], Any]:
    return lambda parts: build(*_read_all(parts))


_READERS: dict[str, Callable[[list[Any]], Any]] = {
    "list": _read_all,
    "tuple": lambda parts: tuple(_read_all(parts)),
    "set": lambda parts: set(_read_all(parts)),
    "frozenset": lambda parts: frozenset(_read_all(parts)),
    "dict": _read_dict,
    "int": lambda parts: int(parts[0], 16),
    "float": lambda parts: float(parts[0]),
    "numbers": lambda parts: parts[0].tolist(),
    "array": _read_array,
    "objects": _read_objects,
    "scalar": _read_scalar,
    "time": lambda parts: np.array(parts[1], np.int64).view(_dtype(parts[0]))[()],
    **{kind.__name__: _text_reader(read) for kind, (_, read) in _AS_TEXT.items()},
    **{kind: _table_reader(build) for kind, build in TABLES.items()},
}
