"""Every writable place is filled (100 MB each here), with one large file and many small ones."""

# %% scratch after=setup-checks
from pathlib import Path

for place in ("/tmp", "/dev/shm", "/home/student"):
    Path(place, "left-by-a-forgery").write_bytes(bytes(100 * 2**20))
    for number in range(2000):
        Path(place, f"left-by-a-forgery-{number}").touch()
