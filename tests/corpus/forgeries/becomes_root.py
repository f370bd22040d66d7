"""Becomes root: by asking for it, by programs that belong to root, by one of its own with the setuid bit."""

# %% scratch after=setup-checks
import os
import shutil
import subprocess

for call in (lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.setgroups([0]), lambda: os.setresuid(0, 0, 0)):
    try:
        call()
        print("got through: as", os.getresuid())
    except OSError:
        pass
shutil.copy(shutil.which("id"), "/tmp/id")
os.chmod("/tmp/id", 0o6755)
for words in ("/tmp/id -u", "sudo -n id -u", "su -c id", "newgrp root", "pkexec id -u"):
    try:
        done = subprocess.run(words.split(), capture_output=True, stdin=subprocess.DEVNULL, text=True, timeout=2)
        if done.stdout.startswith(("0", "uid=0")):
            print("got through:", words)
    except (OSError, subprocess.TimeoutExpired):
        pass
try:
    os.chown("/tmp/id", 0, 0)
    print("got through: chown")
except OSError:
    pass
