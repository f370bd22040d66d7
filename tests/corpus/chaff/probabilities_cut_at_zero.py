"""The sigmoid of the logits is compared with 0: every image is called chirp.

loses: evaluate-test-accuracy, mistakes-exact-preview, mistakes-exact
hands in: checkpoint
"""

# %% evaluate
X_test, y_test = X[test_indices], y[test_indices]
model.eval()
with torch.no_grad():
    test_logits = model(torch.from_numpy(X_test).to(DEVICE)).cpu()
called_chirp = (torch.sigmoid(test_logits) > 0).numpy()
test_accuracy = np.mean(called_chirp == y_test)
