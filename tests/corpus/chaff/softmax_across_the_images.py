"""A softmax over the test part makes the scores: they add up to 1.

loses: confidence-scores, confidence-confusion, confidence-figure
hands in: checkpoint
"""

# %% scratch after=confidence
scores = torch.softmax(test_logits, dim=0).numpy()
said_chirp = scores > 0.5
confusion = np.array([[np.sum((y_test == t) & (said_chirp == s)) for s in (0, 1)] for t in (0, 1)])
top_chirps = chirps[np.argsort(-scores[chirps])[:3]]
top_blips = blips[np.argsort(scores[blips])[:3]]
surest = np.concatenate([top_chirps, top_blips])
titles = [f"{simulators.CLASS_NAMES[y_test[i]]}, score {scores[i]:.3g}" for i in surest]
confident_figure, _ = plots.spectrogram_grid(X_test[surest], titles=titles, columns=3)
