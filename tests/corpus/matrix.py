"""The kill matrix: which example loses which test.

``python -m tests.corpus.matrix [NAME ...] [--assignment ex04_stretch] [--seeds N] [--html FILE]`` grades examples (all,
or those whose names hold one of the words) the way the engine does, without nbgrader around it, and says where they
differ from their promise.
"""

import json
import sys
import tempfile
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import click
import nbformat
from bs4 import BeautifulSoup
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbjudge.handin.arrange import arrange
from nbjudge.handin.files import HandInError
from nbjudge.handin.rebuild import rebuild
from nbjudge.judge.report import CellReport
from nbjudge.judge.seeds import hand_in_secret
from nbjudge.judge.transcript import Transcript
from nbjudge.plugin.autograde.beside import released_files
from nbjudge.plugin.instructions import from_source
from nbjudge.run.executors import connect
from nbjudge.run.job import Job, execute
from nbjudge.run.plan import PlannedCell, plan
from nbjudge.sandbox.limits import Limits
from rich.console import Console
from rich.progress import track
from rich.table import Table

from .build import ASSIGNMENTS, EX04, Assignment, Example, examples, hand_in, model_checkpoint

ANSWERS = "course_utils.submission.answers"
FORGERS_LIMITS = Limits(cell=20.0, answer=20.0)  # some never end by themselves


@dataclass(frozen=True)
class Verdict:
    """What became of one example under one seed.

    Attributes
    ----------
    example : Example
        The example.
    seed : int
        The seed.
    fractions : dict of str to float
        Share of its points that each test cell earned.
    messages : dict of str to str
        What the tests said.
    reports : list of (PlannedCell, CellReport)
        The grader kernel's report on each cell.
    """

    example: Example
    seed: int
    fractions: dict[str, float]
    messages: dict[str, str]
    reports: list[tuple[PlannedCell, CellReport]]

    @property
    def lost(self) -> frozenset[str]:
        """Tests that did not earn all their points."""
        return frozenset(name for name, fraction in self.fractions.items() if fraction < 1)

    @property
    def promised(self) -> frozenset[str]:
        """Tests that the example says it loses."""
        everything = frozenset(self.fractions) if self.example.blank else frozenset()
        return self.example.loses or everything

    @property
    def surprises(self) -> list[str]:
        """Where the two differ, in words."""
        who = f"{self.example.name} with seed {self.seed}"
        said = [f"{who} loses {name}: {self.messages[name]}" for name in sorted(self.lost - self.promised)]
        return said + [f"{who} does not lose {name}" for name in sorted(self.promised - self.lost)]


def grade(example: Example, seed: int = 0) -> Verdict:
    """Execute one example and judge it.

    Parameters
    ----------
    example : Example
        Whose work.
    seed : int
        Stands for the course's secret, and changes the seed with which nets are trained.
    """
    job = prepared(example, seed)
    if isinstance(job, HandInError):
        return refused(example, seed, job)
    return judged(example, seed, job, Transcript(execute(job.pack())))


def prepared(example: Example, seed: int) -> Job | HandInError:
    """What is to be executed for an example, or why it is refused; only in the main thread, as `grade` does it."""
    of = example.assignment
    instructions = from_source(nbformat.read(of.source / of.notebook, as_version=4))
    with tempfile.TemporaryDirectory() as folder:
        hand_in(example, Path(folder))
        try:
            arranged = arrange(Path(folder), [of.release / of.notebook])
        except HandInError as error:
            return error
        submitted = nbformat.from_dict(json.loads(Path(folder, arranged.notebooks[of.notebook]).read_text()))
    notebook = rebuild(submitted, nbformat.read(of.release / of.notebook, as_version=4))
    before_fit = next(i for i, cell in enumerate(notebook.cells) if cell.id in ("setup-fit", "setup-net"))
    notebook.cells.insert(
        before_fit, new_code_cell(f"from course_utils import checkpoint\n\ncheckpoint.SEED += {seed}")
    )
    cells = cells_that_count(notebook, of)
    limits = FORGERS_LIMITS if example.name.startswith("forgeries") else Limits()
    release = released_files(of.release)
    secret = hand_in_secret(seed.to_bytes(16, "big"), cells, instructions, arranged.files, release)
    return Job(cells, arranged.files, answers=ANSWERS, secret=secret, limits=limits, release=release)


def judged(example: Example, seed: int, job: Job, transcript: Transcript) -> Verdict:
    """What an example earned by what came of its job, see `Job.run`."""
    fractions, messages = {}, {}
    reports = list(zip(job.cells, transcript.reports, strict=True))
    for cell, report in reports:
        if cell.points is not None:
            fractions[cell.name] = report.fraction or 0.0
            shown = BeautifulSoup(report.html or "", "html.parser").get_text(" ", strip=True)
            messages[cell.name] = shown or report.text or report.lost or ""
    return Verdict(example, seed, fractions, messages, reports)


def refused(example: Example, seed: int, why: BaseException) -> Verdict:
    """All tests are lost: nothing was executed, or nothing came of it."""
    of = example.assignment
    instructions = from_source(nbformat.read(of.source / of.notebook, as_version=4))
    tests = [name for name in instructions.points if name not in instructions.written]
    return Verdict(example, seed, dict.fromkeys(tests, 0.0), dict.fromkeys(tests, str(why)), [])


def cells_that_count(notebook: NotebookNode, of: Assignment = EX04) -> list[PlannedCell]:
    """Plan a notebook without the released cells that only show something: they take most of the time."""
    given = {cell.id for cell in notebook.cells if not cell.metadata.get("nbgrader")}
    released = {cell.id for cell in nbformat.read(of.release / of.notebook, as_version=4).cells}
    notebook.cells = [cell for cell in notebook.cells if cell.id not in (given & released) - of.used]
    instructions = from_source(nbformat.read(of.source / of.notebook, as_version=4))
    return plan(notebook, instructions, ["setup-checks"])


def grade_all(chosen: list[Example], seeds: int, console: Console) -> list[Verdict]:
    """Grade examples, as many at once as there are processors; wheat under several seeds."""
    for example in chosen:
        if example.checkpoint:
            model_checkpoint(example.assignment)
    runs = [(e, seed) for e in chosen for seed in range(seeds if e.name.startswith("wheat") else 1)]
    jobs = [prepared(*run) for run in runs]
    results: dict[int, bytes | BaseException] = {n: job for n, job in enumerate(jobs) if isinstance(job, HandInError)}
    with connect() as executor:
        for number, job in enumerate(jobs):
            if number not in results:
                executor.submit(number, execute, job.pack(), limit=job.longest)
        for _ in track(range(len(jobs) - len(results)), description="Grading", console=console):
            number, result = executor.next()
            results[number] = result
    return [
        refused(*run, result)
        if isinstance(result := results[number], BaseException)
        else judged(*run, jobs[number], Transcript(result))
        for number, run in enumerate(runs)
    ]


def table(verdicts: list[Verdict]) -> Table:
    """Lay out examples against tests: ``x`` lost as promised, ``!`` lost by surprise, ``?`` promised but not lost."""
    tests = list(verdicts[0].fractions)
    shown = Table(title="Which example loses which test", title_justify="left", padding=(0, 0), show_lines=False)
    shown.add_column("example")
    for number, _ in enumerate(tests, start=1):
        shown.add_column(str(number), justify="center", width=2)
    for name, group in groupby(verdicts, lambda verdict: verdict.example.name):
        of_it = list(group)
        shown.add_row(name, *(_mark(test, of_it) for test in tests))
    shown.caption = "\n".join(f"{number:2} {test}" for number, test in enumerate(tests, start=1))
    shown.caption_justify = "left"
    return shown


def _mark(test: str, verdicts: list[Verdict]) -> str:
    promised, lost = test in verdicts[0].promised, [test in verdict.lost for verdict in verdicts]
    if promised:
        return "x" if all(lost) else "[red]?[/]"
    return "[red]![/]" if any(lost) else "·"


@click.command()
@click.argument("names", nargs=-1)
@click.option("--assignment", default=EX04.name, show_default=True, type=click.Choice(list(ASSIGNMENTS)))
@click.option("--seeds", default=1, show_default=True, help="Under how many seeds wheat is graded.")
@click.option("--html", type=click.Path(path_type=Path), help="Write the matrix to this file, too.")
def main(names: tuple[str, ...], assignment: str, seeds: int, html: Path | None) -> None:
    """Print the matrix; the exit code is 1 where an example differs from its promise."""
    console = Console(record=True, width=120)
    every = examples(ASSIGNMENTS[assignment])
    chosen = [example for example in every if not names or any(name in example.name for name in names)]
    if not chosen:
        raise click.ClickException(f"no example is called {' or '.join(names)}")
    verdicts = grade_all(chosen, seeds, console)
    console.print(table(verdicts))
    surprises = [surprise for verdict in verdicts for surprise in verdict.surprises]
    for verdict in verdicts if names else ():  # what the student reads, to be read by whoever wrote the example
        for test in sorted(verdict.lost & verdict.promised):
            console.print(f"{verdict.example.name} loses {test}: {verdict.messages[test]}", markup=False)
    survivors = set(verdicts[0].fractions) - set().union(*(v.lost for v in verdicts if v.example.loses))
    if not names and survivors:
        surprises.append(f"tests that no chaff loses: {', '.join(sorted(survivors))}")
    for surprise in surprises:
        console.print(surprise, style="red", markup=False)
    if not surprises:
        console.print(f"{len(verdicts)} runs of {len(chosen)} examples: each loses what it says, and nothing else.")
    if html:
        html.parent.mkdir(exist_ok=True)
        html.write_text(console.export_html())
    sys.exit(bool(surprises))


if __name__ == "__main__":
    main()
