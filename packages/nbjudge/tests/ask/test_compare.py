"""What counts as the same answer."""

import datetime
import math

import numpy as np
import pandas as pd
import pytest
from nbjudge.ask import Submission
from nbjudge.ask.compare import same

DAY = datetime.date(2024, 2, 29)
FRAME = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (None, None),
        (1, 1.0),
        (0.1 + 0.2, 0.3),
        (1e-12, 0),
        (1e12 + 1, 1e12),
        (math.nan, math.nan),
        (math.inf, math.inf),
        (1 + 1e-12j, 1),
        (10**400, 10**400),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        ("a", "a"),
        (DAY, DAY),
        ({1, 2}, {2, 1}),
        ((1, 2), [1, 2]),
        (np.array([[1, 2]]), [(1, 2)]),
        ([1, 2], np.array([1.0, 2.0])),
        ({"a": (1,)}, {"a": [1.0]}),
        (FRAME, FRAME.copy()),
        (FRAME["a"], FRAME["a"].astype(float)),
        (pd.NA, pd.NA),
        ([pd.NaT], [pd.NaT]),
    ],
    ids=range(22),
)
def test_these_are_the_same(found, expected):
    assert same(found, expected) and same(expected, found)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (None, 0),
        (1, True),
        (1, 1.001),
        (1e-6, 0),
        (math.nan, 1),
        (math.inf, 1e308),
        (math.inf, -math.inf),
        (10**400, 1.5),
        (10**400, math.inf),
        ("1", 1),
        ("a", ["a"]),
        ({1, 2}, [1, 2]),
        ([1, 2], [1, 2, 3]),
        (np.arange(3), np.arange(4)),
        (np.arange(3), None),
        ([[1], [1, 2]], np.ones((2, 2))),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": 2}),
        (FRAME, FRAME.rename(columns={"a": "c"})),
        (FRAME, FRAME[::-1]),
        (FRAME, FRAME["a"]),
        (FRAME, [1, 2]),
        (pd.NA, 1),
        (DAY, "2024-02-29"),
    ],
    ids=range(24),
)
def test_these_are_not(found, expected):
    assert not same(found, expected) and not same(expected, found)


def test_how_far_numbers_may_be_apart_can_be_said():
    assert same([1.05], [1], tolerance=0.1) and not same([1.2], [1], tolerance=0.1)
    assert Submission.same({"x": 105.0}, {"x": 100}, 0.1)
