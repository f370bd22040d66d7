"""An endless cell that swallows whatever should stop it."""

# %% scratch after=setup-checks
import signal
import time

signal.signal(signal.SIGALRM, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals) - {signal.SIGKILL})
while True:
    try:
        time.sleep(60)
    except BaseException:
        pass
