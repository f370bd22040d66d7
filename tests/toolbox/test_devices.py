"""A net that was written for a GPU is graded without one."""

import pytest
import torch
from torch import nn

from course_utils.submission.devices import NoAccelerator, help_where_assumed
from tests.shells import new_shell

GPUS = ["cuda", "cuda:1", "mps", torch.device("cuda"), torch.device("cuda", 0), torch.device("mps")]


@pytest.fixture
def shell(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    shell = new_shell()
    entered = []
    monkeypatch.setattr(NoAccelerator, "__enter__", lambda self: entered.append(self))
    shell.entered = entered
    return shell


@pytest.mark.parametrize("device", GPUS, ids=str)
def test_what_is_sent_to_a_gpu_stays_here(device):
    with NoAccelerator():
        moved = [torch.ones(2).to(device), torch.ones(2).to(device, torch.float64), torch.ones(2).to(device=device)]
        made = [
            torch.zeros(2, device=device),
            torch.randperm(3, device=device),
            torch.ones(2).new_zeros(2, device=device),
        ]
        net = nn.Sequential(nn.Linear(2, 2)).to(device)
    assert {tensor.device.type for tensor in [*moved, *made, *net.parameters()]} == {"cpu"}
    assert moved[1].dtype == torch.float64


def test_cuda_leaves_tensors_and_nets_as_they_are():
    tensor, net = torch.ones(2), nn.Linear(2, 1)
    with NoAccelerator():
        assert tensor.cuda() is tensor and tensor.cuda(0, non_blocking=True) is tensor
        assert net.cuda()(tensor.to("cuda")).device.type == "cpu"


def test_other_arguments_stay():
    with NoAccelerator():
        assert torch.ones(2).to(torch.float16).dtype == torch.float16
        assert torch.ones(2).to(torch.ones(1, dtype=torch.int64)).dtype == torch.int64
        assert torch.ones(2, device="meta").device.type == "meta"
        assert torch.sum(torch.ones(2, 3), 0).shape == (3,)


@pytest.mark.parametrize(
    "cell", ['net.to("cuda")', "images = images.cuda()", "device = torch.device('cuda:0')", "x.to('mps')"]
)
def test_a_cell_that_takes_a_gpu_for_granted_is_helped_once(shell, cell):
    help_where_assumed(shell)
    for _ in range(2):
        shell.events.trigger("pre_run_cell", type("Info", (), {"raw_cell": cell}))
    assert len(shell.entered) == 1


@pytest.mark.parametrize(
    "cell", ['device = "cuda" if torch.cuda.is_available() else "cpu"', "torch.cuda.manual_seed_all(1)", "x.cpu()"]
)
def test_a_cell_that_asks_first_needs_no_help(shell, cell):
    help_where_assumed(shell)
    shell.events.trigger("pre_run_cell", type("Info", (), {"raw_cell": cell}))
    assert not shell.entered


def test_where_there_is_a_gpu_it_is_used(shell, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    help_where_assumed(shell)
    shell.events.trigger("pre_run_cell", type("Info", (), {"raw_cell": "x.cuda()"}))
    assert not shell.entered
