"""The net ends in a sigmoid: its three outputs are no logits.

loses: three-classes-logits
"""

# %% three-classes
class ThreeNet(nn.Module):
    """Tells blips, chirps and noise apart: images (N, 1, 32, 64) in, three logits per image out."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.AdaptiveMaxPool2d(1),
            nn.Flatten(),
        )
        self.classifier = nn.Linear(32, 3)

    def forward(self, images):
        return torch.sigmoid(self.classifier(self.features(images)))


EPOCHS3 = 15


def train_three(model, X, y, epochs=EPOCHS3):
    """Train `model` on images X and labels y (0, 1, 2), in place; return the mean loss of each epoch."""
    device = next(model.parameters()).device
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    loss_function = nn.CrossEntropyLoss()
    generator = torch.Generator().manual_seed(0)

    model.train()
    losses = []
    for _ in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(X), generator=generator).split(32):
            loss = loss_function(model(X[batch].to(device)), y[batch].to(device))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        losses.append(total / len(X))
    return losses

