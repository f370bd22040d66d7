"""The figure shows images that the net gets right.

loses: mistakes-figure
hands in: checkpoint
"""

# %% scratch after=mistakes
right = np.flatnonzero(called_chirp == y_test)[:4]
titles = [f"{simulators.CLASS_NAMES[y_test[i]]}, score {torch.sigmoid(test_logits[i]):.2f}" for i in right]
mistakes_figure, _ = plots.spectrogram_grid(X_test[right], titles=titles)
