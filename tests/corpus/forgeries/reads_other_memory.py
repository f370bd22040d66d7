"""Traces other processes, and reads their memory."""

# %% scratch after=setup-checks
import ctypes

libc = ctypes.CDLL(None)
PTRACE_ATTACH = 16
for pid in range(1, 2000):
    if pid == __import__("os").getpid():
        continue
    if libc.ptrace(PTRACE_ATTACH, pid, 0, 0) == 0:
        print("got through: traces", pid)
    try:
        open(f"/proc/{pid}/mem", "rb").close()
        print("got through: memory of", pid)
    except OSError:
        pass
