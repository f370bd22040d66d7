"""A checkpoint that fits is used, whatever wrapped the net; one that is not used says why."""

import json

import nbformat
import pytest
import torch
from nbjudge.judge.report import CellReport
from nbjudge.plugin.autograde.outputs import MAX_REMARKS, remarks_printed
from torch import nn

from course_utils.checkpoint import FILE, load
from helpers.tiny_class import build, grade
from helpers.tiny_course import marked


class Net(nn.Module):
    def __init__(self, module=4):
        super().__init__()
        self.module = nn.Sequential(nn.Linear(3, module), nn.ReLU())  # a name that DataParallel uses, too
        self.head = nn.Linear(module, 1)


def kept(path, net, losses=(0.5, 0.25), **more):
    torch.save({"weights": net.state_dict(), "losses": list(losses), **more}, path)


WRAPPED = {
    "as it is": lambda net: net,
    "compiled": torch.compile,
    "on several devices": nn.DataParallel,
    "both": lambda net: torch.compile(nn.DataParallel(net)),
    "a part of it compiled": lambda net: (setattr(net, "module", torch.compile(net.module)), net)[1],
}


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
def test_weights_are_found_whatever_wrapped_the_net(tmp_path, capsys, wrap):
    trained, model = Net(), Net()
    expected = {name: weight.clone() for name, weight in trained.state_dict().items()}
    kept(tmp_path / FILE, wrap(trained))
    assert load(model, str(tmp_path / FILE)) == [0.5, 0.25]
    assert all(torch.equal(weight, expected[name]) for name, weight in model.state_dict().items())
    assert not capsys.readouterr().out


def test_the_other_way_round_too(tmp_path):
    kept(tmp_path / FILE, Net())
    assert load(torch.compile(Net()), str(tmp_path / FILE))


UNUSED = {
    "not there": (
        lambda path: None,
        f"there is no {FILE} beside the notebook: the network is trained again.",
    ),
    "another name": (
        lambda path: kept(path.with_name("best.pth"), Net()),
        f"there is no {FILE} beside the notebook: the network is trained again. If it is best.pth, give it this name.",
    ),
    "empty": (lambda path: path.touch(), f"{FILE} can't be read: the network is trained again. (EOFError: "),
    "damaged": (
        lambda path: (kept(path, Net()), path.write_bytes(path.read_bytes()[:-100])),
        f"{FILE} can't be read: the network is trained again. (RuntimeError: ",
    ),
    "a whole net": (
        lambda path: torch.save(Net(), path),
        f"{FILE} can't be read: the network is trained again. (Unpick",
    ),
    "another net": (
        lambda path: kept(path, Net(5)),
        f"{FILE} does not fit this notebook: the network is trained again. (RuntimeError: size mismatch for module.0.w",
    ),
    "weights alone": (
        lambda path: torch.save(Net().state_dict(), path),
        f"{FILE} does not fit this notebook: the network is trained again. (It has no 'weights'. Is it a state_dict",
    ),
    "a tensor": (
        lambda path: torch.save(torch.zeros(3), path),
        f"{FILE} does not fit this notebook: the network is ",
    ),
    "a list": (
        lambda path: torch.save([1, 2], path),
        f"{FILE} does not fit this notebook: the network is trained ",
    ),
}


@pytest.mark.parametrize(("write", "says"), UNUSED.values(), ids=UNUSED)
def test_what_is_not_used_says_why(tmp_path, monkeypatch, capsys, write, says):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    write(tmp_path / FILE)
    assert load(Net(), FILE) is None
    said = capsys.readouterr().out
    assert said.startswith(f"Remark: {says}") and said.count("\n") == 1


def test_a_line_of_an_instructors_cell_becomes_a_remark():
    def report(text):
        return CellReport([{"type": "stream", "name": "stdout", "text": part} for part in text])

    assert remarks_printed(report(["epoch 1\nRem", "ark: why\nNo Remark: here\n"])) == ["why"]
    assert len(remarks_printed(report(["Remark: again\n" * 1000]))) == MAX_REMARKS
    assert remarks_printed(CellReport(lost="it died")) == []


def test_a_printed_remark_is_seen_by_everybody_and_told_to_be_the_cells(tmp_path):
    build(tmp_path, {"ada": "1"})
    source = tmp_path / "source" / "ex1" / "work.ipynb"
    notebook = nbformat.read(source, as_version=4)
    notebook.cells.append(marked("given", "print('Remark: the file is damaged')", locked=True))
    nbformat.write(notebook, source)
    said = json.loads(grade(tmp_path, "--json", "--no-canary").stdout)
    assert "given says: the file is damaged" in str(said)
    assert "given says: the file is damaged" in (tmp_path / "feedback" / "ada" / "ex1" / "work.html").read_text()
