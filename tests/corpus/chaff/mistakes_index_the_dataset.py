"""The mistakes are given by their place in the whole dataset.

loses: mistakes-positions, mistakes-exact-preview, mistakes-exact, mistakes-figure
hands in: checkpoint
"""

# %% scratch after=mistakes
missed_chirps, false_chirps = test_indices[missed_chirps], test_indices[false_chirps]
