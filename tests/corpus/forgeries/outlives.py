"""A child in a session of its own stays behind, deaf to signals, to wait for the next submission."""

# %% scratch after=setup-checks
import subprocess
import sys

patient = "import signal, sys, time; [signal.signal(n, signal.SIG_IGN) for n in (1, 2, 15)]; time.sleep(300)"
for session in (False, True):
    subprocess.Popen([sys.executable, "-c", patient, "left-by-a-forgery"], start_new_session=session)
subprocess.run("(setsid sleep 300 left-by-a-forgery &) & nohup sleep 300 &", shell=True)
