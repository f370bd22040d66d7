"""The confusion matrix holds rates, not counts.

loses: confidence-confusion
hands in: checkpoint
"""

# %% scratch after=confidence
confusion = confusion / confusion.sum(axis=1, keepdims=True)
