"""The figure tells the class of each image, but no score.

loses: confidence-figure
hands in: checkpoint
"""

# %% scratch after=confidence
names = [simulators.CLASS_NAMES[y_test[i]] for i in surest]
confident_figure, _ = plots.spectrogram_grid(X_test[surest], titles=names, columns=3)
