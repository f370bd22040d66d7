"""Forty busy processes that leave their session, and would leave their processors, to slow down the neighbours."""

# %% scratch after=setup-checks
import os
import time

for _ in range(40):
    if os.fork() == 0:
        os.setsid()
        try:
            os.sched_setaffinity(0, range(os.cpu_count()))
        except PermissionError:
            pass
        end = time.monotonic() + 20
        while time.monotonic() < end:
            pass
        os._exit(0)
try:
    os.sched_setaffinity(0, range(os.cpu_count()))
    print("got through")
except PermissionError:
    pass
