"""The scores are rounded to two digits, which makes many of them equal.

loses: confidence-scores
hands in: checkpoint
"""

# %% scratch after=confidence
scores = np.round(scores, 2)
top_chirps = chirps[np.argsort(-scores[chirps])[:3]]
top_blips = blips[np.argsort(scores[blips])[:3]]
surest = np.concatenate([top_chirps, top_blips])
titles = [f"{simulators.CLASS_NAMES[y_test[i]]}, score {scores[i]:.3g}" for i in surest]
confident_figure, _ = plots.spectrogram_grid(X_test[surest], titles=titles, columns=3)
