"""Tensors wherever the solution has arrays; batch normalisation and max pooling; few epochs.

hands in: checkpoint
"""

# %% three-classes
class ThreeNet(nn.Sequential):
    def __init__(self, width=16):
        super().__init__(
            nn.Conv2d(1, width, 5, padding=2), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(width, 2 * width, 3, padding=1), nn.BatchNorm2d(2 * width), nn.ReLU(),
            nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(2 * width, 3),
        )


def train_three(model, X, y, epochs=8):
    device = next(model.parameters()).device
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, y), batch_size=50, shuffle=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    history = torch.zeros(epochs)
    for epoch in range(epochs):
        model.train()
        for xb, yb in loader:
            optimizer.zero_grad(set_to_none=True)
            loss = F.cross_entropy(model(xb.to(device)), yb.to(device))
            loss.backward()
            optimizer.step()
            history[epoch] += loss.item() * len(xb) / len(X)
    return history

# %% lost-chirps
model3.eval()
with torch.no_grad():
    logits3 = model3(torch.from_numpy(X3_test).to(DEVICE)).cpu()
called = logits3.softmax(1).argmax(1)
truth = torch.from_numpy(y3_test)
confusion3 = torch.zeros(3, 3)
for t, c in zip(truth, called):
    confusion3[t, c] += 1
lost_chirps = torch.nonzero((truth == 1) & (called == 2))
two_logits = torch.tensor(ask(model, X3_test))
right = [(said == (truth == 1))[truth != 2].float().mean() for said in (two_logits > 0, logits3[:, 1] > logits3[:, 0])]
pair_accuracy = tuple(right)

# %% drift-map
generator = np.random.default_rng()
chirp_share = torch.zeros(len(DRIFTS), len(WIDTHS), dtype=torch.float64)
for i, drift in enumerate(DRIFTS):
    for j, width in enumerate(WIDTHS):
        blip = torch.from_numpy(stretch.stretched_blip(drift, width))
        noisy = blip + torch.from_numpy(simulators.noises(DRAWS, generator))
        with torch.no_grad():
            logits = model.eval()(noisy[:, None].to(DEVICE))
        chirp_share[i, j] = (torch.sigmoid(logits) > 0.5).double().mean()
drift_figure, ax = plt.subplots()
ax.pcolormesh(chirp_share.T)

# %% linear
class LinearNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(32, 64))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return (x * self.weight).sum(dim=(1, 2, 3)) + self.bias


linear = LinearNet().to(DEVICE)
optimizer = torch.optim.Adam(linear.parameters(), lr=1e-2)
Xt, yt = torch.from_numpy(X).to(DEVICE), torch.from_numpy(y).float().to(DEVICE)
for step in range(300):
    optimizer.zero_grad()
    F.binary_cross_entropy_with_logits(linear(Xt), yt).backward()
    optimizer.step()
with torch.no_grad():
    linear_accuracy = torch.stack(
        [
            ((linear(torch.from_numpy(images).to(DEVICE)) > 0).cpu() == torch.from_numpy(labels == 1)).float().mean()
            for images, labels in ((X, y), (X_fresh, y_fresh))
        ]
    )
weights_image = linear.weight

# %% halves
sure = torch.from_numpy(X_sure[confident])
noise = torch.from_numpy(fillings)


def score(batch):
    with torch.no_grad():
        return torch.sigmoid(model.eval()(batch.to(DEVICE)).cpu().reshape(-1))


half_scores = torch.zeros(6, 2, 2)
halves_figure, axes = plt.subplots(3, 4, figsize=(12, 6))
for i in range(6):
    for half in (0, 1):
        visible = torch.ones(64)
        visible[32 * half : 32 * half + 32] = 0
        half_scores[i, half, 0] = score(sure[i : i + 1] * visible)[0]
        half_scores[i, half, 1] = score(sure[i] * visible + noise[:, None] * (1 - visible)).mean()
        ax = axes.flat[2 * i + half]
        ax.imshow((sure[i, 0] * visible + noise[0] * (1 - visible)), origin="lower")
        ax.set_title(f"{100 * half_scores[i, half, 1]:.0f} %")

before = model.eval()(sure[:1].to(DEVICE)).item()
occlusion = torch.zeros(4, 8)
for r in range(4):
    for c in range(8):
        hidden = sure[:1].clone()
        hidden[..., 8 * r : 8 * r + 8, 8 * c : 8 * c + 8] = 0
        occlusion[r, c] = before - model(hidden.to(DEVICE)).item()
