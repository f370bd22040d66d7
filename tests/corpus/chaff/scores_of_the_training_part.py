"""The scores are those of the training part.

loses: confidence-scores
hands in: checkpoint
"""

# %% scratch after=confidence
with torch.no_grad():
    scores = torch.sigmoid(model(torch.from_numpy(X[train_indices]).to(DEVICE))).cpu().numpy()
