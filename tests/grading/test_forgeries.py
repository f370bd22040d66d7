"""Attacks: each gains nothing over the same submission without it, ends in time and leaves no trace on this machine."""

import contextlib
import dataclasses
import functools
import hashlib
import io
import json
import re
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from nbjudge.judge import forkserver_client
from nbjudge.plugin.marks import Mark, read_marks

from helpers.machine import descendants, processes
from helpers.ordinary_user import run_as_ordinary_user
from tests.corpus.build import REPOSITORY, Example, build_class, examples, find, hand_in
from tests.corpus.matrix import Verdict, grade

TIME = 180.0  # seconds: the longest wait for a limit is 25, and a busy machine may be slow
TRACE = "left-by-a-forgery"
CANARY = "canary-of-the-forgeries"
FORGERIES = {example.name: example for example in examples() if example.name.startswith("forgeries")}
# Enough to notice that something is wrong; all of them run with the slow tests.
QUICK = (
    "ast-transformer",
    "connects-locally",
    "equals-everything",
    "keyring",
    "links-handed-in",
    "outlives",
    "reads-the-environment",
    "remounts",
    "setup-rewritten",
    "shadows-at-start",
    "tests-of-their-own",
    "wire-ahead-of-time",
    "writes-everywhere",
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")


@functools.cache
def verdict_on(name: str) -> Verdict:
    return grade(find(name))


def course_files() -> dict[str, str]:
    """Digests of the files that a forgery would like to change."""
    folders = ("source", "release", "course_utils", "packages", "tests")
    files = [path for name in folders for path in (REPOSITORY / name).rglob("*") if "__pycache__" not in path.parts]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.is_file()}


@contextlib.contextmanager
def servers():
    """Whom a forgery could talk to, and a function that says who was talked to."""
    path = Path("/tmp", f"{CANARY}.socket")
    path.unlink(missing_ok=True)
    with socket.socket() as port, socket.socket(socket.AF_UNIX) as named, socket.socket(socket.AF_UNIX) as unnamed:
        for number in range(48000, 48100):
            with contextlib.suppress(OSError):
                port.bind(("127.0.0.1", number))
                break
        named.bind(str(path))
        unnamed.bind("\0" + CANARY)
        for server in (port, named, unnamed):
            server.listen()
            server.setblocking(False)

        def called():
            for server in (port, named, unnamed):
                with contextlib.suppress(BlockingIOError):
                    server.accept()
                    return True
            return False

        yield called
    path.unlink()


@pytest.fixture(scope="module")
def fork_server():
    """The process that judges each of them in a copy of its own, as in a class."""
    verdict_on("untouched")
    yield
    forkserver_client.forget()


@pytest.fixture
def secret(monkeypatch, fork_server):
    """A word that lies about on this machine, where a forgery could find it; the machine is as before afterwards."""
    secret = secrets.token_hex(16)
    monkeypatch.setenv("CANARY_OF_THE_FORGERIES", secret)
    canaries = [Path.home() / CANARY, Path("/tmp") / CANARY]
    for path in canaries:
        path.write_text(secret)
    before, running = course_files(), descendants().keys()
    with servers() as called:
        yield secret
        assert not called()
    for path in canaries:
        assert path.read_text() == secret
        path.unlink()
    assert course_files() == before
    traces = [path for place in (Path.home(), Path("/tmp"), Path("/dev/shm"), REPOSITORY) for path in place.glob("*")]
    assert not [path for path in traces if TRACE in path.name]
    for table in ("shm", "sem", "msg"):
        assert str(0x0F0E0D0C) not in Path("/proc/sysvipc", table).read_text()
    deadline = time.monotonic() + 10
    while (left := descendants().keys() - running) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left
    assert not [line for _, line in processes().values() if TRACE in line]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name.removeprefix("forgeries-") in QUICK else pytest.mark.slow)
        for name in FORGERIES
    ],
)
def test_forgery_gains_nothing_and_harms_nobody(name, secret):
    forgery = FORGERIES[name]
    without = verdict_on(forgery.base)
    start = time.monotonic()
    verdict = grade(forgery)
    assert time.monotonic() - start < TIME
    assert verdict.surprises == []
    assert not {test for test, share in verdict.fractions.items() if share > without.fractions[test]}
    shown = json.dumps([report for _, report in verdict.reports], default=str)
    assert "got through" not in shown and secret not in shown
    assert "<script" not in "".join(report.html or "" for _, report in verdict.reports)  # escaped, it is text
    assert slips(forgery, verdict) == []


def slips(forgery: Example, verdict: Verdict) -> list[str]:
    """Errors in a forgery's own cells that make it harmless for no merit of ours."""
    own = {source for _, source in forgery.scratch} | set(forgery.cells.values())
    errors = [o for cell, report in verdict.reports if cell.source in own for o in report.outputs or []]
    names = ("NameError", "SyntaxError", "ImportError", "ModuleNotFoundError", "AttributeError", "TypeError")
    return [f"{o['name']}: {o['value']}" for o in errors if o["type"] == "error" and o["name"] in names]


@pytest.mark.slow
def test_claims_earn_less_than_a_net_of_one_line():
    claims = FORGERIES["forgeries-answers-claimed"]
    honest = verdict_on(claims.base)
    alone = grade(dataclasses.replace(claims, base="untouched", cells={}))
    assert 0 < points(alone) < points(honest)


def points(verdict: Verdict) -> float:
    return sum(cell.points * verdict.fractions[cell.name] for cell, _ in verdict.reports if cell.points is not None)


def test_what_leaks_from_one_hand_in_is_worth_nothing_in_the_next():
    leaker, other = (FORGERIES[f"forgeries-{name}"] for name in ("leaks-hidden-images", "looks-hidden-images-up"))
    own = {source for _, source in leaker.scratch}
    leaked = [o for cell, report in verdict_on(leaker.name).reports if cell.source in own for o in report.outputs]
    (picture,) = [output["png"].tobytes() for output in leaked if "png" in output]
    assert np.count_nonzero(plt.imread(io.BytesIO(picture))[..., 0]) > 3800  # that of a hash: some share a place
    without = verdict_on(other.base)
    hands_it_in = f"(folder / 'taken_down.png').write_bytes({picture!r})"
    verdict = grade(dataclasses.replace(other, before_handing_in=hands_it_in))
    assert slips(other, verdict) == []
    assert not {test for test, share in verdict.fractions.items() if share > without.fractions[test]}
    # About one image in sixteen is another that the picture knows by the same hash, and says something at random of.
    assert accuracy(verdict) < accuracy(without) + 0.02


def accuracy(verdict: Verdict) -> float:
    (share,) = re.findall(r"right in ([\d.]+)%", verdict.messages["evaluate-fresh-accuracy"])
    return float(share) / 100


BYSTANDER = """class GlitchNet(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(32 * 64, 1))"""
IN_CLASS = ("links-handed-in", "notebook-metadata", "scripts-in-texts", "setup-rewritten", "writes-everywhere")
RUNS = re.compile(rf"<(script|img|svg)[^>]*>?[^<]*{TRACE}|href=\S*script\S*{TRACE}")


def graded(course: Path) -> tuple[dict[str, Mark], dict[str, str]]:
    """Grade a course folder; the marks, and the digests of all files but gradebook, log and the forgers' own."""
    command = [sys.executable, "-m", "nbjudge", "grade", "ex04", "--course-dir", str(course)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300)
    assert done.returncode in (0, 3), done.stdout + done.stderr  # a forger's own hand-in may be refused
    files = [path for path in course.rglob("*") if path.is_file() and "forgeries-" not in str(path)]
    digests = {
        str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in files if p.name not in ("gradebook.db", "grade.log")
    }
    return {mark.student: mark for mark in read_marks(f"sqlite:///{course}/gradebook.db", "ex04")[0]}, digests


@pytest.mark.slow
def test_a_class_with_forgers_in_it(tmp_path, secret):
    course = tmp_path / "course"
    build_class(course, [Example("bystander", "", blank=True, cells={"glitchnet": BYSTANDER})])
    alone, before = graded(course)
    assert alone["bystander"].automatic == 22
    for name in IN_CLASS:
        folder = course / "submitted" / f"forgeries-{name}" / "ex04"
        folder.mkdir(parents=True)
        hand_in(FORGERIES[f"forgeries-{name}"], folder)
    marks, after = graded(course)
    assert marks["bystander"] == alone["bystander"]
    assert {path: digest for path, digest in after.items() if path in before} == before
    assert not [path for path in after if TRACE in path]
    assert {mark.automatic for name, mark in marks.items() if name != "bystander"} == {0}
    assert "forgeries-links-handed-in" not in marks
    pages = [path.read_text() for path in course.rglob("*.html")]
    assert len(pages) == len(marks) and not [page for page in pages if secret in page or RUNS.search(page)]


def test_the_quick_ones_exist():
    assert {f"forgeries-{name}" for name in QUICK} <= FORGERIES.keys()


def test_there_are_forgeries_enough():
    assert len(FORGERIES) >= 40


@pytest.mark.slow
@pytest.mark.parametrize("which", ["not slow", "slow"])
def test_all_of_this_holds_for_an_ordinary_user(which):
    run_as_ordinary_user(__file__, "-m", which)
