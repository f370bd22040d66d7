"""The confusion matrix has the chirps first.

loses: confidence-confusion
hands in: checkpoint
"""

# %% scratch after=confidence
confusion = confusion[::-1, ::-1]
