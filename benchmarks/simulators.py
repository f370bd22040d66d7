"""How fast are images made? Run ``python benchmarks/simulators.py``.

The fixed dataset is compared with the straightforward loop, and with the random draws alone, which no version can do
without. Then the 4,000 fresh images that each submission is asked about, drawn one by one and in bulk, and realistic
images, of which there is one figure only. Exits with status 1 if a bar is missed.
"""

import statistics
import sys
import time
from pathlib import Path

import torch

from course_utils import realistic, simulators
from course_utils.submission.thresholds import FRESH_IMAGES

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
import straightforward

REPEATS = 15
MOST_DRAWS = 1.15  # of the time of the draws alone
LEAST_GAIN = 3.0  # times faster than the loop
MOST_IN_BULK = 50.0  # milliseconds for the fresh images of a submission
LEAST_REALISTIC = 1000.0  # realistic images in a second of processor time


def main() -> int:
    """Print three tables of medians and return 0 if all bars are met."""
    contenders = {
        "straightforward loop": straightforward.fixed_dataset,
        "random draws alone": straightforward.fixed_draws,
        "course_utils": simulators.fixed_dataset,
    }
    seconds = {name: [] for name in contenders}
    # Interleaved, so that a busy moment of the machine hits all three. CPU time, so that other programs do
    # not count; none of the three uses threads or waits for anything.
    for _ in range(REPEATS):
        for name, make in contenders.items():
            start = time.process_time()
            make()
            seconds[name].append(time.process_time() - start)
    loop, draws, ours = seconds.values()
    print(f"The fixed dataset, 1000 images: CPU time, median of {REPEATS}")
    for name, values in seconds.items():
        print(f"  {name:<22}{1e3 * statistics.median(values):7.1f} ms   {_ratio(values, draws):5.2f} x draws")
    slower, faster = _ratio(ours, draws), _ratio(loop, ours)
    print(f"  course_utils: {slower:.2f} x the draws (at most {MOST_DRAWS}),", end=" ")
    print(f"{faster:.1f} x faster than the loop (at least {LEAST_GAIN})")
    in_bulk = fresh_images()
    per_second = realistic_images()
    in_time = in_bulk <= MOST_IN_BULK and per_second >= LEAST_REALISTIC
    return 0 if slower <= MOST_DRAWS and faster >= LEAST_GAIN and in_time else 1


def fresh_images() -> float:
    """Print a table of medians and return that of images drawn in bulk, in milliseconds."""
    medians = {}
    for draw in (simulators.fresh, simulators.fresh_in_bulk):
        seconds = []
        for seed in range(REPEATS):  # another one each time, for what was drawn is kept
            start = time.process_time()
            draw(FRESH_IMAGES, seed)
            seconds.append(time.process_time() - start)
        medians[draw.__name__] = 1e3 * statistics.median(seconds)
    print(f"{FRESH_IMAGES:,} fresh images: CPU time, median of {REPEATS}")
    for name, milliseconds in medians.items():
        print(f"  {name:<22}{milliseconds:7.1f} ms")
    print(f"  fresh_in_bulk: at most {MOST_IN_BULK:g} ms")
    return medians["fresh_in_bulk"]


def realistic_images() -> float:
    """Print how many realistic images are made in a second by one processor, and return that."""
    torch.set_num_threads(1)
    seconds = []
    for seed in range(REPEATS):
        start = time.process_time()
        realistic.fresh(1000, seed)
        seconds.append(time.process_time() - start)
    per_second = 1000 / statistics.median(seconds)
    print(f"Realistic images: {per_second:,.0f} in a second of CPU time, median of {REPEATS}", end=" ")
    print(f"(at least {LEAST_REALISTIC:,.0f})")
    return per_second


def _ratio(a: list[float], b: list[float]) -> float:
    """Return the median over the repeats of a / b."""
    return statistics.median(x / y for x, y in zip(a, b, strict=True))


if __name__ == "__main__":
    sys.exit(main())
