"""Tables and times of pandas as plain parts; pandas is not imported before a test cell gets one of them."""

import importlib
import sys
from collections.abc import Callable
from typing import Any

import numpy as np


def table_parts(value: Any) -> list[Any] | None:
    """A kind of `TABLES`, and the parts from which it is built again; None if the value is none of pandas's.

    A column of numbers, dates or times keeps its dtype. Of any other column the values are kept, and pandas finds a
    dtype for them.
    """
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return None
    if isinstance(value, pandas.DataFrame):
        columns = [_values(value.iloc[:, place]) for place in range(value.shape[1])]
        return ["DataFrame", value.columns, value.index, *columns]
    if isinstance(value, pandas.Series):
        return ["Series", value.name, value.index, _values(value)]
    if isinstance(value, pandas.Index):
        return ["Index", list(value.names), list(value) if value.nlevels > 1 else _values(value)]
    if isinstance(value, pandas.Timestamp | type(pandas.NaT)):
        return ["Timestamp", value.isoformat()]
    return ["NA"] if value is pandas.NA else None


def _values(column: Any) -> Any:
    if isinstance(column.dtype, np.dtype):
        return column.to_numpy()
    return [None if value is sys.modules["pandas"].NA else value for value in column]


def _frame(columns: Any, index: Any, *values: Any) -> Any:
    named = {place: _column(place, index, part) for place, part in enumerate(values)}
    frame = importlib.import_module("pandas").DataFrame(named, index=index)
    frame.columns = columns
    return frame


def _column(name: Any, index: Any, values: Any) -> Any:
    return importlib.import_module("pandas").Series(values, index=index, name=name, dtype=_dtype(values))


def _index(names: list[Any], values: Any) -> Any:
    pandas = importlib.import_module("pandas")
    if len(names) > 1:
        return pandas.MultiIndex.from_tuples(values, names=names)
    return pandas.Index(values, name=names[0], dtype=_dtype(values))


def _time(text: str) -> Any:
    return importlib.import_module("pandas").Timestamp(text)


def _missing() -> Any:
    return importlib.import_module("pandas").NA


def _dtype(values: Any) -> Any:
    """The dtype that a column must have; None if pandas may choose."""
    return object if len(values) == 0 and isinstance(values, list) else getattr(values, "dtype", None)


TABLES: dict[str, Callable[..., Any]] = {
    "DataFrame": _frame,
    "Series": _column,
    "Index": _index,
    "Timestamp": _time,
    "NA": _missing,
}
