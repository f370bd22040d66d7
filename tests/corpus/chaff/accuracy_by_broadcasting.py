"""(N, 1) predictions are compared with (N,) labels, which makes an N x N table.

loses: evaluate-test-accuracy
hands in: checkpoint
"""

# %% evaluate
X_test, y_test = X[test_indices], y[test_indices]
model.eval()
with torch.no_grad():
    test_logits = model(torch.from_numpy(X_test).to(DEVICE)).cpu().reshape(-1, 1)
test_accuracy = ((test_logits > 0) == torch.from_numpy(y_test)).float().mean().item()

# %% scratch after=evaluate
test_logits = test_logits.flatten()
called_chirp = (test_logits > 0).numpy()
