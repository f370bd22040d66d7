"""Changes settings of the kernel and of the machine (to what they are): core dumps, control groups, the clock."""

# %% scratch after=setup-checks
import os
import socket
import time
from glob import glob

settings = [f"/proc/sys/{name}" for name in ("kernel/core_pattern", "kernel/hostname", "vm/overcommit_memory")]
for path in (*settings, "/proc/sysrq-trigger", *glob("/sys/fs/cgroup/*")):
    try:
        open(path, "r+").close()
        print("got through:", path)
    except OSError:
        pass
for call in (
    lambda: socket.sethostname("forged"),
    lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()),
    lambda: os.nice(-10),
    lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10)),
):
    try:
        call()
        print("got through:", call)
    except OSError:
        pass
