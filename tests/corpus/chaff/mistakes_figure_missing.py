"""There are mistakes, but no figure of them.

loses: mistakes-figure
hands in: checkpoint
"""

# %% scratch after=mistakes
mistakes_figure = None
