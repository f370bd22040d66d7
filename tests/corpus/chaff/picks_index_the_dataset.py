"""The most confident images are given by their place in the whole dataset.

loses: confidence-top-preview, confidence-top-chirps, confidence-top-blips, confidence-figure
hands in: checkpoint
"""

# %% scratch after=confidence
top_chirps = test_indices[top_chirps]
top_blips = test_indices[top_blips]
