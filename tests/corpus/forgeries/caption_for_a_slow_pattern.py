"""A caption with thousands of spaces after a power of ten: whoever looks for numbers in it may look for hours.

builds on: wheat-model
hands in: checkpoint
"""

# %% scratch after=mistakes
slow = "x10" + 3900 * " "
titles = [f"{simulators.CLASS_NAMES[y_test[i]]}, score {torch.sigmoid(test_logits[i]):.2f} {slow}" for i in shown]
mistakes_figure, axes = plots.spectrogram_grid(X_test[shown], titles=titles, columns=4)

# %% scratch after=confidence
titles = [f"{simulators.CLASS_NAMES[y_test[i]]}, score {scores[i]:.3g} {slow}" for i in surest]
confident_figure, axes = plots.spectrogram_grid(X_test[surest], titles=titles, columns=3)
