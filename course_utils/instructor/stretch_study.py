"""Does the study behind the thresholds of `ex04_stretch`: noise is a third class; a part of ``make calibrate``.

It is like `calibration`, with three classes: ``stretch.csv`` has the same columns. `visible` and `hidden` count the
images that are classified correctly, among `IMAGES` of the check in the notebook and among `IMAGES` of a hidden one.
"""

import os
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import click
import numpy as np
import torch
import torch.nn.functional as F

from course_utils import stretch
from course_utils.submission.thresholds import THREE_ACCURACY_BANDS, share_for

from . import calibration
from .calibration import Row, Run, continue_study
from .recipes import Described, Recipe, broken_softmax, described, linear, net, train
from .reference import channels_last

STUDY = Path(__file__).with_name("stretch.csv")
IMAGES = 3999  # 1,333 of each class
POINTS = 2
SUGGESTED = "average pool"  # after 40 epochs, this is the notebook's solution


def recipes() -> list[Recipe]:
    """All recipes of the study: honest ones, the first of which the notebook suggests, and wrong ones."""
    three = partial(train, loss_function=F.cross_entropy)
    honest: list[Described] = [
        (SUGGESTED, (30, 40), 20, partial(net, outputs=3), three),
        ("max pool", (15,), 20, partial(net, "max", outputs=3), three),
        ("three blocks", (15,), 20, partial(net, blocks=3, outputs=3), three),
    ]
    wrong: list[Described] = [
        ("one epoch", (1,), 4, partial(net, outputs=3), three),
        ("linear on pixels", (15,), 4, partial(linear, 3), three),
        ("softmax before the loss", (30,), 4, partial(net, outputs=3), partial(train, loss_function=broken_softmax)),
        ("shuffled labels", (15,), 4, partial(net, "max", outputs=3), partial(three, shuffle_labels=True)),
    ]
    return [*described(honest, True), *described(wrong, False)]


def read() -> list[Row]:
    """Read the study."""
    return calibration.read(STUDY)


def honest_rows() -> list[Row]:
    """The runs of the honest recipes."""
    honest = {recipe.name for recipe in recipes() if recipe.honest}
    return [row for row in read() if row.recipe in honest]


def execute(run: Run) -> list[Row]:
    """Do one run; see `calibration.execute`."""
    torch.set_num_threads(run.threads)
    recipe = {recipe.name: recipe for recipe in recipes()}[run.recipe]
    images, labels = map(torch.from_numpy, stretch.three_classes_training())
    visible = stretch.three_classes(IMAGES // 3, np.random.default_rng(2**20))
    hidden = stretch.three_classes(IMAGES // 3, np.random.default_rng(run.seed))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(run.seed)
        model = channels_last(recipe.build())
        rows = []
        for epoch, loss in enumerate(recipe.train(model, images, labels, max(recipe.epochs)), start=1):
            if epoch in recipe.epochs:
                row = Row(**asdict(run), epochs=epoch, loss=round(loss, 5))
                rows.append(replace(row, visible=count_right(model, *visible), hidden=count_right(model, *hidden)))
    return rows


def count_right(model: torch.nn.Module, images: np.ndarray, labels: np.ndarray) -> int:
    """Count the images that a net with three classes classifies correctly, in evaluation mode."""
    model.eval()
    with torch.no_grad():
        logits = torch.cat([model(batch) for batch in torch.from_numpy(images).split(250)])
    return int((logits.argmax(1).numpy() == labels).sum())


def table(rows: list[Row]) -> str:
    """A Markdown table of recipes, with the points that they earn in the hidden check."""
    lines = ["| recipe | runs | mean | lowest | highest | mean points |", "|---|--:|--:|--:|--:|--:|"]
    for recipe in recipes():
        for epochs in recipe.epochs:
            right = [row.hidden / IMAGES for row in rows if (row.recipe, row.epochs) == (recipe.name, epochs)]
            points = POINTS * np.mean([share_for(accuracy, THREE_ACCURACY_BANDS) for accuracy in right])
            name = f"{recipe.name}, {epochs} epochs" if epochs > 1 else recipe.name
            lines.append(
                f"| {name} | {len(right)} | {np.mean(right):.3f} | {min(right):.3f} | {max(right):.3f} | {points:.1f} |"
            )
    return "\n".join(lines)


@click.command()
@click.argument("only", nargs=-1)
@click.option("--workers", default=os.cpu_count(), show_default=True, help="Processes at a time.")
def main(only: tuple[str, ...], workers: int) -> None:
    """Do the runs that the study lacks, for all recipes or only for those named."""
    chosen = [recipe for recipe in recipes() if not only or recipe.name in only]
    runs = [Run(recipe.name, seed) for recipe in chosen for seed in range(recipe.runs)]
    continue_study(STUDY, sorted(runs, key=lambda run: run.seed), workers, execute)


if __name__ == "__main__":
    main()
