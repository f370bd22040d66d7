"""Processes upon processes (two hundred here) that ignore every signal but the last."""

# %% scratch after=setup-checks
import os
import signal
import sys
import time

for _ in range(200):
    if os.fork() == 0:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
            signal.signal(number, signal.SIG_IGN)
        time.sleep(300)
        os._exit(0)
