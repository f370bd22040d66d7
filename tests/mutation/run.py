"""Changes the code that decides marks, one operator at a time, and counts the changes that no test notices.

``make mutation`` runs it; docs/mutation.md has the results. cosmic-ray edits files in place, so each of two processes
works in a clone of the last commit, in ``.cache/mutation/``.
"""

import argparse
import ast
import importlib.util
import multiprocessing
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import cosmic_ray.mutating
import hypothesis

# What takes long to import and is not under test: each mutant's process is a copy of this one.
import nbconvert.preprocessors
import nbgrader.apps
import numpy
import pytest
import torch
from cosmic_ray.commands import init
from cosmic_ray.distribution.local import LocalDistributor
from cosmic_ray.tools.filters.operators_filter import OperatorsFilter
from cosmic_ray.util import restore_contents
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkerOutcome, WorkResult

PRELOADED = nbconvert.preprocessors, nbgrader.apps, numpy
REPOSITORY = Path(__file__).resolve().parents[2]
CONFIG = Path(__file__).with_name("cosmic-ray.toml")
FOLDER = REPOSITORY / ".cache/mutation"
SETTINGS = tomllib.loads(CONFIG.read_text())
TARGETS: dict[str, list[str]] = SETTINGS["tests"]
WORKERS = 2


def session(target: str) -> Path:
    """The file in which cosmic-ray keeps the mutants of a target and what became of them."""
    return FOLDER / f"{Path(target).stem}.sqlite"


def command(target: str) -> str:
    """The arguments of pytest."""
    return shlex.join([*shlex.split(SETTINGS["pytest"]), *TARGETS[target]])


def run_tests(arguments: str, timeout: float) -> tuple[TestOutcome, str]:
    """Run pytest in a copy of this process. This is in the place of cosmic-ray's function, which starts a new one."""
    with tempfile.TemporaryFile() as output:
        child = multiprocessing.get_context("fork").Process(target=_test, args=(arguments, output.fileno()))
        child.start()
        assert child.pid
        child.join(timeout)
        in_time = child.exitcode is not None
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)  # with what it has started
        child.join()
        output.seek(0)
        said = output.read().decode(errors="replace") if in_time else "timeout"
    return TestOutcome.SURVIVED if child.exitcode == 0 else TestOutcome.KILLED, said


def _test(arguments: str, output: int) -> None:
    os.setsid()
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.exit(pytest.main(shlex.split(arguments), plugins=[HypothesisLast()]))


class HypothesisLast:
    """Tests with one example come first: most mutants are killed by one of them, in less time."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: hypothesis.is_hypothesis_test(getattr(item, "obj", None)))


def prepare(target: str) -> None:
    """Find the mutants of a target, and leave out those that are no behaviour."""
    with use_db(session(target)) as db:
        init([Path(target)], db, {})
        spans = list(annotations(Path(target).read_text()))
        skip(db, lambda mutation: any(first <= mutation.start_pos < last for first, last in spans))
    OperatorsFilter().main([str(session(target)), str(CONFIG)])


def annotations(source: str) -> Iterable[tuple[tuple[int, int], tuple[int, int]]]:
    """From where to where the annotations of types go, as lines and columns."""
    for node in ast.walk(ast.parse(source)):
        for field in ("annotation", "returns"):
            if found := getattr(node, field, None):
                yield (found.lineno, found.col_offset), (found.end_lineno, found.end_col_offset)


def skip(db: WorkDB, which: Callable[[MutationSpec], bool]) -> None:
    """Leave out some mutants."""
    skipped = [item.job_id for item in db.work_items if which(item.mutations[0])]
    db.set_multiple_results(skipped, WorkResult(worker_outcome=WorkerOutcome.SKIPPED))


def work(number: int, jobs: dict[str, list[str]]) -> None:
    """Test a share of the mutants in a clone."""
    os.chdir(clone(number))
    paths = [str(clone(number)), str(clone(number) / "packages/nbjudge/src")]
    sys.path[:0] = paths
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    torch.set_num_threads(1)
    for target, idents in jobs.items():
        check(target)
        with use_db(session(target), WorkDB.Mode.open) as db:
            mine = [item for item in db.work_items if item.job_id in idents[number::WORKERS]]
            LocalDistributor()(mine, command(target), SETTINGS["timeout"], {}, db.set_result)


def check(target: str) -> None:
    """Stop unless the tests pass without a mutant, and fail if the clone's module does: it is what they import."""
    sys.dont_write_bytecode = False
    outcome, said = run_tests(command(target), 600)
    if outcome != TestOutcome.SURVIVED:
        raise SystemExit(f"The tests of {target} fail without a mutant:\n{said}")
    # Only the target's bytecode goes: two mutants of one length, made in one second, would be taken for the same.
    Path(importlib.util.cache_from_source(target)).unlink(missing_ok=True)
    sys.dont_write_bytecode = True
    with restore_contents(Path(target)):
        Path(target).write_text("raise ImportError\n")
        if run_tests(command(target), 600)[0] == TestOutcome.SURVIVED:
            raise SystemExit(f"The tests of {target} import another one")


def clone(number: int) -> Path:
    """Where a process works."""
    return FOLDER / f"clone-{number}"


def row(target: str) -> str:
    """What came out for a target, as a row of the table."""
    with use_db(session(target), WorkDB.Mode.open) as db:
        outcomes = [result.test_outcome for _, result in db.results if result.worker_outcome == WorkerOutcome.NORMAL]
    killed = outcomes.count(TestOutcome.KILLED)
    survived = len(outcomes) - killed
    return f"| `{target}` | {len(outcomes)} | {killed} | {survived} | {killed / max(len(outcomes), 1):.1%} |"


def main() -> None:
    """Test all mutants, or those that survived the last time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", help="parts of the paths to test; without any, all of them")
    parser.add_argument("--survivors", action="store_true", help="only what survived or was not tested the last time")
    arguments = parser.parse_args()
    targets = [target for target in TARGETS if any(word in target for word in arguments.words or [""])]
    FOLDER.mkdir(parents=True, exist_ok=True)
    for number in range(WORKERS):
        shutil.rmtree(clone(number), ignore_errors=True)
        subprocess.run(["git", "clone", "--quiet", REPOSITORY, clone(number)], check=True)
    os.chdir(clone(0))
    jobs = {}
    for target in targets:
        if not arguments.survivors:
            session(target).unlink(missing_ok=True)
            prepare(target)
        with use_db(session(target), WorkDB.Mode.open) as db:
            done = {ident for ident, result in db.results if result.test_outcome != TestOutcome.SURVIVED}
            jobs[target] = sorted(item.job_id for item in db.work_items if item.job_id not in done)
    cosmic_ray.mutating.run_tests = run_tests
    hypothesis.settings.register_profile(
        "mutation",
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],  # a failure need not be made smaller
    )
    fork = multiprocessing.get_context("fork")
    workers = [fork.Process(target=work, args=(number, jobs)) for number in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(
        "| target | mutants | killed | survived | killed of all |",
        "|---|---|---|---|---|",
        *map(row, targets),
        sep="\n",
    )
    sys.exit(any(worker.exitcode for worker in workers))


if __name__ == "__main__":
    main()
