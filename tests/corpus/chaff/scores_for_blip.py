"""The scores are the probabilities of a blip.

loses: confidence-scores
hands in: checkpoint
"""

# %% scratch after=confidence
scores = 1 - scores
