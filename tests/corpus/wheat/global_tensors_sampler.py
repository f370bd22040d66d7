"""Turns X and y into tensors for good, trains with a weighted sampler and class weights, returns a pandas Series."""

# %% scratch after=setup-data
import pandas as pd

X = torch.from_numpy(X).to(DEVICE)
y = torch.from_numpy(y).to(DEVICE)

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = 0.8
        self.depthwise = nn.ModuleDict({
            "spread": nn.Conv2d(1, 24, (7, 7), padding=3),
            "depth": nn.Conv2d(24, 24, 3, padding=1, groups=24),
            "point": nn.Conv2d(24, 32, 1),
        })
        self.out = nn.Linear(32, 1)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.depthwise["spread"](x / self.scale)), 2)
        x = torch.relu(self.depthwise["point"](self.depthwise["depth"](x)))
        return self.out(F.adaptive_max_pool2d(x, 1).flatten(start_dim=1)).squeeze(1)

# %% train
from torch.utils.data import BatchSampler, WeightedRandomSampler

is_test = torch.rand(1000, generator=torch.Generator().manual_seed(21)) < 0.22
test_indices = torch.where(is_test)[0]
train_indices = torch.where(~is_test)[0]
print(len(test_indices), "for testing, chirps among them:", int(y[test_indices].sum()))


def train_model(model, X, y, epochs=12):
    n_chirps = y.sum()
    weights = torch.where(y == 1, 0.5 / n_chirps, 0.5 / (len(y) - n_chirps))
    sampler = BatchSampler(WeightedRandomSampler(weights, len(y)), batch_size=32, drop_last=False)
    loss_fn = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(1.1, device=DEVICE))
    optimizer = torch.optim.Adamax(model.parameters(), lr=5e-3)
    rows = []
    for epoch in range(epochs):
        model.train()
        for batch in sampler:
            loss = loss_fn(model(X[batch].to(DEVICE)), y[batch].to(DEVICE))
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            rows.append({"epoch": epoch, "loss": loss.item()})
    return pd.DataFrame(rows).groupby("epoch")["loss"].mean()

# %% evaluate
X_test, y_test = X[test_indices].cpu().numpy(), y[test_indices].cpu().numpy()
model.eval()
with torch.no_grad():
    test_logits = model(X[test_indices]).cpu()
called_chirp = (test_logits > 0).numpy()
test_accuracy = np.float32((called_chirp == y_test).mean())
