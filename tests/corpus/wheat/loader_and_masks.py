"""Random split by torch, a mask as test part, evaluation through a DataLoader, its own helper class, warnings on stderr.

hands in: checkpoint
"""

# %% scratch after=setup-data
import sys
import warnings
from dataclasses import dataclass

warnings.warn("I do not know what this does but it looks serious", stacklevel=1)
print("hello from stderr", file=sys.stderr)


@dataclass
class Results:
    logits: torch.Tensor
    labels: torch.Tensor

    @property
    def p(self):
        return torch.sigmoid(self.logits)

    def wrong(self, label):
        return ((self.labels == label) & ((self.p > 0.5) != self.labels)).numpy()

# %% train
import logging

from torch.utils.data import DataLoader, Subset, TensorDataset, random_split

logging.basicConfig(level=logging.INFO)
log = logging.getLogger("training")
rest, held = random_split(range(1000), [0.78, 0.22], generator=torch.Generator().manual_seed(5))
train_indices = torch.zeros(1000, dtype=torch.bool)
train_indices[rest.indices] = True
test_indices = ~train_indices


def train_model(model, X, y, epochs=30, batch_size=32, lr=1e-3, **kwargs):
    loader = DataLoader(TensorDataset(X, y), batch_size, shuffle=True, drop_last=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, **kwargs)
    loss_fn = nn.BCEWithLogitsLoss(reduction="sum")
    losses = []
    for epoch in range(1, epochs + 1):
        model.train()
        total = 0.0
        for xb, yb in loader:
            xb, yb = xb.to(DEVICE, non_blocking=True), yb.to(DEVICE, non_blocking=True)
            optimizer.zero_grad()
            loss = loss_fn(model(xb), yb) / len(xb)
            loss.backward()
            optimizer.step()
            total += loss.item()
        losses.append(total / len(loader))
        log.info("epoch %d: %.4f", epoch, losses[-1])
    return losses

# %% evaluate
dataset = TensorDataset(torch.from_numpy(X), torch.from_numpy(y))
loader = DataLoader(Subset(dataset, test_indices.nonzero().flatten().tolist()), batch_size=50)
zs, ls = [], []
model.eval()
with torch.inference_mode():
    for xb, yb in loader:
        zs.append(model(xb.to(DEVICE)).cpu())
        ls.append(yb)
results = Results(torch.cat(zs), torch.cat(ls))
test_accuracy = 1 - (results.wrong(0).sum() + results.wrong(1).sum()) / len(results.labels)

# %% mistakes
missed_chirps, false_chirps = results.wrong(1), results.wrong(0)
where = np.flatnonzero(test_indices)
mistakes_figure, axes = plt.subplots(2, 4, figsize=(14, 5))
for row, mask in zip(axes, (missed_chirps, false_chirps)):
    for ax in row:
        ax.set_axis_off()
    for ax, i in zip(row, np.flatnonzero(mask)):
        ax.set_axis_on()
        ax.imshow(X[where[i], 0], origin="lower", interpolation="bilinear")
        ax.set_title(["blip", "chirp"][results.labels[i]] + f"? {results.p[i]:.0%}", loc="left")
if not missed_chirps.any() and not false_chirps.any():
    mistakes_figure = None

# %% confidence
scores = results.p
called = scores > 0.5
confusion = torch.bincount(2 * results.labels + called, minlength=4).reshape(2, 2)
key = results.logits.clone()
key[results.labels == 0] = -99
top_chirps = tuple(int(i) for i in key.argsort(descending=True)[:3])
key = results.logits.clone()
key[results.labels == 1] = 99
top_blips = tuple(int(i) for i in key.argsort()[:3])
confident_figure = plt.figure(figsize=(9, 4))
for n, i in enumerate(top_chirps + top_blips, 1):
    ax = confident_figure.add_subplot(2, 3, n)
    ax.imshow(X[where[i], 0], origin="lower")
    ax.set_ylabel(f"score = {scores[i]:.7f}", fontsize=7)
confident_figure.tight_layout()

# %% before handing in
import torch

# The file of an earlier version, which does not tell what the net was trained on.
kept = torch.load(folder / "glitch_or_chirp.pt", weights_only=True)
torch.save({"weights": kept["weights"], "losses": kept["losses"]}, folder / "glitch_or_chirp.pt")
