"""Plain data that goes through the door comes out with the same types, and nothing else does."""

import datetime
import math
from collections import Counter, OrderedDict, namedtuple
from enum import IntEnum

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbjudge.ask import plain_data
from nbjudge.ask.plain_data import MAX_DEPTH, NotPlain, outline, pack, unpack
from nbjudge.judge.archive import pack as archived
from nbjudge.judge.archive import unpack as from_archive
from nbjudge.judge.question_log import QuestionLog, key_of

Point = namedtuple("Point", "x y")


class Colour(IntEnum):
    RED = 1


def through(value):
    """A value after its way through the door and a transcript, which sorts the keys of objects."""
    packed = pack(value)
    assert QuestionLog().note("question", {}, {"answer": packed}, "key"), "the transcript can't keep it"
    return unpack(from_archive(archived({"answer": packed}))["answer"])


def same(one, other):
    """Whether two values and all their parts are of the same types, and equal; NaN is NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same(list(one.items()), list(other.items()))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and same(one.tolist(), other.tolist())
    return bool(one == other) or (one != one and other != other)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -(2**63),
        2**64,
        10**5000,
        1.5,
        -0.0,
        math.nan,
        -math.inf,
        "",
        "grün\n",
        b"\x00\xff",
        3 + 4j,
        complex(math.nan, 1),
        datetime.date(2024, 2, 29),
        datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.UTC),
        [],
        [1, [2.0, None]],
        (),
        (1, (2,)),
        ["list", 1],
        set(),
        {1, "a"},
        frozenset({(1, 2)}),
        {},
        {"b": 1, "a": {2: [3]}, (1, 2): None},
        list(range(1000)),
        [0.5] * 100,
        [math.nan] * 100,
        [2**70] * 100,
        [True] * 100,
        np.float32(0.1),
        np.int8(-3),
        np.bool_(True),
        np.complex64(1j),
        np.float64("nan"),
        np.longdouble(0.5),
        np.datetime64("2024-02-29T12", "ns"),
        np.timedelta64(3, "D"),
        np.arange(6).reshape(2, 3),
        np.arange(6, dtype=np.int16)[::2],
        np.array(1.5),
        np.zeros((0, 3), np.uint8),
        np.array([1 + 2j]),
        np.array([["ab", "grün"]]),
        np.array([b"ab"]),
        np.array(["2024-02-29"], "M8[D]"),
        np.array([1, None, "x", [2]], object),
        np.array([0.5, math.nan], np.float16),
    ],
    ids=lambda value: type(value).__name__,
)
def test_types_and_values_stay(value):
    assert same(through(value), value)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Point(1, 2), (1, 2)),
        (Colour.RED, 1),
        (Counter("aab"), {"a": 2, "b": 1}),
        (OrderedDict(a=1), {"a": 1}),
        (np.str_("a"), "a"),
        ("\ud800", "?"),
        (np.arange(3, dtype=">i4"), np.arange(3, dtype=np.int32)),
    ],
    ids=repr,
)
def test_a_subclass_becomes_the_class_that_it_is_made_from(value, plain):
    assert same(through(value), plain)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda parts: st.lists(parts) | st.tuples(parts, parts) | st.dictionaries(st.text("abc") | st.integers(), parts),
)


@given(PLAIN)
def test_any_plain_data_stay(value):
    assert same(through(value), value)


FRAME = pd.DataFrame(
    {
        "number": [1, 2],
        "text": ["a", None],
        "day": pd.to_datetime(["2024-02-29", None]),
        "mixed": np.array([1, "x"], object),
    },
    index=pd.Index(["r", "s"], name="row"),
)


@pytest.mark.parametrize(
    "table",
    [
        FRAME,
        FRAME.T,
        FRAME["day"],
        pd.DataFrame(),
        pd.DataFrame([[1, 2]], columns=["same", "same"]),
        FRAME.groupby(["row", "number"]).text.count(),
        FRAME.describe(include="number"),
        pd.Series([1, 2]).value_counts(),
    ],
    ids=range(8),
)
def test_tables_stay(table):
    check = pd.testing.assert_frame_equal if isinstance(table, pd.DataFrame) else pd.testing.assert_series_equal
    check(through(table), table, check_index_type=False)


def test_of_other_columns_the_values_stay():
    kinds = pd.DataFrame({"kind": pd.Categorical(["a", "b"]), "count": pd.array([1, None], dtype="Int64")})
    found = through(kinds)
    assert found["kind"].tolist() == ["a", "b"] and found["count"].isna().tolist() == [False, True]
    assert through([pd.NA, pd.Timestamp("2024-02-29")]) == [pd.NA, pd.Timestamp("2024-02-29")]


def test_values_are_copies():
    inner, array = [1], np.arange(3)
    value = [inner, array]
    packed = pack(value)
    array[:] = 7
    inner.append(2)
    assert same(unpack(packed), [[1], np.arange(3)])


LOOP = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (object(), "an object of type object"),
        ([object()], "an object of type object"),
        (len, "an object of type builtin_function_or_method"),
        (map(str, "a"), "an object of type map"),
        (range(3), "an object of type range"),
        (LOOP, "it has more than 24 containers in each other"),
        (["x"] * 20_000, "it has more than 20,000 parts"),
        ("x" * 2**21, "it has more than 1,048,576 characters"),
        (np.zeros(2**23), "it has more than 33,554,432 bytes in arrays"),
        ([np.zeros(1)] * 1001, "it has more than 1,000 arrays"),
        (np.zeros(1, [("a", int)]), "an array of dtype [('a', '<i8')] with 1 dimensions"),
        (np.zeros((1,) * 9), "an array of dtype float64 with 9 dimensions"),
    ],
    ids=range(12),
)
def test_what_is_no_plain_data_is_named(value, reason):
    with pytest.raises(NotPlain) as refused:
        pack(value)
    assert str(refused.value) == reason


@pytest.mark.parametrize("kind", [list, tuple, lambda parts: {"key": parts[0]}])
def test_the_deepest_that_is_allowed_fits_into_a_transcript(kind):
    value = 1
    for _ in range(MAX_DEPTH):
        value = kind([value])
    assert same(through(value), value)


@pytest.mark.parametrize(
    "packed",
    [
        {},
        [],
        ["nothing known"],
        [["list"]],
        ["set", ["list"]],
        ["dict", 1],
        ["dict", ["list"], 1],
        ["int"],
        ["int", "x"],
        ["int", 3],
        ["float", "x"],
        ["numbers", 3],
        ["bytes", "x"],
        ["complex", "__import__('os')"],
        ["date", "today"],
        ["array", "O", [1], np.zeros(8, np.uint8)],
        ["array", "<f8", [2], np.zeros(8, np.uint8)],
        ["array", "<f8,<f8", [1], np.zeros(16, np.uint8)],
        ["array", "<U1", [1], np.full(4, 255, np.uint8)],
        ["array", "<f2", [1], "x"],
        ["objects", [2], 1],
        ["scalar", "object", 1],
        ["scalar", "float64", "x"],
        ["scalar", "int8", 1000],
        ["time", "<i8,<i8", 1],
        ["time", "<M8[ns]", "x"],
        ["DataFrame", 1],
        ["DataFrame", ["Index", ["list", None], np.arange(1)], ["list"], np.arange(2), np.arange(2)],
        ["Series"],
        ["Index", ["list", None], 3],
        ["Timestamp", "x"],
    ],
    ids=repr,
)
def test_what_was_never_packed_is_refused(packed):
    with pytest.raises(ValueError):
        unpack(packed)


def test_equal_sets_are_equal_questions():
    words = [f"word {number}" for number in range(100)]
    one, other = set(words), set(reversed(words))
    assert key_of(1, "call", {"arguments": [pack(one)]}) == key_of(1, "call", {"arguments": [pack(other)]})


def test_an_outline_is_short_and_tells_values_apart():
    assert outline(np.zeros((2, 3), np.float32)) == "float32(2, 3)" and outline("squares") == "'squares'"
    assert outline([1, "a"]) == "[1, 'a']"
    assert len(outline([*range(1000)])) == 64 and outline([*range(1000)]) != outline([*range(1, 1001)])


def test_a_tensor_is_its_numbers():
    torch = pytest.importorskip("torch")
    assert same(through(torch.arange(3)), np.arange(3))
    with pytest.raises(NotPlain):
        pack([torch.arange(3)], tensors=False)


def test_pandas_is_imported_only_for_tables(monkeypatch):
    monkeypatch.delitem(plain_data.table_parts.__globals__["sys"].modules, "pandas")
    assert through([1, "a"]) == [1, "a"]
    with pytest.raises(NotPlain):
        pack(FRAME)
