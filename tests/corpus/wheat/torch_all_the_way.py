"""Everything stays a tensor on DEVICE: test indices, positions of shape (k, 1), scores with a gradient, confusion.

hands in: checkpoint
"""

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        )
        self.classifier = nn.Linear(32, 1)

    def forward(self, x):
        return self.classifier(self.features(x))

# %% train
g = torch.Generator().manual_seed(123)
perm = torch.randperm(1000, generator=g)
test_indices = perm[:250].to(DEVICE)
train_indices = perm[250:].to(DEVICE)


def train_model(model, X, y, epochs=30):
    X, y = X.to(DEVICE), y.to(DEVICE).unsqueeze(1)
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)
    crit = nn.BCEWithLogitsLoss()
    losses = torch.zeros(epochs, device=DEVICE)
    model.train()
    for e in range(epochs):
        for idx in torch.randperm(len(X), device=DEVICE).split(32):
            opt.zero_grad()
            loss = crit(model(X[idx]), y[idx])
            loss.backward()
            opt.step()
            losses[e] += loss.detach() * len(idx) / len(X)
    return losses

# %% evaluate
X_t = torch.from_numpy(X).to(DEVICE)
y_t = torch.from_numpy(y).to(DEVICE)
Xte, yte = X_t[test_indices], y_t[test_indices]
model.eval()
logits = model(Xte)
pred = (logits > 0).long()
test_accuracy = (pred.squeeze(1) == yte).float().mean()
test_accuracy

# %% mistakes
p = torch.sigmoid(logits)
missed_chirps = torch.nonzero((yte == 1) & (pred[:, 0] == 0))
false_chirps = torch.nonzero((yte == 0) & (pred[:, 0] == 1))
both = torch.cat([missed_chirps, false_chirps]).flatten()
mistakes_figure = plt.figure(figsize=(10, 8)) if len(both) else None
for n, i in enumerate(both[:9]):
    plt.subplot(3, 3, n + 1)
    plt.imshow(Xte[i, 0].cpu())
    plt.gca().invert_yaxis()
    plt.title(f"class {yte[i].item()}, p={p[i].item():.2f}")
plt.tight_layout()

# %% confidence
scores = p
confusion = torch.zeros(2, 2, dtype=torch.int64, device=DEVICE)
confusion.index_put_((yte, pred.flatten()), torch.ones(1, dtype=torch.int64, device=DEVICE), accumulate=True)
lg = logits.detach().flatten()
top_chirps = torch.where(yte == 1, lg, -torch.inf).topk(3).indices
top_blips = torch.where(yte == 0, lg, torch.inf).topk(3, largest=False)[1].view(-1, 1)

confident_figure = plt.figure()
for n, i in enumerate(torch.cat([top_chirps, top_blips.flatten()])):
    plt.subplot(2, 3, n + 1)
    plt.imshow(Xte[i, 0].cpu().numpy(), cmap="gray")
    plt.xlabel(f"score {scores[i].item():.5f}")
plt.show()

# %% before handing in
import torch

# The file of an earlier version, which does not tell what the net was trained on.
kept = torch.load(folder / "glitch_or_chirp.pt", weights_only=True)
torch.save({"weights": kept["weights"], "losses": kept["losses"]}, folder / "glitch_or_chirp.pt")
