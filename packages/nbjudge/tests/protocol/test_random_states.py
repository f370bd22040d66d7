"""The states of random generators come from the student's process, too: what is no state is refused."""

# ruff: noqa: NPY002 (these are the generators that tests seed)
import random

import numpy as np
import pytest
from nbjudge.protocol.random_states import WORDS, are_same, get_states, set_states


@pytest.fixture(autouse=True)
def states():
    found = get_states()
    yield found
    set_states(found)


def python_state(words, position):
    return {"random": (3, (*words, position), None)}


def numpy_state(key, position):
    return {"numpy": ("MT19937", key, position, 0, 0.0)}


ONE = np.ones(WORDS, np.uint32)
WRONG = [
    python_state([0] * WORDS, 1),
    python_state([2**31 - 1] + [0] * (WORDS - 1), 1),
    python_state([1] * WORDS, WORDS + 1),
    python_state([1] * WORDS, -1),
    python_state([1] * WORDS, True),
    python_state([1.5] * WORDS, 1),
    python_state([1] * 3, 1),
    {"random": ()},
    {"random": None},
    numpy_state(np.zeros(WORDS, np.uint32), 1),  # with such a key, normal() would never return
    numpy_state(ONE, 2**31 - 1),  # NumPy itself would read there
    numpy_state(ONE, -1),
    numpy_state(ONE, 1.0),
    numpy_state(ONE[1:], 1),
    numpy_state(ONE.astype(object), 1),
    {"numpy": {"bit_generator": "MT19937"}},
    {"numpy": ("PCG64", ONE, 1, 0, 0.0)},
    {"numpy": None},
]


@pytest.mark.parametrize("wrong", WRONG, ids=range(len(WRONG)))
def test_what_is_no_state_is_refused(states, wrong):
    with pytest.raises((ValueError, TypeError, KeyError)):
        set_states(states | wrong)
    assert np.isfinite(np.random.normal(size=2000)).all()


def test_states_come_back(states):
    drawn = random.random(), np.random.random()
    assert not are_same(states)
    set_states(states)
    assert are_same(states) and (random.random(), np.random.random()) == drawn
