"""The logits are compared with 0.5.

loses: evaluate-test-accuracy, mistakes-exact
hands in: checkpoint
"""

# %% evaluate
X_test, y_test = X[test_indices], y[test_indices]
model.eval()
with torch.no_grad():
    test_logits = model(torch.from_numpy(X_test).to(DEVICE)).cpu()
called_chirp = (test_logits > 0.5).numpy()
test_accuracy = np.mean(called_chirp == y_test)
