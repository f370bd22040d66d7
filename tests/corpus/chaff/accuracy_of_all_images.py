"""test_accuracy is measured on the whole dataset.

loses: evaluate-test-accuracy
hands in: checkpoint
"""

# %% scratch after=evaluate
with torch.no_grad():
    all_logits = model(torch.from_numpy(X).to(DEVICE)).cpu().numpy()
test_accuracy = ((all_logits > 0) == y).mean()
