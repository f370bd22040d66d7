"""argsort left out: the first three of each class, as they stand in the test part.

loses: confidence-top-preview, confidence-top-chirps, confidence-top-blips
hands in: checkpoint
"""

# %% scratch after=confidence
top_chirps, top_blips = chirps[:3], blips[:3]
surest = np.concatenate([top_chirps, top_blips])
titles = [f"{simulators.CLASS_NAMES[y_test[i]]}, score {scores[i]:.3g}" for i in surest]
confident_figure, _ = plots.spectrogram_grid(X_test[surest], titles=titles, columns=3)
