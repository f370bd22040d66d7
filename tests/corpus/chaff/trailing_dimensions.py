"""The logits come as (N, 1, 1, 1), because the pooled maps are never flattened.

loses: glitchnet-logit-shape
hands in: checkpoint
"""

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.AdaptiveAvgPool2d(1),
        )
        self.classifier = nn.Linear(32, 1)

    def forward(self, images):
        pooled = self.features(images)  # (N, 32, 1, 1)
        return self.classifier(pooled.permute(0, 2, 3, 1))


# %% evaluate
X_test, y_test = X[test_indices], y[test_indices]
model.eval()
with torch.no_grad():
    test_logits = model(torch.from_numpy(X_test).to(DEVICE)).cpu().flatten()
called_chirp = (test_logits > 0).numpy()
test_accuracy = np.mean(called_chirp == y_test)

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
            loss = F.binary_cross_entropy_with_logits(model(X[batch].to(device)).reshape(-1), y[batch].to(device))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        losses.append(total / len(X))
    return losses
