"""Everything but Task 1, and a train_model for nets that return (N, 1).

loses: glitchnet-logit-shape, glitchnet-no-sigmoid, glitchnet-gradient-flow, glitchnet-size,
    glitchnet-one-image-at-a-time, glitchnet-looks-at-the-image,
    evaluate-preview, evaluate-fresh-accuracy
"""

# %% glitchnet
class GlitchNet(nn.Module):
    """Tells chirps from blips: images (N, 1, 32, 64) in, one logit per image out."""

    def __init__(self):
        super().__init__()
        raise NotImplementedError("make the layers of your network")

    def forward(self, images):
        raise NotImplementedError("send the images through the layers and return one logit per image")

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
            loss = F.binary_cross_entropy_with_logits(model(X[batch].to(device)), y[batch].to(device).unsqueeze(1))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        losses.append(total / len(X))
    return losses

# %% evaluate
X_test, y_test = X[test_indices], y[test_indices]
model.eval()
with torch.no_grad():
    test_logits = model(torch.from_numpy(X_test).to(DEVICE)).cpu()[:, 0]
called_chirp = (test_logits > 0).numpy()
test_accuracy = np.mean(called_chirp == y_test)
