"""No mistakes are listed, though the net makes some.

loses: mistakes-positions, mistakes-exact-preview, mistakes-exact, mistakes-figure
hands in: checkpoint
"""

# %% mistakes
missed_chirps, false_chirps, mistakes_figure = [], [], None
