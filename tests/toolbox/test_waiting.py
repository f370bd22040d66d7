"""Threads that wait without using the processor: it has to be said before torch is imported."""

import os
import subprocess
import sys
import time

import pytest
import torch

from course_utils import waiting
from tests.corpus.build import REPOSITORY


@pytest.fixture
def no_policy(monkeypatch):
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)


def test_before_torch_is_imported_the_policy_is_set():
    code = "import os, sys, course_utils.waiting as w; w.wait_passively(); print(os.environ['OMP_WAIT_POLICY'])"
    code += "; print('torch' in sys.modules)"
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split() == ["PASSIVE", "False"]


@pytest.mark.parametrize("costs", [False, True])
def test_after_it_a_remark_is_made_where_time_is_lost(no_policy, monkeypatch, capsys, costs):
    monkeypatch.setattr(waiting, "_costs_time", lambda: costs)
    waiting.wait_passively()
    assert ("Restart the kernel" in capsys.readouterr().out) == costs
    assert "OMP_WAIT_POLICY" not in os.environ  # it would have no effect, and silence the remark next time


def test_whoever_has_chosen_a_policy_is_left_alone(monkeypatch, capsys):
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    monkeypatch.setattr(waiting, "_costs_time", lambda: True)
    waiting.wait_passively()
    assert capsys.readouterr().out == "" and os.environ["OMP_WAIT_POLICY"] == "ACTIVE"


@pytest.mark.parametrize(("together", "costs"), [(0.25, False), (5.0, True)])
def test_time_is_lost_where_all_threads_are_far_slower_than_one(monkeypatch, together, costs):
    before, asked = torch.get_num_threads(), []

    def bursts():
        asked.append(torch.get_num_threads())
        return iter([0.1] * waiting._BURSTS if len(asked) == 1 else [together] * waiting._BURSTS)

    monkeypatch.setattr(waiting, "_bursts", bursts)
    assert waiting._costs_time() == costs
    assert asked == [1, before] and torch.get_num_threads() == before


def test_all_bursts_together_take_little_of_one_processor():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        began = time.thread_time()  # not the time of day: other programs may use the processors
        bursts = list(waiting._bursts())
        assert time.thread_time() - began < 2
    finally:
        torch.set_num_threads(before)
    assert len(bursts) == waiting._BURSTS and all(burst > 0 for burst in bursts)
