"""The command that grades many examples at once, as a class is graded."""

import sys

import pytest
from rich.console import Console

from tests.corpus.build import find, untouched
from tests.corpus.matrix import grade_all

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")


def test_examples_are_graded_at_once_and_one_that_is_refused_stops_none():
    chosen = [untouched(), find("forgeries-links-handed-in"), find("forgeries-fills-the-hosts-disk")]
    verdicts = grade_all(chosen, 1, Console(quiet=True))
    assert [verdict.example for verdict in verdicts] == chosen
    assert not any(verdict.surprises for verdict in verdicts)
    assert [bool(verdict.reports) for verdict in verdicts] == [True, False, True]
