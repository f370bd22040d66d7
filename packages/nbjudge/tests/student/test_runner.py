"""The runner does with a cell what a notebook does: the real process, without the sandbox around it."""

import contextlib
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import nbjudge.student
import numpy as np
import pytest
from nbjudge.judge.outputs import is_image
from nbjudge.protocol.wire import Wire, WireError
from nbjudge.sandbox import bubblewrap
from nbjudge.student.recorder import MAX_IMAGE_BYTES, MAX_OUTPUTS, MAX_TEXT

PATIENCE = 30.0
SHORT = 0.3  # time limit of cells that would not end


class Runner:
    """A running ``python -m nbjudge.student`` and the other end of its socket."""

    def __init__(self, folder):
        ours, theirs = socket.socketpair()
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(Path(nbjudge.student.__file__).parents[2]),
            "MPLBACKEND": bubblewrap.environment_variables()["MPLBACKEND"],
        }
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-s", "-m", "nbjudge.student", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        theirs.close()
        self.wire = Wire(ours)
        self.folder = folder

    def request(self, what, **content):
        self.wire.send({"id": "1", "do": what, **content}, PATIENCE)
        reply = self.wire.receive(PATIENCE)
        assert reply.pop("id") == "1"
        return reply

    def begin(self, files=None, answers=None, path=()):
        files = {name: np.frombuffer(content, np.uint8) for name, content in (files or {}).items()}
        return self.request("begin", files=files, answers=answers, path=list(path))

    def run(self, source, timeout=PATIENCE, draws=True):
        return self.request("execute", source=textwrap.dedent(source), timeout=timeout, draws=draws)["outputs"]

    def stop(self):
        self.wire.close()
        self.process.kill()
        self.process.wait(60)


@contextlib.contextmanager
def running(folder, **begin):
    runner = Runner(folder)
    try:
        assert runner.begin(**begin) == {}
        yield runner
    finally:
        runner.stop()


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    with running(tmp_path_factory.mktemp("runner")) as runner:
        yield runner


@pytest.fixture(scope="module")
def run(runner):
    """Run a cell in a runner that all these tests share and return its outputs."""
    return runner.run


@pytest.fixture
def fresh(tmp_path):
    """A runner that may be broken."""
    with running(tmp_path) as runner:
        yield runner


def text(output):
    assert output["type"] in ("stream", "display", "result")
    return output["text"]


def stream(name, content):
    return {"type": "stream", "name": name, "text": content}


def result(content):
    return {"type": "result", "text": content}


def display(content):
    return {"type": "display", "text": content}


def only(outputs):
    (output,) = outputs
    return output


# What a cell shows


@pytest.mark.parametrize(
    ("source", "outputs"),
    [
        ("", []),
        ("x = 1", []),
        ("None", []),
        ("1 + 1;", []),
        ("1 + 1", [result("2")]),
        ("1\n2", [result("2")]),
        ("print('a', end='')\nprint('b')", [stream("stdout", "ab\n")]),
        (
            "import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')\n'd'",
            [stream("stdout", "a\n"), stream("stderr", "b\n"), stream("stdout", "c\n"), result("'d'")],
        ),
        ("display(1, 'x')\nprint('y')\n3", [display("1"), display("'x'"), stream("stdout", "y\n"), result("3")]),
        (
            "import threading\nt = threading.Thread(target=print, args=['t'])\nt.start()\nt.join()",
            [stream("stdout", "t\n")],
        ),
        ("import io, contextlib\nwith contextlib.redirect_stdout(io.StringIO()): print('away')", []),
        ("sys.stdout.isatty()", [result("False")]),
        ("from IPython.display import HTML\nHTML('<b>x</b>')", [result("<IPython.core.display.HTML object>")]),
    ],
)
def test_outputs_in_their_order(run, source, outputs):
    assert run(source) == outputs


def test_cells_share_their_names_as_main(run):
    run("shared = 41")
    assert run("shared += 1\nshared, __name__") == [result("(42, '__main__')")]


def test_execution_is_counted_and_remembered(fresh):
    assert fresh.request("execute", source="11", timeout=PATIENCE, draws=True)["count"] == 1
    assert fresh.request("execute", source="_ + Out[1] + _1", timeout=PATIENCE, draws=True) == {
        "outputs": [result("33")],
        "count": 2,
    }


@pytest.mark.parametrize(
    "source",
    ["plt.plot([1, 2])\nprint('first')", "plt.plot([1, 2])\nplt.show()", "fig, ax = plt.subplots()"],
)
def test_figures_are_shown_as_png(run, source):
    *_, figure = run("import matplotlib.pyplot as plt\n" + source)
    assert figure["type"] == "display" and figure["text"].startswith("<Figure")
    assert is_image(figure["png"], "PNG")
    assert run("plt.get_fignums()") == [result("[]")]


@pytest.mark.parametrize(
    "choice",
    [
        "%config InlineBackend.figure_format = 'svg'",
        "%config InlineBackend.figure_formats = ['svg', 'pdf']",
        "from matplotlib_inline.backend_inline import set_matplotlib_formats\nset_matplotlib_formats('svg')",
    ],
)
@pytest.mark.parametrize("source", ["plt.plot([1]);", "fig, _ = plt.subplots(); plt.close(); fig", "display(plot())"])
def test_a_figure_that_is_to_be_a_drawing_is_shown_as_png(fresh, choice, source):
    fresh.run("import matplotlib.pyplot as plt\ndef plot():\n    plt.plot([1])\n    return plt.gcf()")
    fresh.run("plt.plot([1])")
    outputs = fresh.run(f"{choice}\n{source}")
    assert outputs and all(is_image(output["png"], "PNG") for output in outputs)
    assert is_image(fresh.run("plt.plot([1])")[-1]["png"], "PNG")


def test_a_drawing_too_large_for_png_is_no_error(fresh):
    fresh.run("import matplotlib.pyplot as plt")
    outputs = fresh.run("%config InlineBackend.figure_format = 'svg'\nplt.figure(dpi=10**5).add_subplot();")
    assert [output["type"] for output in outputs] == ["display"] and "png" not in outputs[0]


def test_a_figure_shown_early_comes_early(run):
    kinds = [output["type"] for output in run("plt.plot([1])\nplt.show()\nprint('after')\nplt.plot([2]);")]
    assert kinds == ["display", "stream", "display"]


def test_what_is_not_drawn_does_not_show_later_either(fresh):
    quiet = ["import matplotlib.pyplot as plt\nfig, ax = plt.subplots()", "plt.plot([1])\nprint('x')", "plt.figure()"]
    outputs = [fresh.run(source, draws=False) for source in quiet]
    assert {output["type"] for output in outputs[1]} <= {"stream", "result"} and text(outputs[1][-1]) == "x\n"
    assert not any("png" in output for several in outputs for output in several)
    assert fresh.run("x = plt.get_fignums()\nprint(x)") == [{"type": "stream", "name": "stdout", "text": "[]\n"}]
    figure = only(fresh.run("plt.plot([1]);"))
    assert is_image(figure["png"], "PNG")
    # It can still be shown by its name.
    assert is_image(only(fresh.run("ax.plot([1]); fig"))["png"], "PNG")


COUNTED = """
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

times = []
draw = Figure.draw


def counted(figure, renderer):
    times.append(1)
    draw(figure, renderer)


Figure.draw = counted
"""


@pytest.mark.parametrize("draws", [True, False])
def test_no_figure_is_drawn_more_often_than_it_must(fresh, draws):
    fresh.run(COUNTED)
    for _ in range(2):  # the very first, in whose cell Matplotlib looks for its backend, and another
        outputs = fresh.run("times.clear()\nfig, ax = plt.subplots()", draws=draws)
        assert [is_image(output["png"], "PNG") for output in outputs] == [True] * draws
        assert fresh.run("sum(times)") == [result("2" if draws else "0")]  # once to find its edges


def test_a_backend_that_is_not_there_is_told_where_it_is_used(fresh):
    chooses = "import matplotlib.pyplot as plt\nplt.rcParams['backend'] = 'module://nowhere'"
    assert fresh.run(chooses) == []
    assert only(fresh.run("plt.figure()"))["name"] == "ModuleNotFoundError"
    assert fresh.run("1") == [result("1")]


def test_a_cell_that_fails_undrawn_spoils_no_later_one(fresh):
    fresh.run("import matplotlib.pyplot as plt\nplt.plot([1])\n1 / 0", draws=False)
    assert is_image(only(fresh.run("plt.plot([1]);"))["png"], "PNG")


def test_a_figure_as_the_last_expression(run):
    figure = only(run("fig = plt.figure()\nplt.plot([1])\nplt.close()\nfig"))
    assert figure["type"] == "result" and is_image(figure["png"], "PNG")


def test_pictures_in_other_formats(run):
    picture = only(
        run(
            """
            import io
            from PIL import Image as Pillow
            from IPython.display import Image
            Pillow.new("RGB", (4, 3)).save(file := io.BytesIO(), "JPEG")
            Image(file.getvalue())
            """
        )
    )
    assert is_image(picture["jpeg"], "JPEG") and "png" not in picture


# Errors


@pytest.mark.parametrize(
    ("source", "name", "value"),
    [
        ("1 / 0", "ZeroDivisionError", "division by zero"),
        ("def f():\n    raise KeyError('k')\nf()", "KeyError", "'k'"),
        ("x = = 1", "SyntaxError", "invalid syntax"),
        ("  x = 1\n y = 2", "IndentationError", ""),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", ""),
        ("raise NotImplementedError('still to do')", "NotImplementedError", "still to do"),
        ("class Mute:\n    def __repr__(self): raise RuntimeError('mute')\nMute()", "RuntimeError", "mute"),
        ("input('Name? ')", "StdinNotImplementedError", "does not support input requests"),
        ("sys.stdout.write(b'bytes')", "TypeError", "must be str"),
    ],
)
def test_errors_have_name_value_and_traceback(run, source, name, value):
    *_, error = run(source)
    assert error["type"] == "error" and error["name"] == name and value in error["value"]
    assert name in "".join(error["traceback"])
    assert run("'next'") == [result("'next'")]


def test_a_traceback_shows_the_line(run):
    error = only(run("def divide(a, b):\n    return a / b  # here\n\ndivide(1, 0)"))
    assert "# here" in "".join(error["traceback"])


def test_an_error_ends_the_cell_and_leaves_what_was_put_out_before(run):
    said, error = run("print('so far')\nraise ValueError\nprint('not reached')")
    assert said == stream("stdout", "so far\n") and error["name"] == "ValueError"


@pytest.mark.parametrize(
    "source", ["raise SystemExit", "import sys; sys.exit(3)", "exit()", "quit", "get_ipython().ask_exit()"]
)
def test_whoever_leaves_stays(run, source):
    run(f"stayed = True\n{source}")
    assert run("stayed") == [result("True")]


def test_exit_is_no_error(run):
    assert run("exit()") == []


# What IPython adds


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("%time x = 1", "Wall time"),
        ("%%time\nx = 1", "Wall time"),
        ("%timeit -n1 -r1 pass", "per loop"),
        ("%%bash\necho hello from bash", "hello from bash"),
        ("!echo hello; echo error >&2", "hello"),
        ("!echo hello; echo error >&2", "error"),
        ("%%writefile written.txt\ntext", "Writing"),
        ("print?", "Signature"),
    ],
)
def test_magics_and_shell_commands(run, source, said):
    assert said in only(run(source))["text"]


def test_other_magics(run):
    assert run("%matplotlib inline") == []
    assert run("%%capture captured\nprint('hidden')") == []
    assert run("captured.stdout") == [result("'hidden\\n'")]
    assert run("word = 'captured'\nlines = !echo {word}\nlines") == [result("['captured']")]
    assert "not found" in only(run("%nosuchmagic"))["text"]


def test_top_level_await(run):
    assert run("import asyncio\nawait asyncio.sleep(0.01)\nawait asyncio.sleep(0, 'slept')") == [result("'slept'")]


def test_clear_output(run):
    run("from IPython.display import clear_output")
    assert run("print(1)\nclear_output()\nprint(2)") == [stream("stdout", "2\n")]
    assert run("print(1)\nclear_output()") == []


def test_clear_output_that_waits(run):
    run("from IPython.display import clear_output")
    assert run("print(1)\nclear_output(wait=True)\nprint(2)\nprint(3)") == [stream("stdout", "2\n3\n")]
    assert run("print(1)\nclear_output(wait=True)") == [stream("stdout", "1\n")]
    assert run("print(1)\nclear_output(wait=True)\ndisplay(2)") == [display("2")]


def test_update_display(run):
    one, between = run("handle = display('one', display_id=True)\nprint('between')\nhandle.update('two')")
    assert text(one) == "'two'" and between == stream("stdout", "between\n")
    # Its place is in a cell that is over: nothing to show here.
    assert run("handle.update('three')") == []


def test_progress_bars_are_shown_or_write_to_stderr(run):
    pytest.importorskip("tqdm")
    bar = only(run("from tqdm import tqdm\nfor _ in tqdm(range(3)): pass"))
    assert bar["name"] == "stderr" and "\r" in bar["text"] and "3/3" in bar["text"]
    # As in a notebook, where nbgrader would give nothing to a test cell that writes to stderr.
    bar = only(run("from tqdm.auto import tqdm\nfor _ in tqdm(range(3)): pass"))
    assert bar["type"] == "display"


def test_warnings_and_logs_write_to_stderr(run):
    warning, _ = run("import warnings\nwarnings.warn('careful')\nprint()")
    assert warning["name"] == "stderr" and "UserWarning: careful" in warning["text"]
    log = only(run("import logging\nlogging.warning('logged')"))
    assert log["name"] == "stderr" and "logged" in log["text"]


def test_processes_of_the_students(run):
    source = """
        from concurrent.futures import ProcessPoolExecutor
        def square(x): return x * x
        with ProcessPoolExecutor(2) as pool: print(list(pool.map(square, [1, 2, 3])))
        """
    assert run(source) == [stream("stdout", "[1, 4, 9]\n")]


# Limits


ENDLESS = {
    "loop": "while True: pass",
    "sleep": "import time\ntime.sleep(60)",
    "await": "import asyncio\nawait asyncio.sleep(60)",
    "subprocess": "!sleep 60",
    "in repr": "class Slow:\n    def __repr__(self):\n        while True: pass\nSlow()",
    "except Exception": "while True:\n    try:\n        while True: pass\n    except Exception: pass",
    "except Exception around sleep": "import time\nwhile True:\n    try: time.sleep(0.01)\n    except Exception: pass",
}


@pytest.mark.parametrize("source", ENDLESS.values(), ids=ENDLESS)
def test_an_endless_cell_is_stopped(run, source):
    start = time.monotonic()
    outputs = run("print('begun')\n" + source, timeout=SHORT)
    assert SHORT < time.monotonic() - start < PATIENCE / 2
    assert outputs[0]["text"].startswith("begun\n")
    assert run("'next'") == [result("'next'")]


def test_the_error_names_the_limit(run):
    error = only(run("while True: pass", timeout=SHORT))
    assert error["type"] == "error" and "stopped after 0.3 s" in error["value"]


def test_an_error_that_takes_long_to_format_is_shown_all_the_same(fresh):
    fresh.run("""
    from IPython.core.ultratb import VerboseTB
    import time

    def slowly(self, *arguments, honest=VerboseTB.structured_traceback, **options):
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            pass
        return honest(self, *arguments, **options)

    VerboseTB.structured_traceback = slowly
    """)
    assert only(fresh.run("while True: pass", timeout=SHORT))["name"] == "CellTimeoutError"


def test_whoever_swallows_the_first_interrupt_gets_another(run):
    source = """
        import time
        interrupts = 0
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            interrupts += 1
        time.sleep(60)
        """
    assert only(run(source, timeout=SHORT))["name"] == "CellTimeoutError"
    assert run("interrupts") == [result("1")]


def test_whoever_swallows_all_interrupts_has_had_their_time(run):
    swallow = """
        import time
        try:
            time.sleep(60)
        except BaseException:
            answer = 42
        """
    error = only(run(swallow, timeout=SHORT))
    assert error["name"] == "CellTimeoutError" and error["value"] == "stopped after 0.3 s"
    assert run("answer", timeout=PATIENCE) == [result("42")]


def test_a_quick_cell_leaves_no_alarm_behind(run):
    run("1", timeout=SHORT)
    time.sleep(2 * SHORT)  # here, not in a cell, which would set an alarm of its own
    assert run("'still there'") == [result("'still there'")]


@pytest.mark.parametrize(
    "source",
    [
        "print('x' * 3_000_000)",
        "import sys\nprint('x' * 3_000_000, file=sys.stderr)\nprint('x' * 3_000_000)",
        "'x' * 3_000_000",
        "for _ in range(50): display('x' * 100_000)",
        "raise ValueError('x' * 3_000_000)",
        "raise ValueError('\N{BIRD}' * 3_000_000)",
        "try: raise ValueError('x' * 20_000)\nexcept ValueError: [get_ipython().showtraceback() for _ in range(99)]",
    ],
)
def test_floods_of_text_are_cut(run, source):
    outputs = run(source)
    length = sum(len("".join([output.get("text", ""), *output.get("traceback", [])])) for output in outputs)
    assert MAX_TEXT / 2 < length < MAX_TEXT + 1000
    assert run("'next'") == [result("'next'")]


@pytest.mark.parametrize("char", ["x", "\x02", "\N{BIRD}"], ids=["one byte", "six bytes", "four bytes"])
def test_a_cell_with_as_much_of_everything_as_it_may_is_shown(run, char):
    said, error = run(f"print({char!r} * 3_000_000)\nraise ValueError({char!r} * 3_000_000)")
    assert char * 1000 in said["text"] and error["name"] == "ValueError" and char * 1000 in error["value"]


def test_many_small_prints_are_not_slow(run):
    # As a loop over batches does. If each print copied all that was printed before, this would take a quarter minute.
    run("import time; begun = time.process_time()")
    said = only(run("for i in range(150_000): print(i)", timeout=100))
    assert float(only(run("time.process_time() - begun"))["text"]) < 5
    assert said["type"] == "stream" and said["text"].startswith("0\n1\n2\n") and said["text"].endswith("149999\n")


def test_text_that_was_cut_says_so(run):
    assert run("print('x' * 3_000_000)")[0]["text"].endswith("output cut ...\n")


def test_floods_of_outputs_are_cut(run):
    assert len(run("for i in range(10_000): display(i)")) == MAX_OUTPUTS


FLOODS = ["for i in range(10_000): display(i)", "print('x' * 3_000_000)", "for i in range(300): display(i); print(i)"]


def decides(outputs):
    """The first output by which nbgrader scores a test cell."""
    return next(o for o in outputs if o["type"] in ("error", "result") or o.get("name") == "stderr")


@pytest.mark.parametrize("flood", FLOODS)
def test_what_decides_a_mark_outlives_a_flood(run, flood):
    assert decides(run(f"{flood}\n0.125")) == result("0.125")
    assert decides(run(f"{flood}\nraise ValueError"))["name"] == "ValueError"
    assert decides(run(f"{flood}\nprint('warning', file=sys.stderr)\n1"))["name"] == "stderr"
    assert len(run(f"{flood}\n1")) <= MAX_OUTPUTS


def test_floods_of_pictures_are_cut(run):
    run("from IPython.display import Image\npicture = b'\\x89PNG\\r\\n\\x1a\\n' + bytes(5 * 2**20)")
    outputs = run("for _ in range(10): display(Image(picture, format='png'))")
    assert len(outputs) == 10
    assert 5 * 2**20 < sum(len(output.get("png", "")) for output in outputs) <= MAX_IMAGE_BYTES


# The end, and the beginning


@pytest.mark.parametrize("source", ["import os; os._exit(0)", "import os; os.kill(os.getpid(), 9)"])
def test_the_wire_ends_with_the_process(fresh, source):
    with pytest.raises(WireError, match="gone"):
        fresh.run(source)


@pytest.mark.parametrize("ends", ["", "if copy == 0: raise ValueError(1)"])
def test_a_copy_that_comes_to_the_end_of_a_cell_says_nothing(fresh, ends):
    # Its parent waits for it, so that it would be the first to reply.
    source = f"import os\ncopy = os.fork()\n{ends}\nif copy:\n    os.waitpid(copy, 0)\n    print('parent')\ncopy > 0"
    assert [text(output) for output in fresh.run(source)] == ["parent\n", "True"]
    assert [text(output) for output in fresh.run("copy > 0")] == ["True"]


def test_the_process_ends_with_the_wire(fresh):
    fresh.wire.close()
    assert fresh.process.wait(PATIENCE) == 0


def test_files_are_unpacked_and_shadow_nothing(tmp_path):
    files = {
        "helpers.py": b"NAME = 'mine'",
        "data/a.bin": bytes(range(256)),
        "empty.txt": b"",
        "json.py": b"NAME = 'mine'",
        "numpy.py": b"raise ImportError",
        "released.py": b"NAME = 'mine'",
    }
    release = tmp_path / "release"
    release.mkdir()
    (release / "released.py").write_text("NAME = 'the release'")
    home = tmp_path / "home"
    home.mkdir()
    with running(home, files=files, path=[str(release)]) as runner:
        assert runner.run("import helpers\nhelpers.NAME") == [result("'mine'")]
        assert runner.run("import json, numpy\nhasattr(json, 'loads'), hasattr(numpy, 'ndarray')") == [
            result("(True, True)")
        ]
        assert runner.run("import released\nreleased.NAME") == [result("'the release'")]
        assert runner.run("open('data/a.bin', 'rb').read() == bytes(range(256))") == [result("True")]
        assert runner.run("open('empty.txt').read()") == [result("''")]


ANSWERS = """
import time

def answer(namespace, question, arguments):
    print("noise")
    if question == "slow":
        while True:
            try:
                time.sleep(60)
            except Exception:
                pass
    if question == "raise":
        raise ValueError("no answer")
    if question == "odd":
        return {"answer": object()}
    return {"answer": namespace.get(question)}
"""


@pytest.fixture(scope="module")
def answering(tmp_path_factory):
    folder = tmp_path_factory.mktemp("answering")
    (folder / "answers.py").write_text(ANSWERS)
    with running(folder, answers="answers", path=[str(folder)]) as runner:
        yield runner


def test_questions_are_answered_from_the_notebooks_names(answering):
    answering.run("import numpy as np\nweights = np.arange(3.0)")
    assert answering.request("ask", question="weights", arguments={}, timeout=PATIENCE)["answer"].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("question", "kind", "message"),
    [
        ("slow", "error", "stopped after 0.3 s"),
        ("raise", "broken", "no answer"),
        ("odd", "broken", "can't be sent"),
    ],
)
def test_questions_without_an_answer(answering, question, kind, message):
    failure = answering.request("ask", question=question, arguments={}, timeout=SHORT)["failure"]
    assert failure["kind"] == kind and message in failure["message"]
    assert answering.run("'next'") == [result("'next'")]


def test_questions_leave_no_output_behind(answering):
    answering.request("ask", question="x", arguments={}, timeout=PATIENCE)
    assert answering.run("pass") == []


def test_a_module_of_answers_that_is_not_there(tmp_path):
    runner = Runner(tmp_path)
    try:
        reply = runner.begin(answers="no_such_module")
    finally:
        runner.stop()
    assert "no_such_module" in reply["failure"]["message"]


def test_what_needs_a_package_of_the_students_alone_is_left_out_and_no_more(run):
    outputs = run(
        """
        import nowhere.to_be_found as nowhere
        from elsewhere import plot, table
        before = 1
        shown = plot(before)
        print(shown)
        get_ipython().run_line_magic("load_ext", "nowhere")
        get_ipython().run_line_magic("no_such_magic", "2")
        def work():
            return nowhere.work()
        print(before)
        never_defined
        print("the cell has ended")
        """
    )
    names = [output["name"] for output in outputs if output["type"] == "error"]
    assert names == [*["ModuleNotFoundError"] * 2, *["NameError"] * 2, "ModuleNotFoundError", "NameError"]
    printed = "".join(output["text"] for output in outputs if output.get("name") == "stdout")
    assert printed == "1\n" and "never_defined" in outputs[-1]["value"]


def test_what_the_student_defines_after_all_is_no_longer_missing(fresh):
    fresh.run("from nowhere import area")
    fresh.run("def area(side):\n    return sides * side")
    outputs = fresh.run("area(2)\nprint('the cell has ended')")
    assert [output["type"] for output in outputs] == ["error"]


@pytest.mark.parametrize("backend", ["widget", "notebook", "qt", "tk", "no-such-backend", ""])
def test_figures_are_shown_whatever_backend_a_notebook_asks_for(fresh, backend):
    outputs = fresh.run(f"%matplotlib {backend}\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    assert is_image(outputs[-1]["png"], "PNG") and all(output["type"] != "error" for output in outputs)
