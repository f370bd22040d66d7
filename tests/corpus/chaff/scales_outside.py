"""Scales the images outside the net, for training and for everything after it.

loses: train-loss-falls, evaluate-test-accuracy, evaluate-preview, evaluate-fresh-accuracy, mistakes-exact-preview,
    mistakes-exact, mistakes-figure, confidence-scores, confidence-confusion, confidence-figure,
    confidence-top-preview, confidence-top-chirps, confidence-top-blips
"""

# %% scratch after=setup-data
def scaled(images):
    return 20 * images

# %% train
shuffled = np.random.default_rng(2).permutation(len(X))
test_indices, train_indices = shuffled[:200], shuffled[200:]


def train_model(model, X, y, epochs=30):
    device = next(model.parameters()).device
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(X)).split(32):
            loss = F.binary_cross_entropy_with_logits(model(scaled(X[batch]).to(device)).reshape(-1), y[batch].to(device))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        losses.append(total / len(X))
    return losses

# %% evaluate
X_test, y_test = scaled(X[test_indices]), y[test_indices]
model.eval()
with torch.no_grad():
    test_logits = model(torch.from_numpy(X_test).to(DEVICE)).cpu()
called_chirp = (test_logits > 0).numpy()
test_accuracy = np.mean(called_chirp == y_test)
