"""Prints the environment, command line and memory map of every process there is."""

# %% scratch after=setup-checks
import os
from glob import glob

for path in [*glob("/proc/[0-9]*/environ"), *glob("/proc/[0-9]*/cmdline"), *glob("/proc/[0-9]*/maps")]:
    try:
        print(path, open(path, "rb").read())
    except OSError as refused:
        print(path, refused)
print(os.environ)
