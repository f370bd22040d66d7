"""A trained net whose logits are divided by a million, so that all scores are a half; the answers are invented.

loses: evaluate-test-accuracy, mistakes-positions, mistakes-exact-preview, mistakes-exact, mistakes-figure,
    confidence-confusion, confidence-top-preview, confidence-top-chirps, confidence-top-blips
hands in: checkpoint
"""

# %% scratch after=setup-fit
model.forward = lambda images: 1e-6 * GlitchNet.forward(model, images)

# %% evaluate
X_test, y_test = X[test_indices], y[test_indices]
test_accuracy = 0.97

# %% mistakes
missed_chirps, false_chirps, mistakes_figure = [], [], None

# %% confidence
scores = np.full(len(y_test), 0.5)
confusion = [[len(y_test) - y_test.sum(), 0], [0, y_test.sum()]]
top_chirps, top_blips = np.flatnonzero(y_test == 1)[:3], np.flatnonzero(y_test == 0)[:3]
six = [*top_chirps, *top_blips]
confident_figure, axes = plots.spectrogram_grid(X_test[six], titles=["score 0.5"] * 6, columns=3)
