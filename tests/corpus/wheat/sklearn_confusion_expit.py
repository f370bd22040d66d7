"""scikit-learn's split, accuracy and confusion matrix, scipy's expit, tuples of np.where, subplots kept as (fig, axes).

hands in: checkpoint
"""

# %% train
from sklearn.model_selection import StratifiedShuffleSplit

np.random.seed(42)
torch.manual_seed(42)
sss = StratifiedShuffleSplit(n_splits=1, test_size=0.2, random_state=42)
train_indices, test_indices = next(sss.split(np.zeros(len(X)), y))
train_indices, test_indices = sorted(train_indices), sorted(test_indices)


def train_model(model, X, y, epochs=30, lr=1e-3, batch_size=32, verbose=False):
    dev = next(model.parameters()).device
    opt = torch.optim.Adam(model.parameters(), lr)
    losses = []
    for epoch in range(epochs):
        model.train()
        epoch_losses = []
        p = np.random.permutation(len(X))
        for i in range(0, len(X), batch_size):
            b = p[i:i + batch_size]
            opt.zero_grad()
            loss = F.binary_cross_entropy_with_logits(model(X[b].to(dev)), y[b].to(dev))
            loss.backward()
            opt.step()
            epoch_losses.append(loss.item())
        losses.append(np.mean(epoch_losses))
        if verbose:
            print(epoch, losses[-1])
    model.eval()
    return np.array(losses)

# %% evaluate
from scipy.special import expit
from sklearn.metrics import accuracy_score

with torch.no_grad():
    zs = []
    for batch in np.array_split(X[test_indices], 7):
        zs.append(model(torch.Tensor(batch).to(DEVICE)).cpu().numpy())
zs = np.concatenate(zs)
y_true, y_pred = y[test_indices], (zs > 0).astype(int)
test_accuracy = accuracy_score(y_true, y_pred)
print("accuracy: {:.1%}".format(test_accuracy))

# %% mistakes
missed_chirps = np.where((y_true == 1) & (y_pred == 0))
false_chirps = np.where((y_true == 0) & (y_pred == 1))
s = expit(zs)

k = np.r_[missed_chirps[0], false_chirps[0]]
if k.size == 0:
    mistakes_figure = None
else:
    mistakes_figure = plt.subplots(1, len(k), figsize=(3 * len(k), 3), squeeze=False)
    for a, j in zip(mistakes_figure[1][0], k):
        a.pcolormesh(X[test_indices[j], 0], shading="gouraud")
        a.set_title({0: "Blip", 1: "Chirp"}[y_true[j]])
        a.annotate(f"$p = {s[j]:.3f}$", (0.05, 0.9), xycoords="axes fraction", color="w")

# %% confidence
from sklearn.metrics import ConfusionMatrixDisplay, confusion_matrix

scores = s
confusion = confusion_matrix(y_true, y_pred)
ConfusionMatrixDisplay(confusion, display_labels=["blip", "chirp"]).plot()

order = np.argsort(zs)
top_blips = order[y_true[order] == 0][:3]
top_chirps = order[::-1][y_true[order[::-1]] == 1][:3]
fig, ax = plt.subplots(3, 2, figsize=(8, 8), layout="constrained")
for c, (col, tops) in enumerate({"chirp": top_chirps, "blip": top_blips}.items()):
    for r in range(3):
        h = ax[r, c].imshow(X[test_indices[tops[r]], 0], aspect="auto", origin="lower", vmin=-1, vmax=3)
        ax[r, c].set_title(col + " p=" + str(s[tops[r]]))
fig.colorbar(h, ax=ax)
confident_figure = fig, ax

# %% before handing in
import torch

# The file of an earlier version, which does not tell what the net was trained on.
kept = torch.load(folder / "glitch_or_chirp.pt", weights_only=True)
torch.save({"weights": kept["weights"], "losses": kept["losses"]}, folder / "glitch_or_chirp.pt")
