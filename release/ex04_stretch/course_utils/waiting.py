"""How torch's threads wait for each other: without using the processor, which other programs need, too.

OpenMP threads spin while they wait. On shared processors they keep each other from working: measured on
two shared cores, training takes 4 to more than 20 times as long. ``OMP_WAIT_POLICY=PASSIVE`` ends that. OpenMP reads
it when torch is imported, and never again.
"""

import os
import sys
import time
from collections.abc import Iterator

# What one thread does in a time t, all threads do in 2.5 t when they wait passively (the steps are small), and in more
# than 100 t when they spin on shared processors.
_LOST = 30.0
_BURSTS = 10


def wait_passively() -> None:
    """Have torch's threads wait passively. If torch was imported before, say so where that costs time."""
    if "torch" not in sys.modules:
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    elif "OMP_WAIT_POLICY" not in os.environ and _costs_time():
        print(
            "Remark: torch was imported before this cell, and other programs use the processor. Training will be slow. "
            "Restart the kernel, and run this cell before any other that imports torch."
        )


def _costs_time() -> bool:
    """Whether torch is much slower now with all its threads than with one."""
    import torch

    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = _BURSTS * min(_bursts())  # the least disturbed
        torch.set_num_threads(threads)
        taken = 0.0
        for burst in _bursts():
            taken += burst
            if taken > _LOST * alone:
                return True
        return False
    finally:
        torch.set_num_threads(threads)


def _bursts() -> Iterator[float]:
    """Seconds of work like a training: many small steps, after each of which the threads wait for each other."""
    import torch

    pixels = torch.ones(32 * 32 * 64, device="cpu")  # enough of them to be shared out among threads
    for _ in range(_BURSTS):
        start = time.perf_counter()
        for _ in range(100):
            torch.relu(pixels)
        yield time.perf_counter() - start
