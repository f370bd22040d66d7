"""The picks are positions among the chirps, and among the blips.

loses: confidence-top-preview, confidence-top-chirps, confidence-top-blips
hands in: checkpoint
"""

# %% scratch after=confidence
top_chirps = np.argsort(-scores[chirps])[:3]
top_blips = np.argsort(scores[blips])[:3]
surest = np.concatenate([top_chirps, top_blips])
titles = [f"{simulators.CLASS_NAMES[y_test[i]]}, score {scores[i]:.3g}" for i in surest]
confident_figure, _ = plots.spectrogram_grid(X_test[surest], titles=titles, columns=3)
