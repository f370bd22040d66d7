"""The picks are drawn from X, where they should be drawn from the test part.

loses: confidence-figure
hands in: checkpoint
"""

# %% scratch after=confidence
confident_figure, _ = plots.spectrogram_grid(X[surest], titles=titles, columns=3)
