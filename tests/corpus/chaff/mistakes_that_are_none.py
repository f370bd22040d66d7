"""Some of the correctly classified images are listed as mistakes.

loses: mistakes-exact-preview, mistakes-exact
hands in: checkpoint
"""

# %% scratch after=mistakes
missed_chirps = np.concatenate([missed_chirps, np.flatnonzero((y_test == 1) & called_chirp)[:2]])
