"""Kills itself when it has used most of its time, to be tried again and again."""

# %% scratch after=setup-checks
import os
import signal
import time

time.sleep(2)
os.kill(os.getpid(), signal.SIGKILL)
