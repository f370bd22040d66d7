"""Where there is no Linux, the command says so in one line, with what to do."""

import subprocess
import sys

import pytest

# Modules that other systems lack can't be imported.
ELSEWHERE = """
import sys
sys.platform = {!r}
sys.modules |= dict.fromkeys(["fcntl", "resource", "pwd", "grp", "termios"])
from nbjudge.__main__ import main
main()
"""


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_one_line_names_the_container(platform):
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE.format(platform)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1 and not done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: nbjudge needs Linux") and platform in line
    assert "docker compose run --rm course make grade" in line and "WSL 2" in line
