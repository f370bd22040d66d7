"""The titles tell what the net said, but not the true class.

loses: mistakes-figure
hands in: checkpoint
"""

# %% scratch after=mistakes
said = ["chirp" if called_chirp[i] else "blip" for i in shown]
titles = [f"{word}, score {torch.sigmoid(test_logits[i]):.2f}" for word, i in zip(said, shown)]
mistakes_figure, _ = plots.spectrogram_grid(X_test[shown], titles=titles)
