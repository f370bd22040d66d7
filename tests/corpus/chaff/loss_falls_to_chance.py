"""The bias starts at 12 and the features are dead: the loss falls from 6 to 0.693, what chance gives.

loses: glitchnet-looks-at-the-image, train-loss-falls, evaluate-preview, evaluate-fresh-accuracy
"""

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 32, 5), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.classifier = nn.Linear(32, 1)
        nn.init.constant_(self.classifier.bias, 12.0)

    def forward(self, images):
        return self.classifier(F.relu(self.features(images) - 1000)).squeeze(1)

# %% train
shuffled = np.random.default_rng(2).permutation(len(X))
test_indices, train_indices = shuffled[:200], shuffled[200:]


def train_model(model, X, y, epochs=8):
    device = next(model.parameters()).device
    optimiser = torch.optim.Adam(model.parameters(), lr=0.1)
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
