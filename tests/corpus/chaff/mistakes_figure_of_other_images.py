"""The mistakes are drawn from X, where they should be drawn from the test part.

loses: mistakes-figure
hands in: checkpoint
"""

# %% scratch after=mistakes
mistakes_figure, _ = plots.spectrogram_grid(X[shown], titles=titles)
