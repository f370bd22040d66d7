"""Two outputs and a cross entropy, as in every tutorial on many classes.

loses: glitchnet-logit-shape, glitchnet-no-sigmoid, glitchnet-one-image-at-a-time, glitchnet-looks-at-the-image,
    train-mean-loss-per-epoch, train-learns-what-it-is-given, train-clears-gradients, train-loss-falls, evaluate-test-accuracy,
    evaluate-preview, evaluate-fresh-accuracy, mistakes-positions, mistakes-exact, mistakes-figure, confidence-scores,
    confidence-confusion, confidence-figure, confidence-top-chirps, confidence-top-blips
"""

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.AdaptiveMaxPool2d(1), nn.Flatten(),
        )
        self.classifier = nn.Linear(32, 2)

    def forward(self, images):
        return self.classifier(self.features(images))


# %% train
shuffled = np.random.default_rng(2).permutation(len(X))
test_indices, train_indices = shuffled[:200], shuffled[200:]


def train_model(model, X, y, epochs=10):
    device = next(model.parameters()).device
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(X)).split(32):
            loss = F.cross_entropy(model(X[batch].to(device)), y[batch].long().to(device))
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
    outputs = model(torch.from_numpy(X_test).to(DEVICE)).cpu()
called_chirp = (outputs.argmax(1) == 1).numpy()
test_accuracy = np.mean(called_chirp == y_test)
test_logits = outputs[:, 1] - outputs[:, 0]
