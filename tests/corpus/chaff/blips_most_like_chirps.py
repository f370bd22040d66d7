"""top_blips are the blips with the highest scores.

loses: confidence-top-preview, confidence-top-blips
hands in: checkpoint
"""

# %% scratch after=confidence
top_blips = blips[np.argsort(-scores[blips])[:3]]
surest = np.concatenate([top_chirps, top_blips])
titles = [f"{simulators.CLASS_NAMES[y_test[i]]}, score {scores[i]:.3g}" for i in surest]
confident_figure, _ = plots.spectrogram_grid(X_test[surest], titles=titles, columns=3)
