"""argsort sorts upwards: the best chirp comes last.

loses: confidence-top-preview, confidence-top-chirps
hands in: checkpoint
"""

# %% scratch after=confidence
top_chirps = chirps[np.argsort(scores[chirps])[-3:]]
surest = np.concatenate([top_chirps, top_blips])
titles = [f"{simulators.CLASS_NAMES[y_test[i]]}, score {scores[i]:.3g}" for i in surest]
confident_figure, _ = plots.spectrogram_grid(X_test[surest], titles=titles, columns=3)
