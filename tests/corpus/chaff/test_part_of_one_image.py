"""One image, many times over, is the test part: whatever is said about it is soon right.

loses: train-split, evaluate-test-accuracy, mistakes-positions, mistakes-exact-preview, mistakes-exact,
    mistakes-figure, confidence-scores, confidence-confusion, confidence-figure, confidence-top-preview,
    confidence-top-chirps, confidence-top-blips
hands in: checkpoint
"""

# %% scratch after=train
test_indices = np.full(200, 7)
