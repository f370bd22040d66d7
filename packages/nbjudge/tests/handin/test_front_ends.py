"""Notebooks as front ends and people make them: what counts is what the student wrote, wherever it stands."""

import json
from copy import deepcopy

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbjudge.handin.cells import STUDENT_CELL_PREFIX
from nbjudge.handin.rebuild import rebuild
from nbjudge.plugin.marks import read_marks

from helpers import commands
from helpers.tiny_class import line_of
from helpers.tiny_course import build_light, cell, hand_in, light, marked

STUB = "*Write here.*"
WORK = {
    "net": 'class Net:\n    size = 3\n\n    def forward(self):\n        return "mine"',
    "train": "SPLIT = 5\n\n\ndef train(net, steps=SPLIT):\n    return Net.size * steps",
    "evaluate": "accuracy = train(model)",
    "essay": "Blips are short.",
}
WANTED = {"net-test": ["mine", 3], "train-test": 15, "evaluate-test": 15}


def release():
    """Three tasks in code and one in words; the stub of the second gives something, too."""
    return new_notebook(
        cells=[
            new_markdown_cell("# Title", id="title"),
            marked("setup", "import math", locked=True),
            new_markdown_cell("## Task 1", id="task-1"),
            marked(
                "net", "class Net:\n    def forward(self):\n        raise NotImplementedError('this')", solution=True
            ),
            marked("net-test", "[Net().forward(), Net.size]", grade=True, locked=True, points=1),
            new_markdown_cell("## Task 2", id="task-2"),
            marked(
                "train",
                "SPLIT = 2\n\nraise NotImplementedError('split')\n\n\n"
                "def train(net):\n    raise NotImplementedError('this')",
                solution=True,
            ),
            marked("train-test", "train(Net)", grade=True, locked=True, points=1),
            marked("setup-fit", "model = Net()", locked=True),
            new_markdown_cell("## Task 3", id="task-3"),
            marked("evaluate", "# Leaves behind accuracy.\nraise NotImplementedError('this')", solution=True),
            marked("evaluate-test", "accuracy", grade=True, locked=True, points=1),
            new_markdown_cell("## Task 4: in words", id="prompt"),
            marked("essay", STUB, new_markdown_cell, grade=True, solution=True, points=5),
            new_markdown_cell("The end.", id="end"),
        ]
    )


def solved():
    notebook = release()
    for name, source in WORK.items():
        cell(notebook, name).source = source
    return notebook


def place(notebook, ident):
    return notebook.cells.index(cell(notebook, ident))


def typed(source, number=0, new_cell=new_code_cell):
    return new_cell(source, id=f"typed-{number}")


def seen(notebook):
    """What the test cells see if the cells are run one after another, whatever some of them raise."""
    names, found = {}, {}
    for one in notebook.cells:
        if one.cell_type != "code":
            continue
        name = one.metadata.get("nbgrader", {}).get("grade_id")
        try:
            if name in WANTED:
                found.setdefault(name, eval(one.source, names))
            else:
                exec(one.source, names)
        except Exception:
            pass
    return found


# Code


def typed_anew(notebook):
    for number, name in enumerate(("net", "train", "evaluate")):
        notebook.cells[place(notebook, name)] = typed(WORK[name], number)


def typed_anew_with_the_tests_deleted(notebook):
    typed_anew(notebook)
    notebook.cells = [one for one in notebook.cells if one.metadata.get("nbgrader", {}).get("grade_id") not in WANTED]


def typed_anew_between_scratch_cells(notebook):
    typed_anew(notebook)
    for number, one in enumerate(list(notebook.cells)):
        if one.id.startswith("typed"):
            here = notebook.cells.index(one)
            notebook.cells[here + 1 : here + 1] = [
                typed("x = 1", f"after-{number}"),
                typed("assert x", f"more-{number}"),
            ]
            notebook.cells[here:here] = [typed("import os", f"before-{number}")]


def typed_anew_in_two_cells(notebook):
    first, second = WORK["train"].split("\n\n\n")
    notebook.cells[place(notebook, "train") : place(notebook, "train") + 1] = [typed(first), typed(second, 1)]


def typed_anew_as_a_wrong_and_a_right_one(notebook):
    notebook.cells[place(notebook, "net") : place(notebook, "net") + 1] = [
        typed("class Net: pass"),
        typed(WORK["net"], 1),
    ]


def typed_anew_with_two_names(notebook):
    notebook.cells[place(notebook, "evaluate")] = typed("accuracy = _ = train(model)")


def all_in_one_cell_at_the_top(notebook):
    notebook.cells = [typed(WORK["net"] + "\n\n" + WORK["train"])] + [
        one for one in notebook.cells if one.id not in ("net", "train")
    ]


def above_the_untouched_stubs(notebook):
    blank = release()
    for number, name in enumerate(("net", "train", "evaluate")):
        here = place(notebook, name)
        notebook.cells[here : here + 1] = [typed(WORK[name], number), cell(blank, name)]


def below_the_untouched_stubs(notebook):
    blank = release()
    for number, name in enumerate(("net", "train", "evaluate")):
        here = place(notebook, name)
        notebook.cells[here : here + 1] = [cell(blank, name), typed(WORK[name], number)]


def merged_into_the_first(notebook):
    cell(notebook, "net").source += "\n\n" + WORK["train"]
    notebook.cells.remove(cell(notebook, "train"))


def split_with_metadata_in_both(notebook):  # as JupyterLab does
    first, second = WORK["train"].split("\n\n\n")
    copy = deepcopy(cell(notebook, "train"))
    cell(notebook, "train").source, copy.source, copy.id = first, second, "split"
    notebook.cells.insert(place(notebook, "train") + 1, copy)


def split_with_metadata_in_one(first_has_it):
    def split(notebook):
        first, second = WORK["train"].split("\n\n\n")
        here = place(notebook, "train")
        cell(notebook, "train").source = first if first_has_it else second
        notebook.cells.insert(here + first_has_it, typed(second if first_has_it else first))

    return split


def pasted_stub_below(notebook):
    for name in ("net", "train"):
        copy = deepcopy(cell(release(), name))
        copy.id = f"copy-{name}"
        notebook.cells.insert(place(notebook, name) + 1, copy)


def pasted_stub_above(notebook):
    copy = deepcopy(cell(release(), "net"))
    copy.id = "copy"
    notebook.cells.insert(place(notebook, "net"), copy)


def copied_for_the_next_task(notebook):
    copy = deepcopy(cell(notebook, "train"))
    copy.id, copy.source = "copy", WORK["evaluate"]
    notebook.cells[place(notebook, "evaluate")] = copy


def copied_for_a_trial_further_down(notebook):
    copy = deepcopy(cell(notebook, "train"))
    copy.id, copy.source = "copy", copy.source.replace("Net.size", "-1 * accuracy *")
    notebook.cells.append(copy)


def pasted_from_another_copy(notebook):
    for one in notebook.cells:
        one.id = f"other-{one.id}"


def to_text_and_back(notebook):
    cell(notebook, "net").metadata.nbgrader.cell_type = "code"


def left_as_text(notebook):
    one = cell(notebook, "net")
    notebook.cells[place(notebook, "net")] = new_markdown_cell(one.source, id=one.id, metadata=one.metadata)


def setup_cell_copied_to_the_end(notebook):
    cell(notebook, "evaluate").source = "assert ready\naccuracy = train(model)"
    copy = deepcopy(cell(notebook, "setup"))
    copy.id = "again"
    notebook.cells[place(notebook, "task-3") : place(notebook, "task-3")] = [copy, typed("ready = bool(train(Net))")]


HABITS = [
    *(typed_anew, typed_anew_with_the_tests_deleted, typed_anew_between_scratch_cells, typed_anew_in_two_cells),
    *(typed_anew_as_a_wrong_and_a_right_one, typed_anew_with_two_names, all_in_one_cell_at_the_top),
    *(above_the_untouched_stubs, below_the_untouched_stubs, merged_into_the_first, split_with_metadata_in_both),
    *(split_with_metadata_in_one(True), split_with_metadata_in_one(False), pasted_stub_below, pasted_stub_above),
    *(copied_for_the_next_task, copied_for_a_trial_further_down, pasted_from_another_copy, to_text_and_back),
    *(left_as_text, setup_cell_copied_to_the_end),
]


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit.__name__)
@pytest.mark.parametrize("ids", ["with ids", "without ids"])
def test_what_a_student_wrote_is_what_the_tests_see(habit, ids):
    notebook = solved()
    habit(notebook)
    if ids == "without ids":
        for one in notebook.cells:
            one.pop("id")
    rebuilt = rebuild(notebook, release())
    assert seen(rebuilt) == WANTED
    assert not any("essay" in remark for remark in rebuilt.metadata.grading.remarks)
    known = [one.id for one in rebuilt.cells if not one.id.startswith(STUDENT_CELL_PREFIX)]
    assert known == [one.id for one in release().cells]


@pytest.mark.parametrize("habit", [typed_anew, split_with_metadata_in_both, pasted_from_another_copy])
def test_who_types_a_cell_anew_is_not_remarked(habit):
    notebook = solved()
    habit(notebook)
    assert rebuild(notebook, release()).metadata.grading.remarks == []


def test_a_cell_that_was_typed_anew_stands_in_its_place():
    notebook = solved()
    typed_anew(notebook)
    rebuilt = rebuild(notebook, release())
    assert [cell(rebuilt, name).source for name in WORK] == list(WORK.values())
    assert len(rebuilt.cells) == len(release().cells)


def test_a_stub_keeps_what_the_student_did_not_define():
    notebook = solved()
    here = place(notebook, "train")
    notebook.cells[here : here + 1] = [typed("def train(net):\n    return Net.size * SPLIT"), cell(release(), "train")]
    rebuilt = rebuild(notebook, release())
    assert cell(rebuilt, "train").source == (
        "# Defined in other cells of the student's: train\n\nSPLIT = 2\n\nraise NotImplementedError('split')"
    )


def test_a_cell_that_nobody_filled_in_says_that_it_is_to_be_done():
    notebook = solved()
    notebook.cells.remove(cell(notebook, "evaluate"))
    notebook.cells.insert(place(notebook, "evaluate-test"), typed("print('nothing yet')"))
    rebuilt = rebuild(notebook, release())
    assert cell(rebuilt, "evaluate").source == cell(release(), "evaluate").source
    assert rebuilt.cells[place(rebuilt, "evaluate") + 1].source == "print('nothing yet')"
    assert rebuilt.metadata.grading.remarks == ["deleted evaluate"]


def test_the_untouched_release_stays_as_it_is():
    assert rebuild(release(), release()).cells == release().cells


# Words


def below(notebook):
    notebook.cells.insert(place(notebook, "essay") + 1, typed(WORK["essay"], new_cell=new_markdown_cell))


def above(notebook):
    notebook.cells.insert(place(notebook, "essay"), typed(WORK["essay"], new_cell=new_markdown_cell))


def at_the_end_of_the_prompt(notebook):
    cell(notebook, "prompt").source += "\n\n" + WORK["essay"]


def at_the_end_of_the_notebook(notebook):
    notebook.cells.append(typed(WORK["essay"], new_cell=new_markdown_cell))


def in_a_cell_of_code_below(notebook):
    notebook.cells.insert(place(notebook, "essay") + 1, typed("# " + WORK["essay"]))


def in_a_cell_of_code_instead(notebook):
    notebook.cells[place(notebook, "essay")] = typed(WORK["essay"])


def in_place_of_another_text(notebook):
    cell(notebook, "end").source = WORK["essay"]


def with_the_prompt_deleted(notebook):
    below(notebook)
    notebook.cells.remove(cell(notebook, "prompt"))


@pytest.mark.parametrize(
    ("habit", "where"),
    [
        (below, "in the cell below"),
        (above, "in the cell above"),
        (at_the_end_of_the_prompt, "in the cell above"),
        (at_the_end_of_the_notebook, "2 cells below"),
        (in_a_cell_of_code_below, "in the cell below"),
        (in_a_cell_of_code_instead, "in the cell below"),
        (in_place_of_another_text, "in the cell below"),
        (with_the_prompt_deleted, "in the cell below"),
    ],
)
def test_an_answer_elsewhere_is_for_a_human_to_read(habit, where):
    notebook = solved()
    cell(notebook, "essay").source = STUB
    habit(notebook)
    rebuilt = rebuild(notebook, release())
    assert cell(rebuilt, "essay").source == (
        f"{STUB}\n\n*This cell is as it was handed out. The student wrote something elsewhere: {where}.*"
    )
    assert f"essay is as it was handed out; the answer may be elsewhere: {where}" in rebuilt.metadata.grading.remarks
    assert any(WORK["essay"] in one.source for one in rebuilt.cells)


def test_an_answer_typed_anew_stands_in_its_place():
    notebook = solved()
    notebook.cells[place(notebook, "essay")] = typed(WORK["essay"], new_cell=new_markdown_cell)
    rebuilt = rebuild(notebook, release())
    assert cell(rebuilt, "essay").source == WORK["essay"] and len(rebuilt.cells) == len(release().cells)


def test_an_answer_in_a_locked_text_is_kept_below_it():
    released = release()
    cell(released, "prompt").metadata["nbgrader"] = {"grade_id": "prompt", "locked": True}
    notebook = deepcopy(released)
    cell(notebook, "prompt").source += "\n\nBlips are <b>short</b>."
    rebuilt = rebuild(notebook, released)
    assert [one.source for one in rebuilt.cells[place(rebuilt, "prompt") :]][:2] == [
        "## Task 4: in words",
        "Blips are < b>short< /b>.",
    ]
    assert "elsewhere: in the cell above" in cell(rebuilt, "essay").source


def nothing(notebook):
    pass


def deleted(notebook):
    notebook.cells.remove(cell(notebook, "essay"))


def blank_cells(notebook):
    notebook.cells[-1:] = [typed(" \n"), typed("", 1, new_markdown_cell), notebook.cells[-1]]


def a_copy_of_the_prompt(notebook):
    notebook.cells.append(typed(cell(notebook, "prompt").source, new_cell=new_markdown_cell))
    notebook.cells[-1].id = "prompt"


@pytest.mark.parametrize("habit", [nothing, deleted, blank_cells, a_copy_of_the_prompt])
def test_nothing_written_stays_nothing(habit):
    notebook = solved()
    cell(notebook, "essay").source = STUB
    habit(notebook)
    assert cell(rebuild(notebook, release()), "essay").source == STUB


# How editors write the same text


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", " \t\n") + "\n\n",
        lambda text: text.replace("ü", "u\u0308"),
    ],
    ids=["Windows", "old Macs", "byte order mark", "trailing blanks", "decomposed"],
)
@pytest.mark.parametrize("ids", ["with ids", "without ids"])
def test_what_nobody_can_see_is_no_change(change, ids):
    released = release()
    cell(released, "setup").source = "import math\nname = 'ü'"
    notebook = deepcopy(released)
    for one in notebook.cells:
        one.source = change(one.source)
        if ids == "without ids":
            one.pop("id")
    rebuilt = rebuild(json.loads(json.dumps(notebook)), deepcopy(released))
    assert rebuilt.cells == released.cells and rebuilt.metadata.grading.remarks == []


def test_code_with_other_ends_of_lines_is_run_as_front_ends_show_it():
    notebook = solved()
    cell(notebook, "net").source = "\ufeff" + WORK["net"].replace("\n", "\r\n")
    assert cell(rebuild(notebook, release()), "net").source == WORK["net"]


# The whole way


def course_master(answer=""):
    notebook = light()
    answer = answer or f"### BEGIN SOLUTION\n{WORK['essay']}\n### END SOLUTION"
    notebook.cells += [
        new_markdown_cell("In words", id="prompt"),
        marked("essay", answer, new_markdown_cell, grade=True, solution=True, points=5),
    ]
    return notebook


def windows(notebook):
    for one in notebook.cells:
        one.source = one.source.replace("\n", "\r\n")


def first_typed_anew(notebook):
    notebook.cells[place(notebook, "first")] = typed("first = 1")


def unsolved(notebook):
    for name in ("first", "second"):
        cell(notebook, name).source = f'raise NotImplementedError("make {name}")'


def older_version():
    notebook = course_master(f"*{BLANK}*")
    cell(notebook, "first").source = "first = 5  # ?"
    return notebook


BLANK = "Write your answer here."
OTHERS = {  # notebooks beside the real one
    "copied": ("work-Copy1.ipynb", course_master()),
    "untitled": ("Untitled.ipynb", new_notebook(cells=[typed("first, second = 1, 2")])),
    "older": ("work-Copy1.ipynb", older_version()),
    "same": ("work-Copy1.ipynb", course_master(f"*{BLANK}*")),
    "helped": ("helpers.ipynb", new_notebook(cells=[typed("def help(): ...")])),
}
STUDENTS = {  # what is done to a notebook without an answer, cells that wait for a human, and what the table says
    "blank": (nothing, 0, ""),
    "deleted": (deleted, 0, "deleted essay"),
    "below": (below, 1, "essay is as it was handed out; the answer may be elsewhere: in the cell below"),
    "prompt": (
        at_the_end_of_the_prompt,
        1,
        "essay is as it was handed out; the answer may be elsewhere: in the cell above",
    ),
    "code": (in_a_cell_of_code_instead, 1, "the answer may be elsewhere: in the cell below"),
    "paper": (nothing, 1, "essay is as it was handed out; the answer may be elsewhere: `my ?answer?.pdf`"),
    "windows": (windows, 0, ""),
    "anew": (first_typed_anew, 0, ""),
    "copied": (unsolved, 0, "work.ipynb is as it was handed out, but work-Copy1.ipynb is not"),
    "untitled": (unsolved, 0, "work.ipynb is as it was handed out, but Untitled.ipynb is not"),
    "older": (nothing, 0, "work-Copy1.ipynb was handed in, too, and not graded"),
    "same": (nothing, 0, ""),
    "helped": (nothing, 0, ""),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    course = tmp_path_factory.mktemp("front-ends")
    build_light(course, notebook=course_master())
    for student, (habit, *_) in STUDENTS.items():
        notebook = course_master(f"*{BLANK}*")
        habit(notebook)
        folder = hand_in(course, student, notebook)
        (folder / "._work.ipynb").write_bytes(b"\0\5\26\7")
        if student == "paper":
            for paper in ("timestamp.txt", "my <answer>.pdf", "notes.csv"):
                (folder / paper).write_text("2027-01-01 00:00:00 UTC")
        name, other = OTHERS.get(student, ("._more.ipynb", course_master()))
        hand_in(course, student, other, name)
    done = commands.run("nbjudge", "grade", "ex1", cwd=course, check=True)
    return course, done.stdout


@pytest.mark.parametrize("student", STUDENTS)
def test_a_class_of_habits(graded, student):
    course, printed = graded
    marks = {mark.student: mark for mark in read_marks(f"sqlite:///{course}/gradebook.db", "ex1")[0]}
    habit, pending, remark = STUDENTS[student]
    assert marks[student].automatic == (0 if habit is unsolved else 4) and marks[student].pending == pending
    said = line_of(printed, student)
    assert said == "" if not remark else remark in said
    if pending and student != "paper":
        assert WORK["essay"] in (course / "feedback" / student / "ex1" / "work.html").read_text()
