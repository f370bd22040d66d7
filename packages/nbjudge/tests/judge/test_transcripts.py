"""What was asked and answered is kept beside each graded notebook: it explains a mark, and lets it be judged again."""

import hashlib
import io
import json
import os
import shutil
import stat
import sys
import zipfile
from dataclasses import replace

import nbformat
import numpy as np
import pytest
from nbjudge.commands.explain import explain as explain_command
from nbjudge.judge.archive import pack, unpack
from nbjudge.judge.question_log import MAX_ARRAY_BYTES, MAX_ARRAYS, MAX_JSON, QuestionLog
from nbjudge.judge.rejudge import judge
from nbjudge.run import job as jobs
from nbjudge.run.executors import Executor
from nbjudge.run.job import Job, execute
from nbjudge.run.plan import PlannedCell
from nbjudge.run.store import FOLDER
from nbjudge.sandbox.limits import Limits

from helpers.gradebooks import begin, dump, totals
from helpers.in_process import autograde, change, differences, grade, run
from helpers.tiny_course import ANSWERING, build, build_light, cell, check, hand_in, light, master

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),  # nbgrader's own
]

TRANSCRIPT = "work.transcript.zip"
COMMANDS = "\x1b[2J\x1b]0;owned\x07[red]x[/]"  # to a terminal, and to Rich
ANSWERS = {  # what stands in the two solution cells
    "ada": ("first = 1", "second = 2"),
    "bob": ("first = 1", "second = 3"),
    "cy": ("first = 1 / 0", "second = 2"),
    "dee": ("import numpy as np\nfirst = np.zeros(5_000_000)", "second = 2"),  # too large to be kept
    "eve": ("first = 1", "import os\nos._exit(1)"),
    "flo": ("first = object()", f"raise ValueError({COMMANDS!r})"),
    "hal": ("first = 1", "from glob import glob\nsecond = 2\nprint(sorted(glob('*')))"),
}
MARKS = {"ada": 4, "bob": 2, "cy": 2, "dee": 2, "eve": 2, "flo": 0, "hal": 4}
FILES = {"data.csv": b"1,2", TRANSCRIPT: b"mine"}  # of hal's


def fill(course, students=ANSWERS):
    build_light(course)
    for student in students:
        notebook = light()
        for ident, source in zip(("first", "second"), ANSWERS[student], strict=True):
            cell(notebook, ident).source = source
        folder = hand_in(course, student, notebook)
        for name, content in (FILES if student == "hal" else {}).items():
            (folder / name).write_bytes(content)


def explain(course, *words, **keywords):
    return run(course, *words, command=explain_command, **keywords)


def place(course, student):
    return course / "autograded" / student / "ex1" / TRANSCRIPT


def transcript(course, student):
    return unpack(place(course, student).read_bytes())


def report(course, student, name):
    told = transcript(course, student)
    return dict(zip([each["name"] for each in told["cells"]], told["reports"], strict=True))[name]


def everything(folder):
    """All that is in a folder, its permissions too."""
    return {
        str(path.relative_to(folder)): (stat.S_IMODE(path.stat().st_mode), path.is_file() and path.read_bytes())
        for path in folder.rglob("*")
    }


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    course = tmp_path_factory.mktemp("transcripts") / "course"
    fill(course)
    grade(course)
    assert totals(course) == MARKS
    return course


@pytest.fixture
def course(graded, tmp_path):
    """A class that was graded."""
    return shutil.copytree(graded, tmp_path / "course")


@pytest.fixture
def few(course):
    """The same with two hand-ins."""
    for student in ANSWERS.keys() - {"ada", "bob"}:
        shutil.rmtree(course / "submitted" / student)
    return course


@pytest.fixture
def no_sandbox(tmp_path, monkeypatch):
    """Whoever is to be executed has a problem."""
    broken = tmp_path / "bin" / "bwrap"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{broken.parent}:{os.environ['PATH']}")


def not_judged(course):
    """Judge again; who would have to be executed."""
    said = grade(course, "--from-transcripts", "--no-feedback", "--json", code=None)
    problems = json.loads(said[said.index('{\n "marks"') :])["problems"]
    assert all("sandbox did not start" in problem for problem in problems.values()), problems
    return set(problems)


# What is kept


def test_a_transcript_says_all_that_led_to_a_mark(graded):
    told = transcript(graded, "hal")
    asked = report(graded, "hal", "second-right")
    (entry,) = asked["asked"]
    assert entry["question"] == "values" and entry["arguments"].keys() == {"name", "seed"}
    assert entry["arguments"]["name"] == "second" and entry["answer"] == np.array(2)
    assert asked["passed"] and asked["fraction"] == 1 and "2 of 2 points" in asked["html"]
    assert entry["arguments"]["seed"] == int(asked["seeds"]["values(name='second'), 1"], 16) % 2**63
    assert told["environment"].keys() >= {"python", "numpy", "nbgrader", "nbjudge"}
    assert told["limits"]["cell"] == 8 and told["limits"]["answer"] == 60 and told["sandboxed"]
    assert told["files"] == {
        "answering.py": hashlib.sha256(ANSWERING.encode()).hexdigest(),
        "data.csv": hashlib.sha256(b"1,2").hexdigest(),
    }
    assert report(graded, "bob", "second-right")["fraction"] == 0


def test_arrays_are_files_that_numpy_reads(graded):
    with zipfile.ZipFile(place(graded, "ada")) as archive:
        names = [name for name in archive.namelist() if name.endswith(".npy")]
        arrays = [np.load(io.BytesIO(archive.read(name)), allow_pickle=False) for name in names]
        assert {archive.getinfo(name).compress_type for name in names} == {zipfile.ZIP_DEFLATED}
    assert [array.tolist() for array in arrays] == [1, 2]


def test_a_transcript_is_read_only_beside_each_graded_notebook(graded):
    for student in ANSWERS:
        folder = graded / "autograded" / student / "ex1"
        own = {"data.csv"} if student == "hal" else set()
        assert {path.name for path in folder.iterdir()} == {"work.ipynb", "answering.py", TRANSCRIPT} | own
        assert not stat.S_IMODE((folder / TRANSCRIPT).stat().st_mode) & 0o222


def test_nobody_else_gets_to_see_it(graded):
    for folder in ("feedback", "release"):
        assert (graded / folder).is_dir() and not list((graded / folder).rglob("*transcript*"))
    assert [output["text"] for output in report(graded, "hal", "second")["outputs"]] == [
        "['answering.py', 'data.csv', 'work.ipynb']\n"  # the last without tests, see test_kernel.py
    ]


def test_a_students_own_file_of_that_name_is_none(graded):
    assert (graded / "submitted" / "hal" / "ex1" / TRANSCRIPT).read_bytes() == b"mine"
    assert "2 points of 2" in explain(graded, "hal", "first-right")


def test_plain_nbgrader_keeps_the_same_transcript(graded, tmp_path):
    fill(tmp_path / "course", ["hal"])
    shutil.copy(graded / ".course_secret", tmp_path / "course")
    folder = autograde(tmp_path / "course")
    assert everything(folder) == everything(graded / "autograded" / "hal" / "ex1")


def test_the_next_notebook_does_not_see_the_one_before(tmp_path):
    course = tmp_path / "course"
    build(course, notebook=listing())
    begin(course)
    nbformat.write(listing(), course / "source" / "ex1" / "also.ipynb")
    for name in ("work.ipynb", "also.ipynb"):
        folder = hand_in(course, "ada", listing(), name)
    for name in ("also", "work", "other"):
        (folder / f"{name}.transcript.zip").write_bytes(b"mine")
    kept = {path.name: unpack(path.read_bytes()) for path in autograde(course).glob("*.zip")}
    assert kept.keys() == {"also.transcript.zip", TRANSCRIPT}
    for name, told in kept.items():
        assert told["files"] == {}
        own = name.replace(".transcript.zip", ".ipynb")
        assert [output["text"] for output in told["reports"][0]["outputs"]] == [f"['{own}']\n"]


def listing():
    """A notebook that lists its folder, and asks nobody, so that nothing large is imported."""
    notebook = master()
    notebook.cells = [cell(notebook, "first"), cell(notebook, "first-right")]
    notebook.cells[0].source = "from glob import glob\nprint(sorted(glob('*')))"
    notebook.cells[1].source = "assert True"
    return notebook


# What is left out


def test_arguments_are_kept_in_outline():
    told = QuestionLog()
    told.note("logits", {"images": np.zeros((8, 1), np.float32), "more": [np.zeros(2), 3]}, {"answer": 1}, "k")
    assert told.take()["asked"][0]["arguments"] == {"images": "float32 (8, 1)", "more": ["float64 (2,)", 3]}


@pytest.mark.parametrize(
    ("large", "next_one"),
    [(np.zeros(2**23 // 2 + 1), 2), ([np.zeros(1)] * (MAX_ARRAYS + 1), None), ("x" * MAX_JSON, None)],
    ids=["bytes", "arrays", "text"],
)
def test_what_is_too_large_is_left_out_until_the_next_cell(large, next_one):
    """Bytes are counted for the whole notebook, so an answer that has no room for them does not take it from others."""
    told = QuestionLog()
    for answer in (1, large, 2):
        told.note("q", {}, {"answer": answer}, "k")
    assert [entry.get("answer") for entry in told.take()["asked"]] == [1, None, next_one]
    told.note("q", {}, {"answer": 3}, "k")
    assert [entry.get("answer") for entry in told.take()["asked"]] == [3]


def test_all_answers_of_a_notebook_have_room_for_their_arrays_together():
    told, kept = QuestionLog(), 0
    for number in range(40):
        told.note("q", {}, {"answer": np.zeros(2**20 if number < 39 else 2, np.uint8)}, "k")
        kept += "answer" in told.take()["asked"][0]
    assert kept == MAX_ARRAY_BYTES // 2**20, "the last, a small one, has no room either"


# Why a mark is what it is


@pytest.mark.parametrize(
    ("student", "test", "said"),
    [
        ("ada", "first-right", ["2 points of 2", "passed", "name=first", "numpy", "answer 60", "answering.py"]),
        ("bob", "second-right", ["0 points of 2", "not passed", " 3 "]),
        ("cy", "first-right", ["0 points of 2", "none (error)", "no first, for division by zero"]),
        ("dee", "first-right", ["0 points of 2", "too large to be kept"]),
        ("eve", "second-right", ["0 points of 2", "none (died)"]),
        ("flo", "first-right", ["0 points of 2", "none (contract)"]),
        ("hal", "first-right", ["data.csv " + hashlib.sha256(b"1,2").hexdigest()]),
        ("ada", "setup-checks", ["none in the gradebook", "it ran to its end"]),
    ],
)
def test_a_mark_is_explained(graded, student, test, said):
    explained = explain(graded, student, test)
    assert all(words in explained for words in said), explained


def test_a_students_text_is_text(graded):
    explained = explain(graded, "flo", "second-right")
    assert all(char == "\n" or char.isprintable() for char in explained)
    assert "?[2J?]0;owned?[red]x[/]" in explained.replace("\n", "")


def test_an_answer_of_several_lines_has_several_lines(graded, tmp_path):
    told = transcript(graded, "ada")
    told["reports"][[cell["name"] for cell in told["cells"]].index("first-right")]["asked"] = [
        {"question": "values", "key": "", "arguments": {"name": "[b]"}, "answer": np.array([[1.5, 2], [3, 4]])}
    ]
    path = tmp_path / "autograded" / "ada" / "ex1" / TRANSCRIPT
    path.parent.mkdir(parents=True)
    path.write_bytes(pack(told))
    shutil.copy(graded / "nbgrader_config.py", tmp_path)
    for name in ("gradebook.db", ".course_secret"):
        shutil.copy(graded / name, tmp_path)
    explained = explain(tmp_path, "ada", "first-right")
    assert "[[1.5 2. ]" in explained and "[3.  4. ]]" in explained and "name=[b]" in explained


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("zoe", "first-right"), "Error: nothing of zoe was graded: there is no autograded/zoe/*/*.transcript.zip\n"),
        (("ada", "third"), "Error: ada has no test cell third; there are first-right, second-right\n"),
    ],
)
def test_what_is_not_there_is_named(graded, words, said):
    assert explain(graded, *words, code=1) == said


@pytest.mark.parametrize("damage", [b"", b"PK", pack({}), pack([1]), pack({"cells": 1, "reports": 2}), "cut", "zeros"])
def test_a_damaged_transcript_is_named_and_hides_no_other(course, damage):
    path = place(course, "ada")
    whole = path.read_bytes()
    damaged = {"cut": whole[:-100], "zeros": whole[:60] + bytes(100) + whole[160:]}.get(damage, damage)
    path.unlink()
    path.write_bytes(damaged)
    said = explain(course, "ada", "first-right", code=1)
    again = "'nbjudge grade ex1 --student=ada --force' writes it anew"
    assert said == f"Error: autograded/ada/ex1/{TRANSCRIPT} is damaged; {again}\n"
    also = course / "autograded" / "ada" / "ex2" / TRANSCRIPT
    also.parent.mkdir()
    also.write_bytes(whole)
    assert "passed" in explain(course, "ada", "first-right")


# Judging again

NEW_TEST = check("second", 3).replace("== 3", '== 3, "new words"')  # bob is right now
MORE_POINTS = check("first", 1).replace("points=2", "points=5")


def decided_by(course, student):
    """A transcript without what was asked to word a message, which is not asked when nothing is executed."""
    told = transcript(course, student)
    for report in told["reports"]:
        report["asked"] = [entry for entry in report.get("asked", []) if entry["question"] == "values"]
        report["seeds"] = {purpose: seed for purpose, seed in report.get("seeds", {}).items() if "values" in purpose}
    return pack(told)


@pytest.mark.slow
def test_judging_again_gives_what_executing_again_gives(course, tmp_path, request):
    change(course, "first-right", MORE_POINTS, points=5)
    change(course, "second-right", NEW_TEST)
    shutil.rmtree(course / "submitted" / "dee")
    executed = shutil.copytree(course, tmp_path / "executed")
    grade(executed, "--force")
    request.getfixturevalue("no_sandbox")
    grade(course, "--from-transcripts")
    assert totals(course) == {"ada": 5, "bob": 7, "cy": 0, "dee": 2, "eve": 5, "flo": 0, "hal": 5}
    assert dump(course) == dump(executed)
    for student in ANSWERS.keys() - {"dee"}:
        notebooks = [place(folder, student).with_name("work.ipynb").read_bytes() for folder in (course, executed)]
        assert notebooks[0] == notebooks[1]
        assert decided_by(course, student) == decided_by(executed, student)
    assert "new words" in explain(course, "ada", "second-right")
    assert "3 points" not in explain(course, "bob", "second-right")


ASKS_MORE = """def right_second():
    value = submission.values("second")
    assert value != 3 or submission.values("first")  # bob alone is asked
    assert value == 2


submission.check(right_second, points=2)"""


def test_what_is_not_on_record_is_sent_back(course, no_sandbox):
    """A question never asked before, an answer that was not kept, and transcripts that are no help."""
    change(course, "second-right", ASKS_MORE)
    replaced = {"eve": place(course, "ada").read_bytes(), "hal": place(course, "hal").read_bytes()[:-100]}
    for name, content in replaced.items():
        place(course, name).unlink()
        place(course, name).write_bytes(content)
    assert not_judged(course) == {"bob", "dee", "eve", "hal"}


def test_what_is_sent_back_is_executed(few, monkeypatch):
    submit, submitted = Executor.submit, []

    def noted(self, name, function, packed, *more, limit):
        submitted.append((function.__name__, Job.unpack(packed).cells[3].source))
        submit(self, name, function, packed, *more, limit=limit)

    monkeypatch.setattr(Executor, "submit", noted)
    change(few, "second-right", ASKS_MORE)
    grade(few, "--from-transcripts")
    assert sorted(submitted) == [("execute", "second = 3"), ("judge", "second = 2"), ("judge", "second = 3")]
    assert totals(few) == MARKS


def test_what_was_executed_elsewhere_is_executed_again(executed, monkeypatch):
    """With other versions of anything a mark might be another, and nobody could tell of which it is."""
    assert judge(JOB.pack(), executed)
    monkeypatch.setattr(jobs, "installed_versions", lambda: {"torch": "3.0"})
    assert judge(JOB.pack(), executed) is None


def test_another_hand_in_is_executed(few, no_sandbox):
    change(few, "second-right", NEW_TEST)
    notebook = light()
    cell(notebook, "second").source = "second = 3  # mine"
    hand_in(few, "bob", notebook)
    assert not_judged(few) == {"bob"}


# The same without a class around it: a job of which nothing large is imported

LIGHT = b"""
import os

def answer(namespace, question, arguments):
    if question == "die":
        os._exit(3)
    if question == "count":
        namespace["n"] = namespace.get("n", 0) + 1
        return {"answer": namespace["n"]}
    if arguments["name"] not in namespace:
        return {"failure": {"kind": "contract", "message": "no such name"}}
    return {"answer": namespace[arguments["name"]]}
"""
ASK = "def value(name):\n    reply = __door__.ask('value', {'name': name})\n    return reply.get('answer')\n"


def student(source, name="solution", **says):
    return PlannedCell(source, name, on_student_side=True, **says)


def setup(source=ASK, name="setup"):
    return PlannedCell(source, name, on_grader_side=True)


def judged_by(*sources):
    return [PlannedCell(s, f"right-{i}", on_grader_side=True, points=2.0) for i, s in enumerate(sources)]


CELLS = [setup(), student("x = 1"), *judged_by("assert value('x') == 1")]
JOB = Job(
    cells=CELLS,
    files={"mine.txt": b"1"},
    release={"light.py": LIGHT, "thresholds.py": b"1", "work.ipynb": b"{}"},
    answers="light",
    secret=b"secret",
    limits=Limits(cell=10.0, answer=10.0, notebook=60.0, memory=2**30),
    judging=["*.ipynb", "thresholds.py"],
)


def with_test(*sources, job=JOB):
    return replace(job, cells=[*job.cells[:2], *judged_by(*sources)])


@pytest.fixture(scope="module")
def executed():
    return execute(JOB.pack())


def again(job, before):
    judged = judge(job.pack(), before)
    return None if judged is None else unpack(judged)


@pytest.mark.parametrize(
    ("job", "fraction"),
    [
        (JOB, 1),
        (with_test("assert value('x') == 2, 'new'"), 0),
        (replace(JOB, cells=[*CELLS[:2], replace(CELLS[2], points=7.0)]), 1),
        (replace(JOB, cells=[setup(ASK + "# more"), *CELLS[1:]]), 1),
        (replace(JOB, release=JOB.release | {"thresholds.py": b"2", "work.ipynb": b"[]"}), 1),
        (replace(JOB, secret=b"another"), 1),  # no question here depends on it
    ],
    ids=["nothing", "test", "points", "setup", "what judges", "secret"],
)
def test_when_tests_alone_change_nothing_is_executed(executed, no_sandbox, job, fraction):
    judged = again(job, executed)
    assert judged["reports"][2]["fraction"] == fraction and judged["digest"] == job.cache_key()


@pytest.mark.parametrize(
    "job",
    [
        replace(JOB, cells=[CELLS[0], student("x = 1 "), CELLS[2]]),
        replace(JOB, cells=[CELLS[0], student("x = 1", draws=False), CELLS[2]]),
        replace(JOB, cells=[CELLS[0], CELLS[2], CELLS[1]]),
        replace(JOB, cells=[*CELLS, student("y = 1")]),
        replace(JOB, files={"mine.txt": b"2"}),
        replace(JOB, files=JOB.files | {"more.txt": b""}),
        replace(JOB, release=JOB.release | {"light.py": LIGHT + b"#"}),
        replace(JOB, limits=replace(JOB.limits, cell=11.0)),
        replace(JOB, answers="other"),
        with_test("value('y')"),
        with_test("__door__.ask('count', {'name': 'x'})"),
    ],
    ids=["cell", "pictures", "order", "more cells", "file", "more files", "release", "limit", "answers", "name", "ask"],
)
def test_what_the_student_side_works_with_decides(executed, job):
    assert judge(job.pack(), executed) is None


def test_an_answer_that_was_another_the_second_time_decides_nothing():
    twice = with_test("assert value('x') == 1", "assert value('x') == 1")
    before = unpack(execute(twice.pack()))
    assert judge(twice.pack(), pack(before))
    before["reports"][3]["asked"][0]["answer"] = 2
    assert judge(twice.pack(), pack(before)) is None


def test_a_setup_cell_may_ask():
    asks = replace(JOB, cells=[setup(), student("x = 1"), setup(ASK + "assert value('x') == 1", "more"), CELLS[2]])
    before = execute(asks.pack())
    assert judge(asks.pack(), before) == before and unpack(before)["reports"][2]["passed"]


def test_a_student_side_that_died_is_judged_as_it_was():
    def dies(source):
        job = with_test(source, "assert value('x') is None")
        return replace(job, cells=[*job.cells, student("print(2)", "more")])

    die = "__door__.ask('die', {})\nassert False, 'old'"
    before = execute(dies(die).pack())
    assert "died" in unpack(before)["reports"][2]
    new = dies(die.replace("old", "new")).pack()
    assert judge(new, before) == execute(new)
    # Without that question it might be alive.
    assert judge(dies("assert True").pack(), before) is None


def test_whatever_is_damaged_is_not_used(executed):
    whole = judge(JOB.pack(), executed)
    assert whole
    for place_of_damage in range(0, len(executed), 97):
        damaged = bytearray(executed)
        damaged[place_of_damage] ^= 0xFF
        assert judge(JOB.pack(), bytes(damaged)) in (None, whole)
        assert judge(JOB.pack(), executed[:place_of_damage]) is None


@pytest.mark.parametrize(
    "content", [[], {}, None, {"work": JOB.student_key(), "cells": [], "reports": [{"lost": "all"}]}]
)
def test_what_is_no_whole_transcript_is_not_used(content):
    assert judge(JOB.pack(), pack(content)) is None


# Whose marks would change


@pytest.mark.parametrize("how", [(), ("--from-transcripts",)], ids=["executed", "judged"])
def test_nothing_is_written_before_it_is_confirmed(few, how):
    change(few, "first-right", MORE_POINTS, points=5)
    change(few, "second-right", NEW_TEST)
    kept = "gradebook.db", "autograded", "release", "feedback"
    before = [everything(few / name) if name != kept[0] else (few / name).read_bytes() for name in kept]
    for answer in ("n\n", ""):
        said = grade(few, "--diff", *how, answer=answer)
        assert "The marks of 2 of 2 students would change." in said
        assert differences(said) == [
            "ada: first-right 2 -> 5",
            "ada: second-right 2 -> 0",
            "bob: first-right 2 -> 5",
            "bob: second-right 0 -> 2",
        ]
        assert [everything(few / name) if name != kept[0] else (few / name).read_bytes() for name in kept] == before
    executed = sorted(path.name for path in (few / FOLDER).iterdir())
    grade(few, "--diff", *how, answer="y\n")
    assert totals(few) == MARKS | {"ada": 5, "bob": 7}
    assert sorted(path.name for path in (few / FOLDER).iterdir()) == executed
    assert differences(grade(few, "--diff", *how)) == []


def test_when_nothing_would_change_nothing_is_asked(few):
    before = (few / "gradebook.db").read_bytes(), everything(few / "autograded")
    assert "The marks of 0 of 2 students would change." in grade(few, "--diff")
    assert ((few / "gradebook.db").read_bytes(), everything(few / "autograded")) == before


def test_a_notebook_that_is_not_there_any_more_gets_nothing(tmp_path):
    course = tmp_path / "course"
    other = listing()
    for each in other.cells:  # else it would be known by these, under the other's name
        each.metadata.nbgrader.grade_id += "-also"
    build(course, notebook=listing())
    begin(course)
    nbformat.write(other, course / "source" / "ex1" / "also.ipynb")
    folder = hand_in(course, "ada", listing())
    hand_in(course, "ada", other, "also.ipynb")
    said = grade(course, "--diff", answer="y\n")
    assert differences(said) == ["ada: also: first-right-also - -> 2", "ada: work: first-right - -> 2"]
    (folder / "also.ipynb").unlink()
    said = grade(course, "--diff", answer="y\n")
    assert differences(said) == ["ada: also: first-right-also 2 -> 0"], said
    assert totals(course) == {"ada": 2}
