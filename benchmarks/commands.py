"""Runs the commands that the benchmarks measure."""

import subprocess
from pathlib import Path


def run(folder: Path, *words: str) -> None:
    """Run a command; what it says is shown if it fails."""
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
