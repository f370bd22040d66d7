"""What a grader kernel reports is not believed either: it is a report, or the failure of that hand-in alone."""

import base64
import io
import json
import math
import sys
import zipfile
from dataclasses import FrozenInstanceError

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
from nbjudge.plugin.autograde.outputs import SetupFailed, outputs_of, remarks_on, remarks_printed
from nbjudge.run.job import Job
from nbjudge.run.plan import PlannedCell
from nbjudge.student.recorder import CUT

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
    {"fraction": 0},
    {"fraction": 1},
    {"points": 0},
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
    {"fraction": -0.5},
    {"fraction": math.nan},
    {"fraction": np.ones(3)},
    {"points": -1},
    {"points": math.inf},
    {"points": math.nan},
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


@pytest.mark.parametrize(
    ("report", "earned"),
    [
        (CellReport(), 0.0),
        (CellReport(fraction=0.0), 0.0),
        (CellReport(fraction=0.25), 1.0),
        (CellReport(fraction=1.0), 4.0),
        (CellReport(points=0), 0),
        (CellReport(points=3.5), 3.5),
        (CellReport(points=9), 4.0),
        (CellReport(fraction=0.25, points=3.5), 3.5),
    ],
    ids=str,
)
def test_a_test_cell_earns_a_share_of_its_points_or_points_and_never_more_than_it_has(report, earned):
    assert report.earned(4.0) == earned


def test_a_report_stays_as_it_was_read():
    with pytest.raises(FrozenInstanceError):
        CellReport.read({"fraction": 0.5}).fraction = 1.0


def test_the_question_in_which_the_student_side_died_is_found():
    died, missing = ({"kind": kind, "message": ""} for kind in ("died", "not attempted"))
    asked = [ASKED, FAILED, ASKED | {"key": "1", "failure": missing}, ASKED | {"key": "2", "failure": died}]
    assert CellReport(asked=asked).fatal_question() == "2"
    assert CellReport(asked=asked[:3]).fatal_question() is None


# What the graded notebook shows

APART = PlannedCell("", "t", on_grader_side=True, points=2.0)
ORDINARY = PlannedCell("", "t", on_student_side=True, points=2.0)
SETUP = PlannedCell("", "setup", on_student_side=True, on_grader_side=True)
OWN = PlannedCell("", on_student_side=True)


def result_of(text, html=None, message_only=False):
    data = {"text/plain": text} | ({} if html is None else {"text/html": f'<div class="tex2jax_ignore">{html}</div>'})
    metadata = {"message_only": True} if message_only else {}
    return {"output_type": "execute_result", "metadata": metadata, "data": data, "execution_count": 7}


def error_of(name, why):
    return {"output_type": "error", "ename": name, "evalue": why, "traceback": [f"{name}: {why}"]}


@pytest.mark.parametrize(
    ("report", "plain", "html"),
    [
        ({"fraction": 1.0}, "2.0", "2 of 2 points"),
        ({"fraction": 0.0}, "0.0", "0 of 2 points"),
        ({"fraction": 1 / 3}, "0.6667", "0.666667 of 2 points"),
        ({"fraction": 0.5, "text": "no <b>"}, "1.0", "<pre>no &lt;b&gt;</pre>"),
        ({"fraction": 0.5, "text": "no", "html": "<b>half</b>"}, "1.0", "<b>half</b>"),
        ({"text": "said", "lost": "killed"}, "0.0", "<pre>killed</pre>"),
        ({"text": "a" * 10_001}, "0.0", f"<pre>{'a' * 10_000}</pre>"),
    ],
    ids=["all", "nothing", "a third", "text", "html", "lost", "long"],
)
def test_what_a_test_apart_earned_is_its_output(report, plain, html):
    assert outputs_of(APART, CellReport(**report), 7) == [result_of(plain, html, message_only="html" not in report)]


@pytest.mark.parametrize(
    ("fraction", "plain"), [(1.0, "1.23456"), (0.99999, "1.2345"), (0.999999, "1.23456"), (0.5, "0.6173")]
)
def test_points_are_rounded_but_never_above_the_most_and_all_points_are_all(fraction, plain):
    # 1.23456 * 0.999999 is 1.2346 when it is rounded, and that would be more than there is.
    planned = PlannedCell("", "t", on_grader_side=True, points=1.23456)
    (output,) = outputs_of(planned, CellReport(fraction=fraction), 7)
    assert output.data["text/plain"] == plain


@pytest.mark.parametrize(
    ("report", "says"),
    [
        ({"lost": "killed"}, "the cell 'setup' did not run on the judging side: killed"),
        ({"lost": "killed", "passed": True}, "the cell 'setup' did not run on the judging side: killed"),
        ({"passed": False, "text": "KeyError"}, "the cell 'setup' fails on the judging side: KeyError"),
        ({"text": "KeyError"}, "the cell 'setup' fails on the judging side: KeyError"),
    ],
    ids=str,
)
def test_a_setup_cell_that_fails_on_the_judging_side_stops_the_grading(report, says):
    with pytest.raises(SetupFailed, match=f"^{says}$"):
        outputs_of(SETUP, CellReport(outputs=[], **report), 7)


@pytest.mark.parametrize(
    ("report", "why"),
    [
        ({"lost": "killed", "text": "said"}, "killed"),
        ({"text": "said"}, "said"),
        ({}, "this cell was not run"),
    ],
    ids=str,
)
@pytest.mark.parametrize("planned", [OWN, ORDINARY], ids=["own", "test"])
def test_a_cell_that_did_not_run_says_so(planned, report, why):
    assert outputs_of(planned, CellReport(**report), 7) == [error_of("NotRun", why)]


@pytest.mark.parametrize("planned", [OWN, SETUP, ORDINARY], ids=["own", "setup", "test"])
def test_all_that_a_cell_puts_out_is_shown(planned):
    png, jpeg = SHOWN["png"], picture("JPEG")
    display = {"type": "display", "text": "<Figure>", "jpeg": jpeg}
    stream, error, displayed, shown = outputs_of(
        planned, CellReport(outputs=[STREAM, ERROR, display, SHOWN], passed=True), 7
    )
    assert stream == {"output_type": "stream", "name": "stdout", "text": "1"}
    assert error == {"output_type": "error", "ename": "E", "evalue": "x", "traceback": ["E: x"]}
    data = {"text/plain": "<Figure>", "image/jpeg": base64.b64encode(jpeg.tobytes()).decode()}
    assert displayed == {"output_type": "display_data", "metadata": {}, "data": data}
    assert shown == result_of("1") | {
        "data": {"text/plain": "1", "image/png": base64.b64encode(png.tobytes()).decode()}
    }


@pytest.mark.parametrize(
    ("text", "as_marked"),
    [
        ("1.5", "1.5"),
        ("0", "0"),
        ("0.5", "0.5"),
        ("2", "2"),
        ("2.0", "2.0"),
        ("2.5", "2.0"),
        ("1e300", "2.0"),
        ("True", "True"),
        ("-0.5", None),
        ("-1", None),
        ("inf", None),
        ("nan", None),
        ("", None),
    ],
)
def test_an_ordinary_test_cell_ends_with_a_mark_that_nbgrader_can_read(text, as_marked):
    (output,) = outputs_of(ORDINARY, CellReport(outputs=[{"type": "result", "text": text}]), 7)
    no_mark = error_of("NoMark", f"this test cell ended with '{text}', which is no mark")
    assert output == (no_mark if as_marked is None else result_of(as_marked))


def test_what_is_no_mark_is_quoted_as_far_as_a_line_goes():
    (output,) = outputs_of(ORDINARY, CellReport(outputs=[{"type": "result", "text": "-" + "9" * 300}]), 7)
    assert output.evalue == f"this test cell ended with '-{'9' * 199}', which is no mark"


def test_only_the_last_expression_of_an_ordinary_test_cell_is_a_mark():
    outputs = [{"type": "stream", "name": "stdout", "text": "9"}, {"type": "display", "text": "9"}, ERROR]
    shown = outputs_of(ORDINARY, CellReport(outputs=outputs), 7)
    assert [output.output_type for output in shown] == ["stream", "display_data", "error"]
    assert shown[1].data["text/plain"] == "9"


# Remarks


def failed(name, value):
    return {"type": "error", "name": name, "value": value, "traceback": []}


@pytest.mark.parametrize(
    ("report", "remarks"),
    [
        ({}, []),
        ({"outputs": [STREAM, ERROR, SHOWN, {"type": "display", "text": "<Figure>"}]}, []),
        ({"outputs": [STREAM], "lost": "killed", "died": "your kernel died"}, ["killed"]),
        ({"outputs": [STREAM], "died": "your kernel died"}, ["kernel died in work"]),
        ({"outputs": [failed("CellTimeoutError", "stopped after 5 s")]}, ["work was stopped after 5 s"]),
        ({"outputs": [failed("CellTimeoutError", "s" * 201)]}, [f"work was {'s' * 200}"]),
        ({"outputs": [STREAM, STREAM | {"text": f"a{CUT}"}]}, ["work printed too much: its output is cut"]),
        ({"outputs": [failed("OSError", "[Errno 28] No space left on device")]}, ["work wrote more files than fit"]),
        ({"outputs": [failed("IOError", "No space left on device")]}, []),
        ({"outputs": [failed("OSError", " " * 177 + "No space left on device")]}, ["work wrote more files than fit"]),
        ({"outputs": [failed("OSError", " " * 178 + "No space left on device")]}, []),
        (
            {"outputs": [failed("ModuleNotFoundError", "No module named 'numba'")], "died": "ended"},
            ["work imports numba, not installed here: what needs it was left out", "ended in work"],
        ),
        (
            {"outputs": [STREAM | {"value": "No module named 'numba'"}, SHOWN | {"value": "No module named 'jax'"}]},
            [],
        ),
        ({"outputs": [failed("E", f"No module named '{'m' * 182}'")]}, [f"work imports {'m' * 182}, not installed"]),
        ({"outputs": [failed("E", f"No module named '{'m' * 183}'")]}, []),
    ],
    ids=range(15),
)
def test_what_an_instructor_should_know_of_a_cell_is_remarked(report, remarks):
    found = remarks_on("work", CellReport(**report))
    assert len(found) == len(remarks) and all(map(str.startswith, found, remarks))


def test_lines_that_begin_so_are_remarks_of_the_cell():
    printed = ["Remark: one\nno Remark: two\n", "Remark: thr", "ee\nRemark: " + "4" * 501 + "\nRemark:\nRemark: 5"]
    streams = [STREAM | {"text": text} for text in printed]
    others = [{"type": kind, "name": "", "text": "Remark: other\n"} for kind in ("display", "error", "result")]
    assert remarks_printed(CellReport([*others, *streams])) == ["one", "three", "4" * 500, "5"]
    many = "".join(f"Remark: {number}\n" for number in range(9))
    assert remarks_printed(CellReport([STREAM | {"text": many}])) == ["0", "1", "2", "3", "4"]
    assert remarks_printed(CellReport()) == []


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
