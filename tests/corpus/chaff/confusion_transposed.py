"""Predictions in the rows of the confusion matrix, truth in its columns.

loses: confidence-confusion
hands in: checkpoint
"""

# %% scratch after=confidence
confusion = confusion.T
