"""What holds for every test."""

import gc

import pytest
from nbjudge.sandbox import load

SLOW = 3600  # seconds for a test that is marked as slow


@pytest.fixture(autouse=True)
def timeouts_count(monkeypatch):
    """Where tests run, much else runs: timeouts count all the same."""
    monkeypatch.setattr(load, "MOST_TAKEN", 2.0)


@pytest.fixture(autouse=True)
def no_callbacks_on_garbage():
    """Hypothesis times the collection of garbage by a callback. An interrupt that is raised there can't be caught."""
    kept = gc.callbacks[:]
    gc.callbacks.clear()
    yield
    gc.callbacks[:] = kept


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.timeout(SLOW))
