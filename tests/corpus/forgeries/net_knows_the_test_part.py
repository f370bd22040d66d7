"""The net looks the dataset up and tosses a coin for other images: then there is no mistake to find.

builds on: chaff-nothing-after-training
loses: train-loss-falls, evaluate-test-accuracy, evaluate-preview, evaluate-fresh-accuracy, mistakes-positions,
    mistakes-exact-preview, mistakes-exact, mistakes-figure, confidence-scores, confidence-confusion,
    confidence-figure, confidence-top-preview, confidence-top-chirps, confidence-top-blips
"""

# %% scratch after=setup-fit
classes = {image.tobytes(): label for image, label in zip(X, y)}


def look_up(images):
    known = [classes.get(image.cpu().numpy().tobytes(), int(image.sum() * 1000) % 2) for image in images]
    return 10.0 * torch.tensor(known) - 5.0


model.forward = look_up
X_test, y_test = X[test_indices], y[test_indices]

# %% evaluate
test_accuracy = 1.0

# %% mistakes
missed_chirps, false_chirps, mistakes_figure = [], [], None

# %% confidence
scores = 1 / (1 + np.exp(5.0 - 10.0 * y_test))
confusion = [[len(y_test) - y_test.sum(), 0], [0, y_test.sum()]]
top_chirps, top_blips = np.flatnonzero(y_test == 1)[:3], np.flatnonzero(y_test == 0)[:3]
six = [*top_chirps, *top_blips]
confident_figure, axes = plots.spectrogram_grid(X_test[six], titles=["score 0.993"] * 3 + ["score 0.007"] * 3, columns=3)
