"""The global random generators of a process, which a test cell may seed for the student's code."""

# ruff: noqa: NPY002 (NumPy's global generator is the one that tests seed)
import random
import sys
from typing import Any

import numpy as np

WORDS = 624  # of the state of a Mersenne Twister


def get_states() -> dict[str, Any]:
    """The states of the generators of Python, NumPy and, if it is imported, torch; plain data."""
    states: dict[str, Any] = {"random": random.getstate(), "numpy": np.random.get_state()}
    if torch := sys.modules.get("torch"):
        states["torch"] = torch.get_rng_state().numpy()
    return states


def set_states(states: dict[str, Any]) -> None:
    """Set the states of the generators.

    Raises
    ------
    ValueError, TypeError, KeyError
        These are no states.
    """
    (_, (*words, position), _), (_, key, place, *_) = states["random"], states["numpy"]
    _check(words, position)
    _check(key, place)
    random.setstate(states["random"])
    np.random.set_state(states["numpy"])
    if "torch" in states and (torch := sys.modules.get("torch")):
        torch.set_rng_state(torch.from_numpy(states["torch"]))


def are_same(states: Any) -> bool:
    """Whether these are the present states."""
    return bool(_flat(states) == _flat(get_states()))


def _check(key: Any, position: Any) -> None:
    """Refuse what a Mersenne Twister never reaches: it would read outside of its key, or give zeros forever."""
    words = np.asarray(key)
    if words.shape != (WORDS,) or words.dtype.kind not in "iu" or type(position) is not int:
        raise ValueError("no state of a random generator")
    if not 0 <= position <= WORDS or not (words[1:].any() or words[0] >> 31):
        raise ValueError("no state of a random generator")


def _flat(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.tobytes()
    if isinstance(value, dict):
        return {name: _flat(part) for name, part in value.items()}
    return [_flat(part) for part in value] if isinstance(value, tuple | list) else value


def state_of(generator: np.random.Generator) -> tuple[int, ...]:
    """The state of a generator that ``np.random.default_rng`` has made, as four whole numbers."""
    state: Any = generator.bit_generator.state
    return state["state"]["state"], state["state"]["inc"], state["has_uint32"], state["uinteger"]


def generator_of(parts: list[Any]) -> Any:
    """The generator with such a state.

    Raises
    ------
    ValueError
        This is no state.
    """
    if len(parts) != 4 or not all(type(part) is int for part in parts):
        raise ValueError("no generator")
    state, increment, has, left = parts
    if not (0 <= state < 2**128 and 0 <= increment < 2**128 and has in (0, 1) and 0 <= left < 2**32):
        raise ValueError("no generator")
    bits: Any = np.random.PCG64(0)
    bits.state = {
        "bit_generator": "PCG64",
        "state": {"state": state, "inc": increment},
        "has_uint32": has,
        "uinteger": left,
    }
    return np.random.Generator(bits)
