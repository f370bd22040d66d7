"""The figure of the confident images is empty.

loses: confidence-figure
hands in: checkpoint
"""

# %% scratch after=confidence
confident_figure = plt.figure()
