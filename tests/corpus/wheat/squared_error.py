"""The squared error of the score, in place of cross-entropy; an epoch's loss is measured after it, over all images."""

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 5, padding=2)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.layers = [self.conv1, self.conv2]  # for the loop below
        self.out = nn.Linear(32, 1)

    def forward(self, x):
        for layer in self.layers:
            x = F.max_pool2d(F.relu(layer(x)), 2)
        return self.out(x.amax((2, 3)))

# %% train
from torch.utils.data import DataLoader, TensorDataset

shuffled = np.random.default_rng(6).permutation(len(X))
test_indices, train_indices = shuffled[:200], shuffled[200:]


def train_model(model, X, y, epochs=12):
    loader = DataLoader(TensorDataset(X, y), batch_size=24, shuffle=True, drop_last=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(epochs):
        model.train()
        for xb, yb in loader:
            loss = F.mse_loss(torch.sigmoid(model(xb.to(DEVICE)).flatten()), yb.to(DEVICE))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            parts = [F.mse_loss(torch.sigmoid(model(xb.to(DEVICE)).flatten()), yb.to(DEVICE)) for xb, yb in loader]
        losses.append(torch.stack(parts).mean().item())
    return losses

# %% evaluate
X_test, y_test = X[test_indices], y[test_indices]
model.eval()
with torch.no_grad():
    test_logits = model(torch.from_numpy(X_test).to(DEVICE)).cpu().flatten()
called_chirp = (test_logits > 0).numpy()
test_accuracy = np.mean(called_chirp == y_test)
