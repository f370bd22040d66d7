"""A new, untrained net takes the place of the trained one.

loses: train-loss-falls, evaluate-preview, evaluate-fresh-accuracy
hands in: checkpoint
"""

# %% scratch after=setup-fit
model = GlitchNet().to(DEVICE)
