"""Makes torch's threads wait for each other without using the processor, which other programs need, too.

By default, OpenMP threads use the processor while they wait. On shared processors they keep each other from working:
on two shared cores, we measured that training takes 4 to more than 20 times as long. ``OMP_WAIT_POLICY=PASSIVE``
prevents this. OpenMP reads this variable only once, when torch is imported.
"""

import os
import sys
import time
from collections.abc import Iterator

# Work that one thread does in a time t takes all threads 2.5 t if they wait passively (because the steps are small),
# and more than 100 t if they use shared processors while they wait.
_LOST = 30.0
_BURSTS = 10


def wait_passively() -> None:
    """Make torch's threads wait passively. If torch was imported before and this costs time, print a remark."""
    if "torch" not in sys.modules:
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    elif "OMP_WAIT_POLICY" not in os.environ and _costs_time():
        print(
            "Remark: torch was imported before this cell, and other programs use the processor. Training will be slow. "
            "Restart the kernel, and run this cell before any other that imports torch."
        )


def _costs_time() -> bool:
    """Whether torch is at present much slower with all its threads than with one."""
    import torch

    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = _BURSTS * min(_bursts())  # the fastest burst was disturbed least
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
    """Durations, in seconds, of work like a training: many small steps with threads that wait for each other."""
    import torch

    pixels = torch.ones(32 * 32 * 64, device="cpu")  # enough for torch to use several threads
    for _ in range(_BURSTS):
        start = time.perf_counter()
        for _ in range(100):
            torch.relu(pixels)
        yield time.perf_counter() - start
