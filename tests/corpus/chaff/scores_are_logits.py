"""The scores, and so those in the titles, are logits.

loses: confidence-scores, confidence-figure
hands in: checkpoint
"""

# %% scratch after=confidence
scores = test_logits.numpy()
surest = np.concatenate([top_chirps, top_blips])
titles = [f"{simulators.CLASS_NAMES[y_test[i]]}, score {scores[i]:.3g}" for i in surest]
confident_figure, _ = plots.spectrogram_grid(X_test[surest], titles=titles, columns=3)
