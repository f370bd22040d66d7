"""Does the study behind the thresholds: trains nets by every recipe with many seeds; a part of ``make calibrate``.

Each run adds a row to ``study.csv`` for each number of epochs. Runs that are already there are not done again, so a
study can be stopped and continued. Nets are trained in the ``channels_last`` memory format, which is about 1.6 times as
fast on a CPU. Its results differ from those of the usual format as those of another machine would. Pairs of runs with
the same seed, but with another number of threads or in the usual format, show how much this matters.
"""

import csv
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, fields, replace
from multiprocessing import get_context
from pathlib import Path
from typing import get_type_hints

import click
import numpy as np
import torch
from nbjudge.ask.sides import SameKernel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from course_utils import simulators
from course_utils.submission.thresholds import FRESH_IMAGES

from .recipes import SUGGESTED, Recipe, recipes
from .reference import channels_last

STUDY = Path(__file__).with_name("study.csv")
TRAINING_SIZE = 800
# Recipes with some runs that are repeated on two threads; one recipe is also repeated in the usual memory format.
REPEATED = ("average pool", SUGGESTED, "average pool, batch 64", "average pool, batch norm")
REPEATS = 30


@dataclass(frozen=True)
class Run:
    """One training of the study, before it is done.

    Attributes
    ----------
    recipe : str
        Name of the recipe.
    seed : int
        Seed of the split, the initial weights, the order of the batches and the hidden images.
    threads : int
        Number of torch's threads.
    memory_format : str
        "channels_last" or "contiguous".
    """

    recipe: str
    seed: int
    threads: int = 1
    memory_format: str = "channels_last"


@dataclass(frozen=True)
class Row(Run):
    """One line of the study.

    Attributes
    ----------
    epochs : int
        Number of epochs after which the net was judged.
    visible, hidden : int
        How many of the 4,000 images of the visible and of a hidden check are classified correctly. The visible images
        are those of every student's notebook; the hidden images differ from run to run.
    loss : float
        Mean loss of the last epoch.
    seconds : float
        Wall time of the training so far.
    torch, numpy : str
        Versions of the packages.
    """

    epochs: int = 0
    visible: int = 0
    hidden: int = 0
    loss: float = 0.0
    seconds: float = 0.0
    torch: str = torch.__version__
    numpy: str = np.__version__


def execute(run: Run) -> list[Row]:
    """Do one run.

    Returns
    -------
    list of Row
        One for each number of epochs of the recipe.
    """
    torch.set_num_threads(run.threads)
    recipe = recipe_of(run)
    rng = np.random.default_rng(run.seed)
    X, y = simulators.fixed_dataset()
    chosen = rng.permutation(len(X))[:TRAINING_SIZE]
    images, labels = torch.from_numpy(X[chosen]), torch.from_numpy(y[chosen]).float()
    visible = simulators.fresh(FRESH_IMAGES, SameKernel({}).seed("preview"))
    hidden = simulators.fresh(FRESH_IMAGES, int(rng.integers(2**63)))

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(run.seed)
        model = recipe.build()
        if run.memory_format == "channels_last":
            model = channels_last(model)
        rows = []
        start = time.perf_counter()
        for epoch, loss in enumerate(recipe.train(model, images, labels, max(recipe.epochs)), start=1):
            if epoch not in recipe.epochs:
                continue
            seconds = time.perf_counter() - start
            row = Row(**asdict(run), epochs=epoch, loss=round(loss, 5), seconds=round(seconds, 2))
            rows.append(replace(row, visible=count_right(model, visible), hidden=count_right(model, hidden)))
    return rows


def count_right(model: torch.nn.Module, fresh: simulators.Dataset) -> int:
    """Count the images that a net classifies correctly, in evaluation mode."""
    model.eval()
    with torch.no_grad():
        logits = torch.cat([model(batch) for batch in torch.from_numpy(fresh.images).split(250)])
    return int(((logits.reshape(-1) > 0).numpy() == (fresh.labels == simulators.CHIRP)).sum())


def recipe_of(run: Run) -> Recipe:
    """The recipe of a run.

    Raises
    ------
    KeyError
        There is no such recipe.
    """
    return {recipe.name: recipe for recipe in recipes()}[run.recipe]


def plan(share: float = 1.0) -> list[Run]:
    """All runs of the study, or a share of them with the first seeds only."""
    runs = []
    for recipe in recipes():
        seeds = range(max(2, round(share * recipe.runs)))
        runs += [Run(recipe.name, seed) for seed in seeds]
        if recipe.name in REPEATED:
            runs += [Run(recipe.name, seed, threads=2) for seed in seeds[: round(share * REPEATS)]]
        if recipe.name == REPEATED[0]:
            runs += [Run(recipe.name, seed, memory_format="contiguous") for seed in seeds[:4]]
    return sorted(runs, key=lambda run: run.seed)  # so that a study that is stopped early is balanced


def read(path: Path = STUDY) -> list[Row]:
    """Read a study.

    Raises
    ------
    FileNotFoundError
        There is no study.
    """
    kinds = get_type_hints(Row)
    with path.open(newline="") as file:
        return [Row(**{name: kinds[name](text) for name, text in row.items()}) for row in csv.DictReader(file)]


def continue_study(path: Path, runs: list[Run], workers: int, execute: Callable[[Run], list[Row]] = execute) -> None:
    """Do the runs that a study lacks, and add the rows of each run when it ends."""
    done = {(row.recipe, row.seed, row.threads, row.memory_format) for row in read(path)} if path.exists() else set()
    missing = [run for run in runs if (run.recipe, run.seed, run.threads, run.memory_format) not in done]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    context = get_context("spawn")
    with path.open("a", newline="") as file, ProcessPoolExecutor(workers, mp_context=context) as pool:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)])
        if not file.tell():
            writer.writeheader()
        with Progress(*columns) as progress:
            task = progress.add_task("Training", total=len(missing))
            for done_run in as_completed(pool.submit(execute, run) for run in missing):
                writer.writerows(asdict(row) for row in done_run.result())
                file.flush()
                progress.advance(task)


@click.command()
@click.argument("only", nargs=-1)
@click.option("--study", type=click.Path(path_type=Path), default=STUDY, show_default=True, help="The data file.")
@click.option("--share", default=1.0, show_default=True, help="Share of the runs to do.")
@click.option("--workers", default=os.cpu_count(), show_default=True, help="Processes at a time.")
def main(only: tuple[str, ...], study: Path, share: float, workers: int) -> None:
    """Do the runs that the study lacks, for all recipes or only for those named."""
    # The workers read these variables when they start. If idle threads sleep and freed memory is kept, a training is
    # faster by a fifth, and no number changes.
    os.environ |= {
        "OMP_WAIT_POLICY": "PASSIVE",
        "MALLOC_MMAP_THRESHOLD_": str(2**30),
        "MALLOC_TRIM_THRESHOLD_": str(2**30),
    }
    runs = [run for run in plan(share) if not only or run.recipe in only]
    continue_study(study, runs, workers)


if __name__ == "__main__":
    main()
