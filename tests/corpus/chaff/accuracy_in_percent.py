"""test_accuracy is given in percent.

loses: evaluate-test-accuracy
hands in: checkpoint
"""

# %% evaluate
X_test, y_test = X[test_indices], y[test_indices]
model.eval()
with torch.no_grad():
    test_logits = model(torch.from_numpy(X_test).to(DEVICE)).cpu()
called_chirp = (test_logits > 0).numpy()
test_accuracy = 100 * np.mean(called_chirp == y_test)
