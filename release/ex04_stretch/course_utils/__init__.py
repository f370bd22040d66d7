"""What the notebook of "Glitch or chirp?" imports: simulated images, plots and the door to the checks."""

from pathlib import Path

# Where the notebook lies: Jupyter starts there, and this is imported before any code of the student's can go elsewhere.
NOTEBOOK_FOLDER = Path.cwd()
