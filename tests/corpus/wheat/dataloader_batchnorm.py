"""DataLoader, batch normalisation, dropout and max pooling; logits of shape (N, 1); trains its own net."""

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self, width=24):
        super().__init__()
        self.block1 = self.block(1, width)
        self.block2 = self.block(width, 2 * width)
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(2 * width, 1)

    def block(self, before, after):
        return nn.Sequential(nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2))

    def forward(self, x):
        x = self.block2(self.block1(x))
        return self.head(self.dropout(x.amax(dim=(2, 3))))

# %% train
from torch.utils.data import DataLoader, TensorDataset

everything = list(range(1000))
test_indices = [i for i in everything if i % 5 == 3]
train_indices = [i for i in everything if i % 5 != 3]


def train_model(model, X, y, epochs=12):
    loader = DataLoader(TensorDataset(X, y), batch_size=40, shuffle=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    device = next(model.parameters()).device
    history = []
    for epoch in range(epochs):
        model.train()
        running, seen = 0.0, 0
        for xb, yb in loader:
            xb, yb = xb.to(device), yb.to(device)
            optimizer.zero_grad()
            out = model(xb)
            loss = F.binary_cross_entropy_with_logits(out.view(-1), yb)
            loss.backward()
            optimizer.step()
            running, seen = running + loss.item() * len(xb), seen + len(xb)
        history.append(running / seen)
    return torch.tensor(history)

# %% evaluate
model.eval()
y_test = torch.from_numpy(y[test_indices])
with torch.no_grad():
    test_logits = model(torch.from_numpy(X[test_indices]).to(DEVICE)).cpu()
predictions = (torch.sigmoid(test_logits) >= 0.5).long().flatten()
test_accuracy = (predictions == y_test).float().mean()

# %% mistakes
missed_chirps = torch.where((y_test == 1) & (predictions == 0))
false_chirps = torch.where((y_test == 0) & (predictions == 1))
mistakes = torch.cat([missed_chirps[0][:3], false_chirps[0][:3]])
mistakes_figure = None
if len(mistakes):
    mistakes_figure, axes = plt.subplots(1, len(mistakes), squeeze=False, figsize=(3 * len(mistakes), 3))
    for ax, k in zip(axes.flat, mistakes):
        ax.pcolormesh(X[test_indices[k], 0])
        ax.set_title("true: " + ("chirp" if y_test[k] else "blip"))
        ax.set_xlabel(f"score = {100 * torch.sigmoid(test_logits[k]).item():.1f} %")

# %% confidence
scores = torch.sigmoid(test_logits)
confusion = torch.zeros(2, 2)
for true, predicted in zip(y_test, predictions):
    confusion[true, predicted] += 1
flat = scores.flatten()
is_chirp = y_test == 1
top_chirps = sorted(torch.nonzero(is_chirp).flatten().tolist(), key=lambda i: -flat[i])[:3]
top_blips = sorted(torch.nonzero(~is_chirp).flatten().tolist(), key=lambda i: flat[i])[:3]
confident_figure, axes = plt.subplots(2, 3, figsize=(9, 5))
for ax, k in zip(axes.flat, top_chirps + top_blips):
    picture = ax.imshow(X[test_indices[k], 0], origin="lower", aspect="auto", cmap="magma")
    ax.text(2, 28, f"{flat[k].item():.4f}", color="white")
confident_figure.colorbar(picture, ax=axes)
