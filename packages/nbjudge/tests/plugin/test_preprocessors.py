"""Our own steps in nbgrader's pipelines, and its plugin for late hand-ins."""

import ast
import re

import pytest
from bs4 import BeautifulSoup
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbjudge.feedback.marks_first import MarksFirst
from nbjudge.plugin.feedback import HideTests
from nbjudge.plugin.generate import SayWhatToWrite, SupportFiles
from nbjudge.plugin.generate.support_files import ASK
from nbjudge.plugin.late_penalty import SECONDS_PER_DAY, PenaltyPerDay

STUB = "# YOUR CODE HERE\nraise NotImplementedError()"

# SayWhatToWrite


def released(source, new_cell=new_code_cell):
    """The source of a solution cell in the release."""
    cell = new_cell(source)
    cell.metadata["nbgrader"] = {
        "grade": False,
        "solution": True,
        "locked": False,
        "grade_id": "x",
        "schema_version": 3,
    }
    notebook, _ = SayWhatToWrite().preprocess(new_notebook(cells=[cell]), {})
    return notebook.cells[0].source


def region(sentence, code="answer = 42", indent=""):
    begin = f"### BEGIN SOLUTION: {sentence}" if sentence else "### BEGIN SOLUTION"
    return "\n".join(indent + line for line in [begin, code, "### END SOLUTION"])


def stub(indent=""):
    return "\n".join(indent + line for line in STUB.split("\n"))


def said(source):
    """The sentence that a released cell raises."""
    (call,) = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return call.args[0].value


def test_the_sentence_takes_the_place_of_the_solution():
    assert released(region("return one logit per image")) == 'raise NotImplementedError("return one logit per image")'


def test_the_cell_around_it_stays():
    source = f"def f(x):\n    y = x\n{region('return y', 'return y', '    ')}\n\n# the end\n"
    assert released(source) == 'def f(x):\n    y = x\n    raise NotImplementedError("return y")\n\n# the end\n'


@pytest.mark.parametrize("indent", ["", "    ", "        ", "\t"], ids=repr)
def test_a_region_without_a_sentence_keeps_nbgraders_stub(indent):
    before = "" if not indent else f"if True:\n{indent}pass\n"
    assert released(before + region("", indent=indent)) == before + stub(indent)


def test_a_cell_without_a_region_keeps_nbgraders_stub():
    assert released("answer = 42") == STUB


def test_each_region_has_its_own_sentence():
    source = "\n".join([region("first"), "x = 1", region("second"), region("third")])
    assert released(source) == "\n".join(
        [
            'raise NotImplementedError("first")',
            "x = 1",
            'raise NotImplementedError("second")',
            'raise NotImplementedError("third")',
        ]
    )


@pytest.mark.parametrize("first_indent", ["", "    ", "        "], ids=len)
@pytest.mark.parametrize("second_indent", ["", "    ", "        "], ids=len)
@pytest.mark.parametrize(("first", "second"), [("", "say"), ("say", ""), ("say", "tell"), ("", "")])
def test_no_region_gets_the_sentence_of_another(first, second, first_indent, second_indent):
    def shown(sentence, indent):
        return f'{indent}raise NotImplementedError("{sentence}")' if sentence else stub(indent)

    source = f"{region(first, indent=first_indent)}\n# between\n{region(second, indent=second_indent)}"
    assert released(source) == f"{shown(first, first_indent)}\n# between\n{shown(second, second_indent)}"


@pytest.mark.parametrize(
    ("sentence", "raised"),
    [
        ("it's a tensor", "it's a tensor"),
        ('return "chirp"', "return 'chirp'"),
        ('"quoted"', "'quoted'"),
        ("  with room around  ", "with room around"),
        ("a: b: c", "a: b: c"),
        ("größer ≤ 0.1", "größer ≤ 0.1"),
        ("{braces} and %s", "{braces} and %s"),
        (r"split at \n and \d", r"split at \n and \d"),
        ("end with a \\", "end with a \\"),
    ],
)
def test_sentences_of_all_kinds_are_raised_as_they_read(sentence, raised):
    assert said(released(region(sentence))) == raised


def test_the_answers_of_markdown_cells_become_nbgraders_text():
    assert released("My answer", new_markdown_cell) == "YOUR ANSWER HERE"
    assert released(f"Question?\n{region('explain')}", new_markdown_cell) == "Question?\nYOUR ANSWER HERE"


def test_other_cells_are_left_alone():
    notebook = new_notebook(cells=[new_code_cell(STUB), new_markdown_cell("text")])
    released_notebook, _ = SayWhatToWrite().preprocess(notebook, {})
    assert [cell.source for cell in released_notebook.cells] == [STUB, "text"]


def test_a_region_that_does_not_end_is_an_error():
    with pytest.raises(RuntimeError):
        released("### BEGIN SOLUTION: never ends\nx = 1")


# SupportFiles


@pytest.fixture
def course(tmp_path):
    for name in ["helpers/a.py", "helpers/deep/b.py", "helpers/picture.png", "notes.txt", "folder.py/inside.txt"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def outputs_of(course, *patterns, resources=None):
    notebook = new_notebook()
    same, resources = SupportFiles(root=str(course), files=list(patterns)).preprocess(notebook, resources or {})
    assert same is notebook
    return resources["outputs"]


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        ([], []),
        (["notes.txt"], ["notes.txt"]),
        (["helpers/*.py"], ["helpers/a.py"]),
        (["helpers/**/*.py"], ["helpers/a.py", "helpers/deep/b.py"]),
        (["helpers/*"], ["helpers/a.py", "helpers/picture.png"]),
        (["notes.txt", "helpers/*.png"], ["notes.txt", "helpers/picture.png"]),
    ],
)
def test_files_go_where_they_are_relative_to_the_root(course, patterns, names):
    assert outputs_of(course, *patterns) == {name: name.encode() for name in names}


@pytest.mark.parametrize(
    ("said", "asks"),
    [
        ("from nbjudge.ask import connect", True),
        ("import nbjudge.ask", True),
        ("from nbjudge import ask", True),
        ("# as nbjudge does, ask", False),
        ("from helpers import connect", False),
    ],
)
def test_what_answers_the_tests_comes_along_where_it_is_imported(course, said, asks):
    (course / "helpers" / "a.py").write_text(said)
    of_file = outputs_of(course, "helpers/a.py").keys() - {"helpers/a.py"}
    in_notebook = new_notebook(cells=[new_code_cell(said)])
    _, resources = SupportFiles(root=str(course)).preprocess(in_notebook, {})
    assert of_file == resources["outputs"].keys()
    assert bool(of_file) == asks and of_file <= {f"nbjudge/ask/{path.name}" for path in ASK.glob("*.py")}
    _, resources = SupportFiles(root=str(course), ask=False).preprocess(in_notebook, {})
    assert resources["outputs"] == {}


def test_what_others_put_out_stays(course):
    assert outputs_of(course, "notes.txt", resources={"outputs": {"figure.png": b"png"}}) == {
        "figure.png": b"png",
        "notes.txt": b"notes.txt",
    }


@pytest.mark.parametrize("pattern", ["nothing.py", "helpers/*.ipynb", "folder.py"])
def test_a_pattern_that_matches_no_file_is_an_error_that_names_it(course, pattern):
    with pytest.raises(FileNotFoundError, match=pattern.replace("*", r"\*")):
        outputs_of(course, "notes.txt", pattern)


# PenaltyPerDay

DAY = SECONDS_PER_DAY


@pytest.mark.parametrize(
    ("percent", "score", "seconds", "lost"),
    [
        (10, 20, 0, 0),
        (10, 20, 1, 2),
        (10, 20, DAY, 2),
        (10, 20, DAY + 1, 4),
        (10, 20, 3 * DAY, 6),
        (10, 20, 10 * DAY, 20),
        (10, 20, 1000 * DAY, 20),
        (10, 0, 5 * DAY, 0),
        (25, 10, 1.5 * DAY, 5),
        (100, 7.5, 0.5, 7.5),
        (0, 20, 5 * DAY, 0),
    ],
)
def test_a_share_is_lost_for_every_day_begun(percent, score, seconds, lost):
    penalty = PenaltyPerDay(percent_per_day=percent).late_submission_penalty("anyone", score, seconds)
    assert penalty == pytest.approx(lost) and 0 <= penalty <= score


# MarksFirst


def graded(ident, score, points, outputs=(), new_cell=new_code_cell):
    cell = new_cell("", id=ident)
    cell.metadata["nbgrader"] = {"grade": True, "grade_id": ident, "score": score, "points": points}
    if outputs:
        cell.outputs = [new_output("execute_result", data={"text/html": html}) for html in outputs]
    return cell


def test_marks_come_first_under_the_headings():
    cells = [
        new_markdown_cell("## Task 1: Build (25 points)"),
        graded("a", 2.0, 5.0, ["<b>partly\n\npassed</b>"]),
        new_markdown_cell("# All 25 points", id="students-own-3"),
        graded("b", 3.0, 3.0, ["<b>passed</b>"]),
        new_markdown_cell("# Task <2>"),
        graded("c", None, 4.0, new_cell=new_markdown_cell),
    ]
    notebook, _ = MarksFirst().preprocess(new_notebook(cells=cells), {"nbgrader": {"late_penalty": 1.5}})
    page = notebook.cells[0].source
    assert "Handed in late: 1.5 points less." in page
    assert re.findall(r"<h3>(.+?) &nbsp; (.+?)</h3>", page) == [
        ("Task 1: Build", "5 of 8"),
        ("Task &lt;2&gt;", "not graded yet (4 points)"),
    ]
    assert "<b>partly passed</b>" in page and "Written answer &middot; not graded yet (4 points)" in page
    assert re.findall(r'href="#(\w)"', page) == ["a", "b", "c"] and "\n\n" not in page


def test_ordinary_tests_say_why_they_give_no_points():
    failed, warned, passed = graded("a", 0.0, 5.0), graded("b", 0.0, 3.0), graded("c", 1.5, 3.0)
    failed.outputs = [
        new_output("stream", text="<so far>"),
        new_output("error", ename="E", evalue="<no>", traceback=[]),
    ]
    warned.outputs = [new_output("stream", name="stderr", text="careful")]
    passed.outputs = [new_output("execute_result", data={"text/plain": "1.5"})]
    notebook, _ = MarksFirst().preprocess(new_notebook(cells=[failed, warned, passed]), {})
    assert re.findall("<div>(.+)</div> <a", notebook.cells[0].source.replace("&middot;", "·")) == [
        "a · 0 of 5 points · E: &lt;no&gt;",
        "b · 0 of 3 points · there was a warning, or other text on standard error",
        "c · 1.5 of 3 points",
    ]
    # What is quoted of a student is no formula.
    assert notebook.cells[0].source.count('<div class="said tex2jax_ignore">') == 3


def test_tasks_are_listed_under_their_own_heading():
    task = new_markdown_cell("## Task 2 (4 points)\n\nTry it.", id="task")
    task.metadata["nbgrader"] = {"task": True, "grade": False, "grade_id": "task", "score": 3.0, "points": 4.0}
    cells = [new_markdown_cell("## Task 1"), graded("a", 1.0, 1.0), task]
    notebook, _ = MarksFirst().preprocess(new_notebook(cells=cells), {})
    assert re.findall(r"<h3>(.+?) &nbsp; (.+?)</h3>", notebook.cells[0].source) == [
        ("Task 1", "1 of 1"),
        ("Task 2", "3 of 4"),
    ]


def test_remarks_are_told_to_the_student_as_text():
    notebook = new_notebook(cells=[graded("a", 2.0, 5.0)], metadata={"grading": {"remarks": ["<b>.pt was left out"]}})
    notebook, _ = MarksFirst().preprocess(notebook, {})
    assert (
        '<h3>Remarks</h3>\n<ul class="tex2jax_ignore">\n<li>&lt;b&gt;.pt was left out</li>\n</ul>'
        in notebook.cells[0].source
    )


def test_a_notebook_without_marks_stays_as_it_is():
    notebook, _ = MarksFirst().preprocess(new_notebook(cells=[new_code_cell("1")]), {})
    assert len(notebook.cells) == 1


# HideTests


@pytest.mark.parametrize("hidden", [True, False])
def test_the_code_of_hidden_tests_is_in_no_traceback(hidden):
    cell = graded("a", 0.0, 1.0)
    begin, end = ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS") if hidden else ("# begin", "# end")
    cell.source = f"visible(1)\n{begin}\nsecret(2)\n{end}"
    traceback = ["----> 3 secret(2)", "ValueError: wrong"]
    cell.outputs = [new_output("error", ename="ValueError", evalue="wrong", traceback=traceback)]
    notebook, _ = HideTests().preprocess(new_notebook(cells=[cell]), {})
    (cell,) = notebook.cells
    assert ("secret" in cell.source) == (not hidden) and "visible(1)" in cell.source
    assert cell.outputs[0].traceback == (["ValueError: wrong"] if hidden else traceback)


BREAKING = {
    "an empty line": "a\n\n<b>x</b>\n\n# h\n",
    "empty lines of other kinds": "a\r\r<b>\r\n\r\n\x0b\x0b\x0c\x0c\x85\x85\u2028\u2028\u2029\u2029<img src=x>",
    "the end of the block": "</li></ul></div>\n\n<script>x</script>",
    "markdown": "---\n\n***\n\n```\nx\n```\n\n    code\n\n[a](javascript:x) ![](x) `b` *c*",
    "a formula": "$a$ $$\n\n\\href{javascript:x}{y}\n\n$$ \\[x\\] \\begin{equation}\n\nx\n\n\\end{equation}",
    "commands": "\x1b[2J\x00\u202egpj\u200b\udce9",
    "a megabyte": "<" * 10**6,
    "attributes": "\"' onclick=x &lt; &#60;b&#62;",
}


@pytest.mark.parametrize("words", BREAKING.values(), ids=BREAKING)
def test_whatever_words_are_in_it_the_marks_are_one_block_of_html(words):
    failed = graded("test-a", 0.0, 2.0)
    failed.outputs = [new_output("error", ename=words, evalue=words)]
    notebook = new_notebook(cells=[failed], metadata={"grading": {"remarks": [words, "the last one"]}})
    page = _rendered(MarksFirst().preprocess(notebook, {})[0].cells[0].source)
    assert {element.name for element in page.find_all(True)} <= {"h2", "h3", "ul", "li", "div", "a"}
    assert [list(element.attrs) for element in page.find_all("a")] == [["href"]]
    first, last = page.find_all("li")
    shown = "".join(char if char.isprintable() else "?" for char in " ".join(words[:1000].split()))
    assert first.text.startswith(shown[:900]) and last.text == "the last one" and len(first.text) <= 1003
    assert first.parent["class"] == ["tex2jax_ignore"]
    (said,) = page.find_all("div", class_="said")
    assert said.a.text == "show" and "tex2jax_ignore" in said["class"] and "test-a" in said.text


def test_remarks_have_an_end_on_the_page():
    notebook = new_notebook(metadata={"grading": {"remarks": [f"remark {n}" for n in range(500)]}})
    page = _rendered(MarksFirst().preprocess(notebook, {})[0].cells[0].source)
    assert [item.text for item in page.find_all("li")][-2:] == ["remark 49", "450 more remarks"]


def _rendered(source):
    return BeautifulSoup(MarkdownWithMath(IPythonRenderer(escape=False)).render(source), "html.parser")
