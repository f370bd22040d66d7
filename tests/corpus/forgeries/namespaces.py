"""Makes namespaces of its own, to be root in them, and enters those of others."""

# %% scratch after=setup-checks
import ctypes
import os
import subprocess

libc = ctypes.CDLL(None)
for name, flag in {"user": 1 << 28, "mount": 1 << 17, "pid": 1 << 29, "net": 1 << 30, "uts": 1 << 26}.items():
    for flags in (flag, flag | 1 << 28):
        if libc.unshare(flags) == 0:
            print("got through: unshare", name)
for name in ("user", "mnt", "pid", "net"):
    with open(f"/proc/self/ns/{name}") as own:
        if libc.setns(own.fileno(), 0) == 0:
            print("got through: setns", name)
for words in ("unshare --user --map-root-user id", "unshare -r -m id", "bwrap --ro-bind / / id"):
    try:
        if subprocess.run(words.split(), capture_output=True).returncode == 0:
            print("got through:", words)
    except OSError:
        pass
