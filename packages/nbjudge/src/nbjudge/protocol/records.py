"""Values of the standard library and of pandas that are packed as a name and plain parts.

Nothing here imports pandas before a value of it is to be rebuilt, and then only if it is installed.
"""

import collections
import datetime
import decimal
import fractions
import importlib
import re
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .random_states import generator_of, state_of

FACTORIES: dict[str, type] = {kind.__name__: kind for kind in (int, float, str, bool, list, dict, set, tuple)}
_ZONED = re.compile(r"datetime64\[(\w{1,2}), ([\w/+:-]{1,40})\]")
MUTABLE = {"DataFrame", "Series", "deque", "OrderedDict", "Counter", "defaultdict"}
_EXTENSIONS = ("string", "Int", "UInt", "Float", "boolean", "str")

MAX_LENGTH = 2**24  # of a range
MAX_DIGITS = 9000  # of a decimal number or of both parts of a fraction
MAX_BYTES = 64 * 2**20  # of all buffers of one value
NUMERIC = set("biufcmMSU")


@dataclass(frozen=True)
class Record:
    """A type whose values are packed as a list of parts.

    Attributes
    ----------
    name : str
        The kind of its nodes.
    parts : function
        The parts of a value.
    build : function
        The value from its parts, which may be anything plain. It raises an error if they don't fit.
    """

    name: str
    parts: Callable[[Any], list[Any]]
    build: Callable[[list[Any]], Any]


def of(value: Any) -> Record | None:
    """The record of a value; None if it has none. Only the exact types count."""
    kind = type(value)
    record = _BY_TYPE.get(kind) or _BY_NAME.get(f"{kind.__module__}.{kind.__qualname__}")
    if record is _GENERATOR and type(value.bit_generator) is not np.random.PCG64:
        return None
    if record is None or (record is _DEFAULTDICT and value.default_factory not in (None, *FACTORIES.values())):
        return None
    return None if kind in _FITS and not _FITS[kind](value) else record


def named(name: str) -> Record | None:
    """The record whose nodes have this kind."""
    return _BY_KIND.get(name)


def read_dtype(name: Any) -> np.dtype:
    """The dtype of this name; only dtypes of numbers, dates and text of limited size.

    Raises
    ------
    ValueError
        There is no such dtype.
    """
    try:
        found = np.dtype(name) if isinstance(name, str) and len(name) <= 40 and "," not in name else None
    except TypeError as error:
        raise ValueError("a dtype that is none") from error
    if found is None or found.kind not in NUMERIC or found.names or found.subdtype or found.itemsize > MAX_BYTES:
        raise ValueError("a dtype that is none")
    return found


def _pandas() -> Any:
    return importlib.import_module("pandas")


def _values(values: Any) -> list[Any]:
    """The dtype and the values of one column or index."""
    dtype = values.dtype
    if isinstance(dtype, np.dtype):
        return ["", values.to_numpy()]
    name = str(dtype)
    if name == "category":
        return ["category", list(values), list(dtype.categories), bool(dtype.ordered)]
    if zone := _ZONED.fullmatch(name):
        return [name, values.to_numpy(f"datetime64[{zone[1]}]")]  # in UTC
    return [name, list(values.astype(object))]


def _column(parts: list[Any]) -> Any:
    """What pandas can make a column or an index of."""
    pandas = _pandas()
    name, values, *more = parts
    if not isinstance(name, str):
        raise ValueError("no dtype")
    if name == "":
        if not isinstance(values, np.ndarray):
            raise ValueError("no column")
        return values
    if name == "category":
        return pandas.Categorical(values, categories=more[0], ordered=bool(more[1]))
    if zone := _ZONED.fullmatch(name):
        return pandas.DatetimeIndex(values, tz="UTC").tz_convert(zone[2]).array
    if not name.startswith(_EXTENSIONS) or len(name) > 40:
        raise ValueError("no dtype")
    return pandas.array(values, dtype=name)


def _index_parts(index: Any) -> list[Any]:
    pandas = sys.modules["pandas"]
    if isinstance(index, pandas.RangeIndex):
        return ["range", index.start, index.stop, index.step, index.name]
    if isinstance(index, pandas.MultiIndex):
        return ["levels", list(index.to_flat_index()), list(index.names)]
    return ["values", index.name, *_values(index)]


def _build_index(parts: list[Any]) -> Any:
    pandas = _pandas()
    match parts:
        case ["range", int(start), int(stop), int(step), name]:
            return pandas.RangeIndex(_fitting(range)(start, stop, step), name=name)
        case ["levels", list(entries), list(names)]:
            return pandas.MultiIndex.from_tuples(entries, names=names)
        case ["values", name, *values]:
            return pandas.Index(_column(values), name=name)
    raise ValueError("no index")


def _build_series(parts: list[Any]) -> Any:
    index, name, *values = parts
    return _pandas().Series(_column(values), index=index, name=name, copy=True)


def _frame_parts(frame: Any) -> list[Any]:
    return [frame.index, frame.columns, [_values(frame.iloc[:, k]) for k in range(frame.shape[1])]]


def _build_frame(parts: list[Any]) -> Any:
    index, columns, values = parts
    frame = _pandas().DataFrame({k: _column(each) for k, each in enumerate(values)}, index=index)
    frame.columns = columns
    return frame


def _integers(make: Callable[..., Any]) -> Callable[[list[Any]], Any]:
    """Build from whole numbers only."""

    def build(parts: list[Any]) -> Any:
        if not all(type(part) is int for part in parts):
            raise ValueError("no numbers")
        return make(*parts)

    return build


# Values of a few bytes with which a single operation may take hours, and can't be interrupted, such as sum(range).
_FITS: dict[type, Callable[[Any], bool]] = {
    range: lambda value: not value[MAX_LENGTH:],
    decimal.Decimal: lambda value: len(value.as_tuple().digits) < MAX_DIGITS and abs(value.adjusted()) < MAX_DIGITS,
    fractions.Fraction: lambda value: _is_short(value.numerator) and _is_short(value.denominator),
}


def _is_short(number: int) -> bool:
    return number.bit_length() < 3 * MAX_DIGITS


def _fitting(kind: Callable[..., Any]) -> Callable[..., Any]:
    """Build only what can be packed, too."""

    def build(*parts: Any) -> Any:
        value = kind(*parts)
        if not _FITS[type(value)](value):
            raise ValueError("a value that is too large")
        return value

    return build


def _build_fraction(numerator: int, denominator: int) -> fractions.Fraction:
    if not _is_short(numerator) or not _is_short(denominator):
        raise ValueError("a value that is too large")
    return fractions.Fraction(numerator, denominator)


def _text(make: Callable[[str], Any]) -> Callable[[list[Any]], Any]:
    """Build from one short text only."""

    def build(parts: list[Any]) -> Any:
        (text,) = parts
        if not isinstance(text, str) or len(text) > 10_000:
            raise ValueError("no text")
        return make(text)

    return build


def _pairs(make: Callable[..., Any]) -> Callable[[list[Any]], Any]:
    def build(parts: list[Any]) -> Any:
        return make((key, value) for key, value in parts)

    return build


def _build_defaultdict(parts: list[Any]) -> Any:
    factory, *pairs = parts
    return collections.defaultdict(None if factory is None else FACTORIES[factory], pairs)


def _items(value: Any) -> list[Any]:
    return list(value.items())


_DEFAULTDICT = Record(
    "defaultdict",
    lambda value: [getattr(value.default_factory, "__name__", None), *value.items()],
    _build_defaultdict,
)
_GENERATOR = Record("Generator", lambda value: list(state_of(value)), generator_of)
_BY_TYPE: dict[type, Record] = {
    complex: Record("complex", lambda value: [value.real, value.imag], lambda parts: complex(*map(float, parts))),
    range: Record("range", lambda value: [value.start, value.stop, value.step], _integers(_fitting(range))),
    slice: Record("slice", lambda value: [value.start, value.stop, value.step], lambda parts: slice(*parts)),
    type(...): Record("ellipsis", lambda value: [], lambda parts: ...),
    type(NotImplemented): Record("not implemented", lambda value: [], lambda parts: NotImplemented),
    collections.OrderedDict: Record("OrderedDict", _items, _pairs(collections.OrderedDict)),
    collections.Counter: Record("Counter", _items, lambda parts: collections.Counter(dict(parts))),
    collections.defaultdict: _DEFAULTDICT,
    np.random.Generator: _GENERATOR,
    collections.deque: Record(
        "deque", lambda value: [value.maxlen, *value], lambda parts: collections.deque(parts[1:], parts[0])
    ),
    decimal.Decimal: Record("Decimal", lambda value: [str(value)], _text(_fitting(decimal.Decimal))),
    fractions.Fraction: Record(
        "Fraction", lambda value: [value.numerator, value.denominator], _integers(_build_fraction)
    ),
    datetime.datetime: Record("datetime", lambda value: [value.isoformat()], _text(datetime.datetime.fromisoformat)),
    datetime.date: Record("date", lambda value: [value.isoformat()], _text(datetime.date.fromisoformat)),
    datetime.time: Record("time", lambda value: [value.isoformat()], _text(datetime.time.fromisoformat)),
    datetime.timedelta: Record(
        "timedelta",
        lambda value: [value.days, value.seconds, value.microseconds],
        _integers(datetime.timedelta),
    ),
    uuid.UUID: Record("UUID", lambda value: [str(value)], _text(uuid.UUID)),
    **{
        kind: Record("dtype", lambda value: [value.str], lambda parts: read_dtype(*parts))
        for kind in {type(np.dtype(name)) for name in ("?", "b", "h", "i", "l", "q", "B", "H", "I", "L", "Q")}
        | {type(np.dtype(name)) for name in ("e", "f", "d", "F", "D", "U", "S", "M8", "m8")}
    },
}
_OBJECT_DTYPE = Record("object dtype", lambda value: [], lambda parts: np.dtype(object))
_BY_TYPE[type(np.dtype(object))] = _OBJECT_DTYPE
_BY_NAME: dict[str, Record] = {}
for _path, _record in {
    "core.frame.DataFrame": Record("DataFrame", _frame_parts, _build_frame),
    "core.series.Series": Record("Series", lambda value: [value.index, value.name, *_values(value)], _build_series),
    "_libs.tslibs.timestamps.Timestamp": Record(
        "Timestamp", lambda value: [value.isoformat()], _text(lambda text: _pandas().Timestamp(text))
    ),
    "_libs.tslibs.timedeltas.Timedelta": Record(
        "Timedelta", lambda value: [value.value], _integers(lambda value: _pandas().Timedelta(value))
    ),
    "_libs.tslibs.nattype.NaTType": Record("NaT", lambda value: [], lambda parts: _pandas().NaT),
    "_libs.missing.NAType": Record("NA", lambda value: [], lambda parts: _pandas().NA),
    **{
        f"core.indexes.{path}": Record("Index", _index_parts, _build_index)
        for path in (
            "base.Index",
            "range.RangeIndex",
            "multi.MultiIndex",
            "datetimes.DatetimeIndex",
            "timedeltas.TimedeltaIndex",
            "category.CategoricalIndex",
        )
    },
}.items():
    _BY_NAME[f"pandas.{_path}"] = _record
    # pandas 3 says where a type is to be imported from.
    _BY_NAME[f"pandas.{_path.rpartition('.')[2]}"] = _BY_NAME[f"pandas.api.typing.{_path.rpartition('.')[2]}"] = _record
_BY_KIND = {record.name: record for record in (*_BY_TYPE.values(), *_BY_NAME.values())}
