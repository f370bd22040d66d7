"""Modules that the notebook of "Glitch or chirp?" imports: simulated images, plots and the door to the checks."""
