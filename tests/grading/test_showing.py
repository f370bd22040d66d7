"""Whatever a hand-in holds, formgrader and the feedback show it in bounded time; what is honest looks as ever."""

import copy
import resource
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.utils import determine_grade
from nbjudge.handin import room, showable
from nbjudge.handin.arrange import find_notebooks
from nbjudge.handin.formulas import MACROS
from nbjudge.handin.rebuild import rebuild
from nbjudge.handin.room import CUT, REMARK, NoRoomError, Room
from nbjudge.handin.showable import make_showable
from nbjudge.handin.texts import as_code, inactive

from helpers.hostile_notebook import PIXEL
from helpers.tiny_course import build_light, hand_in, light, marked
from tests.corpus.build import NOTEBOOK, RELEASE, examples
from tests.corpus.build import hand_in as hand_in_example

# Seconds of processor time; without a budget each of these takes many times as long.
BOUND = 10.0
WHEAT = [example for example in examples() if example.name.startswith("wheat")]


def bounded(*cells):
    """A graded notebook with these cells, as it may be shown."""
    notebook = new_notebook(cells=list(cells))
    make_showable(notebook)
    return notebook


def printed(text):
    return new_code_cell(outputs=[new_output("stream", text=text)])


def raised(*lines):
    return new_code_cell(outputs=[new_output("error", ename="E", evalue="no", traceback=list(lines))])


def remarks(notebook):
    return notebook.metadata.get("grading", {}).get("remarks", [])


# The whole way


def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))


PAGE = """
import sys
from nbconvert import HTMLExporter
from nbgrader.server_extensions.formgrader import handlers

paths = [handlers.template_path]
exporter = HTMLExporter(template_name="formgrade", extra_template_basedirs=paths)
names = dict.fromkeys(["index", "total"], 1) | {"base_url": "", "notebook_id": "work"}
page, _ = exporter.from_filename(sys.argv[1], resources=names)
assert "numbers only" not in page
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")
def test_a_hand_in_that_is_slow_to_show_holds_up_nobody(tmp_path):
    notebook = light()
    notebook.cells[2:2] = [
        new_code_cell("if False:\n    " + "a." * 100_000 + "a", id="dots"),
        new_code_cell("print('\\x1b[31mx\\x1b[0m' * 100_000)", id="colours"),
        *(new_markdown_cell("\\\\[" * 3333, id=f"brackets-{number}") for number in range(100)),
    ]
    build_light(tmp_path)
    hand_in(tmp_path, "ada", notebook)
    done = subprocess.run(
        [sys.executable, "-m", "nbjudge", "grade", "ex1"],
        cwd=tmp_path,
        capture_output=True,
        preexec_fn=limit,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert CUT.strip() not in (tmp_path / "feedback/ada/ex1/work.html").read_text()
    graded = tmp_path / "autograded/ada/ex1/work.ipynb"
    assert REMARK in remarks(nbformat.read(graded, as_version=4))
    subprocess.run([sys.executable, "-c", PAGE, str(graded)], check=True, preexec_fn=limit, timeout=600)


# What is slow


@pytest.mark.parametrize(
    "source",
    ["a." * 25_000, "..." * 20_000, "1." * 30_000, "%%perl\n" + "s{{" * 30_000, "x" * 200_000, "a\n" * 60_000],
    ids=lambda source: repr(source[:10]),
)
def test_code_that_is_slow_to_colour_is_shown_without(source):
    start = time.process_time()
    notebook = bounded(new_code_cell("first = 1"), new_code_cell(source))
    assert time.process_time() - start < BOUND
    assert [cell.source for cell in notebook.cells] == ["first = 1", source]
    assert notebook.metadata.language_info.pygments_lexer == "text"
    assert remarks(notebook) == [REMARK]


def test_code_that_nobody_would_read_is_cut():
    notebook = bounded(new_code_cell("<" * 10**6), new_code_cell("second = 2"))
    assert [len(cell.source) < 300_000 for cell in notebook.cells] == [True, True]
    assert notebook.cells[0].source.endswith(CUT)


@pytest.mark.parametrize(
    "text",
    ["\x1b[31mx\x1b[0m" * 100_000, "\x1b[" + "1;" * 500_000 + "m", "\x1b[1m" * 600_000, "\x1b[m<" * 300_000],
    ids=lambda text: repr(text[:10]),
)
def test_colour_codes_beyond_number_are_left_out(text):
    start = time.process_time()
    notebook = bounded(printed(text), raised(text), raised(*[text[: len(text) // 100]] * 100))
    assert time.process_time() - start < BOUND
    assert "\x1b" not in notebook.cells[0].outputs[0].text and "\x1b" not in notebook.cells[1].outputs[0].traceback[0]
    assert remarks(notebook) == [REMARK]


@pytest.mark.parametrize("text", ["~|a|b|\n|-|-|\n" * 700, "\\\\[" * 3333, "[" * 10_000, "```perl\n" + "s{{" * 3000])
def test_the_texts_of_a_notebook_share_one_budget(text):
    start = time.process_time()
    submitted = new_notebook(cells=[new_markdown_cell(text) for _ in range(200)])
    notebook = rebuild(submitted, new_notebook(cells=[]))
    assert time.process_time() - start < BOUND
    assert notebook.cells[-1].source == as_code(text) or CUT.strip() in notebook.cells[-1].source
    assert remarks(notebook) == [REMARK]


def test_outputs_without_number_are_left_out():
    output = NotebookNode(output_type="display_data", metadata=NotebookNode(), data=NotebookNode({"text/plain": ""}))
    cells = [new_code_cell() for _ in range(100)]
    for cell in cells:
        cell.outputs = [copy.deepcopy(output) for _ in range(200)]
    notebook = bounded(*cells)
    assert sum(len(cell.outputs) for cell in notebook.cells) == showable.MAX_OUTPUTS
    assert remarks(notebook) == [REMARK]


def test_a_picture_is_shown_as_often_as_there_is_room(monkeypatch):
    monkeypatch.setattr(room, "PICTURES", 10 * len(PIXEL))
    pasted = {"a.png": {"image/png": PIXEL}}
    for times in (5, 20):
        text, _ = inactive("![a](attachment:a.png)\n\n" * times, pasted)
        assert text.startswith("    ") == (times > 10)


def test_there_are_not_more_remarks_than_are_read():
    notebook = new_notebook(metadata={"grading": {"remarks": [f"remark {number}" for number in range(1000)]}})
    make_showable(notebook)
    assert remarks(notebook)[-1] == "and 950 more" and len(remarks(notebook)) == 51


def test_marks_stay_as_they_are():
    flood = [new_output("stream", text="\x1b[1m" * 100_000)]
    ends = {
        "error": [new_output("error", ename="E", evalue="no", traceback=["x" * 10**6])],
        "warning": [new_output("stream", name="stderr", text="<" * 10**6)],
        "points": [new_output("execute_result", data={"text/plain": "1.5", "text/html": "<p>" * 10**6})],
        "nothing": [],
    }
    cells = [marked(name, "", grade=True, locked=True, points=2) for name in ends]
    for cell, end in zip(cells, ends.values(), strict=True):
        cell.outputs = copy.deepcopy(flood * 300 + end)
    before = [determine_grade(cell) for cell in cells]
    notebook = bounded(*cells)
    assert [determine_grade(cell) for cell in notebook.cells] == before == [(0, 2), (0, 2), (1.5, 2), (2, 2)]


# The budget itself


def test_whoever_takes_too_long_is_interrupted_once_and_nothing_is_left_behind(monkeypatch):
    monkeypatch.setattr(room, "SECONDS", 0.2)
    before, there = signal.getsignal(signal.SIGPROF), Room()
    start = time.thread_time()
    with pytest.raises(NoRoomError), there.spending():
        while True:
            pass
    assert time.thread_time() - start < 2 and there.exceeded
    assert signal.getsignal(signal.SIGPROF) == before and signal.getitimer(signal.ITIMER_PROF) == (0, 0)
    with pytest.raises(NoRoomError), there.spending():
        pytest.fail("there is no room left")


def test_what_finds_no_room_takes_none():
    there = Room()
    with pytest.raises(NoRoomError):
        there.take("<" * (room.TAGS + 1))
    there.take("<" * room.TAGS)


# What is honest


@pytest.mark.parametrize("correct", WHEAT, ids=lambda correct: correct.name)
def test_correct_submissions_look_as_ever(correct, tmp_path):
    hand_in_example(correct, tmp_path)
    submitted, release = (
        nbformat.read(find_notebooks(folder, [RELEASE / NOTEBOOK])[NOTEBOOK], as_version=4)
        for folder in (tmp_path, RELEASE)
    )
    notebook = rebuild(submitted, release)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = copy.deepcopy(OUTPUTS)
    shown = copy.deepcopy(notebook)
    make_showable(shown)
    assert shown == notebook and REMARK not in remarks(shown)


BAR = "".join(f"\x1b[32m{n}%|{'#' * n}\x1b[0m\n" for n in range(0, 101, 10))
FRAMES = [
    f"\x1b[0;32mFile \x1b[1;32m{n}.py\x1b[0m\n\x1b[1;31m---> {n}\x1b[0m \x1b[38;5;28mf\x1b[39m(x)" for n in range(12)
]
OUTPUTS = [
    new_output("stream", text=BAR),
    new_output("stream", name="stderr", text="\n".join(f"epoch {n}: loss {1 / (n + 1):.4f}" for n in range(100))),
    new_output("execute_result", data={"text/plain": "\n".join(f"{n}  {n / 7:.6f}  <NA>  a & b" for n in range(60))}),
    new_output("error", ename="ValueError", evalue="no", traceback=FRAMES),
]


def test_a_long_and_honest_notebook_looks_as_ever():
    code = "\n".join(f"loss_{n} = criterion(net(images[{n}:{n + 8}]).squeeze(), labels)  # step {n}" for n in range(30))
    cells = [new_code_cell(code, outputs=copy.deepcopy(OUTPUTS)) for _ in range(25)]
    cells += [printed("\n".join(f"step {n}: {'.' * 60}" for n in range(1000))) for _ in range(10)]
    notebook = bounded(*copy.deepcopy(cells))
    assert notebook.cells == cells and not notebook.metadata


# Formulas


@pytest.mark.parametrize(
    "formula",
    [
        r"\hat{y} = \sigma\left(\sum_{i=1}^n w_i x_i + b\right)",
        r"\mathcal{L} = -\frac{1}{N}\sum_i \log p_\theta(x_i \mid y_i)",
        r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
        r"\begin{cases} 1 & \text{if } x > 0 \\[2pt] 0 & \text{otherwise} \end{cases}",
        r"\begin{array}{l|cr} a & b & c \\ \hline d & e & f \end{array}",
        r"\int_0^\infty\!\!e^{-x}\,\mathrm{d}x \quad \hspace{1em} \operatorname{arg\,max}_{x \in \mathbb{R}} f(x)",
        r"\begin{align*} a &= b \\ &\leq \left\| c \right\|_2^2 \end{align*}",
        r"\Bigl[ \sqrt[3]{x} \Bigr] \approx \overline{x} \pm \tfrac12 \; \vec{v} \cdot \dot{w} \implies \boxed{42\%}",
    ],
)
def test_formulas_that_students_write_stay(formula):
    for text in (f"So ${formula}$.", f"So\n\n$${formula}$$\n\nindeed."):
        assert inactive(text, None)[0] == text


@pytest.mark.parametrize(
    "formula",
    [
        *(r"\rule{40em}{40em}", r"\raise10em{a}", r"\lower10em{a}", r"\rlap{a}", r"\llap{a}", r"\smash{\frac{a}{b}}"),
        *(r"\kern-9em", r"\mkern-9mu", r"\mskip-9mu", r"\hskip-9em", r"\moveleft9em{a}", r"\moveright9em{a}"),
        *(r"\Space{1em}{9em}{9em}", r"\Rule{1em}{9em}{9em}", r"\hspace{-9em}", r"\hspace*{-9em}", r"\mathllap{a}"),
        *(r"\vcenter{a}", r"\hspace{999em}", r"\bbox[padding:9em]{a}", r"\Huge{a}", r"\unicode{x2588}", r"\pmb{a}"),
        *(r"\def\a{\b\b}", r"\newcommand{\a}{b}", r"\let\a=\b", r"\newenvironment{a}{b}{c}", r"\renewcommand{\le}{>}"),
        *(
            r"\DeclareMathOperator{\le}{>}",
            r"\mmlToken{mglyph}[src=x]{}",
            r"\require{color}",
            r"\toggle{a}{b}\endtoggle",
        ),
        *(
            r"\skew9{a}b",
            r"\phantom{a}",
            r"\begin{array}{*{99999}{c}}a\end{array}",
            r"\begin{alignat}{9999}a\end{alignat}",
        ),
        *(r"\begin{CD} A @>>> B \end{CD}", r"\root9\of{a}\uproot{99}", r"\buildrel a\over b", r"\verb|a|", r"\ce{H2O}"),
        *("\\begin{matrix}a\\\\[-99em]b\\end{matrix}", "\\begin{matrix}a\\\\ \ufeff[-99em]b\\end{matrix}"),
        *(r"{}\!" * 50, r"\tiny a", r"\enclose{circle}{a}", r"\cancel{a}", r"\html{a}", r"\Style a"),
    ],
)
def test_macros_that_could_leave_their_box_are_spelt_out(formula):
    for text in (f"So ${formula}$.", f"So\n\n$${formula}$$\n\nindeed."):
        shown, _ = inactive(text, None)
        assert shown != text and ("\\ " in shown or shown.startswith("    "))


def test_formulas_that_the_browser_would_put_together_are_looked_at():
    assert inactive(r"&#36;&bsol;rule{9em}{9em}\$ and a \\rule", None)[0].startswith("    ")


def test_every_macro_that_stays_is_no_other_ones_beginning():
    for macro in MACROS:
        assert inactive(f"$\\{macro}zzz$", None)[0] == f"$\\ {macro}zzz$"


def test_backslashes_without_formulas_stay():
    for text in (r"In C:\Users\ada\rule or `\rule`.", "`\\n` costs $a$ and\n\n    print('\\rule')"):
        assert inactive(text, None)[0] == text


def test_formulas_without_number_become_code():
    submitted = new_notebook(cells=[new_markdown_cell("$a$ " * 1000) for _ in range(30)])
    notebook = rebuild(submitted, new_notebook(cells=[]))
    plain = [cell.source.startswith("    ") for cell in notebook.cells]
    assert plain == sorted(plain) and set(plain) == {False, True}
