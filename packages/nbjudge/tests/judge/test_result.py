"""What a grader kernel reports is not believed either: it is a report, or the failure of that hand-in alone."""

import io
import json
import sys
import zipfile

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from nbjudge.commands.grade import grade as grade_command
from nbjudge.judge import archive
from nbjudge.judge.archive import ArchiveError
from nbjudge.judge.report import REPORT, CellReport
from nbjudge.judge.transcript import Transcript
from nbjudge.plugin.autograde.outputs import outputs_of, remarks_on
from nbjudge.run.job import Job
from nbjudge.run.plan import PlannedCell

from helpers.hostile import NEAT, picture
from helpers.tiny_class import build

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),  # nbgrader's own
]

STREAM = {"type": "stream", "name": "stdout", "text": "1"}
ERROR = {"type": "error", "name": "E", "value": "x", "traceback": ["E: x"]}
SHOWN = {"type": "result", "text": "1", "png": picture("PNG")}
ASKED = {"question": "values", "key": "0", "arguments": {"name": "x"}, "answer": [np.zeros(2)]}
FAILED = {"question": "values", "key": "0", "arguments": {}, "failure": {"kind": "error", "message": "no"}}
RIGHT = [
    {},
    {"lost": "it died"},
    {"outputs": [STREAM, ERROR, SHOWN], "refused": ["a connection"], "died": "your kernel died"},
    {"passed": True, "text": "", "fraction": 0.5, "html": None, "asked": [ASKED, FAILED], "seeds": {"images": "0f"}},
    {"passed": True, "text": "", "points": 2, "html": "<b>2</b>"},
]
WRONG = [
    None,
    [],
    7,
    {"outputs": None},
    {"outputs": [7]},
    {"outputs": [{}]},
    {"outputs": [{"type": []}]},
    {"outputs": [{"type": "html", "text": "<script>"}]},
    {"outputs": [{"type": "stream", "name": "stdout"}]},
    {"outputs": [ERROR | {"traceback": [1]}]},
    {"outputs": [SHOWN | {"png": "cGFnZQ=="}]},
    {"refused": [{}]},
    {"died": 1},
    {"lost": None},
    {"text": ["a"]},
    {"html": np.zeros(1)},
    {"fraction": "1"},
    {"fraction": 1.5},
    {"fraction": np.ones(3)},
    {"points": -1},
    {"asked": {}},
    {"asked": [{"question": "values"}]},
    {"asked": [FAILED | {"failure": "no"}]},
    {"seeds": {"images": 1}},
    {"anything": "else"},
]


def result(*reports, cells=None):
    return Transcript(
        archive.pack({"reports": list(reports), "cells": [{}] * len(reports) if cells is None else cells})
    )


def test_what_a_grader_kernel_reports_is_read():
    assert len(result(*RIGHT).reports) == len(RIGHT)


@pytest.mark.parametrize("report", WRONG, ids=repr)
def test_what_is_no_report_is_refused(report):
    with pytest.raises(ArchiveError, match="no report on this cell"):
        _ = result({}, report).reports


@pytest.mark.parametrize("content", [None, [], {}, {"reports": 1, "cells": 1}, {"reports": [], "cells": {}}], ids=repr)
def test_what_is_no_transcript_is_refused(content):
    with pytest.raises(ArchiveError, match="no transcript"):
        _ = Transcript(archive.pack(content)).content


def test_there_is_one_report_for_each_cell():
    with pytest.raises(ArchiveError, match="these cells"):
        _ = result({}, cells=[{}, {}]).content


def nested(depth):
    """An archive of lists in each other."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("content.json", "[" * depth + "]" * depth)
    return packed.getvalue()


@pytest.mark.parametrize("depth", [486, 3000, 10**5])
def test_an_archive_of_any_depth_is_read_or_refused(depth):
    with pytest.raises(ArchiveError):
        _ = Transcript(nested(depth)).content


ODD = st.dictionaries(st.sampled_from([*REPORT, "more"]), NEAT | st.lists(st.dictionaries(st.text(), NEAT)), max_size=4)


@given(
    ODD | NEAT,
    st.sampled_from([PlannedCell("1", on_student_side=True), PlannedCell("1", on_grader_side=True, points=2.0)]),
)
def test_whatever_is_read_can_be_shown(report, cell):
    try:
        (read,) = result(report).reports
    except (ArchiveError, TypeError):
        return
    outputs_of(cell, read, 1)
    remarks_on("cell", read)


def test_packages_that_are_not_installed_are_named_but_for_those_of_colab():
    missing = ["torchinfo", "google.colab", "lab_black", "torchinfo", "google"]
    outputs = [{"type": "error", "name": "ModuleNotFoundError", "value": f"No module named {it!r}"} for it in missing]
    other = {"type": "error", "name": "NameError", "value": "name 'torchinfo' is not defined"}
    said = "work imports torchinfo, lab_black, not installed here: what needs it was left out"
    assert remarks_on("work", CellReport([*outputs, other])) == [said]
    assert remarks_on("work", CellReport([outputs[1], other])) == []


# The class

LIES = {
    "other bytes": lambda content: b"PK",
    "nested": lambda content: nested(10**5),
    "no transcript": lambda content: archive.pack([content]),
    "no reports": lambda content: archive.pack(content | {"reports": 7}),
    "one report less": lambda content: archive.pack(content | {"reports": content["reports"][1:]}),
    "odd reports": lambda content: archive.pack(content | {"reports": [{"outputs": 7} for _ in content["reports"]]}),
}


def execute_but_lie(packed, processors=None):
    """Execute a job, and say something else of whoever asks for it."""
    content = Job.unpack(packed).run(processors)
    lies = [lie for name, lie in LIES.items() if any(f"# {name}" in cell.source for cell in Job.unpack(packed).cells)]
    return lies[0](content) if lies else archive.pack(content)


def test_whatever_comes_back_of_one_hand_in_stops_nobody(tmp_path, monkeypatch):
    build(tmp_path, dict.fromkeys(["ada", *LIES, "zoe"], "1"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nbjudge.commands.class_grading.execute", execute_but_lie)
    done = CliRunner().invoke(grade_command, ["ex1", "--json"])
    assert done.exit_code == 1, done.output
    said = json.loads(done.stdout)
    assert {mark["student"]: mark["total"] for mark in said["marks"]} == {"ada": 2, "zoe": 2}
    assert sorted(said["failed"]) == sorted(LIES)
    assert all(problem.startswith("ArchiveError: ") for problem in said["problems"].values())
