"""test_accuracy is measured on the images that the net has learnt from.

loses: evaluate-test-accuracy
hands in: checkpoint
"""

# %% scratch after=evaluate
with torch.no_grad():
    train_logits = model(torch.from_numpy(X[train_indices]).to(DEVICE)).cpu().numpy()
test_accuracy = ((train_logits > 0) == y[train_indices]).mean()
