"""How fast is the fixed dataset made? Run ``python benchmarks/simulators.py``.

Compared with the straightforward loop, and with the random draws alone, which no version can do without.
Exits with status 1 if a bar is missed.
"""

import statistics
import sys
import time
from pathlib import Path

from course_utils import simulators

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
import straightforward

REPEATS = 15
MOST_DRAWS = 1.15  # of the time of the draws alone
LEAST_GAIN = 3.0  # times faster than the loop


def main() -> int:
    """Print a table of medians and return 0 if both bars are met."""
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
    return 0 if slower <= MOST_DRAWS and faster >= LEAST_GAIN else 1


def _ratio(a: list[float], b: list[float]) -> float:
    """Return the median over the repeats of a / b."""
    return statistics.median(x / y for x, y in zip(a, b, strict=True))


if __name__ == "__main__":
    sys.exit(main())
