"""Writes the page ``docs/threshold.md`` and its figures from stored studies; the last step of ``make calibrate``."""

import json
from functools import partial
from itertools import groupby
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from course_utils.submission.thresholds import (
    ACCURACY_BANDS,
    FRESH_IMAGES,
    PREVIEW_ACCURACY,
    THREE_ACCURACY_BANDS,
    THREE_PREVIEW_ACCURACY,
    share_for,
)

from . import calibration, ceiling, efficiency, fairness, stretch_study
from .calibration import Row
from .recipes import SUGGESTED, recipes

DOCS = Path(__file__).parents[2] / "docs"
TEXT = Path(__file__).with_name("threshold.md.template")
POINTS = 10
FULL = ACCURACY_BANDS[0][0]
HONEST, WRONG = "#1f5fa8", "#b3541e"


def first_runs(rows: list[Row]) -> list[Row]:
    """The runs that are not repetitions: those with one thread and the fast memory format."""
    return [row for row in rows if row.threads == 1 and row.memory_format == "channels_last"]


def groups(rows: list[Row], honest: bool) -> list[tuple[str, list[Row]]]:
    """Runs by recipe and epochs, in the order of the recipes."""
    order = {recipe.name: number for number, recipe in enumerate(recipes()) if recipe.honest == honest}
    chosen = sorted((row for row in rows if row.recipe in order), key=lambda row: (order[row.recipe], row.epochs))
    return [(label(*key), list(group)) for key, group in groupby(chosen, lambda row: (row.recipe, row.epochs))]


def label(recipe: str, epochs: int) -> str:
    """Label of a recipe, such as "max pool, 15 epochs"."""
    return f"{recipe}, {epochs} epochs" if epochs > 1 else recipe


def hidden_accuracy(rows: list[Row]) -> np.ndarray:
    """(N,) float64 accuracies in the hidden check."""
    return np.array([row.hidden for row in rows]) / FRESH_IMAGES


def table(rows: list[Row], honest: bool) -> str:
    """A Markdown table of recipes."""
    lines = ["| recipe | runs | mean | lowest | highest | full marks | mean points |", "|---|--:|--:|--:|--:|--:|--:|"]
    for name, of_it in groups(rows, honest):
        accuracy = hidden_accuracy(of_it)
        full = int((accuracy >= FULL).sum())
        low, high = fairness.confidence_interval(full, len(of_it))
        points = POINTS * np.mean([share_for(value) for value in accuracy])
        lines.append(
            f"| {name} | {len(of_it)} | {accuracy.mean():.3f} | {accuracy.min():.3f} | {accuracy.max():.3f} | "
            f"{_percent(full / len(of_it))} ({100 * low:.0f} to {_percent(high)}) | {points:.1f} |"
        )
    return "\n".join(lines)


def draw_accuracies(ax: Axes, rows: list[Row]) -> None:
    """Draw every run as a dot, with a line of dots for each recipe."""
    rng = np.random.default_rng(0)
    shown = [(*group, HONEST) for group in groups(rows, True)] + [(*group, WRONG) for group in groups(rows, False)]
    for place, (_, of_it, colour) in enumerate(shown):
        height = place + rng.uniform(-0.3, 0.3, len(of_it))
        ax.plot(hidden_accuracy(of_it), height, ".", color=colour, markersize=4, alpha=0.5, markeredgewidth=0)
    for threshold, share in ACCURACY_BANDS:
        ax.axvline(threshold, color="0.4", linewidth=0.8)
        ax.text(threshold, -1.1, f"{share * POINTS:g}", ha="center", color="0.3")
    ax.text(0.64, -1.1, "points:", ha="right", color="0.3")
    ax.set(xlabel="accuracy on 4,000 fresh images", xlim=(0.35, 1.005), ylim=(len(shown), -2))
    ax.set_yticks(range(len(shown)), [name for name, *_ in shown])
    for tick, (*_, colour) in zip(ax.get_yticklabels(), shown, strict=True):
        tick.set_color(colour)
    ax.grid(axis="y", linewidth=0.3)


def draw_false_failures(ax: Axes, rows: list[Row]) -> None:
    """Draw how many honest runs would miss full marks, for each possible threshold."""
    thresholds = np.arange(0.80, 0.9951, 0.0025)
    patient = [r for r in rows if r.recipe != SUGGESTED and _honest(r) and (r.epochs >= 30 or not _averages(r))]
    hasty = [r for r in rows if _honest(r) and _averages(r) and r.epochs == 15]
    suggested = [r for r in rows if r.recipe == SUGGESTED]
    for name, of_it, colour in (
        ("average pooling, 15 epochs", hasty, WRONG),
        ("other honest recipes, trained to the end", patient, "#5a7d2b"),
        ("the suggested recipe", suggested, HONEST),
    ):
        fails = [int((hidden_accuracy(of_it) < threshold).sum()) for threshold in thresholds]
        bounds = [fairness.confidence_interval(count, len(of_it)) for count in fails]
        ax.plot(thresholds, np.array(fails) / len(of_it), color=colour, label=f"{name} ({len(of_it)} runs)")
        ax.fill_between(thresholds, *np.transpose(bounds), color=colour, alpha=0.2, linewidth=0)
    ax.axvline(FULL, color="0.4", linewidth=0.8)
    ax.text(FULL, 1.01, "full marks", ha="center", color="0.3")
    ax.set(xlabel="threshold", ylabel="honest runs below it", ylim=(0, 1), xlim=(thresholds[0], thresholds[-1]))
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.legend(loc="upper left", frameon=False)


def draw_efficiency(ax: Axes, efficiency: dict[str, Any]) -> None:
    """Draw the share of correctly classified images by their signal-to-noise ratio."""
    edges = np.array(efficiency["edges"])
    middle = (edges[1:] + edges[:-1]) / 2
    for (name, right), colour in zip(efficiency["right"].items(), ("0.2", "#5a7d2b", HONEST, WRONG), strict=True):
        counts = list(zip(right, efficiency["images"][name], strict=True))
        share = np.array([k / n for k, n in counts])
        low, high = np.transpose([fairness.confidence_interval(k, n) for k, n in counts])
        ax.errorbar(middle, share, (share - low, high - share), color=colour, label=name, capsize=2, marker=".")
    ax.set(xlabel="optimal signal-to-noise ratio of the image", ylabel="classified correctly", ylim=(0.5, 1.02))
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.grid(linewidth=0.3)
    ax.legend(loc="center right", frameon=False)


def _honest(row: Row) -> bool:
    return row.recipe in {recipe.name for recipe in recipes() if recipe.honest}


def _averages(row: Row) -> bool:
    return row.recipe == SUGGESTED or row.recipe.startswith("average pool")


def pairs(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """Rows of trainings on one thread, and rows of the same trainings on two threads."""
    one = {(row.recipe, row.seed, row.epochs): row for row in first_runs(rows)}
    two = [row for row in rows if row.threads == 2]
    return [one[row.recipe, row.seed, row.epochs] for row in two], two


def surprises(rows: list[Row]) -> dict[str, float]:
    """How often the hidden check is a bad surprise, estimated in several ways; see `fairness.surprise`."""
    honest = [row for row in first_runs(rows) if _honest(row)]
    one, two = pairs([row for row in rows if _honest(row)])
    differences = np.array([b.visible + b.hidden - a.visible - a.hidden for a, b in zip(one, two, strict=True)])
    differences = differences / (2 * FRESH_IMAGES)
    rng = np.random.default_rng(0)
    # A net that is trained again without a seed is like any other run of the same recipe.
    again = [runs[i] for _, runs in groups(honest, True) for i in _derangement(len(runs), rng)]
    first = [row for _, runs in groups(honest, True) for row in runs]
    largest = float(np.abs(differences).max())
    passing = [row.hidden / FRESH_IMAGES for row in honest if row.visible >= fairness.needed(PREVIEW_ACCURACY)]
    return {
        "checkpoint": fairness.surprise(honest, honest, PREVIEW_ACCURACY, FULL),
        "checkpoint_worst": fairness.worst_surprise(PREVIEW_ACCURACY, FULL),
        "threads": fairness.surprise(one, two, PREVIEW_ACCURACY, FULL),
        "threads_worst": fairness.worst_surprise(PREVIEW_ACCURACY, FULL, differences),
        "unseeded": fairness.surprise(first, again, PREVIEW_ACCURACY, FULL),
        "pairs": len(one),
        "largest_difference": largest,
        # Bound on the probability p of a difference larger than any seen in n pairs, from (1 - p)^n > 0.05.
        "beyond": 1 - 0.05 ** (1 / len(one)),
        "near": float(np.mean(np.array(passing) < FULL + 2 * largest)),
        "typical_difference": float(np.median(np.abs(differences))),
    }


def _derangement(n: int, rng: np.random.Generator) -> np.ndarray:
    """Positions that pair each of n things with another one."""
    order = rng.permutation(n)
    partner = np.empty(n, int)
    partner[order] = np.roll(order, 1)
    return partner


def drift(paths: list[Path]) -> str:
    """A Markdown table of some recipes with the oldest, the pinned and the newest versions of the packages."""
    lines = ["| torch, NumPy | recipe | runs | mean | lowest | full marks |", "|---|---|--:|--:|--:|--:|"]
    for path in paths:
        rows = first_runs(calibration.read(path))
        versions = f"{rows[0].torch}, {rows[0].numpy}"
        for name, of_it in groups(rows, True):
            accuracy = hidden_accuracy(of_it)
            full = _percent((accuracy >= FULL).mean())
            lines.append(
                f"| {versions} | {name} | {len(of_it)} | {accuracy.mean():.3f} | {accuracy.min():.3f} | {full} |"
            )
    return "\n".join(lines)


def numbers(rows: list[Row], causes: dict[str, list[float]], optimal: dict[str, Any]) -> dict[str, str]:
    """Every number and table in the text, by its name."""
    suggested = [row for row in first_runs(rows) if row.recipe == SUGGESTED]
    accuracy = hidden_accuracy(suggested)
    full = int((accuracy >= FULL).sum())
    low, _ = fairness.confidence_interval(full, len(suggested))
    found = surprises(rows)
    error = {name: float(np.mean(values)) for name, values in causes.items()}
    as_suggested, to_the_end, many = error.values()
    irreducible = optimal["error_rate"]
    return {
        "runs": f"{len({(r.recipe, r.seed, r.threads, r.memory_format) for r in rows}):,}",
        "suggested_runs": f"{len(suggested)}",
        "suggested_full": f"{full}",
        "suggested_low": _percent(low, 1),
        "suggested_mean": f"{accuracy.mean():.3f}",
        "suggested_min": f"{accuracy.min():.3f}",
        "bands": "\n".join(f"| {_percent(threshold)} | {share * POINTS:g} |" for threshold, share in ACCURACY_BANDS),
        "full": _percent(FULL),
        "preview": _percent(PREVIEW_ACCURACY),
        "honest": table(first_runs(rows), True),
        "wrong": table(first_runs(rows), False),
        **{name: _small(value) for name, value in found.items() if isinstance(value, float)},
        "pairs": str(found["pairs"]),
        "beyond": _percent(found["beyond"], 1),
        "near": _percent(found["near"], 1),
        "near_accuracy": _percent(FULL + 2 * found["largest_difference"]),
        "bound": f"{1000 * found['beyond'] * found['near']:.1f}",
        "ceiling": f"{optimal['accuracy']:.5f}",
        "ceiling_error": f"{1e4 * optimal['error_rate']:.2f} ± {1e4 * optimal['standard_error']:.2f}",
        "as_suggested": _percent(as_suggested, 2),
        "under_training": _percent(as_suggested - to_the_end, 2),
        "finite_data": _percent(to_the_end - many, 2),
        "architecture": _percent(many - irreducible, 2),
        "irreducible": _percent(irreducible, 3),
        "three_classes": stretch_study.table(stretch_study.read()),
        "three_full": _percent(THREE_ACCURACY_BANDS[0][0]),
        "three_half": _percent(THREE_ACCURACY_BANDS[1][0]),
        "three_preview": _percent(THREE_PREVIEW_ACCURACY),
        "three_lowest": f"{min(row.hidden for row in stretch_study.honest_rows()) / stretch_study.IMAGES:.3f}",
        "drift": drift(sorted(calibration.STUDY.parent.glob("drift-*.csv"))),
    }


def _percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f} %"


def _small(value: float) -> str:
    if value < 1e-6:
        return "below 1e-6"
    return f"{value:.2g}" if value >= 1e-4 else f"{value:.0e}".replace("e-0", "e-")


def write(folder: Path) -> None:
    """Write the page and its figures into a folder."""
    rows = calibration.read()
    where = json.loads(efficiency.RESULT.read_text())
    optimal = json.loads(ceiling.RESULT.read_text())
    with rc_context({"svg.hashsalt": "glitch or chirp", "svg.fonttype": "none", "font.size": 9}):
        for name, size, draw in (
            ("accuracies", (8, 8), partial(draw_accuracies, rows=first_runs(rows))),
            ("false_failures", (7, 3.5), partial(draw_false_failures, rows=first_runs(rows))),
            ("efficiency", (7, 4), partial(draw_efficiency, efficiency=where)),
        ):
            figure = Figure(figsize=size, layout="constrained")
            draw(figure.subplots())
            figure.savefig(folder / f"threshold_{name}.svg", metadata={"Date": None})
    text = Template(TEXT.read_text()).substitute(numbers(rows, where["by_cause"], optimal))
    (folder / "threshold.md").write_text(text)


if __name__ == "__main__":
    write(DOCS)
