"""Tiny classes for the command ``grade``, and what it leaves behind."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from nbjudge.run.store import FOLDER

from helpers import commands
from helpers.gradebooks import begin
from helpers.tiny_course import CONFIG, marked

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
PATIENCE = 300
CANARY = 4  # the model solution and the untouched release are executed, too: for the study, and as they are graded


def ordinary(answer="1"):
    """A notebook with ordinary tests, for which nothing large is imported."""
    test = "assert first == 1"
    cells = [
        marked("first", f"### BEGIN SOLUTION: make first\nfirst = {answer}\n### END SOLUTION", solution=True),
        marked("first-right", test, grade=True, locked=True, points=2),
        new_code_cell("print('hello')", id="hello"),
    ]
    return new_notebook(cells=cells, metadata={"kernelspec": KERNEL})


def build(course, answers):
    """A course folder with an empty gradebook, and one hand-in for each (student, answer)."""
    (course / "source" / "ex1").mkdir(parents=True)
    (course / "nbgrader_config.py").write_text(CONFIG)
    nbformat.write(ordinary(), course / "source" / "ex1" / "work.ipynb")
    begin(course)
    for student, answer in answers.items():
        hand_in(course, student, answer)


def hand_in(course, student, answer):
    folder = course / "submitted" / student / "ex1"
    folder.mkdir(parents=True, exist_ok=True)
    notebook = ordinary()
    notebook.cells[0].source = f"first = {answer}  # {student}"
    nbformat.write(notebook, folder / "work.ipynb")


def command(*words):
    return [sys.executable, "-m", "nbjudge", "grade", "ex1", *words]


def grade(course, *words, code=0):
    done = commands.run("nbjudge", "grade", "ex1", *words, cwd=course)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def line_of(printed, student):
    """The row of a student in the printed table, joined from its lines."""
    rows, current = {}, None
    for line in printed.splitlines():
        cells = [part.strip() for part in line.split("│")]
        if len(cells) > 6:
            current = cells[1] or current
            rows[current] = f"{rows.get(current, '')} {cells[6]}".strip()
    return rows[student]


def marks(course):
    with sqlite3.connect(course / "gradebook.db") as gradebook:
        rows = gradebook.execute(
            "select student_id, auto_score, count(*) from grade"
            " join submitted_notebook on grade.notebook_id = submitted_notebook.id"
            " join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id group by 1"
        ).fetchall()
    assert all(number == 1 for _, _, number in rows), rows
    return {student: score for student, score, _ in rows}


def executed(course):
    """When each job that is kept was executed."""
    return {path.name: path.stat().st_mtime_ns for path in (course / FOLDER).glob("*.zip")}


def notebooks(course):
    return {path.parts[-3]: path.read_bytes() for path in course.glob("autograded/*/ex1/work.ipynb")}


CA_FILE = "DASK_DISTRIBUTED__COMM__TLS__CA_FILE"


def certificates(folder):
    """Settings with which Dask's processes believe one another, and nobody else."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=grading"]
    subprocess.run(
        ["openssl", *words, "-keyout", key, "-out", certificate], check=True, capture_output=True, timeout=300
    )
    settings = {CA_FILE: str(certificate), "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True"}
    for place in ("SCHEDULER", "WORKER", "CLIENT"):
        settings[f"DASK_DISTRIBUTED__COMM__TLS__{place}__CERT"] = str(certificate)
        settings[f"DASK_DISTRIBUTED__COMM__TLS__{place}__KEY"] = str(key)
    return settings


WORKER = ["dask_worker", "--nthreads", "1", "--no-dashboard", "--no-nanny"]


class Cluster:
    """A Dask scheduler and workers as processes of their own, in folders of their own."""

    def __init__(self, folder, stack, settings):
        self._folder, self._stack, self._settings = folder, stack, settings
        file = folder / "scheduler.json"
        self._file = f"--scheduler-file={file}"
        tls = ["--protocol=tls"] if CA_FILE in settings else []
        here = [*tls, "--no-dashboard", "--host=127.0.0.1", "--port=0", self._file]
        self.scheduler = self._start("scheduler", "dask_scheduler", *here)
        deadline = time.monotonic() + 60
        # The file is there for a moment before anything is in it.
        while not (file.exists() and file.read_text().endswith("}")) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.address = json.loads(file.read_text())["address"]
        self.workers = []

    def add_worker(self):
        self.workers.append(self._start(f"worker-{len(self.workers)}", *WORKER, self._file))

    def _start(self, name, program, *words):
        (self._folder / name).mkdir()
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{program}", *words],
            cwd=self._folder / name,
            env=os.environ | {"PYTHONPATH": str(self._folder / name)} | self._settings,
        )
        self._stack.callback(process.wait, 60)
        self._stack.callback(process.kill)
        return process


def wait_for_workers(address, number):
    from distributed import Client  # takes a second

    with Client(address) as client:
        client.wait_for_workers(number, timeout=PATIENCE)


@contextmanager
def cluster(folder, workers, **settings):
    """A `Cluster` as long as the block lasts."""
    with ExitStack() as stack:
        started = Cluster(folder, stack, settings)
        for _ in range(workers):
            started.add_worker()
        yield started
