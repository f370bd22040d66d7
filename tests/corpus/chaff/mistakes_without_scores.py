"""The titles tell the class, but no score.

loses: mistakes-figure
hands in: checkpoint
"""

# %% scratch after=mistakes
titles = [f"really a {simulators.CLASS_NAMES[y_test[i]]}" for i in shown]
mistakes_figure, _ = plots.spectrogram_grid(X_test[shown], titles=titles)
