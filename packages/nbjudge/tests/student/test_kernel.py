"""The stand-in for a kernel: what its event loop, its streams and its folder do at their edges."""

import sys
import textwrap
import time

import pytest
from nbjudge.run.plan import PlannedCell
from nbjudge.run.session import Session
from nbjudge.sandbox.limits import Limits

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

ANSWERS = """
import asyncio
import decimal

def answer(namespace, question, arguments):
    if question == "running":
        try:
            return {"answer": bool(asyncio.get_running_loop())}
        except RuntimeError:
            return {"answer": False}
    if question == "precision":
        return {"answer": decimal.getcontext().prec}
    value = namespace.get(question)
    return {"answer": value() if callable(value) else value}
"""
ASK = "reply = __door__.ask({!r}, {{}})\nassert reply == {{'answer': {!r}}}, reply"


def student(source):
    return PlannedCell(textwrap.dedent(source), on_student_side=True)


def asked(question, answer):
    return PlannedCell(ASK.format(question, answer), "test", on_grader_side=True, points=1.0)


@pytest.fixture
def run(tmp_path):
    release = tmp_path / "release"
    release.mkdir()
    (release / "answering.py").write_text(ANSWERS)

    def run(*cells, cell=20.0, files=None, released=None, **options):
        for name, content in (released or {}).items():
            (release / name).write_bytes(content)
        limits = Limits(cell=cell, answer=20.0)
        return Session(
            list(cells), files=files or {}, answers="answering", release=release, limits=limits, **options
        ).run()

    return run


def shown(report):
    return "".join(output.get("text", output.get("name", "")) for output in report["outputs"])


def error(report):
    return next(output for output in report["outputs"] if output["type"] == "error")


# The event loop


def test_questions_are_answered_outside_of_the_loop_and_no_task_goes_on_meanwhile(run):
    count = """
        import asyncio
        ticks = 0
        async def tick():
            global ticks
            while True:
                ticks += 1
                await asyncio.sleep(0)
        task = asyncio.create_task(tick())
        def twice():
            import time
            before = ticks
            time.sleep(0.05)
            return ticks - before
        """
    ran, running, standing, after = run(
        student(count), asked("running", False), asked("twice", 0), student("await asyncio.sleep(0)\nticks > 0")
    )
    assert ran == {"outputs": []} and running["passed"] and standing["passed"], (ran, running, standing)
    assert shown(after) == "True"


def test_questions_have_the_settings_of_the_cells(run):
    _, precise = run(student("import decimal\ndecimal.getcontext().prec = 7"), asked("precision", 7))
    assert precise["passed"], precise


def test_a_question_may_run_a_loop_of_its_own(run):
    define = """
        import asyncio
        async def main():
            await asyncio.sleep(0.01)
            return 5
        def value():
            return asyncio.run(main())
        """
    _, value, after = run(student(define), asked("value", 5), student("await main()"))
    assert value["passed"] and shown(after) == "5"


def test_tasks_that_never_end_cost_a_moment_of_each_cell(run):
    start = time.monotonic()
    endless = "import asyncio\nserver = await asyncio.start_server(print, 'localhost', 0)\n"
    endless += "task = asyncio.create_task(server.serve_forever())"
    reports = run(student(endless), *[student("1;")] * 20)
    assert time.monotonic() - start < 10
    assert all(report["outputs"] == [] for report in reports)


def test_a_cell_that_waits_too_long_is_told_so_and_the_next_one_runs(run):
    waits = "import asyncio\nawait asyncio.sleep(60)"
    waits, after = run(student(waits), student("await asyncio.sleep(0, 'next')"), cell=0.5)
    assert error(waits)["name"] == "CellTimeoutError" and error(waits)["value"] == "stopped after 0.5 s"
    assert shown(after) == "'next'"


def test_a_task_that_hangs_after_its_cell_is_interrupted(run):
    hangs = "import asyncio\nasync def hang():\n    while True: pass\ntask = asyncio.create_task(hang())\nprint('made')"
    made, after = run(student(hangs), student("'next'"), cell=0.5)
    assert shown(made).startswith("made\n") and error(made)["name"] == "CellTimeoutError"
    assert shown(after) == "'next'"


@pytest.mark.parametrize(
    "ends",
    [
        "asyncio.get_running_loop().stop()",
        "asyncio.set_event_loop(None)",
        "asyncio.set_event_loop(asyncio.new_event_loop())",
        "import threading\nthreading.Timer(0.05, asyncio.get_running_loop().stop).start()",
        "loop = asyncio.get_running_loop()\nloop.call_later(0.01, loop.stop);",
    ],
)
def test_what_student_code_does_to_the_loop_ends_no_later_cell(run, ends):
    done, after = run(student(f"import asyncio\n{ends}"), student("await asyncio.sleep(0.1, 'next')"))
    assert done == {"outputs": []} and shown(after) == "'next'"


def test_a_loop_that_a_question_closed_is_made_anew(run):
    close = "import asyncio\nloop = asyncio.get_running_loop()\ndef close():\n    loop.close()\n    return 1"
    _, closed, after = run(student(close), asked("close", 1), student("await asyncio.sleep(0, 'next')"))
    assert closed["passed"] and shown(after) == "'next'"


def test_a_loop_that_does_not_run_says_so(run):
    never = """
        import asyncio
        loop = asyncio.get_running_loop()
        type(loop).run_until_complete = lambda *_: (_ for _ in ()).throw(RuntimeError("never"))
        """
    _, after, ask = run(student(never), student("1"), asked("running", False))
    assert "does not run" in str(after) and ask["passed"]


# Streams


def test_what_programs_print_stays_in_its_place(run):
    mixed = """
        import os, subprocess, sys
        print("a")
        os.system("echo b; echo warning >&2")
        print("c")
        subprocess.run(["echo", "d"])
        display("e")
        os.write(1, b"f\\xff\\n");
        """
    (report,) = run(student(mixed))
    assert [(output["type"], output.get("name"), output["text"]) for output in report["outputs"]] == [
        ("stream", "stdout", "a\nb\n"),
        ("stream", "stderr", "warning\n"),
        ("stream", "stdout", "c\nd\n"),
        ("display", None, "'e'"),
        ("stream", "stdout", "f\N{REPLACEMENT CHARACTER}\n"),
    ]


def test_a_program_that_prints_between_cells_disturbs_none(run):
    late = "import subprocess\np = subprocess.Popen('sleep 0.2; echo late', shell=True)"
    first, second = run(student(late), student("p.wait()"))
    assert first == {"outputs": []} and shown(second) in ("late\n0", "0late\n")


def test_a_flood_of_a_program_is_cut(run):
    flood = "import os\nos.system('head -c 50000000 /dev/zero | tr \"\\\\0\" x');"
    flood, after = run(student(flood), student("'next'"))
    assert len(shown(flood)) <= 2**20 and shown(after) == "'next'"
    _, size = run(student("import os\nos.system('head -c 9000000 /dev/zero');"), student("os.fstat(1).st_size"))
    assert shown(size) == "0"


def test_student_code_that_closes_the_descriptors_hurts_only_itself(run):
    report, after = run(student("import os\nos.close(1); os.close(2)\nprint('x')"), student("'next'"))
    assert shown(report) == "x\n" and shown(after) == "'next'"


# Modules and files


def test_released_files_come_before_the_copies_that_student_code_rewrites(run):
    rewrite = "open('given.py', 'w').write('WHOSE = \"mine\"');"
    cells = [student(rewrite), student("import given, own\ngiven.WHOSE, own.WHOSE")]
    given, own = b"WHOSE = 'given'", b"WHOSE = 'own'"
    _, whose = run(*cells, files={"given.py": given, "own.py": own}, released={"given.py": given})
    assert shown(whose) == "('given', 'own')"


@pytest.mark.parametrize("name", ["nbjudge", "answering", "asyncio", "json", "IPython", "numpy"])
def test_no_file_of_a_student_answers_in_the_place_of_the_released_module(run, name):
    files = {f"{name}.py": b"raise SystemExit", f"{name}/__init__.py": b"raise SystemExit"}
    _, asks = run(student("x = 5"), asked("x", 5), files=files)
    assert asks["passed"], asks


def test_scripts_and_programs_can_be_executed_and_other_files_cannot(run):
    files = {"tool": b"#!/bin/sh\necho hi", "program": b"\x7fELF...", "text": b"text", "empty": b""}
    (report,) = run(student(f"import os\n[os.access(name, os.X_OK) for name in {list(files)}]"), files=files)
    assert shown(report) == "[True, True, False, False]"


def test_the_notebook_in_its_folder_holds_no_tests(run):
    hidden = PlannedCell("SECRET = 'of a test'", "test", on_student_side=True, points=1.0)
    source = "import json\n[cell['source'] for cell in json.load(open('work.ipynb'))['cells']]"
    report, *_ = run(student(source), hidden, PlannedCell("Words."), asked("x", None), notebook="work")
    assert "SECRET" not in shown(report) and "json.load" in shown(report) and "Words" not in shown(report)


def test_torch_is_imported_without_ipykernel(run):
    look = "import sys, torch, inspect\ninspect.getmodule(torch.nn)\n"
    look += "[name for name in ('zmq', 'jupyter_client') if name in sys.modules]"
    before, after = run(student(look), student("import ipykernel\nipykernel.version_info[0] > 0"))
    assert shown(before) == "[]" and shown(after) == "True"


def test_the_shell_is_an_instance_of_the_class_by_which_libraries_know_a_notebook(run):
    look = "from ipykernel.zmqshell import ZMQInteractiveShell\nisinstance(get_ipython(), ZMQInteractiveShell)"
    (report,) = run(student(look))
    assert shown(report) == "True"
