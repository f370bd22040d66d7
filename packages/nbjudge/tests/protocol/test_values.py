"""Plain data crosses as it is; whatever is sent in its place is refused, and takes no more than it may."""

import collections
import datetime
import decimal
import fractions
import json
import math
import time
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbjudge.protocol import records, unpacking
from nbjudge.protocol.sharing import Twins
from nbjudge.protocol.unpacking import Unpacker
from nbjudge.protocol.values import NotPlain, Packer, ValueTooLarge, crosses
from nbjudge.protocol.wire import Wire

from helpers.hostile import VALUES, Tape, frame

MEBIBYTE = 2**20
relaxed = settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))


def nothing(node):
    raise ValueError(f"no {node}")


def sent(message):
    """What arrives of a message."""
    return Wire(Tape(frame(message))).receive()


def crossed(value):
    return Unpacker(sent(Packer().packed(value)), nothing).value()


def same(one, other):
    """Whether two values are of the same types and equal in all their parts; nan is itself."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        other = other.astype(other.dtype.newbyteorder("<"))  # the order of bytes is not kept
        if one.dtype != other.dtype or one.shape != other.shape:
            return False
        if one.dtype.kind == "O":
            return all(map(same, one.reshape(-1), other.reshape(-1)))
        return one.tobytes() == other.tobytes()
    if isinstance(one, np.generic):
        return one.dtype == other.dtype and one.tobytes() == other.tobytes()
    if isinstance(one, list | tuple | collections.deque):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, set | frozenset):
        return one == other and collections.Counter(map(type, one)) == collections.Counter(map(type, other))
    if isinstance(one, dict):
        pairs = zip(one.items(), other.items(), strict=True) if len(one) == len(other) else [(1, 2)]
        return all(same(*pair) for pair in pairs)
    if isinstance(one, pd.DataFrame):
        return one.equals(other) and same(one.index, other.index) and list(one.dtypes) == list(other.dtypes)
    if isinstance(one, pd.Series | pd.Index):
        return one.equals(other) and one.dtype == other.dtype
    return repr(one) == repr(other)


DTYPES = ["?", "i1", "u2", "<i4", ">i8", "f2", "<f4", ">f8", "c8", "c16", "M8[ns]", "m8[D]", "U3", "S5"]
TEXTS = st.text(st.characters(), max_size=5) | st.just("\ud800") | st.just("x" * 70_000)
NUMBERS = st.integers() | st.floats() | st.sampled_from([2**53, -(2**53) - 1, 10**400, -(2**10_000)])
ARRAYS = st.builds(
    lambda dtype, shape, raw: np.frombuffer((raw * 2000)[: math.prod(shape) * np.dtype(dtype).itemsize], dtype).reshape(
        shape
    ),
    st.sampled_from([each for each in DTYPES if each not in ("?", "U3")]),
    st.lists(st.integers(0, 3), max_size=3),
    st.binary(min_size=1, max_size=9),
) | st.sampled_from([np.array([True, False]), np.array(["a", "", "\N{BIRD}x"]), np.zeros((0, 3), "U2"), np.array("x")])
RECORDS = st.one_of(
    st.complex_numbers(),
    st.builds(range, st.integers(-9, 9), st.integers(-9, 2**24 - 9)),
    st.builds(slice, st.none() | st.integers(), st.integers(), st.none()),
    st.sampled_from([..., NotImplemented, np.dtype("f4"), np.dtype(object), np.dtype("U7"), pd.NaT, pd.NA]),
    st.decimals(),
    st.fractions(),
    st.datetimes(timezones=st.sampled_from([None, datetime.UTC])).map(lambda moment: moment.replace(fold=0)),
    st.dates(),
    st.times().map(lambda moment: moment.replace(fold=0)),
    st.timedeltas(),
    st.uuids(),
    st.builds(collections.Counter, st.text("abc", max_size=5)),
    st.builds(collections.OrderedDict, st.dictionaries(st.text(max_size=2), st.integers(), max_size=2)),
    st.builds(collections.defaultdict, st.sampled_from([int, list, None]), st.just({1: 2})),
    st.builds(collections.deque, st.lists(st.integers(), max_size=3), st.sampled_from([None, 2])),
)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS | st.binary(max_size=5)
KEYS = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.tuples(st.integers(), st.text(max_size=2))
PLAIN = st.recursive(
    SCALARS | ARRAYS | RECORDS | st.binary(max_size=3).map(bytearray) | st.lists(st.floats(), min_size=32, max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(KEYS, inner, max_size=3)
        | st.sets(KEYS, max_size=3)
        | st.frozensets(KEYS, max_size=3)
    ),
    max_leaves=12,
)


@relaxed
@given(PLAIN)
def test_plain_data_crosses_as_it_is(value):
    assert crosses(value)
    assert same(crossed(value), value)


TABLES = [
    pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": [0.5, math.nan]}),
    pd.DataFrame({1: pd.Categorical(["u", "v"]), 2: pd.to_datetime(["2020-01-01", None])}, index=["p", "q"]),
    pd.DataFrame({"z": pd.to_datetime(["2020-01-01"]).tz_localize("Europe/Zurich")}),
    pd.DataFrame(index=range(3)),
    pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])),
    pd.Series([1, None, 3], dtype="Int64", name="n"),
    pd.Series(["a", None], dtype="string"),
    pd.Series([True, None], dtype="boolean", index=pd.Index([3, 1], name="k")),
    pd.Series(pd.to_timedelta([1, 2], "s")),
    pd.Timestamp("2020-01-01", tz="UTC"),
    pd.Timedelta(5, "h"),
    pd.Index([3, 1, 2], name="k"),
    pd.RangeIndex(2, 10, 2),
]


@pytest.mark.parametrize("table", TABLES, ids=range(len(TABLES)))
def test_tables_cross_as_they_are(table):
    assert crosses(table)
    assert same(crossed(table), table)


def test_what_is_shared_stays_shared_and_may_hold_itself():
    part, array = [1], np.arange(3)
    value = [part, {"again": part}, array, (array, part)]
    value.append(value)
    found = crossed(value)
    assert found[4] is found and found[1]["again"] is found[0] is found[3][1] and found[2] is found[3][0]


NOT_PLAIN = [
    object(),
    len,
    np.zeros(2, "V8"),
    np.zeros(2, [("x", "i4")]),
    np.ma.masked,
    range(2**24 + 1),
    range(-(10**30), 10**30),
    decimal.Decimal("1e999999999"),
    fractions.Fraction(1, 10**9000),
    collections.defaultdict(lambda: 1),
    type("Sub", (list,), {})(),
    np.random.Generator(np.random.MT19937(1)),
]


@pytest.mark.parametrize("value", NOT_PLAIN, ids=range(len(NOT_PLAIN)))
def test_what_is_no_plain_data_is_not_sent(value):
    with pytest.raises(NotPlain):
        Packer().packed([value])


@pytest.mark.parametrize("value", [1 << 2**20, np.zeros(2**23 + 1), b"x" * (2**26 + 1), [[]] * 2], ids=range(4))
def test_what_is_too_large_is_not_sent(value):
    if isinstance(value, list):
        value = []
        for _ in range(130):
            value = [value]
    with pytest.raises(ValueTooLarge):
        Packer().packed(value)


# What a hostile side sends

KINDS = [
    *("list", "dict", "tuple", "set", "frozenset", "twin", "object", "yours"),
    *unpacking._BUILDERS,
    *records._BY_KIND,
]
ITEMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 12),
    st.sampled_from([2**26, -1, 1.5, 10**30, "", "x", "<f8", "<U0", "|O", "V8", "M8[ns]", "nan", "0x" + "f" * 99]),
    st.sampled_from(
        ["category", "range", "values", "levels", "Int64", "string", "datetime64[ns, UTC]", "1e99999", "int"]
    ),
    st.integers(-1, 9).map(lambda place: [place]),
    st.lists(st.integers(0, 5) | st.sampled_from([2**26, 2**63]), max_size=4),
    VALUES,
)
NODES = st.lists(st.tuples(st.sampled_from(KINDS), st.lists(ITEMS, max_size=6)).map(lambda pair: [pair[0], *pair[1]]))
POOLS = {
    "ints": st.just(np.arange(9)) | VALUES,
    "floats": st.just(np.arange(9.0)) | VALUES,
    "bytes": st.just(np.arange(64, dtype=np.uint8)) | VALUES,
    "shared": st.lists(st.integers(-1, 9), max_size=4) | VALUES,
}
HOSTILE = st.fixed_dictionaries({"root": st.just([0]) | ITEMS, "nodes": NODES | VALUES}, optional=POOLS)


def unpacked(packed):
    """What the judging side makes of it: a value, or None if it is refused."""
    try:
        return Twins().unpack(packed, nothing)
    except ValueError:
        return None


@settings(relaxed, max_examples=600)
@given(HOSTILE | VALUES)
def test_what_is_no_packed_value_is_refused(packed):
    unpacked(packed)


@settings(relaxed, max_examples=300)
@given(PLAIN, st.data())
def test_a_packed_value_that_was_changed_is_read_or_refused(value, data):
    packed = Twins().pack((value,), lambda part: None)
    nodes = packed["nodes"]
    for _ in range(data.draw(st.integers(1, 3))):
        node = nodes[data.draw(st.integers(0, len(nodes) - 1))]
        place = data.draw(st.integers(0, len(node)))
        node[place : place + data.draw(st.integers(0, 2))] = data.draw(
            st.lists(ITEMS | st.sampled_from(KINDS), max_size=2)
        )
    unpacked(packed)


MANY = 20_000
TAKING = {
    "the same numbers often": {
        "root": [0],
        "nodes": [["list", *([k] for k in range(1, MANY))], *([["ints", 0, 2**17]] * MANY)],
        "ints": np.zeros(2**17, np.int64),
    },
    "the same bytes often": {
        "root": [0],
        "nodes": [["list", *([k] for k in range(1, MANY))], *([["array", "|u1", [2**20], 0, 2**20]] * MANY)],
        "bytes": np.zeros(2**20, np.uint8),
    },
    "empty texts": {
        "root": [0],
        "nodes": [["list", *([k] for k in range(1, MANY))], *([["array", "<U0", [2**20], 0, 0]] * MANY)],
    },
    "a huge empty array": {"root": [0], "nodes": [["array", "|S0", [2**26, 2**26], 0, 0]]},
    "an endless range": {"root": [0], "nodes": [["range", 0, [1], 1], ["int", "0x" + "f" * 1000]]},
    "an endless index": {"root": [0], "nodes": [["Index", "range", 0, 2**53, 1, None]]},
    "an endless number": {"root": [0], "nodes": [["Decimal", "1e999999999"]]},
    "huge fractions": {
        "root": [0],
        "nodes": [["list", *([k] for k in range(1, 20))]]
        + [["Fraction", [k + 20], [k + 40]] for k in range(20)]
        + [["int", "0x" + f"{k:03}f" * 2**16] for k in range(40)],
    },
    "deep nesting": {"root": [0], "nodes": [["list", [k]] for k in range(1, MANY)]},
    "many parts": {"root": None, "nodes": [[]] * 500_001},
    "shapes of many dimensions": {"root": [0], "nodes": [["objects", [0] + [2**26] * 31]]},
}


@pytest.mark.parametrize("name", TAKING)
def test_a_small_message_takes_little_time_and_memory(name):
    tracemalloc.start()
    try:
        begun = time.process_time()
        assert unpacked(TAKING[name]) is None
        assert time.process_time() - begun < 10
        assert tracemalloc.get_traced_memory()[1] < 60 * MEBIBYTE
    finally:
        tracemalloc.stop()


def test_the_messages_above_are_no_longer_than_may_be_sent():
    for packed in TAKING.values():
        nodes = json.dumps(packed["nodes"])
        assert len(nodes) < 16 * MEBIBYTE
