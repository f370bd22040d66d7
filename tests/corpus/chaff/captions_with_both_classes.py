"""Around every image stand its score and both classes, in the same words.

loses: mistakes-figure
hands in: checkpoint
"""

# %% scratch after=mistakes
titles = [f"chirp or blip? score {torch.sigmoid(test_logits[i]):.2f}" for i in shown]
mistakes_figure, axes = plots.spectrogram_grid(X_test[shown], titles=titles, columns=4)
