"""A net of one line, trained as in the textbook; the rest is not attempted.

builds on: untouched
loses: evaluate-test-accuracy, evaluate-preview, evaluate-fresh-accuracy, mistakes-positions, mistakes-exact-preview,
    mistakes-exact, mistakes-figure, confidence-scores, confidence-confusion, confidence-figure,
    confidence-top-preview, confidence-top-chirps, confidence-top-blips
"""

# %% glitchnet
class GlitchNet(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(32 * 64, 1), nn.Hardtanh(-9, 9))

# %% train
rng = np.random.default_rng(7)
shuffled = rng.permutation(len(X))
test_indices, train_indices = shuffled[:200], shuffled[200:]


def train_model(model, X, y, epochs=10):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(epochs):
        order = torch.randperm(len(X))
        total = 0.0
        for batch in order.split(32):
            optimizer.zero_grad()
            logits = model(X[batch].to(DEVICE)).reshape(-1)
            loss = F.binary_cross_entropy_with_logits(logits, y[batch].to(DEVICE))
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        losses.append(total / len(X))
    return losses
