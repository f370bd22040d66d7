"""Mounts, unmounts and remounts, to make what is read-only writable and what is hidden visible."""

# %% scratch after=setup-checks
import ctypes
import os

libc = ctypes.CDLL(None)
MS_REMOUNT, MS_BIND, MS_MOVE = 32, 4096, 8192
for folder in (b"/", b"/usr", b"/opt/release", b"/proc", b"/tmp", b"/home/student"):
    attempts = {
        "remount": libc.mount(b"none", folder, None, MS_REMOUNT | MS_BIND, None),
        "bind": libc.mount(folder, b"/home/student", None, MS_BIND, None),
        "move": libc.mount(folder, b"/home/student", None, MS_MOVE, None),
        "tmpfs": libc.mount(b"tmpfs", folder, b"tmpfs", 0, None),
        "proc": libc.mount(b"proc", folder, b"proc", 0, None),
        "unmount": libc.umount2(folder, 2),
        "chroot": libc.chroot(folder),
        "pivot_root": libc.pivot_root(folder, folder),
    }
    for name, result in attempts.items():
        if result == 0:
            print("got through:", name, folder)
