"""A new, untrained net takes the place of the trained one.

loses: evaluate-preview, evaluate-fresh-accuracy
hands in: checkpoint
"""

# %% scratch after=setup-fit
model = GlitchNet().to(DEVICE)
