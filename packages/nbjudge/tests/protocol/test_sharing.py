"""Values that both sides hold stay the same ones: identity, aliases, and what is changed in place on either side."""

import collections
import copy
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbjudge.protocol.sharing import Twins
from nbjudge.protocol.values import NotPlain
from nbjudge.protocol.wire import Wire

from helpers.hostile import VALUES, Tape, frame


class Sides:
    """Two sides, and the messages between them."""

    def __init__(self):
        self.ours, self.theirs = Twins(), Twins()

    def send(self, value, back=False):
        """What arrives on the other side."""
        sender, receiver = (self.theirs, self.ours) if back else (self.ours, self.theirs)
        packed = Wire(Tape(frame(sender.pack(value, lambda part: None)))).receive()
        return receiver.unpack(packed, refuse)


def refuse(node):
    raise ValueError(f"no {node}")


@pytest.fixture
def sides():
    return Sides()


def change_table(table):
    table["z"] = 5
    table.loc[0, "a"] = 7


CHANGES = {
    "a list": ([1, 2], lambda value: value.append(3)),
    "a list of numbers": ([0.5] * 40, lambda value: value.__setitem__(3, 7)),
    "a list that is emptied": ([1, 2], lambda value: value.clear()),
    "a list with itself": ([1], lambda value: value.append(value)),
    "one of another type": ([1], lambda value: value.__setitem__(0, 1.0)),
    "a dict": ({"a": 1}, lambda value: value.update(b=2)),
    "the order of a dict": ({"a": 1, "b": 2}, lambda value: value.update(a=value.pop("a"))),
    "a set": ({1, 2}, lambda value: value.add(3)),
    "a bytearray": (bytearray(b"ab"), lambda value: value.extend(b"c")),
    "a deque": (collections.deque([1], 2), lambda value: value.extend([2, 3])),
    "a counter": (collections.Counter("ab"), lambda value: value.update("a")),
    "a defaultdict": (collections.defaultdict(list), lambda value: value[1].append(2)),
    "an ordered dict": (collections.OrderedDict(a=1, b=2), lambda value: value.move_to_end("a")),
    "an array": (np.zeros((2, 3)), lambda value: value.__setitem__((1, 2), 5.0)),
    "an array of nan": (np.full(3, math.nan), lambda value: value.fill(1.0)),
    "an array of texts": (np.array(["a", "bc"]), lambda value: value.__setitem__(0, "zz")),
    "an array of objects": (np.array([None, [1]], object), lambda value: value.__setitem__(0, "x")),
    "a table": (pd.DataFrame({"a": [1, 2]}), change_table),
    "a column": (pd.Series([1, 2], name="a"), lambda value: value.__setitem__(0, 9)),
}


@pytest.mark.parametrize("back", [False, True], ids=["by us", "by them"])
@pytest.mark.parametrize("what", CHANGES)
def test_what_one_side_changes_in_place_is_changed_on_the_other(sides, what, back):
    value, change = copy.deepcopy(CHANGES[what])
    there = sides.send(value)
    assert sides.send(there, back=True) is value
    change(there if back else value)
    sides.send(None, back)
    assert repr(there) == repr(value)
    assert sides.send(value) is there and sides.send(there, back=True) is value


def test_nothing_is_sent_twice(sides):
    value = [list(range(40)) for _ in range(40)]
    sides.send(value)
    assert len(str(sides.ours.pack(value, lambda part: None))) < 100


def test_aliases_and_new_parts_are_shared_from_then_on(sides):
    part = [1]
    there = sides.send([part, {"again": part}])
    assert there[0] is there[1]["again"]
    new = {"new": part}
    part.append(new)
    sides.send(5)
    assert there[0][1]["new"] is there[0]
    there[0][1]["more"] = there
    sides.send(None, back=True)
    assert new["more"][0] is part


def test_what_nobody_uses_is_forgotten_and_its_number_is_not_used_again(sides):
    value = [1]
    sides.send(value)
    sides.send([2])
    gone = sides.ours.unused()
    assert len(gone) == 1
    sides.theirs.drop(gone)
    there = sides.send([value, [3]])
    assert sides.send(there[0], back=True) is value and there == [[1], [3]]


def test_a_message_that_can_not_be_packed_changes_nothing(sides):
    value = [1]
    there = sides.send(value)
    value.append(2)
    with pytest.raises(NotPlain):
        sides.ours.pack([value, object()], lambda part: None)
    sides.send(None)
    assert there == [1, 2]


MADE = st.sampled_from(["list", "dict", "set", "array", "bytearray"])
STEPS = st.lists(st.tuples(st.sampled_from(["make", "change", "send", "nest"]), st.booleans(), st.integers(0, 9), MADE))


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_both_sides_agree_after_any_number_of_steps(steps):
    sides, pairs = Sides(), []
    for what, back, number, kind in steps:
        mine = 1 if back else 0
        if what == "make":
            made = {"list": [number], "dict": {number: 1}, "set": {number}, "array": np.full(2, number)}
            value = made.get(kind, bytearray([number]))
            there = sides.send(value, back)
            pairs.append((there, value) if back else (value, there))
        elif pairs:
            value = pairs[number % len(pairs)][mine]
            if what == "send":
                assert sides.send(value, back) is pairs[number % len(pairs)][1 - mine]
            elif what == "nest" and isinstance(value, list):
                value.append(pairs[-1][mine])
                sides.send(None, back)
            elif isinstance(value, list | bytearray):
                value.append(number)
                sides.send(None, back)
            elif isinstance(value, dict):
                value[number] = pairs[0][mine]
                sides.send(None, back)
            elif isinstance(value, set):
                value.add(number)
                sides.send(None, back)
            else:
                value[number % 2] = number
                sides.send(None, back)
    for ours, theirs in pairs:
        assert repr(ours) == repr(theirs)


# What a hostile side sends

HELD = [[1, 2], {"a": 1}, {1}, bytearray(b"a"), np.zeros(2), np.array([None], object), pd.DataFrame({"a": [1]}), [[3]]]


def message(changes, nodes=(), shared=()):
    return {"root": [0], "nodes": [["tuple", None, *changes], *nodes], "shared": list(shared)}


CONTENTS = st.one_of(
    st.just(["tuple", 1, 2, 3]),
    st.just(["tuple", [1], [0]]),
    st.just(["frozenset", 5]),
    st.just(["bytes", 0, 3]),
    st.just(["bytes", 0, 16]),
    st.just(["list", 1]),
    st.just(["twin", 0]),
    st.just(["twin", 7]),
    st.just(["set", 1]),
    st.just(["array", "<f8", [2], 0, 16]),
    st.lists(VALUES, max_size=3),
)
FORGED = st.builds(
    lambda numbers, contents, shared: (
        message(
            [[2 * k + 1] for k in range(len(numbers))],
            [node for k, number in enumerate(numbers) for node in (["tuple", number, [2 * k + 2]], contents[k])],
            shared,
        )
        | {"bytes": np.zeros(64, np.uint8)}
    ),
    st.lists(st.integers(-1, 12) | VALUES, min_size=1, max_size=3),
    st.lists(CONTENTS, min_size=3, max_size=3),
    st.lists(st.integers(-1, 9), max_size=3),
)


@settings(deadline=None, max_examples=500, suppress_health_check=list(HealthCheck))
@given(FORGED)
def test_forged_changes_are_refused_or_change_only_what_was_sent(forged):
    sides = Sides()
    held, apart = copy.deepcopy(HELD), copy.deepcopy(HELD)
    parts, types = list(held), list(map(type, held))
    sides.send(held)
    try:
        sides.ours.unpack(forged, refuse)
        sides.ours.pack(None, lambda part: None)
        sides.ours.unused()
    except ValueError:
        pass
    assert list(map(type, parts)) == types and repr(apart) == repr(HELD)


@pytest.mark.parametrize(
    "forged",
    [
        message([5]),
        message([[1]], [["tuple", 99, []]]),
        message([[1]], [["tuple", 0, [2]], ["list"]]),
        message([], shared=[7]),
        message([], shared="x"),
        message([], shared=[1.5]),
        {"root": 5, "nodes": []},
        {"root": [0], "nodes": [["tuple"]]},
        None,
        5,
    ],
    ids=range(10),
)
def test_what_is_no_message_is_refused(forged, sides):
    sides.send([1])
    try:
        assert sides.ours.unpack(forged, refuse) is None
        assert forged["shared"] == [7]
    except ValueError as error:
        assert "message" in str(error)
