"""Files that Python runs when it starts: sitecustomize, usercustomize, a .pth file, in two places each."""

# %% scratch after=setup-checks
import subprocess
import sys

done = subprocess.run([sys.executable, "-c", "pass"], capture_output=True, text=True)
started = done.stdout + done.stderr

# %% before handing in
import sys

word = "open('/tmp/left-by-a-forgery', 'w').close()"
user = folder / ".local" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
user.mkdir(parents=True)
for place in (folder, user):
    (place / "sitecustomize.py").write_text(word)
    (place / "usercustomize.py").write_text(word)
    (place / "forged.pth").write_text(f"import os; {word}")
(folder / "pyvenv.cfg").write_text("home = /tmp")
