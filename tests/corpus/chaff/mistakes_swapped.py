"""missed_chirps and false_chirps change places.

loses: mistakes-positions, mistakes-exact-preview, mistakes-exact
hands in: checkpoint
"""

# %% scratch after=mistakes
missed_chirps, false_chirps = false_chirps, missed_chirps
