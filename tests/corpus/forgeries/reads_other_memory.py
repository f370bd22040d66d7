"""Traces other processes, and reads their memory."""

# %% scratch after=setup-checks
import ctypes
import os

libc = ctypes.CDLL(None)
PTRACE_ATTACH = 16
for pid in range(1, 2000):
    if os.path.exists(f"/proc/self/task/{pid}"):  # a thread of its own
        continue
    if libc.ptrace(PTRACE_ATTACH, pid, 0, 0) == 0:
        print("got through: traces", pid)
    try:
        open(f"/proc/{pid}/mem", "rb").close()
        print("got through: memory of", pid)
    except OSError:
        pass
